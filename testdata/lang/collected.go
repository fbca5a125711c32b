// What only a captured frame's locals refer to is collected while the frame that was rebuilt from it runs: the frame
// below it, which waits, needs nothing more.
package main

import (
	"fmt"
	"runtime"
)

type object struct {
	fields [64]int
	gone   chan struct{}
}

//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

//go:noinline
func use(o *object) int { return len(o.fields) }

func newObject() *object {
	o := &object{gone: make(chan struct{})}
	gone := o.gone
	runtime.AddCleanup(o, func(c chan struct{}) { close(c) }, gone)
	return o
}

func collected(gone chan struct{}) bool {
	for range 5000 {
		select {
		case <-gone:
			return true
		default:
		}
		runtime.GC()
		runtime.Gosched()
	}
	return false
}

// The goroutine's outermost frame.
func local(say chan bool) {
	o := newObject()
	pause()
	n := use(o) // captured before and after
	pause()
	say <- collected(o.gone) && n > 0
}

// A frame in the middle: its caller's locals.
func inner(o *object, say chan bool) {
	gone := o.gone
	pause()
	use(o)
	pause()
	say <- collected(gone)
}

func outer(say chan bool) {
	o := newObject()
	pause()
	inner(o, say)
	pause()
}

// With a result, and with one that has a name.
func result(say chan bool) (n int, err error) {
	o := newObject()
	gone := o.gone
	pause()
	n = use(o)
	pause()
	say <- collected(gone)
	return n, err
}

func named(say chan bool) (n int) {
	o := newObject()
	gone := o.gone
	add := func() { n++ }
	pause()
	n = use(o)
	add()
	pause()
	say <- collected(gone)
	return n
}

func main() {
	say := make(chan bool)
	for _, f := range []func(){
		func() { local(say) }, func() { outer(say) }, func() { result(say) }, func() { named(say) },
	} {
		go f()
		fmt.Println(<-say)
	}
	go local(say)
	fmt.Println(<-say)
	go named(say)
	fmt.Println(<-say)
}
