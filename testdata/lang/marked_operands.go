// Operands of calls and receives that wait: receiver, function value, arguments and places left of an
// assignment, in order.
package main

import (
	"fmt"
	"strings"
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

var trace []string

func note(s string) string { trace = append(trace, s); return s }

func show() {
	fmt.Println(strings.Join(trace, " "))
	trace = nil
}

type box struct {
	b  *strings.Builder
	fs []func(...any) (int, error)
	c  chan int
	p  *int
}

func (b *box) get() *box                            { note("get"); return b }
func (b *box) chans() chan int                      { note("chans"); return b.c }
func (b *box) at() *int                             { note("at"); return b.p }
func (b *box) wait(s string, n int)                 { pause(); note(fmt.Sprint(s, n)) }
func number(n int) int                              { note(fmt.Sprint("number", n)); return n }
func once(f func()) func()                          { note("once"); return sync.OnceFunc(f) }
func index(b *box, i int) func(...any) (int, error) { note("index"); return b.fs[i] }

func main() {
	n := 0
	b := &box{b: &strings.Builder{}, c: make(chan int, 2), p: &n}
	b.fs = []func(...any) (int, error){fmt.Print, fmt.Println}
	b.get().wait(note("a"), number(1))
	show()
	index(b.get(), number(1))(note("x"), number(2))
	show()
	b.get().fs[number(1)](note("y"))
	show()
	fmt.Fprintln(b.get().b, note("z"), number(3))
	show()
	b.c <- 7
	var ok bool
	*b.at(), ok = <-b.get().chans()
	fmt.Println(n, ok)
	show()
	b.get().chans() <- number(4)
	*b.at() = <-b.chans()
	fmt.Println(n)
	show()
	once(func() { note("ran") })()
	show()
	m := map[string]int{}
	b.c <- 5
	m[note("k")], *b.at() = <-b.get().chans(), number(6)
	fmt.Println(m, n)
	show()
	fmt.Print(b.b)
}
