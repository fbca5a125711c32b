// A panic in a deferred function replaces the first; recovered and raised again; panics during panics.
package main

import (
	"errors"
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
func fail(v any) { pause(); panic(v) }

func try(name string, f func()) {
	defer func() {
		pause()
		fmt.Println(name, "->", recover())
	}()
	f()
}

func deep(n int) {
	defer func() {
		pause()
		if r := recover(); r != nil {
			pause()
			panic(fmt.Sprint(r, " ", n))
		}
	}()
	if n == 0 {
		fail("bottom")
	}
	deep(n - 1)
	fmt.Println("not reached")
}

func main() {
	try("replaced", func() {
		defer func() { fail("second") }()
		fail("first")
	})
	try("raised again", func() {
		defer func() { r := recover(); pause(); panic(fmt.Sprint(r, " again")) }()
		fail("first")
	})
	try("through ten frames", func() { deep(10) })
	try("recovered inside a deferred function that runs for another panic", func() {
		defer func() {
			pause()
			func() {
				defer func() { pause(); fmt.Println("inner", recover()) }()
				fail("inner")
			}()
			pause()
			fmt.Println("outer still there")
		}()
		fail("outer")
	})
	try("later deferred functions still run", func() {
		defer fmt.Println("last")
		defer func() { pause(); fail("third") }()
		defer func() { pause(); fail("second") }()
		defer func() { pause(); fmt.Println("before") }()
		fail("first")
	})
	sentinel := errors.New("sentinel")
	func() {
		defer func() { pause(); fmt.Println(recover() == sentinel) }()
		fail(sentinel)
	}()
	try("deferred in a loop, every second one panics", func() {
		for i := range 6 {
			defer func() {
				pause()
				r := recover()
				fmt.Println("deferred", i, r)
				if i%2 == 1 {
					fail(i)
				}
			}()
		}
		fail("start")
	})
}
