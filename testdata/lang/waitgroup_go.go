// Calls of WaitGroup.Go in every form: what is embedded, deferred, bound, shadowed; what is
// evaluated when; how the function ends, what it asks of its callers.
package main

import (
	"fmt"
	"runtime"
	. "sync"
	other "sync"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type taken struct{}

type inner struct{ WaitGroup }

type middle struct {
	name string
	*inner
}

type outer[K comparable] struct {
	key K
	middle
}

func (o *outer[K]) self(what string) *outer[K] {
	pause()
	fmt.Println("self", what)
	return o
}

func fn(what string, n *int) func() {
	pause()
	fmt.Println("fn", what)
	return func() {
		pause()
		*n++
	}
}

// leaf has no update point.
func leaf(wg *other.WaitGroup, c chan<- string) {
	wg.Go(func() { c <- "from a leaf" })
}

func forms() {
	n := 0
	var plain WaitGroup
	plain.Go(fn("plain", &n))
	plain.Wait()
	o := &outer[string]{middle: middle{inner: &inner{}}}
	o.self("promoted").Go(fn("promoted", &n))
	o.Wait()
	(o.self("in parentheses").Go)(fn("in parentheses", &n))
	o.Wait()
	o.
		self("on lines").
		inner. // with a comment
		Go(
			fn("on lines", &n),
		)
	o.Wait()
	(*WaitGroup).Go(&o.inner.WaitGroup, fn("expression", &n))
	o.Wait()
	bound := o.Go
	o.middle.inner = &inner{}
	bound(fn("bound", &n))
	for n != 6 { // it is the other group that counts it
		runtime.Gosched()
	}
	groups := []WaitGroup{{}, {}}
	i := 0
	groups[func() int { pause(); i++; return i }()].Go(fn("element", &n))
	groups[1].Wait()
	var starter interface{ Go(func()) } = &plain
	starter.Go(fn("interface", &n))
	plain.Wait()
	go func() { pause(); plain.Go(fn("other goroutine", &n)) }()
	for n != 9 {
		pause()
	}
	plain.Wait()
	fmt.Println(n)
}

func local() {
	type taken struct{ WaitGroup }
	type also struct {
		n int
		taken
	}
	var a also
	a.Go(func() { pause(); a.n++ })
	a.Wait()
	defer func() { a.Wait(); fmt.Println("local", a.n) }()
	defer a.Go(func() { pause(); a.n++ })
	pause()
}

func shadowed() {
	type WaitGroup struct{ other.Mutex }
	sync := new(other.WaitGroup)
	runtime := "shadowed"
	sync.Go(func() { pause(); runtime += "!" })
	sync.Wait()
	var _ WaitGroup
	fmt.Println(runtime)
}

func deferred() {
	var wg WaitGroup
	n := 0
	defer func() {
		wg.Wait()
		fmt.Println("deferred", n)
	}()
	for i := range 3 {
		at := &wg
		defer at.Go(fn(fmt.Sprint("deferred ", i), &n))
		at = nil
		pause()
	}
	defer wg.Go(fn("deferred", &n))
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		defer wg.Go(func() { pause(); n += 100 })
		pause()
		panic("on the way")
	}()
	go wg.Go(func() {})
}

func ends() {
	var wg WaitGroup
	wg.Go(func() {
		defer fmt.Println("Goexit")
		pause()
		runtime.Goexit()
	})
	wg.Wait()
	wg.Go(func() {
		defer func() { fmt.Println(recover()) }()
		pause()
		panic("recovered inside")
	})
	wg.Wait()
	func() {
		defer func() { fmt.Println(recover()) }()
		var none *inner
		pause()
		none.Go(func() {})
	}()
	func() {
		defer func() { callers("in Add"); fmt.Println(recover()) }()
		var none *WaitGroup
		pause()
		none.Go(func() {})
	}()
}

//go:noinline
func callers(what string) {
	pcs := make([]uintptr, 10)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	fmt.Print(what, ":")
	for {
		f, more := frames.Next()
		fmt.Print(" ", f.Function)
		if !more {
			break
		}
	}
	fmt.Println()
}

func asks() {
	var wg WaitGroup
	wg.Go(func() {
		callers("before")
		pause()
		callers("behind")
		func() {
			defer callers("deferred")
			pause()
		}()
	})
	wg.Wait()
}

func nested() {
	var wg WaitGroup
	var mu Mutex
	sum := 0
	var walk func(depth int)
	walk = func(depth int) {
		pause()
		mu.Lock()
		sum += depth
		mu.Unlock()
		if depth > 0 {
			for range 2 {
				wg.Go(func() { walk(depth - 1) })
			}
		}
	}
	wg.Go(func() { walk(5) })
	wg.Wait()
	fmt.Println("nested", sum)
}

func main() {
	forms()
	local()
	shadowed()
	deferred()
	ends()
	asks()
	nested()
	c, wg := make(chan string), new(WaitGroup)
	leaf(wg, c)
	fmt.Println(<-c)
	wg.Wait()
}
