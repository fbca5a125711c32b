// if with init statements, else if chains whose conditions pause, nested and with early returns.
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
func c(name string, v bool) bool { pause(); fmt.Print(name, " "); return v }

//go:noinline
func get(k int) (int, bool) { pause(); return k * 10, k > 1 }

func pick(n int) string {
	if n == 0 {
		pause()
		return "zero"
	} else if v, ok := get(n); !ok {
		pause()
		return fmt.Sprint("not ok ", v)
	} else if w, ok := get(v); ok && w > 300 {
		pause()
		v++
		return fmt.Sprint("big ", v, w)
	} else {
		defer func() { pause(); fmt.Print("deferred ", v, w, " ") }()
		if pause(); w > 200 {
			w--
			return fmt.Sprint("two ", w)
		}
		v, w = w, v
	}
	pause()
	return "end"
}

func main() {
	for n := range 5 {
		fmt.Println(n, pick(n))
	}
	if x := 1; c("a", x > 1) {
		fmt.Println("not reached")
	} else if x := x + 1; c("b", x > 2) {
		fmt.Println("not reached")
	} else if x := x + 1; c("c", x > 2) {
		x := x + 1
		pause()
		fmt.Println("c", x)
	} else {
		fmt.Println("not reached")
	}
	if !c("d", false) {
		if c("e", true) {
			if f := func() bool { return c("f", true) }; f() {
				pause()
				fmt.Println("inside")
			}
		}
	}
	for i := range 3 {
		if i == 1 {
			pause()
			continue
		}
		if c(fmt.Sprint(i), i == 2) {
			break
		}
		pause()
		fmt.Print("after ")
	}
	if pause(); true {
		fmt.Println("end")
	}
	{
	}
	if c("last", true) {
	} else {
	}
	fmt.Println()
}
