// recover works directly under the deferred function and nowhere else, before and after it pauses.
package main

import (
	"errors"
	"fmt"
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

//go:noinline
func helper() any { pause(); return recover() }

//go:noinline
func fail(v any) { pause(); panic(v) }

func try(name string, f func()) {
	defer func() {
		pause()
		r := recover()
		pause()
		fmt.Println(name, "->", r)
	}()
	f()
	pause()
	fmt.Println(name, "returned")
}

func recoverer() {
	pause()
	if r := recover(); r != nil {
		pause()
		fmt.Println("recoverer", r)
	}
}

type catcher struct{ name string }

func (c catcher) catch()   { pause(); fmt.Println(c.name, recover()) }
func (c *catcher) pcatch() { pause(); fmt.Println(c.name, recover()); c.name += "+" }

func main() {
	try("closure", func() { fail(1) })
	try("nested function does not recover", func() {
		defer func() { pause(); fmt.Println("helper", helper()) }()
		fail(2)
	})
	try("directly deferred function", func() { defer recoverer(); fail(3) })
	try("method", func() { defer catcher{"m"}.catch(); fail(4) })
	try("pointer method", func() {
		c := &catcher{"p"}
		defer fmt.Println("not yet", c.name)
		defer c.pcatch()
		defer (*catcher).pcatch(&catcher{"first"})
		fail(5)
	})
	try("method value", func() { f := catcher{"mv"}.catch; defer f(); fail(6) })
	try("deferred recover itself", func() { defer recover(); pause(); fail(7) })
	try("only once", func() {
		defer func() { fmt.Println("second", recover()) }()
		defer func() { pause(); fmt.Println("first", recover()); pause(); fmt.Println("again", recover()) }()
		fail(8)
	})
	try("recover without panic", func() {
		defer func() { pause(); fmt.Println("none", recover()) }()
		pause()
	})
	try("in a nested deferred closure", func() {
		defer func() {
			pause()
			defer func() { pause(); fmt.Println("inner", recover()) }()
			pause()
		}()
		fail(9)
	})
	try("runtime error", func() {
		var p *catcher
		pause()
		fmt.Println(p.name)
	})
	try("error value", func() {
		defer func() {
			pause()
			err := recover().(error)
			var re runtime.Error
			fmt.Println(errors.As(err, &re), err)
		}()
		a := []int{1}
		i := 5
		pause()
		a[i]++
	})
	try("nil panic", func() {
		defer func() { r := recover(); pause(); fmt.Printf("%T\n", r) }()
		fail(nil)
	})
	try("loop goes on after recovery", func() {
		for i := range 4 {
			func() {
				defer func() {
					pause()
					if r := recover(); r != nil {
						fmt.Println("round", i, r)
					}
				}()
				if i%2 == 1 {
					fail(i)
				}
			}()
			pause()
		}
	})
}
