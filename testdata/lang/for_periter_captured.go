// Since Go 1.22 each iteration of a three-clause loop has variables of its own: the copy is made before the
// post statement, so a closure of one iteration does not see the next one's increment.
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

func main() {
	var fs []func() int
	for i := 0; i < 4; i++ {
		pause()
		fs = append(fs, func() int { i += 10; return i })
		pause()
	}
	for _, f := range fs {
		fmt.Print(f(), " ", f(), " ")
	}
	fmt.Println()

	// A closure that changes the variable while its iteration runs decides how the loop goes on.
	for i := 0; i < 10; i++ {
		skip := func() { i += 2 }
		pause()
		if i%2 == 0 {
			skip()
		}
		fmt.Print(i, " ")
	}
	fmt.Println()

	// Captured in condition and post statement as well.
	var last []*int
	for i, next := 0, (func() int)(nil); i < 5; i = next() {
		next = func() int { pause(); return i + 2 }
		last = append(last, &i)
		pause()
	}
	for _, p := range last {
		fmt.Print(*p, " ")
	}
	fmt.Println()

	// A closure from the post statement belongs to the new iteration.
	var post func() int
	var posts []func() int
	for i := 0; i < 3; i, post = i+1, func() int { return i } {
		pause()
		if post != nil {
			posts = append(posts, post)
		}
	}
	for _, f := range posts {
		fmt.Print(f(), " ")
	}
	fmt.Println()

	// continue and labelled continue copy too.
	var qs []*int
outer:
	for i, j := 0, 10; i < j; i, j = i+1, j-1 {
		qs = append(qs, &i, &j)
		for k := 0; ; k++ {
			pause()
			if k == i {
				continue outer
			}
		}
	}
	for _, q := range qs {
		fmt.Print(*q, " ")
	}
	fmt.Println()
}
