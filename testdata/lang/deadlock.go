// All goroutines asleep: the Go runtime reports it, with exit code 2.
package main

import (
	"fmt"
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

func main() {
	c := make(chan int)
	var mu sync.Mutex
	mu.Lock()
	go func() {
		pause()
		mu.Lock()
		c <- 1
	}()
	pause()
	fmt.Println("waiting")
	fmt.Println(<-c)
}
