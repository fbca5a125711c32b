// Type parameters: functions, methods of generic types, constraints, closures and iteration inside, several
// instances live at once.
package main

import (
	"cmp"
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

type number interface{ ~int | ~int64 | ~float64 }
type celsius float64

func sum[T number](xs ...T) (total T) {
	for _, x := range xs {
		pause()
		total += x
	}
	return
}

func mapped[T, U any](xs []T, f func(T) U) []U {
	out := make([]U, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
		pause()
	}
	return out
}

type stack[T any] struct{ items []T }

func (s *stack[T]) push(x T) *stack[T] { pause(); s.items = append(s.items, x); return s }
func (s *stack[T]) pop() (x T, err error) {
	if len(s.items) == 0 {
		return x, errors.New("empty")
	}
	pause()
	x, s.items = s.items[len(s.items)-1], s.items[:len(s.items)-1]
	return
}
func (s *stack[T]) all(yield func(int, T) bool) {
	for i, x := range s.items {
		pause()
		if !yield(i, x) {
			return
		}
	}
}

type tree[K cmp.Ordered, V any] struct {
	l, r *tree[K, V]
	k    K
	v    V
}

func (t *tree[K, V]) put(k K, v V) *tree[K, V] {
	pause()
	switch {
	case t == nil:
		return &tree[K, V]{k: k, v: v}
	case k < t.k:
		t.l = t.l.put(k, v)
	case k > t.k:
		t.r = t.r.put(k, v)
	default:
		t.v = v
	}
	return t
}

func (t *tree[K, V]) each(f func(K, V)) {
	if t != nil {
		t.l.each(f)
		f(t.k, t.v)
		t.r.each(f)
	}
}

type shower interface{ show() string }
type a struct{ n int }
type b struct{ s string }

func (x a) show() string  { pause(); return fmt.Sprint("a", x.n) }
func (x *b) show() string { pause(); return "b" + x.s }

func showAll[S shower](xs ...S) string {
	var parts []string
	for _, x := range xs {
		parts = append(parts, x.show())
	}
	return strings.Join(parts, ",")
}

func recursive[T any](n int, x T) string {
	if n == 0 {
		pause()
		return fmt.Sprintf("%T", x)
	}
	return recursive(n-1, x)
}

func kind[T any](v T) string {
	defer func() { pause() }()
	switch any(v).(type) {
	case int:
		return "int"
	case []T:
		return "slice"
	}
	return fmt.Sprintf("other %T", v)
}

func main() {
	fmt.Println(sum(1, 2, 3), sum(1.5, 2), sum[celsius](20, 1.5), sum[int64]())
	fmt.Println(mapped([]int{1, 2}, func(i int) string { pause(); return strings.Repeat("x", i) }))
	fmt.Println(mapped([]string{"a"}, func(s string) []string { return []string{s, s} }))
	s := (&stack[string]{}).push("a").push("b")
	for i, x := range s.all {
		fmt.Print(i, x, " ")
		pause()
	}
	fmt.Println(s.pop())
	fmt.Println(s.pop())
	fmt.Println(s.pop())
	var t *tree[string, int]
	for i, k := range strings.Fields("m c x a d m") {
		t = t.put(k, i)
	}
	t.each(func(k string, v int) { pause(); fmt.Print(k, v, " ") })
	fmt.Println()
	fmt.Println(showAll(a{1}, a{2}), showAll(&b{"x"}), showAll[shower](a{3}, &b{"y"}))
	fmt.Println(recursive(5, 1), recursive(3, []string{}), recursive(2, map[celsius]a{}))
	fmt.Println(kind(1), kind("s"), kind([]int{}))
	push := (&stack[float64]{}).push
	fmt.Println(len(push(1).push(2).items))
	xs := []celsius{3, 1, 2}
	sort.Slice(xs, func(i, j int) bool { pause(); return xs[i] < xs[j] })
	fmt.Println(xs)
}
