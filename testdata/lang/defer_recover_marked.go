// An operation that waits panics by itself, and a deferred function that is no literal recovers: what follows
// runs as own code again, and can be stopped.
package main

import (
	"fmt"
	"slices"
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

func bare() { fmt.Println("bare", recover()) }

func args(s string, n *int) int { *n++; fmt.Println(s, recover()); return *n }

type catcher struct{ name string }

func (c catcher) value()    { pause(); fmt.Println(c.name, "value", recover()) }
func (c *catcher) pointer() { fmt.Println(c.name, "pointer", recover()); pause() }

type recovering interface{ value() }

func closed() chan int { c := make(chan int); close(c); return c }

// work can be captured at every turn.
func work(n int) (sum int) {
	for i := range n {
		sum += turn(i)
	}
	return sum
}

//go:noinline
func turn(i int) int {
	if i < 0 {
		pause()
	}
	return i * i
}

func send(c chan int) {
	defer bare()
	c <- 1
}

func sendArgs(c chan int, n *int) {
	defer args("args", n)
	pause()
	c <- 1
}

func sendValue(c chan int) {
	defer catcher{"c"}.value()
	select {
	case c <- 1:
	case <-make(chan int):
	}
}

func sendPointer(c chan int) {
	k := &catcher{"k"}
	f := k.pointer
	defer f()
	c <- 1
}

func sendInterface(c chan int) {
	var i recovering = &catcher{"i"}
	defer i.value()
	c <- 1
}

func wait() {
	defer bare()
	var wg sync.WaitGroup
	wg.Add(-1)
	wg.Wait()
}

func loop(c chan int) {
	n := 0
	for i := range 3 {
		defer args(fmt.Sprint("loop", i), &n)
		pause()
	}
	c <- 1
}

func body(c chan int) {
	n := 0
	for i := range slices.Values([]int{7, 8}) {
		defer args(fmt.Sprint("body", i), &n)
		pause()
	}
	c <- 1
}

func calls(f func(int)) {
	defer bare()
	f(1)
}

func main() {
	n := 0
	c := closed()
	send(c)
	fmt.Println(work(10))
	sendArgs(c, &n)
	fmt.Println(work(11), n)
	sendValue(c)
	fmt.Println(work(12))
	sendPointer(c)
	fmt.Println(work(13))
	sendInterface(c)
	fmt.Println(work(14))
	wait()
	fmt.Println(work(15))
	loop(c)
	fmt.Println(work(16))
	body(c)
	fmt.Println(work(17))
	calls(func(i int) { c <- i })
	fmt.Println(work(18))
	var nilFunc func(int)
	calls(nilFunc)
	fmt.Println(work(19))
}
