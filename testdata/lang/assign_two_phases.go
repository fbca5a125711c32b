// Multiple assignment: operands of index expressions and indirections on the left and all of the right are
// evaluated first, in order; then the assignments happen, left to right.
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

type node struct {
	next *node
	v    int
}

//go:noinline
func slice(name string, s []int) []int {
	pause()
	fmt.Println("slice", name)
	return s
}

func two() (int, int) { pause(); return 7, 8 }

func main() {
	a := []int{10, 20, 30}
	i := 0
	i, a[i] = num("one", 1), num("two", 2) // a[0] = 2
	fmt.Println(i, a)
	a[0], a[num("zero", 0)] = num("x", 5), num("y", 6) // the right one is last
	fmt.Println(a)
	a[1], a[2] = a[2], a[num("one", 1)]
	fmt.Println(a)
	slice("p", a)[num("i", 0)], slice("q", a)[num("j", 1)] = num("k", 100), slice("r", a)[num("l", 2)]
	fmt.Println(a)

	// Reversing a list in one statement.
	var list *node
	for k := range 4 {
		list = &node{list, num("node", k)}
	}
	var done *node
	for list != nil {
		list, list.next, done = list.next, done, list
		pause()
	}
	for n := done; n != nil; n = n.next {
		fmt.Print(n.v, " ")
	}
	fmt.Println()

	// The right side's panic leaves the left untouched; the second assignment's panic leaves the first done.
	func() {
		defer func() { fmt.Println("recovered", recover(), a) }()
		a[0], a[num("out", 9)] = num("p", 1), num("q", 2)
	}()
	func() {
		var nilMap map[string]int
		x := 1
		defer func() { fmt.Println("recovered", recover(), x) }()
		x, nilMap["k"] = num("left", 5), num("right", 6)
	}()
	m := map[string]int{}
	m["a"], m["b"] = two()
	a[num("first", 0)], i = two()
	_, i = two()
	fmt.Println(m, a, i)
	var p *node
	func() {
		defer func() { fmt.Println("recovered", recover(), i) }()
		i, p.v = two()
	}()
	i, j := num("i", i+1), num("j", i+2)
	i, k := j, i
	fmt.Println(i, j, k)
}
