// Variadic calls: none, some, a spread slice (shared, not copied), nil, mixed with other values.
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

func f(tag string, xs ...int) []int {
	pause()
	fmt.Println(tag, len(xs), xs == nil, xs)
	if len(xs) > 0 {
		xs[0] *= 10
		pause()
	}
	return xs
}

func three() (int, int, int) { pause(); return 1, 2, 3 }

func anys(vs ...any) (n int) {
	for _, v := range vs {
		pause()
		fmt.Printf("%T ", v)
		n++
	}
	fmt.Println()
	return
}

func pass(xs ...int) []int { return f("pass", xs...) }

//go:noinline
func v(n int) int { pause(); fmt.Println("v", n); return n }

func main() {
	f("none")
	f("one", v(1))
	f("three", v(1), v(2), v(3))
	s := []int{4, 5}
	r := f("spread", s...)
	r[1] = 50
	fmt.Println(s)
	f("nil", nil...)
	pass(three())
	pass(f("inner", v(7), v(8))...)
	anys(1, "a", nil, 2.5, []int{1}, s)
	anys([]any{1, "b"}...)
	anys([]any{1, "c"})
	anys(three())
	fmt.Println(anys(f, anys))
	func(xs ...string) {
		pause()
		fmt.Println(len(xs), xs)
	}("x", "y")
	defer f("deferred", s...)
	s[0] = 0
}
