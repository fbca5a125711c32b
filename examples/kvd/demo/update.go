package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// updated is what upstarego update reports of an update.
type updated struct {
	State           string `json:"state"`
	Rebuilt         int    `json:"rebuilt"` // goroutines whose frames were converted at commit
	Parked          int    `json:"parked"`  // goroutines that convert when they return
	RequestToCommit int64  `json:"request_to_commit_ns"`
	Stopped         int64  `json:"stop_ns"`
}

// update carries the process into the next release.
func update(ctx context.Context, tool string, pid int, file string) (updated, error) {
	const timeout = 30 * time.Second
	out, err := output(ctx, "", tool, "update", "-json", "-pid", strconv.Itoa(pid), "-timeout", timeout.String(), file)
	if err != nil {
		return updated{}, err
	}
	var u updated
	if err := json.Unmarshal([]byte(out), &u); err != nil {
		return updated{}, fmt.Errorf("upstarego update: %w in %q", err, out)
	}
	if u.State != "committed" {
		return updated{}, fmt.Errorf("upstarego update: the update is %q: %s", u.State, out)
	}
	return u, nil
}
