// Variables that are dead at one update point and alive at another, set on some paths only, set by one iteration
// for the next, overwritten before they are read.
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
func n(v int) int { pause(); return v }

func paths(k int) (out string) {
	var a, b int
	var s string
	switch k {
	case 0:
		a = n(1)
	case 1:
		b = n(2)
		s = "one"
	default:
		s = fmt.Sprint(n(k))
		a = len(s)
	}
	pause()
	if k != 1 {
		b = a + n(10)
	}
	pause()
	return fmt.Sprint(a, b, s)
}

func carried() int {
	prev, sum := 0, 0
	var last *int
	for i := range 6 {
		cur := n(i * i)
		if i > 0 {
			sum += cur - prev
		}
		if last != nil && i%2 == 0 {
			pause()
			sum += *last * 100
			last = nil
		} else {
			x := cur
			last = &x
		}
		prev = cur
	}
	pause()
	return sum + prev
}

func overwritten() string {
	x := n(1)
	x = n(2)
	var y []int
	y = append(y, x)
	z := y
	y = nil
	pause()
	y = append(y, n(3))
	x = len(z) + len(y)
	pause()
	return fmt.Sprint(x, y, z)
}

func late(stop int) (r string) {
	var f func() string
	defer func() {
		pause()
		if f != nil {
			r += f()
		}
		recover()
	}()
	state := "start"
	for i := 0; ; i++ {
		pause()
		if i == stop {
			state = fmt.Sprint("stopped at ", i)
			f = func() string { pause(); return " by " + state }
			if stop%2 == 1 {
				panic(state)
			}
			return state
		}
	}
}

func sharedSlot() int {
	total := 0
	{
		a := [4]int{n(1), 2, 3, 4}
		pause()
		total += a[0] + a[3]
	}
	{
		s := "text"
		pause()
		total += len(s) * 10
	}
	for i := range 2 {
		m := map[int]int{i: n(100)}
		pause()
		total += m[i]
	}
	pause()
	return total
}

func main() {
	fmt.Println(paths(0), paths(1), paths(7))
	fmt.Println(carried())
	fmt.Println(overwritten())
	fmt.Println(late(2), "|", late(3))
	fmt.Println(sharedSlot())
}
