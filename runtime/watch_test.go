package runtime

import (
	"sync/atomic"
	"testing"
)

// TestWatchedWhereAStopWaits: a rehearsal holds goroutines where a stop finds them, at the
// entry of a function that foreign code calls, and not where own code does, which runs then.
func TestWatchedWhereAStopWaits(t *testing.T) {
	stopped(t, func(*atomic.Uint32) {
		Resume()
		defer func(asked, every uint64) { Unwatch(); stress.asked = asked; stress.every.Store(every) }(stress.asked, stress.every.Load())
		watched := 0
		Watch(func([]Frame) <-chan struct{} { watched++; return nil })
		f := &Func{Key: "f", Results: TypeTo((*func())(nil)), Bind: func(int, pointer) any { return func() {} }, rel: current.Load()}
		end := make(chan bool)
		go func() {
			defer close(end)
			r := Cur()
			r.state.Store(Running)
			defer r.state.Store(Out)
			for _, entered := range []bool{true, false} {
				was := watched
				if !AtEntry(f, entered) {
					t.Errorf("entered %v: not captured", entered)
					continue
				}
				PushEntry(f, nil)
				Outer().(func())()
				r.handedOver = false
				if got := watched > was; got != entered {
					t.Errorf("entered %v: watched %v", entered, got)
				}
			}
		}()
		<-end
		StopWorld()
		Resume()
	})
}
