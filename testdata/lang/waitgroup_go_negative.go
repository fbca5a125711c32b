// A function that WaitGroup.Go has started calls Done as well: the goroutine panics where it counts down.
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

func main() {
	var wg sync.WaitGroup
	wg.Go(func() {
		pause()
		wg.Done()
		pause()
	})
	pause()
	select {}
}
