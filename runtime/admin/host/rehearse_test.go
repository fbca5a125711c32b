package host

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/rehearse"
)

// newRehearsal is one in which a goroutine is held.
func newRehearsal(t *testing.T) *rehearsal {
	runtime.First(runtime.NewRelease("first", new(atomic.Uint32)))
	r := &rehearsal{
		Plan:    &rehearse.Plan{Report: filepath.Join(t.TempDir(), "report"), Updates: []string{"update"}, Timeout: time.Minute, Main: "example.com/p"},
		reached: make(chan struct{}), over: make(chan struct{}),
	}
	r.report.Reached = true
	close(r.reached)
	return r
}

// TestMainReturnsFirst: the end of a program whose main has returned before the update
// was made is not looked at; it is if main has been taken along.
func TestMainReturnsFirst(t *testing.T) {
	updated := func(r *rehearsal) {
		runtime.Current().Number = 2
		r.mu.Lock()
		r.done = true
		r.mu.Unlock()
		close(r.over)
	}
	r := newRehearsal(t)
	returned := make(chan struct{})
	go func() {
		r.finish()
		close(returned)
	}()
	for waits := false; !waits; time.Sleep(time.Millisecond) {
		r.mu.Lock()
		waits = r.report.Returned
		r.mu.Unlock()
	}
	updated(r)
	<-returned
	if r.end(); r.report.End != nil {
		t.Errorf("main returned first, and the end is %+v", r.report.End)
	}

	r = newRehearsal(t)
	updated(r)
	if r.finish(); !r.report.Returned {
		t.Error("main had returned when the update was made, and it is not known")
	}

	r = newRehearsal(t)
	r.report.Frames = map[string]int{}
	r.converted(rehearse.Frame("example.com/p.main", 1))
	updated(r)
	r.finish()
	if r.end(); r.report.End == nil || r.report.Returned {
		t.Errorf("the update came first, and the report is %+v", r.report)
	}
}

// TestMainReturnsUnheld: nobody is held when main has returned.
func TestMainReturnsUnheld(t *testing.T) {
	r := newRehearsal(t)
	r.report.Reached = false
	r.finish()
	if hold := r.at(nil); hold != nil || r.report.Reached {
		t.Error("a goroutine is held behind the end of main")
	}
}
