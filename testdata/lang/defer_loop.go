// Deferred calls in loops: last in, first out, with the values of their iteration, changed results, conditions
// that defer only some.
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
func record(out *[]string, s string) { pause(); *out = append(*out, s) }

func many(n int) (sum int, trace []string) {
	for i := 0; i < n; i++ {
		if i%3 == 0 {
			pause()
			continue
		}
		defer func() { pause(); sum += i }()
		defer record(&trace, fmt.Sprint("d", i))
		for j := range i {
			if j == 1 {
				defer record(&trace, fmt.Sprint("i", i, "j", j))
			}
			pause()
		}
	}
	pause()
	return 1000, trace
}

func stops(n int) (trace []string) {
	defer func() {
		pause()
		if r := recover(); r != nil {
			trace = append(trace, fmt.Sprint("recovered ", r))
		}
	}()
	for i := range n {
		defer func() {
			pause()
			if i == 3 {
				panic("three")
			}
			record(&trace, fmt.Sprint(i))
		}()
		if i == 5 {
			pause()
			panic("five")
		}
	}
	return
}

func nested() (trace []string) {
	for i := range 2 {
		func() {
			for j := range 2 {
				defer record(&trace, fmt.Sprint("inner", i, j))
				pause()
			}
		}()
		defer record(&trace, fmt.Sprint("outer", i))
	}
	return
}

func main() {
	fmt.Println(many(7))
	fmt.Println(stops(8))
	fmt.Println(nested())
	hundred := 0
	func() {
		for range 100 {
			defer func() { hundred++; pause() }()
		}
		pause()
	}()
	fmt.Println(hundred)
}
