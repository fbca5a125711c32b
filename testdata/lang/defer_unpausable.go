// A function that cannot be on a stack at an update point defers literals; it stands inside one that can.
package main

import (
	"errors"
	"fmt"
)

//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

//go:noinline
func grow[S ~[]E, E any](s S, n int) S {
	if n < 0 {
		panic("negative")
	}
	return append(s, make([]E, n)...)
}

func main() {
	s := []int{1}
	pause()
	var got bool
	func() {
		defer func() { got = recover() != nil }()
		_ = grow(s, -1)
	}()
	fmt.Println(got)
	pause()
	func() {
		k := 2
		defer func(a int) {
			defer func() { s = append(s, k) }()
			s = append(s, a*k)
			fmt.Println(recover())
		}(7)
		defer func() { k++ }()
		panic(errors.New("x"))
	}()
	pause()
	fmt.Println(s)
	each([]string{"a", "b"})
}

func each[T any](l []T) {
	for i, v := range l {
		pause()
		n := func() (n int) {
			defer func() {
				if recover() != nil {
					n = -i
				}
			}()
			_ = grow(l, -i)
			return 1
		}()
		pause()
		fmt.Println(v, n)
	}
}
