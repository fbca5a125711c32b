package updater

import (
	"context"
	"errors"
	"testing"
	"time"
)

// bounds is a job whose phase is over when cancel is called.
func bounds(t *testing.T) (j *job, cancel context.CancelCauseFunc) {
	u := New(mods)
	j = &job{u: u, req: Request{Timeout: time.Hour}}
	j.ctx, cancel = context.WithCancelCause(context.Background())
	j.phaseCtx = j.ctx
	t.Cleanup(func() { cancel(nil) })
	return j, cancel
}

// TestLeftBehind: a call that does not come back from what is not ours is left behind. It
// does nothing more when that returns, and what is to be done at its end is done then,
// before anything else may begin.
func TestLeftBehind(t *testing.T) {
	j, cancel := bounds(t)
	in, out, after := make(chan bool), make(chan bool), false
	go func() {
		<-in
		cancel(errCancelled)
	}()
	err := j.bound("it", func(s *side) error {
		s.lends(func() {
			s.lends(func() { in <- true; <-out }) // as when a function of the map calls us, and we another
		})
		after = true
		return nil
	})
	var e *Error
	if !errors.As(err, &e) || e.Message != "the update was given up on request; it has not come to its end, and no update begins before it does" {
		t.Fatal(err)
	}
	if j.left == nil {
		t.Fatal("nothing was left behind")
	}
	next := &job{u: j.u, phaseCtx: context.Background()}
	if err := next.alone(); !errors.As(err, &e) || e.Code != CodeBusy {
		t.Fatalf("another update begins: %v", err)
	}
	cleaned := false
	j.atEnd(func() { cleaned = true })
	if cleaned {
		t.Fatal("cleaned up under it")
	}
	close(out)
	<-j.left.done
	if after {
		t.Error("it has gone on")
	}
	if !cleaned {
		t.Error("not cleaned up")
	}
	if err := next.alone(); err != nil {
		t.Error(err)
	}
}

// TestOursIsWaitedFor: our own steps are not left behind, nor is what comes back in time.
func TestOursIsWaitedFor(t *testing.T) {
	j, cancel := bounds(t)
	cancel(errCancelled)
	steps := 0
	err := j.bound("it", func(s *side) error {
		for end := time.Now().Add(3 * grace); time.Now().Before(end); steps++ {
			time.Sleep(time.Millisecond)
		}
		return j.over()
	})
	if err == nil || j.left != nil || steps == 0 {
		t.Fatal(err, j.left, steps)
	}
}

// TestPanicBehind: a function that panics when it was left behind ends its goroutine too.
func TestPanicBehind(t *testing.T) {
	j, cancel := bounds(t)
	in, out := make(chan bool), make(chan bool)
	go func() {
		<-in
		cancel(errCancelled)
	}()
	after := false
	j.bound("it", func(s *side) error {
		err := guard("f", func() error {
			s.lends(func() { in <- true; <-out; panic("late") })
			return nil
		})
		after = true
		return err
	})
	close(out)
	<-j.left.done
	if after {
		t.Error("it has gone on")
	}
}

// TestFaultsAreRead: what makes no sense is refused.
func TestFaultsAreRead(t *testing.T) {
	for _, s := range []string{"check", "object:17", "memory:3=panic", "quiet=hang", "applied=kill"} {
		if _, err := ParseFault(s); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range []string{"", "chek", "object:0", "object:x", "check:2", "object=maybe", "applied", "committed=panic", "resumed=hang"} {
		if _, err := ParseFault(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}
