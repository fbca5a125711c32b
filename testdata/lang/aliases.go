// Aliases, generic aliases and aliases declared inside functions: the same types, in frames, results and switches.
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

type point struct{ x, y int }

func (p *point) move(d int) *point { pause(); p.x += d; return p }

type (
	place          = point
	spot           = *place
	list[T any]    = []T
	table[V any]   = map[string]list[V]
	handler        = func(spot) (place, error)
	pair[A, B any] struct {
		a A
		b B
	}
	same[T any] = pair[T, T]
)

func (p pair[A, B]) swap() pair[B, A] { pause(); return pair[B, A]{p.b, p.a} }

func gather[T any](t table[T], key string, vs ...T) list[T] {
	l := t[key]
	for _, v := range vs {
		pause()
		l = append(l, v)
	}
	t[key] = l
	return l
}

func which(v any) string {
	switch v := v.(type) {
	case place:
		pause()
		return fmt.Sprint("point ", v.x)
	case list[int]:
		pause()
		return fmt.Sprint("list ", len(v))
	case same[string]:
		pause()
		return v.a + v.b
	}
	return "other"
}

func main() {
	var s spot = &place{1, 2}
	s.move(3).move(4)
	fmt.Printf("%T %v\n", s, *s)
	t := table[int]{}
	fmt.Println(gather(t, "a", 1, 2, 3), gather(t, "a", 4), t)
	var h handler = func(s spot) (place, error) { pause(); s.y++; return *s, nil }
	p, err := h(s)
	fmt.Println(p, err)
	var q same[string] = pair[string, string]{"l", "r"}
	pause()
	fmt.Println(q.swap(), which(p), which([]int{1}), which(q), which(s))
	type local = list[place]
	var l local
	for i := range 3 {
		l = append(l, place{x: i})
		pause()
	}
	fmt.Printf("%T %v\n", l, l)
}
