// Values of type parameters that stand for channels of any direction: ranged over, received from, sent to.
package main

import "fmt"

type receives[T any] interface{ chan T | <-chan T }
type sends[T any] interface{ ~chan T | chan<- T }

func sum[C receives[int]](c C) (s int) {
	for v := range c {
		s += v
	}
	return s
}

func first[C receives[T], T any](c C) (v T, ok bool) {
	v, ok = <-c
	return
}

func fill[C sends[T], T any](c C, vs ...T) {
	for _, v := range vs {
		c <- v
	}
	close(c)
}

func either[C receives[int]](a, b C) (s string) {
	for range 2 {
		select {
		case v := <-a:
			s += fmt.Sprint("a", v)
		case v, ok := <-b:
			s += fmt.Sprint("b", v, ok)
		}
	}
	return s
}

type named chan string

func main() {
	c := make(chan int)
	go fill(c, 1, 2, 3)
	fmt.Println(sum(c))
	d := make(chan int)
	go fill((chan<- int)(d), 4, 5)
	fmt.Println(sum((<-chan int)(d)))
	n := make(named)
	go fill(n, "x")
	fmt.Println(first((chan string)(n)))
	fmt.Println(first((<-chan string)(n)))
	e := make(chan int)
	go fill(e, 7, 8)
	fmt.Println(either(e, nil))
}
