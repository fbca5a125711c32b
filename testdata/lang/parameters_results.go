// Blank and unnamed parameters and results, variadic and blank, receivers without a name, functions without a body
// to speak of, assignments to parameters.
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

type t struct{ n int }

func (t) unnamed(_ int, s string, _ ...int) (_ int, r string) {
	pause()
	r = s + "!"
	pause()
	return 1, r
}
func (*t) pointer(int, string) (int, error) { pause(); return 2, nil }
func (_ t) blank(_, _ int) (_, _ string)    { pause(); return }

func assigns(a int, b []int, c ...string) (int, []int, int) {
	for a < 3 {
		a++
		b = append(b, a)
		c = append(c, "x")
		pause()
	}
	c = c[:len(c)-1]
	pause()
	return a, b, len(c)
}

func nothing()         {}
func onlyPause()       { pause() }
func ignores(int) bool { pause(); return true }

func many(a, b, c, d, e, f, g, h, i, j, k, l int, x, y, z float64) (int, int, int, float64, string, []int, error, bool, int, int, int, int) {
	pause()
	a, l = l, a
	x += y
	pause()
	return a, b + c, d + e + f, x * z, "s", []int{g, h}, nil, i > j, k, l, i, j
}

func loops(n int) (i int) {
	for i = 0; i < n; i++ {
		pause()
		if i == 3 {
			return
		}
	}
	return -i
}

func main() {
	fmt.Println(t{}.unnamed(1, "s", 2, 3))
	fmt.Println((&t{}).pointer(1, "s"))
	fmt.Println(t{}.blank(1, 2))
	b := make([]int, 0, 10)
	fmt.Println(assigns(0, b, "c"))
	fmt.Println(b[:3])
	nothing()
	onlyPause()
	fmt.Println(ignores(1), loops(2), loops(9))
	fmt.Println(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0.5, 0.25, 2))
	f := func(_ int, _ ...string) (_ error) { pause(); return nil }
	fmt.Println(f(1), f(2, "a"))
	g := func(int, string) {}
	g(func() int { pause(); return 1 }(), "x")
}
