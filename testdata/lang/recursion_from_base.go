// Recursion of every depth under a deferred call, which is a base: the walk over the
// stack needs room for the frames and for what is hidden between them, whatever their
// number.
package main

import "fmt"

var ch = make(chan int, 1)

func down(n int) int {
	if n == 0 {
		return 0
	}
	ch <- n
	v := <-ch
	return down(n-1) + v/n
}

func under(n int) (r int) {
	defer func() {
		r = down(n)
		recover()
	}()
	var p *int
	return *p
}

func main() {
	sum := 0
	for n := range 80 {
		sum += under(n)
	}
	fmt.Println(sum)
}
