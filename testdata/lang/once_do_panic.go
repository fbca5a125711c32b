// An uncaught panic in a function that Once.Do calls: the traces show the library's frames.
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

var once sync.Once

func main() {
	once.Do(func() {
		for range 3 {
			pause()
		}
		var a []int
		_ = a[len(a)]
	})
}
