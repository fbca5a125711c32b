// Packages that only constants inside functions mention: the constants are printed by value, the imports stay.
package main

import (
	"fmt"
	"math"
	"time"
	. "unicode/utf8"
	"unsafe"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func sizes(n int) (s []any) {
	const word = unsafe.Sizeof(uintptr(0))
	const most = math.MaxUint16
	const wait = 3 * time.Second
	const bad = RuneError
	for i := range n {
		pause()
		s = append(s, word, most>>i, wait, bad)
	}
	return s
}

func main() {
	fmt.Println(sizes(3)...)
}
