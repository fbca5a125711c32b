package runtime

import "unsafe"

// A guard is a closure that stands in for a deferred function which may call
// recover: if the frame that deferred it has been taken over it does nothing.
// recover works only directly under the deferred call, wrappers left aside, so
// no function of ours may stand between.
type guard struct {
	code uintptr
	f    unsafe.Pointer // the guarded func value
	unw  *bool
}

// Keep is deferred before a deferred call, so that it runs after it: until then the
// objects are alive, and on the heap, whose addresses the call gets as uintptrs. The
// compiler sees to that itself in a call of a function that is marked
// go:uintptrescapes, but not where a guard or a method value stands for the function.
//
//go:noinline
func Keep(pointers ...any) {
	if kept.ever {
		kept.last = pointers
	}
}

// kept is never set: it is why the compiler takes what Keep is given off the stack.
var kept struct {
	ever bool
	last []any
}

// guardCallName is guardCall's name on a stack.
const guardCallName = "github.com/upstarego/upstarego/runtime.guardCall"

// Closure entries, not to be called.
func guardTail()
func guardCall()

func guardCodes() (tail, call uintptr)

var guardTailCode, guardCallCode = guardCodes()

// Guarded returns f, except that it does nothing once *unw is set. Only for the
// function of a defer statement that passes arguments or has results.
func Guarded[F any](f F, unw *bool) F {
	g := unsafe.Pointer(&guard{guardTailCode, *(*unsafe.Pointer)(unsafe.Pointer(&f)), unw})
	return *(*F)(unsafe.Pointer(&g))
}

// GuardedCall is Guarded for functions without arguments and results.
func GuardedCall(f func(), unw *bool) func() {
	g := unsafe.Pointer(&guard{guardCallCode, *(*unsafe.Pointer)(unsafe.Pointer(&f)), unw})
	return *(*func())(unsafe.Pointer(&g))
}
