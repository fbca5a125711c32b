// defer and go with builtin functions and with methods of function types.
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

type action func(string)

func (a action) run(s string) { pause(); a(s) }

var consumed = make(chan int)

func f() (m map[string]int, left int) {
	m = map[string]int{"a": 1, "b": 2}
	c := make(chan int)
	go func() {
		n := 0
		for v := range c {
			pause()
			n += v
		}
		pause()
		consumed <- n
	}()
	defer func() { left = <-consumed }()
	defer close(c)
	defer delete(m, "a")
	c <- 5
	c <- 6
	pause()
	return m, -1
}

func panics() {
	defer func() { pause(); fmt.Println("recovered", recover()) }()
	defer panic("deferred")
	pause()
}

func main() {
	m, n := f()
	fmt.Println(m, n)
	panics()
	func() {
		defer action(func(s string) { pause(); fmt.Println("action", s) }).run("x")
		pause()
	}()
	func() {
		var c chan int
		defer func() { pause(); fmt.Println("recovered", recover()) }()
		defer close(c)
		pause()
	}()
	func() {
		x := map[int]int{1: 1}
		defer func() { fmt.Println(len(x)) }()
		defer clear(x)
		pause()
	}()
	c := make(chan int, 1)
	c <- 1
	go close(c)
	<-c
	_, ok := <-c
	fmt.Println(ok)
	defer println("to stderr", len(m))
	defer print("first ", n, "\n")
	pause()
}
