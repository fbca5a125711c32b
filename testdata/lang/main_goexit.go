// Goexit of the main goroutine lets the others run until there are none.
package main

import (
	"fmt"
	"os"
	"runtime"
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
	go func() {
		for v := range c {
			pause()
			fmt.Println("got", v)
		}
		pause()
		fmt.Println("the last one exits")
		os.Exit(3)
	}()
	defer close(c)
	for i := range 3 {
		c <- i
		pause()
	}
	runtime.Goexit()
}
