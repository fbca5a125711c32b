// A deferred call of recover itself works where the function that defers it has been deferred, and returns.
package main

import (
	"fmt"
	"strings"
)

//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func try(name string, f func()) {
	defer func() { fmt.Println(name, "->", recover()) }()
	f()
	fmt.Println(name, "returned")
}

func named() {
	pause()
	defer recover()
	pause()
}

func late() (s string) {
	defer func() { pause(); s += "!" }()
	pause()
	defer recover()
	return "late"
}

func conditional(yes bool) {
	if yes {
		defer recover()
	}
	pause()
}

type method struct{ n int }

func (m *method) do() {
	defer recover()
	pause()
	m.n++
	pause()
}

func called() { named() }

func inner() {
	defer recover()
	pause()
	try("inner", func() {
		defer func() { pause(); defer recover(); pause() }()
		panic("inner")
	})
	pause()
}

func main() {
	try("first", func() { defer func() { defer recover(); pause() }(); panic(1) })
	try("between", func() { defer func() { pause(); defer recover(); pause() }(); panic(2) })
	try("last", func() { defer func() { pause(); defer recover() }(); panic(3) })
	try("named", func() { defer named(); panic(4) })
	try("results", func() { defer late(); panic(5) })
	try("arguments", func() { defer conditional(true); panic(6) })
	try("not reached", func() { defer conditional(false); panic(7) })
	try("method", func() {
		m := &method{}
		defer func() { fmt.Println("count", m.n) }()
		defer m.do()
		panic(8)
	})
	try("not directly", func() { defer called(); panic(9) })
	try("not by the function that panics", func() { defer recover(); pause(); panic(10) })
	try("panics again", func() {
		defer func() { defer recover(); pause(); panic("again") }()
		panic(11)
	})
	try("other deferred calls", func() {
		defer func() {
			defer func() { pause(); fmt.Println("earlier", recover()) }()
			defer recover()
			defer func() { pause(); fmt.Println("later", recover()) }()
			pause()
		}()
		panic(12)
	})
	try("and recover", func() {
		defer func() {
			defer recover()
			pause()
			fmt.Println("direct", recover())
			pause()
		}()
		panic(13)
	})
	try("nested", func() { defer inner(); panic(14) })
	try("twice", func() {
		defer func() { defer recover(); pause() }()
		defer func() { pause(); defer recover(); pause(); panic(strings.Repeat("x", 2)) }()
		panic(15)
	})
	try("without a panic", func() { defer named(); pause() })
}
