package main

import (
	"fmt"
	"sync"
	"time"
)

// A record is what the clients of a server have seen since it was last taken.
type record struct {
	mu sync.Mutex
	seen
}

type seen struct {
	Operations int           `json:"operations"`
	Dropped    int           `json:"dropped"` // connections
	Lost       int           `json:"lost"`    // operations without an answer, or with a wrong one
	Gap        time.Duration `json:"gap_ns"`  // the longest time between two answers that one client had
	Tools      int           `json:"tools"`   // runs of Debian's clients, all of which must succeed
	Failed     []string      `json:"failed,omitempty"`
}

// kept is how many failures are kept by text; all are counted.
const kept = 20

func (r *record) fail(format string, args ...any) {
	if len(r.Failed) < kept {
		r.Failed = append(r.Failed, fmt.Sprintf(format, args...))
	}
}

// answered counts operations that were answered rightly, after gap.
func (r *record) answered(n int, gap time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Operations += n
	r.Gap = max(r.Gap, gap)
}

// lost counts an operation, and with a broken connection also that.
func (r *record) lost(client string, broken bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Lost++
	if broken {
		r.Dropped++
	}
	r.fail("%s: %v", client, err)
}

func (r *record) ran(tool string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Tools++
	if err != nil {
		r.Lost++
		r.fail("%s: %v", tool, err)
	}
}

// take gives what was seen, and begins anew.
func (r *record) take() seen {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.seen
	r.seen = seen{}
	return s
}

// runs is how often Debian's clients have run.
func (r *record) runs() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Tools
}
