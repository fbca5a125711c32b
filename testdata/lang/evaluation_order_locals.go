// The same questions for local variables: captured and changed by a closure that a call in the expression runs.
package main

import (
	"fmt"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type st struct{ f int }

//go:noinline
func call(f func()) int { pause(); f(); pause(); return 0 }

//go:noinline
func show(name string, vs ...any) { pause(); fmt.Println(name, vs) }

func plain() {
	x := 1
	ch := func() { x = 100 }
	show("arguments", x, call(ch), x)
	x = 1
	show("sum", x+call(ch))
	x = 1
	y, z := x, call(ch)
	show("define", y, z, x)
	x = 1
	x, w := call(ch), x
	show("both", x, w)
	x = 1
	show("literal", []int{x, call(ch), x})
	x = 1
	x += call(ch)
	show("op", x)
	x = 1
	f := func() (int, int) { return x, call(ch) }
	a, b := f()
	show("results", a, b)
}

func element() {
	s := []int{1, 2}
	ch := func() { s[0] = 100; s = []int{1000, 2000} }
	show("element", s[0], call(ch))
	s = []int{1, 2}
	show("length", len(s), call(ch))
	s = []int{1, 2}
	t := s
	s[0] = call(ch)
	show("assigned", s, t)
	s = []int{1, 2}
	t = s
	s[1], s[0] = call(ch), 7
	show("two", s, t)
	s = []int{1, 2}
	show("slice", s[:1], call(ch))
	s = []int{1, 2}
	t = s
	for i, v := range s {
		call(ch)
		fmt.Print(i, v, " ")
	}
	show("range", s, t)
}

func structs() {
	v := st{1}
	p := &v
	ch := func() { v.f = 100; p = &st{1000} }
	show("field", v.f, call(ch))
	v, p = st{1}, &v
	show("pointer", p.f, call(ch), p.f)
	v, p = st{1}, &v
	show("value", v, call(ch))
	v, p = st{1}, &v
	p.f = call(ch) + 5
	show("assigned", p.f, v.f)
	v, p = st{1}, &v
	p.f += call(ch) + 5
	show("op", p.f, v.f)
	a := [2]int{1, 2}
	cha := func() { a = [2]int{100, 200} }
	show("array", a, call(cha))
	a = [2]int{1, 2}
	show("array element", a[0], call(cha), a[1])
	a = [2]int{1, 2}
	b, _ := a, call(cha)
	show("array copy", b, a)
}

func functions() {
	f := func() int { pause(); return 1 }
	ch := func() { f = func() int { pause(); return 100 } }
	show("func", f(), call(ch), f())
	g := func(a int, b func() int) int { pause(); return a + b() }
	chg := func() { g = func(int, func() int) int { return -1 } }
	show("callee", g(call(chg), f))
	var i fmt.Stringer = name("one")
	chi := func() { i = name("other") }
	show("interface", i.String(), call(chi), i.String())
	i = name("one")
	bound := i.String
	show("bound", call(chi), bound())
	i = name("one")
	h := func(_ int, s string) string { pause(); return s }
	show("receiver", h(call(chi), i.String()))
}

type name string

func (n name) String() string { pause(); return string(n) }

func main() {
	plain()
	element()
	structs()
	functions()
}
