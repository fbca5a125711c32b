package reserve

import (
	"os"
	"runtime"
	"runtime/metrics"
)

// The system gives memory page by page, when a page is written to for the first time, and
// for many small objects that takes longer than all else that is done with them. What must be
// fast asks for its pages before.

// piece is how much is asked for at a time: the heap has free memory of any size.
const piece = 1 << 20

// Touch has the heap own as many free bytes that have been written to, or fewer if it would
// come near to a limit by them, and tells how many it has touched. It makes a garbage
// collection, and takes its time.
func Touch(bytes uint64) (touched uint64) {
	s := []metrics.Sample{{Name: "/memory/classes/heap/free:bytes"}, {Name: "/gc/gomemlimit:bytes"}, {Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	n := func(i int) uint64 { return s[i].Value.Uint64() }
	have, limit, used := n(0), n(1), n(2)-n(3)
	// What is touched stays the process's for a while, and the program goes on.
	bytes = min(bytes-min(bytes, have), Left().Bytes/4, (limit-min(used, limit))/2)
	pieces := bytes / piece
	if pieces == 0 {
		return 0
	}
	touch(int(pieces))
	runtime.GC()
	return pieces * piece
}

// touch leaves so many pieces behind.
//
//go:noinline
func touch(n int) {
	page := os.Getpagesize()
	pieces := make([][]byte, n)
	for i := range pieces {
		pieces[i] = make([]byte, piece)
		for k := 0; k < piece; k += page {
			pieces[i][k] = 1
		}
	}
	runtime.KeepAlive(pieces)
}
