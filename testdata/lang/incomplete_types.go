// A type that stands for memory of C's may be that of a package variable, and of nothing on a stack or in the heap:
// what the tool adds must not make values of it.
package main

import (
	"fmt"
	"runtime/cgo"
	"time"
)

type foreign struct {
	_ [2]cgo.Incomplete
	n int
}

type handle struct{ f *foreign }

func (h handle) get() int {
	time.Sleep(time.Microsecond)
	return h.f.n
}

var (
	start  = 41
	region = foreign{n: start + 1}
)

func main() {
	h := handle{f: &region}
	time.Sleep(time.Microsecond)
	h.f.n++
	fmt.Println(h.get())
}
