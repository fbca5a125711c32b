package runtime

import (
	"sync/atomic"
	"unsafe"
)

// Older says that an update that changes types has been committed. It is set while the
// program stands still, before any code runs that can come upon such values, and stays: of
// what code of one release has to know it never changes, so that a plain load will do,
// which is what a leaf that is to be inlined can afford.
var Older bool

var bringer atomic.Pointer[oldValues]

// oldValues is how values of earlier releases' types are brought up since an update.
type oldValues struct {
	bring func(x any, word *atomic.Uint32) (new any, ok, current bool)

	// current holds types that are no earlier release's: that of x, most times. Who looks
	// for one and who enters one are not ordered. It goes with the update: types that are
	// entered late are not taken for current ones in the next release.
	current [1 << 9]atomic.Uintptr
}

// BringUp makes of a value of an earlier release's type what that has become in the
// release that polls word. ok is false if x is none, and stays what it is.
func BringUp(x any, word *atomic.Uint32) (new any, ok bool) {
	t := *(*uintptr)(unsafe.Pointer(&x))
	if t == 0 {
		return nil, false
	}
	o := bringer.Load()
	c := &o.current[t>>5%uintptr(len(o.current))]
	if c.Load() == t {
		return nil, false
	}
	new, ok, current := o.bring(x, word)
	if current {
		c.Store(t)
	}
	return new, ok
}

// ServeOlder says how values are brought up; current says that none of x's type ever
// is. It is called while the program stands still.
func ServeOlder(bring func(x any, word *atomic.Uint32) (new any, ok, current bool)) {
	bringer.Store(&oldValues{bring: bring})
	Older = true
}

// During runs f, which converts what the running goroutine has come upon, while its record
// says RUN, so that a stop waits for it. Functions without points have no gate if all they
// do is read, and foreign code may call them, also while the program stands still.
func During(f func()) {
	if g := Enter(); g.Entered() {
		defer g.Leave()
		for current.Load().Word.Load()&wordStop != 0 {
			Cur().waitStop()
		}
	}
	f()
}
