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
