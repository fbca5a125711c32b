package runtime

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/word"
)

type pointer = unsafe.Pointer

const (
	wordStop    = word.Stop
	wordRetired = word.Retired
	wordStress  = word.Stress
	wordEnding  = word.Ending
)

// A stop is one attempt to bring the program to a standstill. It is published
// before the state word says so.
type stop struct {
	done chan struct{} // closed when the state word no longer says stop

	// converted holds the new frames of captured goroutines. The updater fills
	// it before done is closed; owners read it after.
	converted map[*Rec][]Frame

	// onward, likewise, is what is to be done before they go on.
	onward map[*Rec]func() error

	since time.Time // when it was asked for
}

var stopping atomic.Pointer[stop]

// waitStop is the goroutine's side of a stop: captured until it ends. It
// returns the stop it waited for, nil if that was over already. The caller
// looks at the state word again afterwards.
func (r *Rec) waitStop() *stop {
	s := stopping.Load()
	if s == nil {
		return nil
	}
	r.at.Store(s)
	r.state.Swap(Captured)
	<-s.done
	r.state.Swap(Running)
	return s
}

// waitAtGate is waitStop at the entry of f.
func (r *Rec) waitAtGate(f *Func) {
	r.gate = f
	r.waitStop()
	r.gate = nil
}

// toCurrent brings the captured frames of the running goroutine to the newest
// release, waiting first while an update stops the program, and does what is to be
// done before they go on.
func (r *Rec) toCurrent() {
	for {
		rel := current.Load()
		switch {
		case rel.Word.Load()&wordStop != 0:
			if s := r.waitStop(); s != nil {
				if fs, ok := s.converted[r]; ok {
					r.frames = fs
				}
				if f := s.onward[r]; f != nil {
					r.onward = append(r.onward, f)
				}
			}
		case len(r.frames) > 0 && r.frames[0].Fn.rel != rel:
			r.convertLate()
		case r.redo != nil:
			r.doAgain()
		case len(r.onward) > 0:
			r.goOnward()
		default:
			return
		}
	}
}

// convertLate converts the frames by one release. It runs while the record says
// Running, so a stop waits for it. Two goroutines may share objects that nothing
// else reaches: Convert serialises what it must.
func (r *Rec) convertLate() {
	from := r.frames[0].Fn.rel
	to := from.next.Load()
	if r.redo == nil {
		r.redo = r.takeAgain()
	}
	fs, onward, err := to.Convert(r.frames, r.redo != nil)
	r.frames = fs
	stats.late.Add(1)
	if onward != nil {
		r.onward = append(r.onward, onward)
	}
	if err == nil {
		return
	}
	r.redo = nil
	if len(fs) == 0 {
		r.onward = nil
		panic(err) // nothing of the new release is left to go on in
	}
	if r.late == nil {
		r.late = err
	}
}

// raise is called where the innermost frame goes on, its deferred calls armed: if
// its conversion failed, which nothing could undo, it panics.
func (r *Rec) raise() {
	if err := r.late; err != nil {
		r.late = nil
		panic(err)
	}
}

// StopWorld, Quiet, CapturedFrames, CommitRelease and Resume are the updater's
// side. They are called in this order, on the updater's own goroutine, one
// update at a time.

// StopWorld asks every goroutine to stop.
func StopWorld() {
	stopping.Store(&stop{done: make(chan struct{}), converted: map[*Rec][]Frame{}, since: time.Now()})
	w := current.Load().Word
	w.Store(w.Load() | wordStop)
}

// Counts is what a scan of the records finds.
type Counts struct{ Out, Running, Parked, Captured int }

// Scan counts the records by state.
func Scan() (c Counts) {
	s := stopping.Load()
	eachRec(func(r *Rec) bool {
		switch r.stateAt(s) {
		case Out:
			c.Out++
		case Running:
			c.Running++
		case Parked:
			c.Parked++
		case Captured:
			c.Captured++
		}
		return true
	})
	return c
}

// stateAt is the state as stop s has to see it: captured for an earlier stop
// counts as running.
func (r *Rec) stateAt(s *stop) uint32 {
	st := r.state.Load()
	if st == Captured && r.at.Load() != s {
		return Running
	}
	return st
}

// Quiet reports whether no record is running. Only valid after StopWorld.
func Quiet() bool {
	s := stopping.Load()
	quiet := true
	eachRec(func(r *Rec) bool {
		quiet = r.stateAt(s) != Running
		return quiet
	})
	return quiet
}

// CapturedSegments calls f with the frames (innermost first) of every captured
// goroutine; f must not change them. Only valid while the program stands still.
func CapturedSegments(f func(key *Rec, frames []Frame) error) error {
	s := stopping.Load()
	var err error
	eachRec(func(r *Rec) bool {
		if r.stateAt(s) == Captured && len(r.frames) > 0 {
			err = f(r, r.frames)
		}
		return err == nil
	})
	return err
}

// WaitingAtGates calls f with the function of every goroutine that waits at its
// entry: if a release is committed now it is called in that. Only valid while the
// program stands still.
func WaitingAtGates(f func(*Func)) {
	s := stopping.Load()
	eachRec(func(r *Rec) bool {
		if r.stateAt(s) == Captured && r.gate != nil {
			f(r.gate)
		}
		return true
	})
}

// CommitRelease makes next the current release. converted holds the new frames
// of each captured goroutine, onward what is to be done before they go on: an error is
// one of the goroutine's. The program still stands still afterwards, until Resume.
func CommitRelease(next *Release, converted map[*Rec][]Frame, onward map[*Rec]func() error) {
	s := stopping.Load()
	for r, fs := range converted {
		s.converted[r] = fs
	}
	s.onward = onward
	old := current.Load()
	next.Number, next.Since = old.Number+1, time.Now()
	addFiles(next)
	next.Word.Store(wordStop | old.Word.Load()&wordStress)
	old.next.Store(next)
	current.Store(next)
	old.Word.Store(wordRetired)
}

// Resume ends the stop: of the new release after CommitRelease, else of the old. The
// word is not clear before every goroutine that unwinds has got to its base: the polls on
// its way would let their frames go on with the zero values that those inside have returned.
func Resume() {
	s := stopping.Load()
	w := current.Load().Word
	w.Store(w.Load()&^wordStop | wordEnding)
	eachRec(func(r *Rec) bool {
		for r.unwinding.Load() {
			runtime.Gosched()
		}
		return true
	})
	w.Store(w.Load() &^ wordEnding)
	stopping.Store(nil)
	close(s.done)
	countStop(time.Since(s.since))
}
