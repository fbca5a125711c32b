// Package variables with calls in their initialisers, several init functions, closures and goroutines started
// there.
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

var (
	a       = b + n("a", 1)
	b       = f()
	c, d    = two()
	_       = n("blank", 9)
	table   = map[string]func() int{"x": func() int { pause(); return a }, "y": f}
	started = func() chan string {
		c := make(chan string, 1)
		go func() { pause(); c <- "from init" }()
		return c
	}()
	counter = make1()
	once    sync.Once
)

func f() int { return n("f", c) }

func n(name string, v int) int {
	pause()
	fmt.Println("init", name, v)
	return v
}

func two() (int, string) { pause(); return n("two", 5), "d" }

func make1() func() int {
	x := 10
	return func() int { pause(); x++; return x }
}

func init() {
	pause()
	fmt.Println("first init", a, b, c, d)
	counter()
}

func init() {
	for i := range 3 {
		pause()
		defer fmt.Println("deferred in init", i)
	}
	once.Do(func() { pause(); fmt.Println("once") })
	func() {
		defer func() { pause(); fmt.Println("recovered", recover()) }()
		panic("in init")
	}()
}

func main() {
	fmt.Println(<-started, counter(), table["x"](), table["y"]())
	once.Do(func() { fmt.Println("not reached") })
	a, b = b, a
	counter = make1()
	pause()
	fmt.Println(a, b, counter())
}
