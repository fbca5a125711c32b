// Return statements: operands in order, named results they overwrite, calls that change what is returned.
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
func n(v int) int { pause(); fmt.Print(v, " "); return v }

func swap(a, b int) (x, y int) { x, y = a, b; pause(); return y, x }

func named() (x, y int) {
	set := func(v int) int { pause(); x = v; return v + 1 }
	return n(1), set(50)
}

func named2() (x, y int) {
	set := func(v int) int { pause(); x = v; return v + 1 }
	x = 7
	return x, set(50)
}

func viaDefer() (x int) {
	defer func(at int) { pause(); x = x*1000 + at }(x)
	x = 5
	return n(x + 1)
}

func panics() (x int, err error) {
	defer func() {
		pause()
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	x = 3
	return n(9), func() error { pause(); panic("second operand") }()
}

func early(v int) (s string) {
	for i := range 5 {
		for j := range 5 {
			switch {
			case i*j == v:
				defer func() { pause(); s += "!" }()
				return fmt.Sprint(i, j, n(v))
			case i > 3:
				pause()
				return "none"
			}
		}
	}
	return "end"
}

func locals() func() (int, []int) {
	x, s := 1, []int{1}
	return func() (int, []int) {
		x++
		s = append(s, x)
		pause()
		return x, s
	}
}

func ptr() *int {
	x := n(4)
	p := &x
	pause()
	*p++
	return p
}

func three() (a, _ int, c string) {
	a, c = n(1), "c"
	pause()
	return
}

func iface() (v any, err error) {
	if x := n(3); x > 2 {
		var none *failure
		return x, none.orNil()
	}
	return
}

type failure struct{}

func (*failure) Error() string { return "failure" }
func (f *failure) orNil() error {
	pause()
	if f == nil {
		return nil
	}
	return f
}

func main() {
	fmt.Println(swap(n(1), n(2)))
	fmt.Println(named())
	fmt.Println(named2())
	fmt.Println(viaDefer())
	fmt.Println(panics())
	fmt.Println(early(6), early(0), early(99))
	f := locals()
	f()
	fmt.Println(f())
	fmt.Println(*ptr())
	fmt.Println(three())
	fmt.Println(iface())
}
