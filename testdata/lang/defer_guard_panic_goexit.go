// A panic or a Goexit in the part of a function that runs after an update point, with deferred functions armed
// before it: each runs exactly once.
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

//go:noinline
func step(trace *[]string, s string) { pause(); *trace = append(*trace, s); pause() }

func body(how string, trace *[]string) {
	defer step(trace, "outer")
	defer func() {
		step(trace, "recover")
		if r := recover(); r != nil {
			step(trace, fmt.Sprint("got ", r))
		}
	}()
	for i := range 2 {
		defer step(trace, fmt.Sprint("loop", i))
	}
	func() {
		defer step(trace, "middle")
		pause()
		leaf(how, trace)
		step(trace, "after leaf")
	}()
	step(trace, "body ends")
}

//go:noinline
func leaf(how string, trace *[]string) {
	defer step(trace, "leaf")
	pause()
	switch how {
	case "panic":
		panic("from leaf")
	case "runtime error":
		var m map[string]int
		m["x"] = 1
	case "goexit":
		runtime.Goexit()
	}
	pause()
}

func main() {
	for _, how := range []string{"return", "panic", "runtime error", "goexit"} {
		var trace []string
		var wg sync.WaitGroup
		wg.Add(1)
		go func() {
			defer wg.Done()
			body(how, &trace)
			step(&trace, "goroutine ends")
		}()
		wg.Wait()
		fmt.Println(how, trace)
	}
	for _, how := range []string{"return", "panic", "runtime error", "goexit"} {
		var trace []string
		done := make(chan bool)
		go func() {
			defer close(done)
			through(how, &trace)
			step(&trace, "goroutine ends")
		}()
		<-done
		fmt.Println("through", how, trace)
	}
}

// through is left by way of a frame of the library: own code that it calls is the base of a segment, whose
// deferred call must run in the frame that was rebuilt alone.
func through(how string, trace *[]string) {
	defer func() {
		if r := recover(); r != nil {
			step(trace, fmt.Sprint("got ", r))
		}
	}()
	var once sync.Once
	once.Do(func() {
		defer step(trace, "base")
		pause()
		leaf(how, trace)
		step(trace, "after leaf")
	})
}
