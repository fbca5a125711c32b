// Method values bind a copy of their receiver when they are evaluated; method expressions take it as argument.
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

type val struct{ n int }

func (v val) get(add int) int { pause(); return v.n + add }
func (v *val) set(n int) *val { pause(); v.n = n; return v }
func (v val) chain() val      { pause(); v.n++; return v }

type getter interface{ get(int) int }

type outer struct {
	val
	*inner
	getter
	name string
}
type inner struct{ s string }

func (i *inner) say() string { pause(); return i.s }

type num int

func (n num) times(m int) num { pause(); return n * num(m) }

//go:noinline
func make1(n int) *val { pause(); fmt.Println("make", n); return &val{n} }

func apply(f func(int) int, n int) int { pause(); return f(n) }

func main() {
	v := val{1}
	get, set := v.get, v.set
	v.n = 10
	fmt.Println(get(0), v.get(0))
	set(20)
	fmt.Println(get(1), v.n)
	p := &v
	pget := p.get // copies *p now
	p.n = 30
	fmt.Println(pget(0), p.get(0))
	var g getter = v
	iget := g.get
	g = val{7}
	pause()
	fmt.Println(iget(0), g.get(0))
	fmt.Println(val.get(v, 1), (*val).get(p, 2), (*val).set(p, 40).n, getter.get(g, 3))
	f := make1(5).get
	pause()
	fmt.Println(f(1), apply(make1(6).get, 2), make1(1).set(8).chain().chain().get(0))
	o := &outer{val: val{3}, inner: &inner{"in"}, name: "o"}
	say, oget := o.say, o.val.get
	o.inner = nil
	o.val.n = 99
	pause()
	fmt.Println(say(), oget(0))
	times := num(3).times
	fmt.Println(times(4), num.times(2, 5), apply(func(i int) int { return int(times(i)) }, 2))
	table := map[string]func(*val, int) *val{"set": (*val).set}
	fmt.Println(table["set"](p, 77).n, v.n)
	for range 3 {
		f := v.set
		defer func() { fmt.Println("deferred", f(v.n+1).n) }()
		pause()
	}
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		var q *val
		h := q.set // fine: a pointer receiver
		fmt.Println(h != nil)
		pause()
		_ = q.get // copies *q
	}()
}
