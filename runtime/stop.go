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

	// captured are those who have been captured for it, the last one first.
	captured atomic.Pointer[capturedRec]

	// The updater's, of Quiet: running are the records that were running when it looked
	// at all of them, without those at the end that it has seen elsewhere since.
	looked  bool
	running []*Rec
}

// A capturedRec is entered before its record says CAPTURED.
type capturedRec struct {
	r    *Rec
	next *capturedRec
}

func (s *stop) enter(r *Rec) {
	c := &capturedRec{r: r}
	for c.next = s.captured.Load(); !s.captured.CompareAndSwap(c.next, c); {
		c.next = s.captured.Load()
	}
}

// eachCaptured calls f for every record that is captured for the stop.
func (s *stop) eachCaptured(f func(*Rec) bool) {
	for c := s.captured.Load(); c != nil; c = c.next {
		if c.r.stateAt(s) == Captured && !f(c.r) {
			return
		}
	}
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
	r.held().at.Store(s)
	s.enter(r)
	r.state.Swap(Captured)
	<-s.done
	r.state.Swap(Running)
	r.at.Store(nil) // what the stop knows may go
	return s
}

// waitAtGate is waitStop at the entry of f.
func (r *Rec) waitAtGate(f *Func) {
	r.held().gate = f
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
	if r.captive == nil {
		return // a goroutine that has begun with a frame
	}
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
	await()
}

// Counts is what a scan of the records finds.
type Counts struct{ Out, Running, Parked, Captured int }

// Scan counts the records by state.
func Scan() (c Counts) {
	s := stopping.Load()
	var mu mutex
	lookAtAll(func(part []Rec) {
		var out, running, parked, captured int // in registers
		for i := range part {
			switch part[i].stateAt(s) {
			case Parked:
				parked++
			case Out:
				out++
			case Running:
				running++
			case Captured:
				captured++
			}
		}
		mu.Lock()
		defer mu.Unlock()
		c.Out, c.Running, c.Parked, c.Captured = c.Out+out, c.Running+running, c.Parked+parked, c.Captured+captured
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
//
// Who has been seen not to run has no own statement to run before it comes to a poll that
// sees the stop. So all are looked at once, and then those who ran, until Quiet has said
// yes: the next one looks at all of them again.
func Quiet() bool {
	s := stopping.Load()
	if !s.looked {
		s.running, s.looked = runningAt(s), true
	}
	n := len(s.running)
	for n > 0 && s.running[n-1].stateAt(s) != Running {
		n--
	}
	s.running, s.looked = s.running[:n], n > 0
	return n == 0
}

func runningAt(s *stop) (l []*Rec) {
	var mu mutex
	lookAtAll(func(part []Rec) {
		var some []*Rec
		for i := range part {
			if r := &part[i]; r.stateAt(s) == Running {
				some = append(some, r)
			}
		}
		if len(some) > 0 {
			mu.Lock()
			l = append(l, some...)
			mu.Unlock()
		}
	})
	return l
}

// CapturedSegments calls f with the frames (innermost first) of every captured
// goroutine; f must not change them. Only valid while the program stands still.
func CapturedSegments(f func(key *Rec, frames []Frame) error) (err error) {
	stopping.Load().eachCaptured(func(r *Rec) bool {
		if len(r.frames) > 0 {
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
	stopping.Load().eachCaptured(func(r *Rec) bool {
		if r.gate != nil {
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
	if unwinders.Load() != 0 {
		eachRec(func(r *Rec) bool {
			for r.unwinding.Load() {
				runtime.Gosched()
			}
			return true
		})
	}
	w.Store(w.Load() &^ wordEnding)
	stopping.Store(nil)
	s.captured.Store(nil)
	close(s.done)
	countStop(time.Since(s.since))
}
