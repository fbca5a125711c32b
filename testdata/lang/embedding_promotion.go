// Promoted fields and methods through values, pointers and interfaces; shadowing by depth; overriding.
package main

import (
	"fmt"
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

type base struct{ id int }

func (b base) Name() string { pause(); return fmt.Sprint("base", b.id) }
func (b *base) SetID(n int) { pause(); b.id = n }
func (b *base) Self() *base { pause(); return b }

type logger interface{ Log(string) string }
type loud struct{ suffix string }

func (l loud) Log(s string) string { pause(); return s + l.suffix }

type middle struct {
	base
	logger
	extra []int
}

func (m *middle) Name() string { pause(); return "middle(" + m.base.Name() + ")" }

type top struct {
	*middle
	sync.Mutex
	base2
	id string
}
type base2 struct{ other int }

func (base2) Other() string { pause(); return "other" }

type namer interface{ Name() string }

func use(n namer) string { pause(); return n.Name() }

func main() {
	t := top{middle: &middle{base: base{1}, logger: loud{"!"}}, id: "string"}
	fmt.Println(t.Name(), t.id, t.middle.id, t.base.id, t.Other(), t.Log("log"))
	t.SetID(5)
	t.Self().id++
	fmt.Println(t.base.Name(), use(&t), use(t.middle), use(t.base), use(&t.base))
	t.Lock()
	pause()
	t.Unlock()
	f, g := t.Name, t.base.Name
	t.SetID(9)
	pause()
	fmt.Println(f(), g())
	h := (*top).Log
	fmt.Println(h(&t, "expr"), base2.Other(t.base2), (*middle).Name(t.middle))
	t.logger = t.middle2()
	fmt.Println(t.Log("again"))
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		var none top
		pause()
		fmt.Println(none.Other())
		fmt.Println(none.Name())
	}()
	var l logger = &t
	l = struct{ logger }{l}
	pause()
	fmt.Println(l.Log("wrapped"))
	t.extra = append(t.extra, len(t.extra))
	pause()
	t.extra[0]++
	fmt.Println(t.extra, t.middle.extra)
}

func (t *top) middle2() logger { pause(); return loud{"?" + t.id} }
