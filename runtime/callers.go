package runtime

import "runtime"

// Own code asks these for its callers in place of package runtime. A rebuilt
// function is on the stack twice: its resume body runs, and below it waits the frame
// that was captured, a base. What stands between the two are wrappers, which the Go
// runtime leaves out. In a finished program so is the base's frame (internal/pclntab);
// where it is not, because it was inlined into another, it is left out here.

// Caller is runtime.Caller.
//
//go:noinline
func Caller(skip int) (pc uintptr, file string, line int, ok bool) {
	if skip < 0 {
		return runtime.Caller(skip) // itself
	}
	var pcs [1]uintptr
	if ownCallers(skip+1, pcs[:]) < 1 {
		return
	}
	f, _ := runtime.CallersFrames(pcs[:]).Next()
	return f.PC, f.File, f.Line, f.PC != 0
}

// Callers is runtime.Callers. It has that function's form: the compiler makes the
// same decisions about who calls it.
func Callers(skip int, pc []uintptr) int {
	if len(pc) == 0 {
		return 0
	}
	return ownCallers(skip, pc)
}

var asked = runtime.Callers

// itself is the return address that runtime.Callers finds first: its own, of a call
// that is not inlined, for package runtime completes the frames of inlined ones.
var itself = func() uintptr {
	pcs := make([]uintptr, 1)
	asked(0, pcs)
	return pcs[0]
}()

// ownCallers is runtime.Callers for the caller of its caller.
//
//go:noinline
func ownCallers(skip int, pc []uintptr) int {
	// On the stack stand runtime.Callers, this function and its caller before those
	// that are asked for.
	const before = 3
	n := 0
	if skip <= 0 {
		pc[0] = itself
		skip, n, pc = 1, 1, pc[1:]
		if len(pc) == 0 {
			return n
		}
	}
	if stats.captures.Load() == 0 {
		return n + runtime.Callers(skip-1+before, pc) // nobody has a base
	}
	want := skip - 1 + len(pc)
	for size := want + 16; ; size *= 2 {
		buf := make([]uintptr, 3*size)
		pcs, chain := buf[:size], buf[size:]
		pcs = pcs[:runtime.Callers(before, pcs)]
		chain = chain[:callers(&chain[0], len(chain))]
		// The chain may end before the frames do, where there are many wrappers.
		whole := len(chain) < 2*size
		l := withoutBases(pcs, chain, whole)
		if len(l) >= want || len(pcs) < size && whole {
			return n + copy(pc, l[min(skip-1, len(l)):])
		}
	}
}

// withoutBases takes the logical frames of bases out of pcs; chain holds the return
// addresses that are on the stack, the first of them in the caller of the function
// that asked for it. If that is not the whole chain the result ends where it does.
func withoutBases(pcs, chain []uintptr, whole bool) []uintptr {
	files := *ownFiles.Load()
	l := pcs[:0]
	for _, pc := range pcs {
		if !whole && len(chain) < 16 {
			break
		}
		base := false
		for i, ret := range chain[:min(len(chain), 16)] {
			if ret == pc {
				base = i > 0 && hidden(chain[i-1], files) == looping
				chain = chain[i+1:]
				break
			}
		}
		if !base {
			l = append(l, pc)
		}
	}
	return l
}

// Apart is f, for a call that is not to be inlined. It is not generic: the language
// version of what calls it may be older.
//
//go:noinline
func Apart(f any) any { return f }
