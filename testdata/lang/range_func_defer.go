// Defers in the bodies of ranges over functions run at the end of the function around the loops, in its order.
package main

import (
	"errors"
	"fmt"
	"iter"
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

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		defer func() { pause(); fmt.Print("[cleanup] ") }()
		for i := range n {
			pause()
			if !yield(i) {
				return
			}
			pause()
		}
	}
}

func say(args ...any) { pause(); fmt.Print(args...); fmt.Print(" ") }

func order() (s string) {
	defer say("first")
	for i := range count(2) {
		defer say("a", i)
		pause()
		defer func() { pause(); s += fmt.Sprint("a", i) }()
	}
	defer say("middle")
	for i := range count(2) {
		defer func(j int) { pause(); i += j; s += fmt.Sprint("b", i) }(i * 10)
		pause()
	}
	defer say("last")
	pause()
	return "r"
}

func nested(out int) (s string) {
	for i := range count(3) {
		defer say("o", i)
		for j := range count(3) {
			defer func() { pause(); s += fmt.Sprint(i, j, " ") }()
			pause()
			switch {
			case out == 1 && i == 1:
				return "return "
			case out == 2 && j == 1:
				break
			case out == 3 && i == 0 && j == 1:
				goto end
			}
			for k := 0; k < 2; k++ {
				defer say("k", k)
				pause()
			}
		}
		defer say("after", i)
	}
end:
	pause()
	return s + "end "
}

type guard struct{ name string }

func (g *guard) done()       { pause(); fmt.Print("done ", g.name, " ") }
func (g guard) value(n int)  { pause(); fmt.Print("value ", g.name, n, " ") }
func two() (string, int)     { pause(); return "two", 2 }
func show(s string, n int)   { pause(); fmt.Print(s, n, " ") }
func variadic(s ...any) bool { pause(); fmt.Print(len(s), s, " "); return true }

type doer interface{ done() }

func forms() {
	var mu sync.Mutex
	f := func() { pause(); fmt.Print("f ") }
	m := map[int]bool{1: true, 2: true}
	c := make(chan int)
	for i := range count(2) {
		g := &guard{fmt.Sprint("g", i)}
		var d doer = g
		defer g.done()
		defer d.done()
		defer g.value(i)
		g.name = "changed"
		defer show(two())
		defer variadic(i, "x", nil)
		defer variadic([]any{i}...)
		mu.Lock()
		defer mu.Unlock()
		mu.Unlock()
		defer f()
		f = func() { pause(); fmt.Print("f", i, " ") }
		if i == 1 {
			defer close(c)
			defer delete(m, 1)
		}
		pause()
		mu.TryLock()
		break
	}
	fmt.Print(len(m), " ")
}

func nilFunc() (err error) {
	defer func() {
		pause()
		err = recover().(error)
	}()
	for range count(2) {
		var f func()
		defer f()
		pause()
		fmt.Print("armed ")
	}
	return nil
}

func nilInterface() (err error) {
	defer func() {
		pause()
		err = recover().(error)
	}()
	for range count(2) {
		defer say("before")
		var d doer
		defer d.done()
		fmt.Print("not reached ")
	}
	return nil
}

func exits() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		for i := range count(3) {
			defer say("goexit", i)
			pause()
			if i == 1 {
				runtime.Goexit()
			}
		}
	}()
	wg.Wait()
}

// In a literal, in a method, in a generic function.

func literal() (s string) {
	return func() (s string) {
		for i := range count(2) {
			defer func() { pause(); s += fmt.Sprint("lit", i, " ") }()
			defer func() {
				for j := range count(2) {
					defer func() { pause(); s += fmt.Sprint("in", i, j, " ") }()
				}
			}()
		}
		return ""
	}()
}

func (g *guard) method() (err error) {
	for i := range count(2) {
		defer func() { pause(); err = errors.Join(err, fmt.Errorf("%s%d", g.name, i)) }()
		pause()
	}
	return nil
}

func generic[T any](s iter.Seq[T]) (all []T) {
	for v := range s {
		defer func() { pause(); all = append(all, v) }()
		pause()
	}
	return nil
}

func recursive(n int) (s string) {
	for i := range count(2) {
		defer func() { pause(); s += fmt.Sprint(n, i, " ") }()
		if n > 0 {
			defer func(r string) { s += r }(recursive(n - 1))
		}
	}
	return ""
}

func never(n int) string {
	for range count(n) {
		defer say("never")
	}
	pause()
	return "none"
}

// recovers defers nothing in its loop but a recover, which gc does not let recover.
func recovers(in bool) (s string) {
	for i := range count(2) {
		defer recover()
		pause()
		if in && i == 1 {
			panic("inside")
		}
	}
	pause()
	panic("behind")
}

func main() {
	for _, in := range []bool{true, false} {
		func() {
			defer func() { fmt.Println("recovered", recover()) }()
			fmt.Println(recovers(in))
		}()
	}
	fmt.Println(order())
	for i := range 4 {
		fmt.Println(nested(i))
	}
	forms()
	fmt.Println()
	fmt.Println(nilFunc())
	fmt.Println(nilInterface())
	exits()
	fmt.Println()
	fmt.Println(literal())
	fmt.Println((&guard{"m"}).method())
	fmt.Println(generic(count(3)))
	fmt.Println(recursive(2))
	fmt.Println(never(0))
}
