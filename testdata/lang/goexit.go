// runtime.Goexit runs every deferred function, in which recover returns nil, and ends the goroutine; a panic
// recovered in one of them does not stop it.
package main

import (
	"fmt"
	"runtime"
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

var trace []string

//go:noinline
func note(s string) { pause(); trace = append(trace, s) }

func deep(n int) {
	defer note(fmt.Sprint("deferred ", n))
	if n == 0 {
		pause()
		runtime.Goexit()
	}
	deep(n - 1)
	note("not reached")
}

func inGoroutine(f func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer note("base")
		f()
		note("not reached")
	}()
	wg.Wait()
	fmt.Println(trace)
	trace = nil
}

func main() {
	inGoroutine(func() { deep(3) })
	inGoroutine(func() {
		defer func() { pause(); note(fmt.Sprint("recover ", recover())) }()
		runtime.Goexit()
	})
	inGoroutine(func() {
		defer func() {
			pause()
			defer func() { note(fmt.Sprint("recovered ", recover())) }()
			panic("while exiting")
		}()
		deep(1)
	})
	inGoroutine(func() {
		defer func() { pause(); runtime.Goexit() }()
		defer func() { note("first") }()
		panic("lost in Goexit")
	})
	inGoroutine(func() {
		var once sync.Once
		once.Do(func() { pause(); deep(1) })
	})
	inGoroutine(func() {
		for i := range 3 {
			defer note(fmt.Sprint("loop ", i))
			pause()
		}
		func() { defer func() { pause() }(); runtime.Goexit() }()
	})
}
