// A panic in a function that WaitGroup.Go has started ends the program, though somebody waits: Wait does not return.
package main

import (
	"fmt"
	"os"
	"sync"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func work(n int) {
	defer fmt.Println("deferred", n)
	pause()
	var a []int
	fmt.Println(a[n])
}

func main() {
	var wg sync.WaitGroup
	wg.Go(func() {
		pause()
		work(3)
	})
	wg.Wait()
	os.Exit(0)
}
