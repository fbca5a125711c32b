// A declaration makes a fresh zero variable each time it is executed, in loops and closures alike.
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
	var ps []*int
	for i := range 4 {
		var n int
		var s string
		var a [2]int
		var m map[string]int
		pause()
		n += i
		s += fmt.Sprint(i)
		a[i%2]++
		if m == nil {
			m = map[string]int{s: n}
		}
		pause()
		fmt.Print(n, s, a, m, " ")
		ps = append(ps, &n)
	}
	fmt.Println()
	// Without captures, and several turns of the loop between two stops.
	for i := range 9 {
		var n int
		var s []int
		var m map[int]bool
		if i%4 == 0 {
			pause()
		}
		if n++; n > 1 || len(s) > 0 || m != nil {
			fmt.Println("not fresh", i, n, s, m)
		}
		s, m = append(s, i), map[int]bool{i: true}
		if i%4 == 3 {
			pause()
		}
		fmt.Print(n, s, m, " ")
	}
	fmt.Println()
	for _, p := range ps {
		*p *= 10
		pause()
	}
	fmt.Println(*ps[0], *ps[1], *ps[2], *ps[3])
	var fs []func() int
	for i := 0; i < 3; {
		var count int
		x := i
		pause()
		fs = append(fs, func() int { count++; pause(); return count*100 + x })
		i++
		x += 10
	}
	fmt.Println(fs[0](), fs[0](), fs[1](), fs[2]())
	for range 2 {
		{
			var inner int
			pause()
			inner++
			{
				inner := inner + 1
				pause()
				inner++
				fmt.Print(inner, " ")
			}
			fmt.Print(inner, " ")
		}
	}
	fmt.Println()
	for i := range 3 {
		switch n := i * 2; {
		case n > 0:
			var z int
			pause()
			z += n
			fmt.Print(z, " ")
		default:
			var z string
			pause()
			fmt.Printf("%q ", z)
		}
		if v, ok := any(i).(int); ok {
			var z []int
			pause()
			z = append(z, v)
			fmt.Print(z, " ")
		}
	}
	fmt.Println()
}
