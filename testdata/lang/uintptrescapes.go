// A function that is marked go:uintptrescapes gets addresses as uintptrs; that the objects are still there is its
// caller's frame's doing, for as long as the call lasts. It may stop: its caller's frame has to stay where it is.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"time"
	"unsafe"
)

// object is a string that says so when it is collected.
func object(s string) unsafe.Pointer {
	p := &s
	runtime.SetFinalizer(p, func(p *string) { *p = "collected" })
	pause(0)
	return unsafe.Pointer(p)
}

func pause(n int) int {
	time.Sleep(time.Microsecond)
	return n
}

// look reads what is at the addresses, after the collector has had its time.
func look(at ...uintptr) string {
	for range 2 {
		runtime.GC()
		pause(0)
	}
	var l []string
	for _, p := range at {
		l = append(l, *(*string)(unsafe.Pointer(p)))
	}
	return strings.Join(l, " ")
}

//go:noinline
//go:uintptrescapes
func read(p, q uintptr, rest ...uintptr) (string, int) {
	s := look(p, q)
	return s + ": " + look(rest...), pause(len(rest))
}

// The directive need not touch its function.
//go:uintptrescapes

func say(what string, p uintptr) {
	fmt.Println(what, look(p))
}

// says may recover: a deferred call of it is made in another way.
//
//go:uintptrescapes
func says(what string, p uintptr) (r any) {
	r = recover()
	fmt.Println(what, look(p), "recovered", r)
	return r
}

//go:uintptrescapes
func down(n int, p uintptr) string {
	if n == 0 {
		return look(p)
	}
	return down(n-1, uintptr(object(fmt.Sprint(n)))) + " " + look(p)
}

//go:uintptrescapes
func of[T any](v T, p uintptr) string { return fmt.Sprint(v, " ", look(p)) }

//go:uintptrescapes
func prints[T any](v T, p uintptr) { fmt.Println(v, look(p)) }

type reader struct{ name string }

//go:uintptrescapes
func (r reader) read(p ...uintptr) string { return r.name + ": " + look(p...) }

//go:uintptrescapes
func (r *reader) say(p uintptr) { fmt.Println(r.name, look(p)) }

type list[T any] []T

//go:uintptrescapes
func (l list[T]) read(p uintptr) string { return fmt.Sprint(l, " ", look(p)) }

//go:uintptrescapes
func /* here too */ here(p uintptr) (pc, line int) {
	for i := range 2 {
		_, _, l, _ := runtime.Caller(i)
		pc, line = line, l
	}
	look(p)
	return pc, line
}

type outer struct {
	n int
	*reader
}

func result() (string, int) {
	return read(uintptr(object("a")), uintptr(object("b")), uintptr(object("c")), uintptr(object("d")))
}

// local's buffer is taken to the heap: its address is good wherever the stack is.
func local() int {
	var buf [64]int
	fill(uintptr(unsafe.Pointer(&buf[pause(1)])), 7)
	fill((uintptr)((unsafe.Pointer)(&buf[2])), buf[1]+1)
	return buf[1] + buf[2]
}

//go:uintptrescapes
func fill(p uintptr, n int) {
	grow(1000)
	pause(0)
	*(*int)(unsafe.Pointer(p)) = n
}

func grow(n int) int {
	var a [64]int
	if n == 0 {
		return pause(1)
	}
	a[n%64] = grow(n - 1)
	return a[n%64] + 1
}

func deferred(o outer) {
	defer say("deferred", uintptr(object("e")))
	defer o.say(uintptr(object("f")))
	defer o.reader.say(uintptr(object("g")))
	defer prints[string]("of", uintptr(object("G")))
	pause(0)
}

func recovering() {
	defer says("deferred", uintptr(object("h")))
	defer func() {
		defer says("inside", uintptr(object("i")))
		pause(0)
	}()
	pause(0)
	panic("p")
}

func loops(o outer) {
	for i := range 2 {
		defer say("in a loop", uintptr(object(fmt.Sprint("j", i))))
		defer says("in a loop", uintptr(object(fmt.Sprint("k", i))))
		defer o.say(uintptr(object(fmt.Sprint("l", i))))
		pause(0)
	}
	for i := range each {
		defer says("in a body", uintptr(object(fmt.Sprint("m", i))))
		defer o.say(uintptr(object(fmt.Sprint("n", i))))
		say("from a body", uintptr(object("o")))
	}
}

func each(yield func(int) bool) {
	_ = yield(pause(0)) && yield(pause(1))
}

func panics() (err any) {
	defer func() { err = recover() }()
	breaks(uintptr(object("q")))
	return nil
}

//go:uintptrescapes
func breaks(p uintptr) {
	defer fmt.Println("breaks", look(p))
	pause(0)
	panic(look(p))
}

func main() {
	fmt.Println(result())
	say("said", uintptr(object("r")))
	fmt.Println(down(3, uintptr(object("4"))))
	fmt.Println(of(pause(1), uintptr(object("s"))), of("t", uintptr(object("u"))))
	o := outer{1, &reader{"reader"}}
	fmt.Println(o.read(uintptr(object("v")), uintptr(object("w"))), reader{"x"}.read(), list[int]{1}.read(uintptr(object("x"))))
	fmt.Println(reader.read(*o.reader, uintptr(object("y"))), len(o.read(uintptr(object("z"))))+pause(1))
	fmt.Println(here(uintptr(object("A"))))
	fmt.Println(local())
	deferred(o)
	recovering()
	loops(o)
	fmt.Println(panics())
	done := make(chan bool)
	go func() {
		defer close(done)
		defer say("last", uintptr(object("B")))
		say("first", uintptr(object("C")))
	}()
	<-done
	read := make(chan string)
	go send(read, uintptr(object("D")), uintptr(object("E")))
	fmt.Println(<-read)
	f := send // as a value: only that it stops and goes on
	go f(read)
	go o.send(read, uintptr(object("F")))
	fmt.Println(<-read)
	fmt.Println(<-read)
	func() { f(nil) }()
}

//go:uintptrescapes
func (r *reader) send(c chan<- string, p uintptr) { c <- r.name + " " + look(p) }

//go:uintptrescapes
func send(c chan<- string, p ...uintptr) {
	if s := look(p...); c != nil {
		c <- s
	}
}
