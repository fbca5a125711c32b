package runtime

import (
	"errors"
	"slices"
)

// The functions of a frame map are no own code: nothing in them polls, and no map says
// what becomes of their frames. What they call may be own code, with points, and later
// releases may have come since the map was made. So that its polls and gates find what
// they find when foreign code calls it, they run with a record that is theirs alone:
// late ones on a goroutine of their own, which the program's goroutine waits for.
//
// That record says RUN from the first statement to the last, but where own code parks.
// The program's goroutine meanwhile says
//
//	RUN     during a conversion: a stop waits for it, so that no release is committed
//	        in the middle of one
//	PARKED  during what is to be done before the frames go on: they have been
//	        converted, and are in waiting, where the updater can see them

// errEnded is what has become of a goroutine whose map function called Goexit.
var errEnded = errors.New("upstarego: a function of the frame map has ended its goroutine")

// Aside runs f, which calls functions of a frame map, on a goroutine of its own, and
// waits for it. The running goroutine says RUN. It reports whether f has returned.
func Aside(f func()) bool { return aside(f, false) }

// aside is Aside; parked says that the running goroutine says PARKED, so that a stop
// may have come between.
func aside(f func(), parked bool) (returned bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		Cur().lend(func() {
			for parked && current.Load().Word.Load()&wordStop != 0 {
				Cur().waitStop()
			}
			f()
			returned = true
		})
	}()
	<-done
	return returned
}

// Lend runs f, which calls functions of a frame map, on the updater's goroutine.
func Lend(f func()) { Cur().lend(f) }

func (r *Rec) lend(f func()) {
	if r.lent {
		f()
		return
	}
	r.lent = true
	r.state.Swap(Running)
	defer func() {
		// Also of what a panic has left behind.
		r.lent, r.frames = false, nil
		if r.captive != nil {
			r.onward, r.late = nil, nil
		}
		r.unwound()
		r.state.Swap(Out)
	}()
	f()
}

// goOnward does, before the frames go on, what the rules that made them have asked for.
// All that the goroutine has is in the newest release now.
func (r *Rec) goOnward() {
	f := r.onward[0]
	r.onward = r.onward[1:]
	r.waiting, r.frames = r.frames, nil
	r.waitAside(true)
	r.seq.Store(r.seq.Load() + 1)
	r.state.Store(Parked)
	var err error
	if !aside(func() { err = f() }, true) {
		err = errEnded
	}
	r.state.Swap(Running) // the caller looks at the state word
	r.waitAside(false)
	r.frames, r.waiting = r.waiting, nil
	if err != nil && r.late == nil {
		r.late = err
	}
}

// waitingAside are the goroutines in goOnward, or on the way into or out of it.
var waitingAside struct {
	mu mutex
	l  []*Rec
}

func (r *Rec) waitAside(in bool) {
	w := &waitingAside
	w.mu.Lock()
	defer w.mu.Unlock()
	if in {
		r.waitingAt = len(w.l)
		w.l = append(w.l, r)
		return
	}
	last := w.l[len(w.l)-1]
	w.l[r.waitingAt], last.waitingAt = last, r.waitingAt
	w.l[len(w.l)-1] = nil
	w.l = w.l[:len(w.l)-1]
}

// WaitingSegments calls f with the frames (innermost first) of every goroutine that waits
// for what is done before they go on; f must not change them. Only valid while the
// program stands still.
func WaitingSegments(f func(frames []Frame)) {
	waitingAside.mu.Lock()
	l := slices.Clone(waitingAside.l)
	waitingAside.mu.Unlock()
	for _, r := range l {
		if fs := r.waiting; r.state.Load() == Parked {
			f(fs)
		}
	}
}
