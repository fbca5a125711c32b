// Deferred functions that recover themselves, with arguments, results, through values and interfaces, in loops.
package main

import "fmt"

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type catcher struct{ name string }

func (c *catcher) catch(tag string, more ...int) int {
	pause()
	r := recover()
	pause()
	fmt.Println(c.name, tag, more, r)
	return len(more)
}

func (c catcher) twice(a, b [3]int) (x, y string) {
	pause()
	fmt.Println(c.name, recover(), a, b)
	pause()
	fmt.Println("again", recover())
	return "x", "y"
}

type catching interface {
	catch(string, ...int) int
}

func rec(n *int, s string, f float64, e error) {
	pause()
	if r := recover(); r != nil {
		*n++
		pause()
		fmt.Println(s, f, e, r, *n)
	}
}

// through calls a recoverer that is not deferred: it recovers nothing.
func through(n *int) {
	pause()
	rec(n, "not directly", 0, nil)
	pause()
}

func run(name string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(name, "left with", r)
		}
	}()
	f()
	pause()
	fmt.Println(name, "returned")
}

func main() {
	n := 0
	run("function", func() {
		defer rec(&n, "s", 1.5, fmt.Errorf("e%d", n))
		pause()
		panic(1)
	})
	run("not directly", func() {
		defer through(&n)
		pause()
		panic(2)
	})
	run("method", func() {
		c := &catcher{"c"}
		defer c.catch("tag", 1, 2, 3)
		pause()
		panic(3)
	})
	run("value method with stack arguments", func() {
		defer catcher{"v"}.twice([3]int{1, 2, 3}, [3]int{n})
		pause()
		panic(4)
	})
	run("interface", func() {
		var i catching = &catcher{"i"}
		defer i.catch("iface")
		pause()
		i = nil
		panic(5)
	})
	run("function value", func() {
		f := rec
		defer f(&n, "value", 2, nil)
		f = nil
		pause()
		panic(6)
	})
	run("literal in a variable", func() {
		f := func(s string) { pause(); fmt.Println("literal", s, recover()) }
		defer f("x")
		pause()
		panic(7)
	})
	run("method expression", func() {
		defer (*catcher).catch(&catcher{"e"}, "expr", 1)
		pause()
		panic(8)
	})
	run("loop", func() {
		for i := range 4 {
			defer (&catcher{fmt.Sprint("loop", i)}).catch("l", i)
			pause()
		}
		panic(9)
	})
	run("panics in turn", func() {
		defer rec(&n, "last", 0, nil)
		defer func(s string) {
			pause()
			panic(fmt.Sprint(s, recover()))
		}("second after ")
		pause()
		panic(10)
	})
	run("no panic", func() {
		defer rec(&n, "none", 0, nil)
		defer (&catcher{"none"}).catch("")
		pause()
	})
	fmt.Println(n)
}
