package runtime

import (
	"strconv"
	"sync/atomic"
	_ "unsafe" // for go:linkname
)

// In a build that stands alone every own package enters itself into the one
// release there is, while it is initialised. Which package is the last one is
// not known to any of them (the go command generates a test's main), so what is
// polled before the program is initialised captures nothing.

// aloneStress is the -stress N of a build that stands alone. The linker sets it,
// so that another N compiles nothing anew.
var aloneStress string

var alone mutex

// Alone enters a package's functions. It returns true, to be a variable's value.
func Alone(w *atomic.Uint32, register func(*Release)) bool {
	alone.Lock()
	defer alone.Unlock()
	r := current.Load()
	first := r == nil
	if first {
		r = NewRelease("alone", w)
		r.Number = 1
	}
	register(r)
	addFiles(r)
	if first {
		current.Store(r)
		if aloneStress != "" {
			n, err := strconv.ParseUint(aloneStress, 10, 32)
			if err != nil {
				panic("upstarego: the linker was told to stress at every " + aloneStress)
			}
			StressDefault = n
		}
		initStress(w)
	}
	return true
}

// mainInitDone is closed when every package is initialised; nil before the first.
//
//go:linkname mainInitDone runtime.main_init_done
var mainInitDone chan bool

var initDone atomic.Bool

// initialised reports whether every package of the program is initialised.
func initialised() bool {
	if initDone.Load() {
		return true
	}
	unordered(func() {
		select {
		case <-mainInitDone:
			initDone.Store(true)
		default:
		}
	})
	return initDone.Load()
}
