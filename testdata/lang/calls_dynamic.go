// One call site, many callees: plain function, closure, method value, interface method, variadic, foreign function.
package main

import (
	"fmt"
	"strconv"
	"strings"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type op interface{ do(a, b int) (int, string) }
type add struct{}
type sub struct{ bias int }
type fn func(a, b int) (int, string)

func (add) do(a, b int) (int, string)    { pause(); return a + b, "add" }
func (s *sub) do(a, b int) (int, string) { pause(); return a - b - s.bias, "sub" }
func (f fn) do(a, b int) (int, string)   { return f(a, b) }

func mul(a, b int) (int, string) { pause(); return a * b, "mul" }

func variadic(xs ...int) (int, string) {
	sum := 0
	for _, x := range xs {
		pause()
		sum += x
	}
	return sum, "variadic"
}

func pure(a, b int) (int, string) { return a ^ b, "pure" }

func main() {
	k := 3
	ops := []op{add{}, &sub{1}, fn(mul), fn(func(a, b int) (int, string) { pause(); k++; return a + b + k, "closure" }),
		fn((&sub{2}).do)}
	ops = append(ops, fn(func(a, b int) (int, string) { return variadic(a, b, k) }), fn(pure))
	total := 0
	for round := range 3 {
		for i, o := range ops {
			n, s := o.do(round, i)
			total += n
			fmt.Println(round, i, n, s)
		}
	}
	fmt.Println(total)
	for _, f := range []func(string) string{strings.ToUpper, strconv.Quote, func(s string) string { pause(); return s + s }} {
		fmt.Println(f("abc"))
	}
	fs := map[string]func(...int) (int, string){"v": variadic}
	fmt.Println(fs["v"]())
	fmt.Println(fs["v"](1, 2, 3))
	fmt.Println(fs["v"]([]int{4, 5}...))
}
