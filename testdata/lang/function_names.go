// Functions are called on stacks what they are called in the plain program, also when they have been rebuilt.
package main

import (
	"fmt"
	"runtime"
	"sort"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

// show prints who calls it.
//
//go:noinline
func show() {
	pause()
	pc, _, _, _ := runtime.Caller(1)
	here, _, _, _ := runtime.Caller(0)
	fmt.Println(runtime.FuncForPC(pc).Name(), runtime.FuncForPC(here).Name())
}

// hold keeps literals from being inlined, which gives those inside them other names.
var hold func()

type t struct{ n int }

func (t t) value()    { pause(); show() }
func (t *t) pointer() { pause(); show(); func() { pause(); show() }() }

type g[P any] struct{ p P }

func (v *g[P]) method() { pause(); show(); f := func() { show() }; pause(); f() }

func generic[P any](p P) {
	pause()
	show()
	hold = func() {
		pause()
		show()
		func() { show(); pause() }()
		show()
	}
	hold()
}

var global = func() {
	show()
	func() { pause(); show() }()
}

var global2, global3 = func() { show() }, []func(){func() { show() }}

func init() { show() }

func init() {
	defer func() { pause(); show() }()
	func() { pause(); show() }()
}

func seq(yield func(int) bool) {
	pause()
	show()
	_ = yield(1) && yield(2)
}

//go:noinline
func leaf() string {
	pc, _, _, _ := runtime.Caller(0)
	return runtime.FuncForPC(pc).Name()
}

func literals() {
	defer fmt.Println("a deferred call, which generated literals stand for")
	pause()
	a := func() { show() }
	defer func() {
		pause()
		show()
		b := func() { pause(); show() }
		b()
	}()
	if false {
		func() { show() }()
	}
	pause()
	hold = func() {
		d := func() {
			show()
			defer func() { show() }()
			pause()
		}
		d()
		pause()
		func() { show() }()
	}
	a()
	hold()
	for i := range 2 {
		defer func(n int) { pause(); show() }(i)
	}
	for range seq {
		show()
		func() { pause(); show() }()
		for range seq {
			show()
		}
	}
	for range func(yield func() bool) { yield() } {
		func() { fmt.Println(leaf()) }()
	}
	s := []int{2, 1}
	sort.Slice(s, func(i, j int) bool { show(); return s[i] < s[j] })
	func() { pause(); show() }()
}

func main() {
	show()
	v := &t{}
	v.value()
	v.pointer()
	m := v.pointer
	m()
	var i interface{ value() } = v
	i.value()
	(&g[string]{}).method()
	generic(1)
	generic(v)
	global()
	global2()
	global3[0]()
	literals()
	done := make(chan bool)
	go func() { pause(); show(); done <- true }()
	<-done
}
