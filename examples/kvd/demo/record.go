package main

import (
	"fmt"
	"sync"
	"time"

	"github.com/upstarego/upstarego/examples/kvd/client"
)

// record collects what the clients of a run did and saw.
type record struct {
	began time.Time

	mu      sync.Mutex
	conns   int // opened
	dropped []string
	faults  []fault
	history history
	replies map[int][]time.Duration // when each worker got its replies
}

func newRecord() *record {
	return &record{
		began:   time.Now(),
		history: history{shared: make(map[string]bool), final: make(map[string]int64)},
		replies: make(map[int][]time.Duration),
	}
}

// now is the time on the clock of the run.
func (r *record) now() time.Duration { return time.Since(r.began) }

// open connects a client.
func (r *record) open(addr string) (*client.Conn, error) {
	c, err := client.Dial(addr)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns++
	return c, nil
}

// failed records why a client could not do what it wanted to.
func (r *record) failed(who string, err error) {
	if !client.IsDrop(err) {
		r.wrong("%s: %v", who, err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dropped = append(r.dropped, fmt.Sprintf("%s, after %v: %v", who, r.now().Round(time.Millisecond), err))
}

// wrong records an answer that is not the right one.
func (r *record) wrong(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fault{wrong, fmt.Sprintf(format, args...)})
}

// add enters what a connection did.
func (r *record) add(conn int, ops []op) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.ops = append(r.history.ops, ops...)
	for _, o := range ops {
		r.replies[conn] = append(r.replies[conn], o.done)
	}
}

func (r *record) addStream(s stream) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.streams = append(r.history.streams, s)
}

func (r *record) setFinal(key string, value int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.final[key] = value
}

// missing records a value that was written and is gone.
func (r *record) missing(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fault{lost, fmt.Sprintf(format, args...)})
}
