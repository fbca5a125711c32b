// Calls within calls, receives and sends within expressions, results used at once in every kind of place.
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

type t struct {
	n    int
	next *t
	f    func(int) *t
}

//go:noinline
func n(v int) int { pause(); fmt.Print(v, " "); return v }

//go:noinline
func add(a, b int) int { pause(); return a + b }

//go:noinline
func mk(v int) *t {
	pause()
	x := &t{n: v}
	x.next = x
	x.f = func(d int) *t { pause(); return mk(x.n + d) }
	return x
}

func (x *t) with(v int) *t   { pause(); x.n += v; return x }
func (x t) val(a, b int) int { pause(); return x.n*100 + a*10 + b }

func main() {
	fmt.Println(add(add(n(1), add(n(2), n(3))), add(add(n(4), n(5)), n(6))))
	fmt.Println(mk(n(1)).with(n(2)).with(add(n(3), n(4))).val(n(5), add(n(6), n(7))))
	fmt.Println(mk(1).f(n(2)).f(n(3)).next.next.f(add(1, n(4))).n)
	c, d := make(chan int, 4), make(chan int, 4)
	c <- n(1)
	c <- add(n(2), <-c)
	d <- <-c
	d <- add(<-d, n(5))
	fmt.Println(add(<-d, n(6)) + n(7)*add(n(8), -n(9)))
	c <- 3
	c <- 4
	fmt.Println(<-c*10+<-c, len(c))
	a := []int{10, 20, 30}
	fmt.Println(a[add(n(0), n(1))]+a[n(2)]-a[add(1, -n(1))], a[n(0):add(1, n(1))][n(1)])
	m := map[int]func(int) []int{1: func(v int) []int { pause(); return []int{v, v * 2} }}
	fmt.Println(m[n(1)](n(7))[n(1)])
	*(&mk(n(3)).with(1).n) = n(5)
	mk(n(1)).with(n(2)).next.n += n(3)
	func(x, y int) { fmt.Println(x, y) }(add(n(1), n(2)), func() int { pause(); return n(3) }())
	fmt.Println(func(f func(int) int) int { return f(f(n(2))) }(func(v int) int { pause(); return v * v }))
	if v := add(n(1), n(2)); v > n(2) && add(v, n(4)) == add(n(3), n(4)) {
		fmt.Println("yes")
	}
	for i := add(0, n(0)); i < add(n(1), 1); i = add(i, n(1)) {
		fmt.Println("i", i)
	}
	switch x := interface{}(mk(n(9))).(type) {
	case *t:
		fmt.Println(x.with(n(1)).n)
	}
	s := fmt.Sprint(n(1), fmt.Sprint(n(2), fmt.Sprint(n(3)))) + string(rune('a'+n(2)))
	fmt.Println(s, len(fmt.Sprint(n(100))), -n(5)+(^n(6)), !(n(1) == n(2)))
	fmt.Println([]int{n(1), add(n(2), n(3))}[n(1)], [...]string{"a", "b"}[add(n(1), 0)][n(0)], struct{ v int }{n(4)}.v)
}
