// A range over an array copies it, over a slice or a pointer to an array it does not; the operand is evaluated
// once; its length is fixed at the start.
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

var evaluated int

//go:noinline
func get(s []int) []int { pause(); evaluated++; return s }

//go:noinline
func arr(a [4]int) [4]int { pause(); evaluated++; return a }

//go:noinline
func ptr(a *[4]int) *[4]int { pause(); evaluated++; return a }

func main() {
	a := [4]int{1, 2, 3, 4}
	for i, v := range a {
		a[3] = 100 + i
		pause()
		fmt.Print(v, " ")
	}
	fmt.Println(a)
	for i, v := range &a {
		a[3] = 200 + i
		pause()
		fmt.Print(v, " ")
	}
	fmt.Println(a)
	s := a[:]
	for i, v := range s {
		s[3] = 300 + i
		s = append(s, v)
		pause()
		fmt.Print(v, " ")
	}
	fmt.Println(len(s), a)
	for i, v := range get(s) {
		s[min(i+1, 7)] += v
		if i == 2 {
			s = nil
			break
		}
		pause()
	}
	for i, v := range arr(a) {
		a[i] = 0
		pause()
		fmt.Print(v, " ")
	}
	for i := range ptr(&a) {
		a[i] = i
		pause()
	}
	fmt.Println(a, evaluated)
	var np *[4]int
	for i := range np {
		pause()
		fmt.Print(i, " ")
	}
	for range len(a) {
		pause()
	}
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		for i, v := range np {
			fmt.Println(i, v)
		}
	}()
	grid := [][]int{{1}, {2, 3}, {}, {4, 5, 6}}
	for i, row := range grid {
		for j := range row {
			row[j] *= 10
			pause()
		}
		if i+1 < len(grid) {
			grid[i+1] = append(grid[i+1], i)
		}
	}
	fmt.Println(grid)
	big := [300]int{299: 1}
	sum := 0
	for i, v := range big {
		big[299] = 5
		if i%50 == 0 {
			pause()
		}
		sum += v
	}
	fmt.Println(sum)
	type pair struct{ a, b [2]int }
	ps := []pair{{[2]int{1, 2}, [2]int{3, 4}}}
	for _, p := range ps {
		p.a[0] = 9
		for _, x := range p.b {
			ps[0].b[1] = 8
			pause()
			fmt.Print(x, " ")
		}
	}
	fmt.Println(ps)
}
