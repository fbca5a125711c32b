// Ranging over functions: the body's break, continue, return, labels and defer mean what they mean in any loop.
package main

import (
	"fmt"
	"iter"
	"maps"
	"slices"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		defer func() { pause(); fmt.Print("cleanup ") }()
		for i := range n {
			pause()
			if !yield(i) {
				fmt.Print("stopped ")
				return
			}
			pause()
		}
	}
}

func pairs(s []string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i, v := range s {
			if !yield(i, v) {
				return
			}
		}
	}
}

func find(n, want int) (at int, ok bool) {
	defer func() { pause(); at *= 10 }()
	for i := range count(n) {
		pause()
		if i == want {
			return i, true
		}
	}
	return -1, false
}

func deferred() (s string) {
	for i := range count(3) {
		defer func() { pause(); s += fmt.Sprint("d", i) }()
		pause()
	}
	return "r"
}

func labelled() {
outer:
	for i := range count(4) {
		for j, s := range pairs([]string{"a", "b", "c"}) {
			pause()
			switch {
			case i == 0 && j == 1:
				continue outer
			case i == 2:
				break outer
			case s == "b":
				continue
			}
			fmt.Print(i, s, " ")
		}
		fmt.Print("row ")
	}
	fmt.Println()
}

func panics() {
	defer func() { pause(); fmt.Println("recovered", recover()) }()
	for i := range count(3) {
		pause()
		if i == 1 {
			panic("in body")
		}
	}
}

type tree struct {
	l, r *tree
	v    int
}

func (t *tree) all(yield func(int) bool) bool {
	return t == nil || t.l.all(yield) && yield(t.v) && t.r.all(yield)
}

func main() {
	var captured []func() int
	for i := range count(3) {
		pause()
		captured = append(captured, func() int { i++; return i })
	}
	fmt.Println(captured[0](), captured[0](), captured[2]())
	fmt.Println(find(5, 3))
	fmt.Println(find(2, 3))
	fmt.Println(deferred())
	labelled()
	panics()
	t := &tree{&tree{nil, nil, 1}, &tree{&tree{nil, nil, 3}, nil, 4}, 2}
	for v := range func(yield func(int) bool) { t.all(yield) } {
		pause()
		fmt.Print(v, " ")
		if v == 3 {
			break
		}
	}
	fmt.Println()
	for i, v := range slices.Backward([]int{1, 2, 3}) {
		pause()
		fmt.Print(i, v, " ")
	}
	keys := slices.Sorted(maps.Keys(map[string]int{"b": 1, "a": 2}))
	for i := range slices.Values(keys) {
		pause()
		fmt.Print(i, " ")
	}
	n := 0
	for range count(3) {
		n++
	}
	var x int
	for x = range count(2) {
		pause()
	}
	fmt.Println(n, x)
}
