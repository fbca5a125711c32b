// What an iterator yields has a type that is declared in the function of the loop: it has a name once that type has
// moved to package level.
package main

import (
	"fmt"
	"iter"
	"slices"
)

//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func chunks[S ~[]E, E any](s S, n int) iter.Seq2[int, S] {
	return func(yield func(int, S) bool) {
		for i := 0; i < len(s); i += n {
			pause()
			if !yield(i, s[i:min(i+n, len(s))]) {
				return
			}
		}
	}
}

func main() {
	type person struct {
		name string
		age  int
	}
	type people []person
	all := people{{"ann", 13}, {"bob", 20}, {"cid", 5}}
	for i, c := range chunks(all, 2) {
		pause()
		fmt.Printf("%d %v\n", i, c)
	}
	for c := range slices.Chunk(all, 2) {
		pause()
		fmt.Println(c, len(c))
	}
	var last people
	for _, last = range chunks(all, 1) {
		pause()
	}
	fmt.Println(last)
	func() {
		type pair[T any] struct{ a, b T }
		seq := func(yield func(pair[person]) bool) {
			for i := range all[1:] {
				if !yield(pair[person]{all[i], all[i+1]}) {
					return
				}
			}
		}
		for p := range seq {
			pause()
			fmt.Println(p)
		}
	}()
}
