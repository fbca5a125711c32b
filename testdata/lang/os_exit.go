// os.Exit runs no deferred function and reports its code, from any depth.
package main

import (
	"fmt"
	"os"
	"sort"
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
	defer fmt.Println("not reached")
	fmt.Println("start")
	s := []int{3, 1, 2}
	n := 0
	sort.Slice(s, func(i, j int) bool {
		defer func() { n++ }()
		pause()
		if n == 2 {
			fmt.Println("exit")
			os.Exit(42)
		}
		return s[i] < s[j]
	})
	fmt.Println("not reached")
}
