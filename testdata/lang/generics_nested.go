// Frames of generic functions: closures and local types inside, deferred calls, instances by unexported and
// local types, constraints with a core type, blank type parameters, generic functions as values.
package main

import (
	"errors"
	"fmt"
	"sort"
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

type pair[A, B any] struct {
	a A
	b B
}

func (p pair[A, _]) first() A { pause(); return p.a }

func (p *pair[_, B]) swap(b B) (old B) {
	defer func() { pause(); p.b = b }()
	pause()
	return p.b
}

func keys[M ~map[K]V, K interface{ ~int | ~string }, V any](m M) []K {
	var ks []K
	for k := range m {
		pause()
		ks = append(ks, k)
	}
	sort.Slice(ks, func(i, j int) bool { pause(); return ks[i] < ks[j] })
	return ks
}

func chunks[S ~[]E, E any](s S, n int) []S {
	var out []S
	for i, x := range s {
		pause()
		if i%n == 0 {
			out = append(out, S{})
		}
		out[len(out)-1] = append(out[len(out)-1], x)
	}
	return out
}

func send[C ~chan E, E any](c C, es ...E) (got []E) {
	go func() {
		for _, e := range es {
			c <- e
			pause()
		}
		close(c)
	}()
	for e := range c {
		got = append(got, e)
	}
	select {
	case e, ok := <-c:
		fmt.Print(e, ok, " ")
	}
	return
}

func counter[T any](label string) (func(T) int, func() []T) {
	var all []T
	type entry struct {
		label string
		v     T
	}
	last := entry{label: label}
	return func(v T) int {
			pause()
			all = append(all, v)
			last.v = v
			pause()
			return len(all)
		}, func() []T {
			pause()
			fmt.Print(last, " ")
			return all
		}
}

func try[T any](f func() (T, error)) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			pause()
			err = fmt.Errorf("recovered %v", r)
		}
	}()
	pause()
	v, err = f()
	pause()
	return v, err
}

type number interface{ ~int | ~float64 }

func fold[T, U any](xs []T, u U, f func(U, T) U) U {
	for i := 0; i < len(xs); i++ {
		u = f(u, xs[i])
		pause()
	}
	return u
}

func add[T number](a, b T) T { pause(); return a + b }

func compose[A, B, C any](f func(A) B, g func(B) C) func(A) C {
	return func(a A) C {
		pause()
		b := f(a)
		pause()
		return g(b)
	}
}

func depth[T any](n int, v T) int {
	if n == 0 {
		pause()
		return 0
	}
	return depth(n-1, pair[T, int]{a: v}.a) + 1
}

type set[T comparable] map[T]struct{}

func (s set[T]) add(vs ...T) set[T] {
	for _, v := range vs {
		pause()
		s[v] = struct{}{}
	}
	return s
}

type list[T any] struct {
	head *node[T]
	n    int
}

type node[T any] struct {
	v    T
	next *node[T]
}

func (l *list[T]) push(v T) *list[T] {
	l.head = &node[T]{v, l.head}
	pause()
	l.n++
	return l
}

func (l *list[T]) each(f func(T)) {
	for n := l.head; n != nil; n = n.next {
		f(n.v)
		pause()
	}
}

type text string

func main() {
	p := &pair[text, []int]{"x", []int{1}}
	fmt.Println(p.first(), p.swap(nil), p.b)
	fmt.Println(keys(map[string]int{"b": 1, "a": 2}), keys(map[int]error{3: nil, 1: errors.New("e")}))
	fmt.Println(chunks([]text{"a", "b", "c"}, 2))
	fmt.Println(send(make(chan int), 1, 2, 3))
	put, all := counter[map[string]int]("maps")
	put(nil)
	fmt.Println(put(map[string]int{"k": 1}), all())
	type local struct{ x int }
	putL, allL := counter[local]("locals")
	putL(local{1})
	fmt.Println(putL(local{2}), allL())
	fmt.Println(try(func() (int, error) { pause(); return 1, nil }))
	fmt.Println(try(func() (text, error) { pause(); panic("oh") }))
	fmt.Println(fold([]int{1, 2, 3}, 0, add[int]), fold([]float64{1, 2}, 0.5, add))
	fmt.Println(compose(strings.ToUpper, func(s string) []byte { pause(); return []byte(s) })("abc"))
	fmt.Println(depth(3, local{}), depth(2, text("")))
	fmt.Println(len(set[local]{}.add(local{1}, local{1}, local{2})))
	l := (&list[any]{}).push(1).push("two")
	l.each(func(v any) { pause(); fmt.Print(v, " ") })
	fmt.Println(l.n)
	f := (*list[text]).push
	fmt.Println(f(&list[text]{}, "t").head.v)
}
