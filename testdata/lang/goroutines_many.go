// A thousand goroutines parked at once, each with locals of its own, woken in order.
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

func waits(id int, in <-chan int, out chan<- int) {
	seed := id * 7
	history := []int{id}
	for v := range in {
		seed = (seed*31 + v) % 1009
		history = append(history, seed)
		pause()
		out <- history[len(history)-1] + len(history)
	}
	close(out)
}

func main() {
	const n = 1000
	ins, outs := make([]chan int, n), make([]chan int, n)
	for i := range ins {
		ins[i], outs[i] = make(chan int), make(chan int)
		go waits(i, ins[i], outs[i])
	}
	sum := 0
	for round := range 2 {
		for i := range ins {
			ins[i] <- round + i
			sum = (sum*3 + <-outs[i]) % 1000003
		}
	}
	for i := range ins {
		close(ins[i])
		<-outs[i]
	}
	fmt.Println(sum)
	var wg sync.WaitGroup
	var mu sync.Mutex
	start, total := make(chan struct{}), 0
	for i := range 200 {
		wg.Go(func() {
			mine := i
			<-start
			mu.Lock()
			defer mu.Unlock()
			pause()
			total += mine
		})
	}
	close(start)
	wg.Wait()
	fmt.Println(total)
	// Each hands on to the next.
	first := make(chan int)
	last := first
	for i := range 100 {
		next := make(chan int)
		go func(in <-chan int, out chan<- int) {
			v := <-in
			pause()
			out <- v + i
		}(last, next)
		last = next
	}
	first <- 0
	fmt.Println(<-last)
}
