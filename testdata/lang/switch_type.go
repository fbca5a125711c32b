// A type switch evaluates its operand once; each clause has a variable of its own, with its own type.
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

type shape interface{ area() int }
type square struct{ side int }
type rect struct{ w, h int }

func (s square) area() int { pause(); return s.side * s.side }
func (r *rect) area() int  { pause(); return r.w * r.h }

type named []int

//go:noinline
func operand(v any) any {
	pause()
	fmt.Printf("operand %T\n", v)
	return v
}

func describe(v any) (s string) {
	switch x := operand(v).(type) {
	case nil:
		pause()
		return fmt.Sprint("nil ", x == nil)
	case int, int64:
		pause()
		return fmt.Sprintf("integer %v %T", x, x)
	case string:
		f := func() string { x += "!"; return x }
		pause()
		return "string " + f() + f() + x
	case shape:
		a := x.area()
		switch y := x.(type) {
		case square:
			pause()
			return fmt.Sprint("square ", y.side, a)
		case *rect:
			y.w++
			pause()
			return fmt.Sprint("rect ", y.w, y.area(), a)
		}
	case func() int:
		return fmt.Sprint("func ", x())
	case named:
		for i, e := range x {
			pause()
			s += fmt.Sprint(i, e, " ")
		}
		return s
	case error:
		pause()
		return "error " + x.Error()
	case chan int:
		return fmt.Sprint("chan ", <-x)
	case struct{ A int }:
		x.A++
		pause()
		return fmt.Sprint("struct ", x.A)
	default:
		pause()
		return fmt.Sprintf("default %T", x)
	}
	return "not reached"
}

func main() {
	c := make(chan int, 1)
	c <- 4
	for _, v := range []any{nil, 1, int64(2), "s", square{3}, &rect{2, 3}, func() int { pause(); return 9 }, named{4, 5},
		fmt.Errorf("bad"), c, struct{ A int }{1}, 2.5, map[string]int{}} {
		fmt.Println(describe(v))
	}
	var s shape
	switch s.(type) {
	case nil:
		pause()
		fmt.Println("no shape")
	}
	switch x, y := operand(1), operand("2"); z := x.(type) {
	case int:
		pause()
		fmt.Println(z, y)
	}
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		fmt.Println(operand("text").(int))
	}()
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		fmt.Println(operand(square{1}).(fmt.Stringer))
	}()
	n, ok := operand("text").(int)
	_, is := operand(square{2}).(shape)
	fmt.Println(n, ok, is)
}
