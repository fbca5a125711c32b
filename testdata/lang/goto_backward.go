// goto: back over declarations (fresh variables each time), forward out of blocks, into the same block's label.
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
	i := 0
	var ps []*int
again:
	{
		n := i * 10
		pause()
		ps = append(ps, &n)
		n++
	}
	i++
	if i < 4 {
		pause()
		goto again
	}
	for _, p := range ps {
		fmt.Print(*p, " ")
	}
	fmt.Println()
	for a := range 3 {
		for b := range 3 {
			pause()
			if a*b == 2 {
				goto found
			}
		}
	}
	fmt.Println("not reached")
found:
	fmt.Println("found")
	state := 0
loop:
	switch pause(); state {
	case 0:
		state = 2
		goto loop
	case 1:
		goto end
	case 2:
		state = 1
		pause()
		goto loop
	}
end:
	fmt.Println(state)
	fmt.Println(collatz(27))
}

func collatz(n int) (steps int) {
top:
	if n == 1 {
		goto done
	}
	if n%2 == 0 {
		n /= 2
		goto next
	}
	n = 3*n + 1
next:
	steps++
	pause()
	goto top
done:
	return
}
