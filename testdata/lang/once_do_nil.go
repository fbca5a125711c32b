// Do of a Once that is not there: the trace shows the library's frames.
package main

import "sync"

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type outer struct {
	n int
	*sync.Once
}

func main() {
	o := outer{n: 1}
	for range 3 {
		pause()
	}
	o.Do(func() {})
}
