package main

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// record is what the clients of a run saw.
type record struct {
	began      time.Time
	operations atomic.Int64

	mu      sync.Mutex
	conns   int // opened
	dropped []string
	wrong   []string // lost, doubled, out of order, or any other answer that is not the right one
	pulses  []*pulse
}

func newRecord() *record { return &record{began: time.Now()} }

// now is the time on the clock of the run.
func (r *record) now() time.Duration { return time.Since(r.began) }

func (r *record) opened() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns++
}

func (r *record) drop(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dropped = append(r.dropped, fmt.Sprintf("after %v: ", r.now().Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

func (r *record) fault(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrong = append(r.wrong, fmt.Sprintf("after %v: ", r.now().Round(time.Millisecond))+fmt.Sprintf(format, args...))
}

// bad reports whether anything has been found.
func (r *record) bad() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.dropped)+len(r.wrong) > 0
}

// A pulse is the replies of a client that does nothing but ask, as soon as it has been
// answered: what the others see depends on when they happen to ask.
type pulse struct {
	mu   sync.Mutex
	at   []time.Duration
	over bool
}

func (r *record) pulse() *pulse {
	p := new(pulse)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pulses = append(r.pulses, p)
	return p
}

// watch asks until stop is closed, or ask says that there is no more to it.
func (p *pulse) watch(now func() time.Duration, stop <-chan struct{}, ask func() bool) {
	defer p.end()
	every(time.Millisecond, stop, func() {
		switch {
		case p.over: // only this goroutine writes it
		case ask():
			p.beat(now())
		default:
			p.end()
		}
	})
}

func (p *pulse) beat(at time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = append(p.at, at)
}

func (p *pulse) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
}

// passed reports whether the client has had a reply since.
func (p *pulse) passed(at time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.over || len(p.at) > 0 && p.at[len(p.at)-1] > at
}

// forget leaves out replies before the last one up to a time.
func (p *pulse) forget(at time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, _ := slices.BinarySearch(p.at, at)
	p.at = append(p.at[:0], p.at[max(0, i-1):]...)
}

// window is a stretch of the run.
type window struct{ from, to time.Duration }

// longestGap is the longest time that passed in a window without a reply, when
// replies came at the given times, in order. A gap counts in full when part of
// it lies in the window.
func longestGap(replies []time.Duration, w window) time.Duration {
	var longest time.Duration
	for i := 1; i < len(replies); i++ {
		if replies[i] >= w.from && replies[i-1] <= w.to {
			longest = max(longest, replies[i]-replies[i-1])
		}
	}
	return longest
}

// gap is the longest that any watching client saw in a window, which is over for all of them: it
// waits until each has had a reply behind it.
func (r *record) gap(w window) (time.Duration, error) {
	r.mu.Lock()
	pulses := r.pulses
	r.mu.Unlock()
	var longest time.Duration
	for _, p := range pulses {
		for end := time.Now().Add(patience); !p.passed(w.to); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				return 0, fmt.Errorf("a client has had no reply for %v", patience)
			}
		}
		p.mu.Lock()
		longest = max(longest, longestGap(p.at, w))
		p.mu.Unlock()
	}
	return longest, nil
}

func (r *record) forget(at time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.pulses {
		p.forget(at)
	}
}
