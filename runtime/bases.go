package runtime

import (
	"slices"
	"sync/atomic"
)

// bases are the return addresses at which frames wait that are bases: behind the call of
// a point function that runs a base loop, and nowhere else. Such a frame's own text has
// been left for good, whatever line it shows. Replaced as a whole, read without a lock.
var (
	basesMu mutex
	bases   atomic.Pointer[[]uintptr]
)

// noteBase enters the frame whose point function calls its caller.
//
//go:noinline
func noteBase() {
	var chain [3]uintptr // in Outer, in the point function, in the base
	if callers(&chain[0], len(chain)) < len(chain) {
		return
	}
	at := chain[len(chain)-1]
	if Waits(at) {
		return
	}
	basesMu.Lock()
	defer basesMu.Unlock()
	var l []uintptr
	if p := bases.Load(); p != nil {
		l = slices.Clone(*p)
	}
	if i, ok := slices.BinarySearch(l, at); !ok {
		l = slices.Insert(l, i, at)
		bases.Store(&l)
	}
}

// Waits reports whether a frame with this return address is a base: what stands in its
// place is further in.
func Waits(ret uintptr) bool {
	p := bases.Load()
	if p == nil {
		return false
	}
	_, ok := slices.BinarySearch(*p, ret)
	return ok
}
