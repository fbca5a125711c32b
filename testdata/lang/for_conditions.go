// Loops whose conditions, init and post statements call functions that pause; loops that run no time,
// once, and for ever until a break.
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

//go:noinline
func num(name string, v int) int {
	pause()
	fmt.Println("num", name, v)
	return v
}

func main() {
	for i := num("init", 0); i < num("limit", 3); i += num("step", 2) {
		fmt.Println("body", i)
	}
	n := 3
	for n > num("zero", 0) {
		n--
	}
	for num("never", 0) > 0 {
		fmt.Println("not reached")
	}
	for {
		pause()
		if n++; n == 4 {
			break
		}
		if n%2 == 1 {
			continue
		}
		fmt.Println("even", n)
	}
	more := func() bool { pause(); n--; return n > 0 }
	for more() {
		fmt.Print(n, " ")
	}
	fmt.Println()
	for i, j := 0, num("j", 3); i < j; i, j = i+1, j-1 {
		pause()
		fmt.Println(i, j)
	}
	for i := 0; i < 2; i++ {
		for j := 0; j < 2; j++ {
			for k := 0; k < 2; k++ {
				pause()
				fmt.Print(i, j, k, " ")
			}
		}
		pause()
	}
	fmt.Println()
}
