// An iterator that calls its loop body after the loop has ended, or goes on after it said stop, panics.
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

var kept func(int) bool

func keeps(yield func(int) bool) {
	kept = yield
	pause()
	yield(1)
}

func ignores(yield func(int) bool) {
	for i := range 3 {
		pause()
		yield(i)
	}
}

func swallows(yield func(int) bool) {
	defer func() { pause(); fmt.Println("iterator saw", recover()) }()
	for i := range 3 {
		yield(i)
	}
}

func try(name string, f func()) {
	defer func() {
		pause()
		fmt.Println(name, "->", recover())
	}()
	f()
}

func main() {
	try("late", func() {
		for i := range keeps {
			pause()
			fmt.Println("body", i)
		}
		pause()
		kept(2)
	})
	try("ignored break", func() {
		for i := range ignores {
			pause()
			fmt.Println("body", i)
			break
		}
	})
	try("swallowed panic", func() {
		for i := range swallows {
			pause()
			if i == 1 {
				panic("from the body")
			}
			fmt.Println("body", i)
		}
	})
	try("forgiven misuse", func() {
		for i := range forgives {
			pause()
			if i == 1 {
				break
			}
		}
		fmt.Println("not reached")
	})
	try("no yield", func() {
		for range func(func() bool) { pause() } {
			fmt.Println("not reached")
		}
		fmt.Println("none")
	})
}

// An iterator that recovers the panic of its own misuse and goes on is told so behind the loop.
func forgives(yield func(int) bool) {
	for i := range 4 {
		func() {
			defer func() { pause(); fmt.Println("forgives", recover()) }()
			yield(i)
		}()
	}
}
