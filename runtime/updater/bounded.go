package updater

import (
	"context"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"time"
)

// What an update calls and cannot interrupt (functions of the developer's, the dynamic
// linker, the file system) runs on a goroutine of its own, and the updater waits for it
// as long as the phase may take. What has not come to its end then is left behind: the
// update is undone and the program goes on, and no other update begins before it ends.
//
// It must do nothing more when it does end. While the program stands still, the updater's
// own steps, which look at their time by themselves, take turns with functions of the
// developer's on one goroutine, and only in one of the latter may it be left.

const (
	grace    = 100 * time.Millisecond // for what should give up by itself
	patience = time.Second            // of another update
)

// A side tells whose code a bounded call is in.
type side struct{ at atomic.Int32 }

const (
	ours    int32 = iota
	theirs        // a function of the developer's, or foreign code
	expired       // the update goes on without it
)

// lends runs f, which is theirs. If the update has not waited for it, the goroutine ends
// where f returns.
func (s *side) lends(f func()) {
	if s == nil || s.at.Load() == theirs { // nobody waits, or it is inside one
		f()
		return
	}
	s.take(ours, theirs)
	defer s.take(theirs, ours)
	f()
}

func (s *side) take(from, to int32) {
	if !s.at.CompareAndSwap(from, to) {
		goruntime.Goexit()
	}
}

// A bounded call is one that the updater waits for only so long.
type bounded struct {
	what string
	side side
	done chan struct{}

	mu    sync.Mutex
	ended bool
	late  []func() // to be done when it has ended
}

// bound calls f and waits for it as long as the phase may take. f gets the side that it
// is on, ours at first.
func (j *job) bound(what string, f func(s *side) error) error {
	b := &bounded{what: what, done: make(chan struct{})}
	var err error
	returned := false
	go func() {
		defer b.end()
		err = guard(what, func() error { return f(&b.side) })
		returned = true
	}()
	select {
	case <-b.done:
	case <-j.phaseCtx.Done():
		if b.expire() {
			j.left, j.u.left = b, b
			e := *asError(j.over(), CodeTimedOut, "")
			e.Message += "; " + what + " has not come to its end, and no update begins before it does"
			return &e
		}
	}
	if !returned {
		return errorf(CodeFailed, "%s has ended its goroutine", what)
	}
	return err
}

func (b *bounded) end() {
	b.mu.Lock()
	b.ended = true
	b.mu.Unlock()
	for _, f := range b.late { // complete, since ended is set
		f()
	}
	close(b.done)
}

// expire leaves the call behind when it is in code that is not ours. It reports false if
// it has come to its end.
func (b *bounded) expire() bool {
	select {
	case <-b.done:
		return false
	case <-time.After(grace):
	}
	for !b.side.at.CompareAndSwap(theirs, expired) {
		select {
		case <-b.done:
			return false
		case <-time.After(time.Millisecond): // our own steps see by themselves that it is time
		}
	}
	return true
}

// call is bound for a function that is not ours.
func (j *job) call(what string, f func() error) error {
	return j.bound(what, func(s *side) (err error) {
		s.lends(func() { err = f() })
		return err
	})
}

// atEnd calls f when nothing of the update runs any more: now, or when what was left
// behind has come to its end, and before another update begins.
func (j *job) atEnd(f func()) {
	b := j.left
	if b == nil {
		f()
		return
	}
	b.mu.Lock()
	ended := b.ended
	if !ended {
		b.late = append(b.late, f)
	}
	b.mu.Unlock()
	if ended {
		f()
	}
}

// alone waits for what an earlier update has left behind. Most of it comes to its end soon:
// a file that was being read, for instance.
func (j *job) alone() error {
	left := j.u.left
	if left == nil {
		return nil
	}
	select {
	case <-left.done:
		j.u.left = nil
		return nil
	case <-j.phaseCtx.Done():
		return j.over()
	case <-time.After(patience):
		return errorf(CodeBusy, "%s, for which an update has given up waiting, has not come to its end", left.what)
	}
}

// limited is the context of a phase. What comes after commit has as much time as the whole
// update had.
func (j *job) limited(phase string) (context.Context, context.CancelFunc) {
	if phase == PhaseResume {
		return context.WithTimeoutCause(context.Background(), j.req.Timeout, errTimedOut)
	}
	if d := j.req.Limits[phase]; d > 0 {
		return context.WithTimeoutCause(j.ctx, d, errPhase)
	}
	return context.WithCancel(j.ctx)
}
