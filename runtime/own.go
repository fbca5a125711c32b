package runtime

import (
	"strings"
	"unsafe"
)

// onStack reports whether p points into the stack of the running goroutine.
//
//go:noescape
func onStack(p unsafe.Pointer) bool

// Own is s for a frame. What a frame holds escapes to the heap: were s stored as it
// is, every string that a function has in a local at a point would, and whoever calls
// that function with string(r) would allocate although nothing is captured. Hence the
// compiler is not told that the result is s, and a string that does stand on the stack,
// which captured frames leave, is copied. Strings are values: no one sees that.
func Own(s string) string {
	if onStack(unsafe.Pointer(unsafe.StringData(s))) {
		return strings.Clone(s)
	}
	at := uintptr(unsafe.Pointer(&s)) // no call follows that could move the stack
	return **(**string)(unsafe.Pointer(&at))
}
