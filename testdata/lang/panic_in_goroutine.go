// An uncaught panic in another goroutine ends the program with exit code 2.
package main

import (
	"fmt"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func work(n int, out chan<- int, ack <-chan bool) {
	defer fmt.Println("deferred in goroutine", n)
	for i := range n {
		pause()
		out <- i
		<-ack
	}
	var a []int
	pause()
	fmt.Println(a[n])
}

func main() {
	defer fmt.Println("not reached")
	out, ack := make(chan int), make(chan bool)
	go work(3, out, ack)
	sum := 0
	for v := range out {
		pause()
		sum += v
		fmt.Println("sum", sum)
		ack <- true
	}
}
