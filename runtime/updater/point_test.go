package updater

import (
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// The point functions: one for all points, as the tests' frames are made before
// the call.

//line own.go:20000000
//go:noinline
func capture[R any](f *runtime.Func, pt int, data unsafe.Pointer) (r R, ok bool) {
	if !runtime.Begin(f) {
		return
	}
	if runtime.Push(f, pt, data) {
		return r, true
	}
	for {
		r = runtime.Outer().(func() R)()
		if !runtime.Unwinding() {
			return r, true
		}
	}
}

//go:noinline
func capture0(f *runtime.Func, pt int, data unsafe.Pointer) bool {
	if !runtime.Begin(f) {
		return false
	}
	if runtime.Push(f, pt, data) {
		return true
	}
	for {
		runtime.Outer().(func())()
		if !runtime.Unwinding() {
			return true
		}
	}
}

//go:noinline
func gate[R any](f *runtime.Func, entered bool, data unsafe.Pointer) (r R, ok bool) {
	if !runtime.AtEntry(f, entered) {
		return
	}
	runtime.PushEntry(f, data)
	for {
		r = runtime.Outer().(func() R)()
		if !runtime.Unwinding() {
			return r, true
		}
	}
}

//go:noinline
func gate0(f *runtime.Func, entered bool, data unsafe.Pointer) bool {
	if !runtime.AtEntry(f, entered) {
		return false
	}
	runtime.PushEntry(f, data)
	for {
		runtime.Outer().(func())()
		if !runtime.Unwinding() {
			return true
		}
	}
}
