// A nil function panics when the deferred call runs; a nil interface's method and a nil receiver of a value
// method panic at the defer statement.
package main

import (
	"fmt"
	"io"
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

type doer interface{ do() }
type val struct{ n int }

func (v val) do()   { pause(); fmt.Println("do", v.n) }
func (v *val) ptr() { pause(); fmt.Println("ptr", v == nil) }

type embeds struct {
	name string
	val
}
type embedsPointer struct{ *val }

func try(name string, f func()) {
	defer func() {
		pause()
		fmt.Println(name, "->", recover())
	}()
	f()
}

func main() {
	try("nil func", func() {
		var f func()
		defer fmt.Println("runs before")
		defer f()
		pause()
		fmt.Println("statement passed")
	})
	try("nil func with arguments", func() {
		var f func(int)
		arg := func() int { pause(); fmt.Println("argument"); return 1 }
		defer f(arg())
		pause()
		fmt.Println("statement passed")
	})
	try("nil interface", func() {
		var d doer
		pause()
		defer d.do()
		fmt.Println("not reached")
	})
	try("nil interface, and set by the next statement", func() {
		var d doer
		defer func() { d = val{1}; fmt.Println("set") }()
		pause()
		defer d.do()
		d = val{2}
		pause()
		fmt.Println("not reached")
	})
	try("nil interface of the library", func() {
		var c io.Closer
		defer fmt.Println("runs before")
		pause()
		defer c.Close()
		fmt.Println("not reached")
	})
	try("nil pointer, value method", func() {
		var v *val
		pause()
		defer v.do()
		fmt.Println("not reached")
	})
	try("nil pointer, pointer method", func() {
		var v *val
		defer v.ptr()
		pause()
		fmt.Println("statement passed")
	})
	try("nil pointer, method of an embedded value", func() {
		var e *embeds
		pause()
		defer e.ptr()
		fmt.Println("not reached")
	})
	try("nil pointer, method of an embedded pointer", func() {
		var e *embedsPointer
		pause()
		defer e.ptr()
		fmt.Println("not reached")
	})
	try("pointers set later, methods of embedded ones", func() {
		e, p := &embeds{val: val{3}}, &embedsPointer{&val{4}}
		defer e.ptr()
		defer e.do()
		defer p.do()
		for range 2 {
			defer e.ptr()
		}
		e.n = 5
		e, p.val = &embeds{val: val{6}}, &val{7}
		pause()
	})
	try("nil pointer in an interface", func() {
		// The message depends on whether the compiler sees what d holds.
		defer func() {
			_, ok := recover().(runtime.Error)
			fmt.Println("runtime error:", ok)
		}()
		var v *val
		var d doer = v
		defer d.do()
		pause()
		fmt.Println("statement passed")
	})
	try("method value of nil interface", func() {
		var d doer
		pause()
		f := d.do
		fmt.Println("not reached")
		defer f()
	})
	try("nil func set later", func() {
		var f func()
		defer func() { f() }()
		pause()
		f = func() { pause(); fmt.Println("set") }
	})
	try("go nil interface", func() {
		var d doer
		pause()
		go d.do()
		fmt.Println("not reached")
	})
}
