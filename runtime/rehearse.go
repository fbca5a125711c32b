package runtime

import (
	"sync/atomic"
	"time"
)

// watching is called with every captured segment of a rehearsal.
var watching atomic.Pointer[func(frames []Frame) (hold <-chan struct{})]

// Watch makes the process capture itself as under stress, at every poll to begin
// with, and calls f with each segment, innermost frame first, before it is rebuilt: on
// its goroutine, which then stays captured there until hold is closed. An update
// meanwhile finds it captured. f must not keep frames.
func Watch(f func(frames []Frame) (hold <-chan struct{})) {
	watching.Store(&f)
	stress.asked = 1
	stress.every.Store(1)
	w := current.Load().Word
	w.Store(w.Load() | wordStress)
}

// Unwatch ends it.
func Unwatch() {
	watching.Store(nil)
	stress.every.Store(0)
}

// AtExit has f called when the process ends by os.Exit or by the return of main.main.
func AtExit(f func()) { addExitHook(exitHook{F: f, RunOnFailure: true}) }

// holdPause is how long a stop waits for a goroutine that is held, at most.
const holdPause = 20 * time.Microsecond

// hold keeps the goroutine captured until done is closed. Its frames are brought to
// what is current then.
func (r *Rec) hold(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
		}
		if stopping.Load() != nil {
			r.toCurrent()
		} else {
			time.Sleep(holdPause)
		}
	}
}

// Origin is the function as its release's source has it: a generic one of an instance.
func (f *Func) Origin() *Func {
	if f.template != nil {
		return f.template
	}
	return f
}
