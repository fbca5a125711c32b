// Receivers, arrays and closures that plain Go keeps on the stack, used by callees while the garbage collector
// runs and the stack grows.
package main

import (
	"fmt"
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

type acc struct {
	n   int
	arr [4]int
}

//go:noinline
func (a *acc) add(n int) *acc {
	pause()
	a.n += n
	grow(40)
	a.arr[n%4]++
	return a
}

//go:noinline
func grow(n int) int {
	var pad [256]byte
	pad[n%256] = byte(n)
	if n == 0 {
		runtime.GC()
		pause()
		return int(pad[0])
	}
	return grow(n-1) + int(pad[n%256])
}

//go:noinline
func each(s []int, f func(int, *int)) {
	for i := range s {
		pause()
		f(i, &s[i])
		grow(10)
	}
}

func (a *acc) inner(depth int, p *int) {
	if depth == 0 {
		pause()
		*p++
		a.n++
		return
	}
	x := *p
	a.inner(depth-1, &x)
	a.arr[depth%4] += x
	pause()
	*p += x
}

func swap(a, b *int) { pause(); *a, *b = *b, *a; pause() }

func linked() int {
	type node struct {
		next *node
		v    int
	}
	a := node{v: 1}
	b := node{&a, 2}
	a.next = &b // a cycle between locals
	pause()
	sum := 0
	for p, i := &a, 0; i < 5; p, i = p.next, i+1 {
		pause()
		p.v++
		sum += p.v
	}
	return sum*100 + a.v*10 + b.v
}

func main() {
	var a acc
	for i := range 5 {
		a.add(i).add(10)
	}
	fmt.Println(a)
	var s [6]int
	total := 0
	each(s[:], func(i int, p *int) {
		*p = i * i
		total += *p
		pause()
	})
	fmt.Println(s, total)
	x := 1
	a.inner(6, &x)
	fmt.Println(x, a)
	y := 2
	swap(&x, &y)
	fmt.Println(x, y)
	p := &x
	pp := &p
	pause()
	*pp = &y
	**pp = 77
	pause()
	fmt.Println(x, y, *p)
	sl := s[1:3:4]
	q := &sl[1]
	pause()
	*q = 1000
	sl = append(sl, 5)
	pause()
	fmt.Println(s, *q, len(sl))
	sl = append(sl, 6)
	sl[0] = -1
	fmt.Println(s[1], sl)
	fmt.Println(linked())
	st := struct {
		a    int
		self *int
	}{a: 5}
	st.self = &st.a
	pause()
	*st.self = 6
	cp := st
	pause()
	*cp.self = 7
	fmt.Println(st.a, cp.a)
}
