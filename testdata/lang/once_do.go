// Calls of Once.Do in every form: what is embedded, deferred, bound; who waits while the function
// runs; how it ends, what it asks of its callers.
package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type inner struct{ sync.Once }

type outer[K comparable] struct {
	key K
	*inner
}

func fn(what string, n *int) func() {
	pause()
	fmt.Println("fn", what)
	return func() {
		pause()
		*n++
		fmt.Println("done", what)
	}
}

func self[K comparable](o *outer[K]) *outer[K] {
	pause()
	fmt.Println("self")
	return o
}

func forms() {
	n := 0
	var plain sync.Once
	for range 3 {
		plain.Do(fn("plain", &n))
	}
	o := outer[string]{inner: &inner{}}
	self(&o).Do(fn("promoted", &n))
	(o.Do)(fn("again", &n))
	o.inner = &inner{}
	o.
		inner.
		Do( // on lines
			fn("on lines", &n),
		)
	list := make([]sync.Once, 2)
	(*sync.Once).Do(&list[0], fn("expression", &n))
	bound := list[1].Do
	bound(fn("bound", &n))
	list[1].Do(fn("never", &n))
	var doer interface{ Do(func()) } = new(sync.Once)
	doer.Do(fn("interface", &n))
	var leaf sync.Once
	leaf.Do(func() { n += 100 })
	func() {
		var d, g sync.Once
		defer d.Do(fn("deferred", &n))
		for range 2 {
			defer d.Do(fn("deferred in a loop", &n))
		}
		done := make(chan bool)
		go g.Do(func() { pause(); close(done) })
		<-done
	}()
	fmt.Println(n)
}

func many() {
	var once sync.Once
	var wg sync.WaitGroup
	var calls, early atomic.Int32
	ready := false
	for range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			once.Do(func() {
				calls.Add(1)
				for range 5 {
					pause()
				}
				ready = true
			})
			if !ready {
				early.Add(1)
			}
		}()
	}
	wg.Wait()
	fmt.Println("many", calls.Load(), early.Load())
}

func ends() {
	var once sync.Once
	func() {
		defer func() { fmt.Println(recover()) }()
		once.Do(func() {
			pause()
			panic("inside")
		})
	}()
	once.Do(func() { fmt.Println("not called") })
	exit, done := new(sync.Once), make(chan bool)
	go func() {
		defer close(done)
		defer fmt.Println("Goexit")
		exit.Do(func() { pause(); runtime.Goexit() })
	}()
	<-done
	exit.Do(func() { fmt.Println("not called") })
	func() {
		defer func() { fmt.Println(recover()) }()
		var none *sync.Once
		pause()
		none.Do(func() {})
	}()
	var outer, nested sync.Once
	outer.Do(func() {
		pause()
		nested.Do(func() { pause(); fmt.Println("nested") })
		pause()
	})
}

//go:noinline
func callers(what string) {
	pcs := make([]uintptr, 10)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	fmt.Print(what, ":")
	for {
		f, more := frames.Next()
		fmt.Print(" ", f.Function, ":", f.Line)
		if !more {
			break
		}
	}
	fmt.Println()
}

func asks() {
	var once sync.Once
	defer func() {
		recover()
		callers("deferred")
	}()
	once.Do(func() {
		callers("before")
		pause()
		callers("behind")
		panic("out")
	})
}

func main() {
	forms()
	many()
	ends()
	asks()
}
