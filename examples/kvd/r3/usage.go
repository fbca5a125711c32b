package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// spent is how often something was done and how long it took in all.
type spent struct {
	calls int64
	time  time.Duration
}

// batch is what a client's goroutine has run since it last reported.
type batch struct {
	commands int64
	byName   map[string]spent
}

func newBatch() *batch { return &batch{byName: make(map[string]spent)} }

func (b *batch) add(name string, took time.Duration) {
	b.commands++
	s := b.byName[name]
	b.byName[name] = spent{s.calls + 1, s.time + took}
}

// usageTable adds up the batches of all clients.
type usageTable struct {
	mu     sync.Mutex
	byName map[string]spent
}

var usage = usageTable{byName: make(map[string]spent)}

// report adds what b has and leaves b empty.
func (u *usageTable) report(b *batch) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for name, s := range b.byName {
		sum := u.byName[name]
		u.byName[name] = spent{sum.calls + s.calls, sum.time + s.time}
	}
	b.commands = 0
	clear(b.byName)
}

// lines is the table as INFO prints it.
func (u *usageTable) lines() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	var lines []string
	for name, s := range u.byName {
		lines = append(lines, fmt.Sprintf("cmdstat_%s:calls=%d,usec=%d", strings.ToLower(name), s.calls, s.time.Microseconds()))
	}
	slices.Sort(lines)
	return lines
}
