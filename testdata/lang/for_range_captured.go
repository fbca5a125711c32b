// Range variables are new in each iteration; assigned ones are not.
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
	var fs []func()
	for i, s := range []string{"a", "b", "c"} {
		pause()
		fs = append(fs, func() { fmt.Print(i, s, " "); i++; s += "!" })
		pause()
	}
	for range 2 {
		for _, f := range fs {
			f()
		}
	}
	fmt.Println()
	var i int
	var s string
	var gs []func()
	for i, s = range []string{"a", "b", "c"} {
		gs = append(gs, func() { fmt.Print(i, s, " ") })
		pause()
	}
	for _, g := range gs {
		g()
	}
	fmt.Println(i, s)
	a := [3]int{}
	for a[1], a[2] = range []int{5, 6} {
		pause()
		fmt.Println(a)
	}
	n := 0
	index := func() int { pause(); n++; return n % 3 }
	for a[index()] = range 4 {
		pause()
		fmt.Println(a)
	}
	for range a {
		pause()
		n++
	}
	fmt.Println(n)
}
