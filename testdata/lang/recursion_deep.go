// Recursion to depth 10,000 that pauses at the bottom and on the way back, also mutual, by closure, by method,
// and with a deferred call in every frame.
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

type tree struct {
	l, r *tree
	v    int
}

func down(n int, s string) (int, string) {
	if n == 0 {
		pause()
		return 0, s
	}
	a, b := down(n-1, s)
	if n%2500 == 0 {
		pause()
		b += fmt.Sprint(" ", n)
	}
	return a + n, b
}

func even(n int) bool {
	if n == 0 {
		pause()
		return true
	}
	return odd(n-1) == true
}

func odd(n int) bool {
	if n == 0 {
		pause()
		return false
	}
	ok := even(n - 1)
	return ok
}

func deferring(n int, sum *int) {
	defer func() { *sum += n }()
	if n == 0 {
		pause()
		return
	}
	deferring(n-1, sum)
}

func (t *tree) insert(v int) *tree {
	if t == nil {
		pause()
		return &tree{v: v}
	}
	if v < t.v {
		t.l = t.l.insert(v)
	} else {
		t.r = t.r.insert(v)
	}
	return t
}

func (t *tree) walk(f func(int)) {
	if t != nil {
		t.l.walk(f)
		f(t.v)
		t.r.walk(f)
	}
}

func ackermann(m, n int) int {
	if m == 0 {
		return n + 1
	}
	if n == 0 {
		pause()
		return ackermann(m-1, 1)
	}
	return ackermann(m-1, ackermann(m, n-1))
}

func hanoi(n int, from, to, via string, moves *int) {
	if n == 0 {
		return
	}
	hanoi(n-1, from, via, to, moves)
	*moves++
	if *moves%100 == 0 {
		pause()
	}
	hanoi(n-1, via, to, from, moves)
}

func main() {
	fmt.Println(down(10000, "up"))
	fmt.Println(even(3000), odd(3000))
	sum := 0
	deferring(2000, &sum)
	fmt.Println(sum)
	var t *tree
	for i := range 100 {
		t = t.insert(i * 37 % 101)
	}
	n, last := 0, -1
	t.walk(func(v int) {
		if v <= last {
			panic("order")
		}
		last = v
		n++
		pause()
	})
	fmt.Println(n, last)
	fmt.Println(ackermann(2, 6))
	moves := 0
	hanoi(9, "a", "b", "c", &moves)
	fmt.Println(moves)
	var f func(int, int) int
	f = func(n, acc int) int {
		if n == 0 {
			pause()
			return acc
		}
		return f(n-1, acc+n)
	}
	fmt.Println(f(5000, 0))
}
