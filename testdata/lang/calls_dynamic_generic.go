// Generic functions and methods of generic types behind one func-typed or interface-typed call.
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

func generic[T int | int64 | float64](a, b int) string {
	pause()
	return fmt.Sprintf("%T %v", T(a), T(a)+T(b))
}

type box[T any] struct{ v T }

func (b box[T]) call(x, y int) string { pause(); return fmt.Sprint(b.v, x, y) }
func (b *box[T]) set(v T) *box[T]     { pause(); b.v = v; return b }

type caller interface{ call(int, int) string }

func through[F ~func(int, int) string](f F, n int) string { return f(n, n+1) }

func main() {
	fs := []func(int, int) string{generic[int], generic[int64], generic[float64], box[string]{"s"}.call,
		(&box[[]int]{}).set([]int{1}).call, func(a, b int) string { return through(generic[int], a) }}
	for round := range 2 {
		for i, f := range fs {
			fmt.Println(round, i, f(round, i), through(f, i))
		}
	}
	for _, c := range []caller{box[int]{1}, &box[string]{"p"}, box[any]{nil}} {
		pause()
		fmt.Println(c.call(1, 2))
	}
}
