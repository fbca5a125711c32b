// runtime.Caller of the direct caller and positions in panics stay the user's, wherever a statement stands.
package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
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
func line() int {
	pause()
	_, file, n, ok := runtime.Caller(1)
	if !ok || !strings.HasSuffix(filepath.Base(file), ".go") {
		return -1
	}
	return n
}

//go:noinline
func lineAnd(args ...int) []int {
	return append(args, line())
}

type t struct{}

func (t) method() int { return line() }

func results() (a, b int) {
	a = line()
	defer func() { b = line() }()
	pause()
	return a, 0
}

func both() (int, int) {
	n := line()
	_, _, m, _ := runtime.Caller(1)
	return n, m
}

// What is assigned is shared with a literal, or declared here, or both.
func shared() (r int) {
	a := line()
	literal := func() { pause(); a++; r++ }
	a, b := both()
	literal()
	a, c := line(), line()
	literal()
	a = line()
	r = line()
	fmt.Println(a, b, c, r)
	return line()
}

func main() {
	fmt.Println(line(),
		line(),
		lineAnd(
			line(),
			line()))
	x := line() +
		line()
	fmt.Println(x)
	for i := line(); i < line()+2; i += line() {
		fmt.Println(i)
	}
	switch n := line(); {
	case n == line():
		fmt.Println("not equal")
	case n+2 == line()-1:
		fmt.Println("two below", line())
	}
	if a := line(); a > 0 &&
		line() > 0 {
		fmt.Println(a)
	} else if line() > 0 {
		fmt.Println("no")
	}
	c := make(chan int, 1)
	select {
	case c <- line():
		fmt.Println(<-c, line())
	}
	f := func() int {
		pause()
		return line()
	}
	fmt.Println(f(), t{}.method(), t.method(t{}))
	fmt.Println(results())
	fmt.Println(shared())
	m := map[int]int{line(): line(),
		line(): line()}
	fmt.Println(len(m))
	func() {
		defer func() {
			pause()
			fmt.Println(recover())
			fmt.Println("line", line())
		}()
		pause()
		var p *[]int
		fmt.Println((*p)[line()])
	}()
}
