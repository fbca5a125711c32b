// Channel and value operands of all clauses are evaluated once, in source order, on entry to the select; the
// left side of a receive only after the receive, and only of the chosen clause.
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

//go:noinline
func num(name string, v int) int {
	pause()
	fmt.Println("num", name, v)
	return v
}

//go:noinline
func ch(name string, c chan int) chan int {
	pause()
	fmt.Println("ch", name)
	return c
}

//go:noinline
func place(name string, a []int) []int {
	pause()
	fmt.Println("place", name)
	return a
}

func main() {
	ready, full, none := make(chan int, 1), make(chan int), (chan int)(nil)
	a := make([]int, 4)
	ready <- 7
	select {
	case ch("none", none) <- num("sent", 1):
		fmt.Println("not reached")
	case place("full", a)[num("full", 0)] = <-ch("full", full):
		fmt.Println("not reached")
	case place("ready", a)[num("index", 2)] = <-ch("ready", ready):
		pause()
		fmt.Println("received", a)
	}
	select {
	case ch("full", full) <- num("v", 2):
		fmt.Println("not reached")
	case ch("ready", ready) <- num("w", 3):
		pause()
		fmt.Println("sent", len(ready))
	}
	select {
	case v := <-ch("none", none):
		fmt.Println("not reached", v)
	case full <- num("x", 4):
		fmt.Println("not reached")
	default:
		pause()
		fmt.Println("default")
	}
	// The channel variable changes while operands are evaluated: the value before counts.
	c, d := make(chan int, 1), make(chan int, 1)
	cur := c
	swap := func(v int) int { pause(); cur = d; return v }
	select {
	case cur <- swap(5):
		fmt.Println("c", len(c), "d", len(d))
	}
	cur = c
	select {
	case v, ok := <-cur:
		pause()
		fmt.Println(v, ok)
	}
	// A panic in an operand: nothing was received.
	<-ready
	ready <- 9
	func() {
		defer func() { fmt.Println("recovered", recover(), len(ready)) }()
		select {
		case <-ready:
			fmt.Println("not reached")
		case full <- a[num("out", 99)]:
		}
	}()
	// A panic in the left side: the value is gone.
	func() {
		defer func() { fmt.Println("recovered", recover(), len(ready)) }()
		select {
		case a[num("out", 99)] = <-ready:
		}
	}()
}
