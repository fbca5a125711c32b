// Channels: unbuffered hand-over, direction, close, capacity, channels of channels, order of operands of send,
// panics, a pipeline and a semaphore.
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

func source(n int) <-chan int {
	c := make(chan int)
	go func() {
		defer close(c)
		for i := 2; i < n; i++ {
			c <- i
			pause()
		}
	}()
	return c
}

func filter(in <-chan int, out chan<- int, prime int) {
	defer close(out)
	for v := range in {
		pause()
		if v%prime != 0 {
			out <- v
		}
	}
}

func primes(n int) (ps []int) {
	c := source(n)
	for {
		p, ok := <-c
		if !ok {
			return
		}
		ps = append(ps, p)
		next := make(chan int)
		go filter(c, next, p)
		c = next
	}
}

//go:noinline
func ch(name string, c chan int) chan int { pause(); fmt.Print(name, " "); return c }

//go:noinline
func v(n int) int { pause(); fmt.Print("v", n, " "); return n }

type call struct {
	arg   int
	reply chan int
}

func server(calls <-chan call, wg *sync.WaitGroup) {
	defer wg.Done()
	state := 0
	for c := range calls {
		state += c.arg
		pause()
		c.reply <- state
	}
}

func main() {
	fmt.Println(primes(50))
	c := make(chan int, 3)
	ch("c", c) <- v(1)
	ch("c", c) <- v(2) + v(3)
	fmt.Println(<-ch("c", c)+<-ch("c", c), len(c), cap(c))
	calls := make(chan call)
	var wg sync.WaitGroup
	wg.Add(1)
	go server(calls, &wg)
	for i := range 4 {
		r := make(chan int)
		calls <- call{v(i), r}
		fmt.Print(<-r, " ")
	}
	close(calls)
	wg.Wait()
	ping, pong := make(chan int), make(chan int)
	go func() {
		for n := range ping {
			pause()
			pong <- n + 1
		}
		close(pong)
	}()
	x := 0
	for range 20 {
		ping <- x
		x = <-pong
	}
	close(ping)
	_, open := <-pong
	fmt.Println(x, open)
	cc := make(chan chan int, 1)
	cc <- c
	(<-cc) <- v(7)
	var ro <-chan int = c
	y, ok := <-ro
	fmt.Println(y, ok)
	a := []int{0, 0}
	m := map[string]bool{}
	c <- 9
	a[v(1)], m["got"] = <-ch("c", c)
	fmt.Println(a, m)
	close(c)
	z, ok := <-c
	fmt.Println(z, ok)
	for _, f := range []func(){func() { ch("closed", c) <- v(1) }, func() { close(ch("closed", c)) }, func() { close(ch("nil", nil)) }} {
		func() {
			defer func() { pause(); fmt.Println("recovered", recover()) }()
			f()
		}()
	}
	done := make(chan struct{})
	results := make(chan int, 10)
	for i := range 10 {
		go func() {
			<-done
			pause()
			results <- i
		}()
	}
	close(done)
	sum := 0
	for range 10 {
		sum += <-results
	}
	fmt.Println(sum)
}
