// Generic types declared inside functions, generic and not: their parameters stand beside the function's.
package main

import "fmt"

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func fix[F ~func(G) G, G ~func(T) R, T, R any](f F) G {
	type self[G ~func(T) R, T, R any] func(self[G, T, R]) G
	g := func(h self[G, T, R]) G {
		pause()
		return func(t T) R { pause(); return f(h(h))(t) }
	}
	pause()
	return g(g)
}

func pairs[K comparable](ks ...K) (n int) {
	type pair[_ any, V any] struct {
		k K
		v V
	}
	type list[V any] []pair[K, V]
	type named list[int]
	var l named
	for i, k := range ks {
		pause()
		l = append(l, pair[K, int]{k, i})
	}
	for _, p := range l {
		pause()
		n += p.v
	}
	return n + len(l)
}

// Of a generic type inside a generic function, %T tells the function's parameters from its own.
func shown[A, B any]() {
	type two[C, D any] struct{}
	type none struct{}
	type only[C any] [1]C
	pause()
	fmt.Printf("%T %T %T %T\n", two[int, []A]{}, none{}, only[C0]{}, []map[string]two[func(A, B), struct {
		X A `k:"a,b"`
	}]{})
	func() {
		type inner[C any] struct{}
		pause()
		fmt.Printf("%T\n", inner[map[C0]A]{})
	}()
}

type C0 struct{}

func plain() string {
	type box[T any] struct{ v T }
	b := box[string]{"s"}
	pause()
	c := box[box[string]]{b}
	pause()
	return c.v.v
}

func main() {
	fact := fix(func(r func(int) int) func(int) int {
		return func(n int) int {
			pause()
			if n <= 0 {
				return 1
			}
			return n * r(n-1)
		}
	})
	shown[int, map[string]bool]()
	shown[func(int, string), C0]()
	fmt.Println(fact(6), pairs("a", "b", "c"), pairs(1.5), plain())
}
