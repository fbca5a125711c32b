package runtime

import (
	"sync/atomic"
	"testing"
)

func recoverer(p *any, a, b int) int {
	*p = recover()
	return a + b
}

//go:noinline
func guardedArgs(skip bool, f func(*any, int, int) int) (got any) {
	unw := false
	defer Guarded(f, &unw)(&got, 1, 2)
	if skip {
		unw = true
		return nil
	}
	panic("args")
}

//go:noinline
func guardedBare(f func()) {
	unw := false
	defer GuardedCall(f, &unw)()
	unw = f == nil
}

func TestGuardedRecovers(t *testing.T) {
	if got := guardedArgs(false, recoverer); got != "args" {
		t.Errorf("recovered %v", got)
	}
	called := false
	guardedArgs(true, func(*any, int, int) int { called = true; return 0 })
	if called {
		t.Error("called although the frame was taken over")
	}
	var got any
	func() {
		unw := false
		defer GuardedCall(func() { got = recover() }, &unw)()
		panic("bare")
	}()
	if got != "bare" {
		t.Errorf("recovered %v", got)
	}
	func() {
		unw := false
		defer GuardedCall(func() { called = true }, &unw)()
		unw = true
	}()
	if called {
		t.Error("called although the frame was taken over")
	}
}

func TestGuardedStackGrowth(t *testing.T) {
	sum := 0
	var grow func(n int) int
	grow = func(n int) int {
		var b [256]byte
		if n == 0 {
			return int(b[0])
		}
		return grow(n-1) + 1
	}
	func() {
		unw := false
		defer GuardedCall(func() { sum += grow(10000) }, &unw)()
		defer Guarded(func(n int) int { sum += grow(n); return n }, &unw)(20000)
	}()
	if sum != 30000 {
		t.Error(sum)
	}
}

func TestGuardedAllocates(t *testing.T) {
	n := 0
	f := func() { n++ }
	if got := testing.AllocsPerRun(100, func() { guardedBare(f) }); got != 0 {
		t.Errorf("%v allocations for a guarded call", got)
	}
}

// TestUnmark: a panic out of a marked operation leaves the mark, and a deferred
// function that recovers it must not.
func TestUnmark(t *testing.T) {
	was := current.Swap(&Release{Word: new(atomic.Uint32)})
	defer current.Store(was)
	var got any
	taken := false
	func() {
		defer Guarded(recoverer, &taken)(&got, 1, 2)
		defer Unmark(&taken)
		Park()
		panic("marked")
	}()
	if s := Cur().state.Load(); got != "marked" || s != Running {
		t.Errorf("recovered %v, state %d", got, s)
	}
	r := Park()
	taken = true
	Unmark(&taken)
	if s := r.state.Load(); s != Parked {
		t.Errorf("the frame has been taken over, and the state is %d", s)
	}
	r.Unpark()
}
