// The same name at many depths: parameters, results, imports, predeclared names, types, short declarations.
package main

import (
	"errors"
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

var x = "package"

type error2 = error

func f(x int) (y int, err error) {
	if x > 0 {
		x, y := x*2, x
		pause()
		x++
		if x, err := g(x); err != nil {
			pause()
			fmt.Println("inner", x, err)
		} else {
			fmt.Println("else", x, y, err)
		}
		fmt.Println("block", x, y)
	}
	{
		y := "string"
		pause()
		_ = y
	}
	y = x
	for x := 0; x < 2; x++ {
		x := x * 10
		pause()
		y += x
	}
	switch x := any(y).(type) {
	case int:
		x++
		pause()
		fmt.Println("switch", x)
	}
	func(x string) {
		defer func() { pause(); fmt.Println("closure", x, y) }()
		x += "!"
		y := 1
		pause()
		_ = y
	}("arg")
	return
}

func g(x int) (int, error) {
	pause()
	if x > 4 {
		return x, errors.New("big")
	}
	return x, nil
}

func predeclared() string {
	len := func(s string) int { pause(); return 42 }
	true := false
	nil := "nil"
	type string int
	var int string = 7
	pause()
	return fmt.Sprint(len("x"), true, nil, int)
}

func labels() (r int) {
x:
	for x := range 3 {
		for y := range 3 {
			pause()
			if y == x {
				continue x
			}
			r += x
		}
	}
	return
}

type T struct{ T *T2 }
type T2 struct{ x int }

func (T T) m(x *T2) int { T.T = x; pause(); return T.T.x }

func imports() string {
	fmt := fmt.Sprint("not the package")
	pause()
	errors := func() string { pause(); return fmt }
	return errors()
}

func redeclare() string {
	a, err := g(1)
	b, err := g(9)
	pause()
	if a, err := g(3); err == nil {
		a += b
		pause()
		b = a
	}
	return fmt.Sprint(a, b, err)
}

func recursive(runtime int) int {
	recover := runtime
	if recover == 0 {
		pause()
		return 0
	}
	return recursive(recover-1) + 1
}

func main() {
	fmt.Println(f(1))
	fmt.Println(f(3))
	fmt.Println(predeclared(), labels(), T{}.m(&T2{5}), imports(), redeclare(), recursive(3), x)
	x := x + "+"
	pause()
	{
		x := &x
		*x += "*"
		pause()
	}
	fmt.Println(x)
}
