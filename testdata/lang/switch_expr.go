// A switch evaluates its tag once and its case expressions in source order until one matches; default may
// stand anywhere; fallthrough goes into the next clause without evaluating it.
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

func classify(n int) string {
	switch v := num("tag", n); v {
	case num("c1", 1), num("c2", 2):
		pause()
		return "low"
	default:
		pause()
		return "other"
	case num("c5", 5):
		pause()
		fmt.Println("five")
		fallthrough
	case num("c6", 6):
		v := v * 10
		pause()
		fmt.Println("v", v)
		fallthrough
	case num("c7", 7):
		pause()
		if v == 5 {
			break
		}
		return "six or seven"
	}
	return "after"
}

func main() {
	for _, n := range []int{1, 2, 3, 5, 6, 7} {
		fmt.Println(n, classify(n))
	}
	x := 0
	set := func(v int) bool { pause(); x = v; return v == 2 }
	switch {
	case set(1):
		fmt.Println("one")
	case set(2):
		pause()
		set(3)
		fmt.Println("two", x)
	case x == 3:
		fmt.Println("not decided again")
	}
	// The tag is not read again after a clause has changed the variable.
	t := 1
	switch t {
	case 1:
		t = 2
		pause()
		fmt.Println("first", t)
	case 2:
		fmt.Println("second")
	}
	// Nor when a case expression changes it.
	turn := func(n int) int { t += 10; pause(); return n }
	switch t {
	case turn(1), turn(12), turn(22):
		fmt.Println("tag read again", t)
	case turn(2):
		fmt.Println("as it was", t)
	}
	// A default in front that falls through.
	for _, s := range []string{"a", "b", "c"} {
		switch pause(); s {
		default:
			pause()
			fmt.Print("default ")
			fallthrough
		case "b":
			pause()
			fmt.Println("b for", s)
		case "a":
			fmt.Println("a for", s)
		}
	}
	var any interface{} = num("any", 3)
	switch any {
	case "3":
		fmt.Println("string")
	case num("three", 3):
		fmt.Println("number")
	}
	switch num("alone", 1) {
	}
	switch {
	}
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		switch any = []int{1}; any {
		case any:
			fmt.Println("not comparable")
		}
	}()
}
