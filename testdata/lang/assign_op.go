// Assignment with an operator evaluates the operands of its left side once, and reads the left side after
// the calls in them.
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
func num(name string, v int) int {
	pause()
	fmt.Println("num", name, v)
	return v
}

type box struct{ n int }

//go:noinline
func get(name string, b *box) *box {
	pause()
	fmt.Println("get", name)
	return b
}

func main() {
	a := []int{1, 2, 3}
	a[num("i", 1)] += num("v", 10)
	fmt.Println(a)
	a[num("i", 0)]++
	a[num("i", 2)]--
	fmt.Println(a)
	m := map[string]int{"x": 1}
	key := func(k string) string { pause(); fmt.Println("key", k); return k }
	m[key("x")] += num("v", 5)
	m[key("y")] -= num("v", 5)
	m[key("z")]++
	fmt.Println(m)
	b := &box{3}
	get("b", b).n *= num("v", 4)
	get("b", b).n <<= num("s", 2)
	fmt.Println(b.n)
	// A plain variable on the left that the right side's call changes.
	x := 1
	change := func() int { pause(); x = 100; return 1 }
	x += change()
	fmt.Println("x", x)
	a[0] = 1
	changeA := func() int { pause(); a[0] = 100; return 1 }
	a[0] += changeA()
	fmt.Println("a[0]", a[0])
	b.n = 1
	changeB := func() int { pause(); b.n = 100; return 1 }
	b.n += changeB()
	fmt.Println("b.n", b.n)
	p := &x
	*p -= num("v", 1)
	s := "s"
	s += func() string { pause(); return "tring" }()
	fmt.Println(x, s)
	x &^= num("mask", 1)
	x %= num("mod", 7)
	x |= num("or", 64)
	x ^= num("xor", 3)
	fmt.Println(x)
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		x /= num("zero", 0)
	}()
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		x <<= num("negative", -1)
	}()
	fmt.Println(x)
}
