// The frame of a function literal has its Func, also when its entry was captured: what
// calls a rebuilt entry does not inline it.
package main

import (
	"fmt"
	"runtime"
)

var ch = make(chan int, 1)

func where() {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for {
		f, more := frames.Next()
		if f.Function == "runtime.main" || !more {
			return
		}
		fmt.Println(f.Function, f.Line, f.Func != nil)
	}
}

//go:noinline
func call(f func()) {
	ch <- 1
	f()
	<-ch
}

//go:noinline
func fails(f func()) {
	defer func() {
		fmt.Println(recover())
		where()
	}()
	f()
}

func main() {
	n := 0
	call(func() {
		n++
		where()
	})
	fails(func() {
		var p *int
		n += *p
	})
	fmt.Println(n)
}
