// append, copy, len, cap, delete, clear, min, max, make, new, complex, print with operands that pause.
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
func n(v int) int { pause(); fmt.Print("n", v, " "); return v }

//go:noinline
func sl(s []int) []int { pause(); fmt.Print("s", len(s), " "); return s }

func main() {
	s := make([]int, n(2), n(5))
	t := append(sl(s), n(1), n(2))
	u := append(sl(s), n(3))
	fmt.Println(s, t, u, len(t), cap(u))
	fmt.Println(copy(sl(t), sl(u)), t)
	fmt.Println(len(sl(t))+cap(sl(s)), min(n(3), n(1), n(2)), max(n(3), n(4)), min(2.5, float64(n(2))))
	v := append(sl(nil), sl(t)...)
	v = append(v, append(sl(v), n(9))...)
	fmt.Println(v)
	b := append([]byte("x"), fmt.Sprint(n(5))...)
	p := new(int)
	*p = n(6)
	fmt.Println(string(b), *p, real(complex(float64(n(1)), float64(n(2)))))
	m := make(map[string]int, n(3))
	c := make(chan int, n(2))
	c <- n(1)
	m["x"] = n(1)
	fmt.Println(len(m), len(c), cap(c))
	clear(sl(v))
	fmt.Println(v)
	x := sl(t)[n(0):n(2):n(3)]
	fmt.Println(x, cap(x))
	a := [4]int{1, 2, 3, 4}
	y := a[n(1):n(3)]
	y = append(y, n(40))
	fmt.Println(a, y)
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		_ = sl(t)[n(3):n(1)]
	}()
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		_ = make([]int, n(-1))
	}()
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		_ = [2]int(sl(t)[:n(1)])
	}()
	println("to stderr", n(1), sl(t) == nil)
	print(n(2), " ", "x", "\n")
	for i := range min(n(2), n(3)) {
		fmt.Print("i", i, " ")
	}
	str := fmt.Sprint(n(1)) + fmt.Sprint(n(2)) + "z"
	str += str[n(1):] + string(str[n(0)])
	fmt.Println(str)
}
