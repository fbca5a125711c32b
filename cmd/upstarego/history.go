package main

import (
	"fmt"
	"strings"
	"time"
)

var historyCommand = &command{
	name: "history", args: "[-addr A | -pid P] [-token FILE] [-tls-cert FILE -tls-key FILE -tls-ca FILE] [-json]", short: "show the updates that a program was asked for",
	long: `Shows what a program was asked to become, oldest first: when, from which release to
which, what came of it, how long it took and for how long the program stood still,
the file with the beginning of its digest, who has signed it, who has asked, and
the error. A program remembers the last 100; the log of attempts has them all.`,
	run: runHistory,
}

func runHistory(c *call) error {
	f := c.flags()
	var w which
	w.register(f)
	raw := f.Bool("json", false, "print the endpoint's answer as it is")
	args, err := c.parse(f)
	if err != nil {
		return err
	}
	if len(args) > 0 {
		return c.misused("history takes no arguments")
	}
	addr, err := w.one()
	if err != nil {
		return err
	}
	cl, err := w.client(addr)
	if err != nil {
		return err
	}
	var h struct {
		Updates []result `json:"updates"`
	}
	body, err := cl.get("/v1/updates", nil, &h)
	if err != nil {
		return err
	}
	if *raw {
		c.stdout.Write(body)
		return nil
	}
	t := table{{"ID", "WHEN", "RELEASE", "STATE", "TOOK", "STOPPED", "FILE", "DIGEST", "SIGNED BY", "ASKED BY", "ERROR"}}
	for _, u := range h.Updates {
		t = append(t, u.row())
	}
	t.print(c.stdout)
	return nil
}

// row is an update in a table.
func (r *result) row() []string {
	release := fmt.Sprint(r.ReleaseBefore)
	if r.ReleaseAfter != r.ReleaseBefore {
		release += " -> " + fmt.Sprint(r.ReleaseAfter)
	}
	state := r.State
	if state == "running" {
		state += ": " + r.Phase
	}
	took, stopped := r.RequestToCommitNS, ""
	if took == 0 {
		for _, p := range r.Phases {
			took += p.DurationNS
		}
	}
	if r.StopNS > 0 {
		stopped = short(r.StopNS)
	}
	e := ""
	if r.Error != nil {
		e, _, _ = strings.Cut(r.Error.Message, "\n")
		e += " [" + r.Error.Code + "]"
	}
	return []string{r.ID, r.Requested.Local().Format(time.DateTime), release, state, short(took), stopped, r.Path, r.Digest[:min(len(r.Digest), 12)], r.Signer, r.By, e}
}
