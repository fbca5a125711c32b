// Calls with several results: assigned, returned, passed on as arguments, dropped, in var declarations.
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

type e struct{}

func (e) Error() string { return "e" }

//go:noinline
func two(s string) (int, error) {
	pause()
	fmt.Println("two", s)
	if s == "bad" {
		return len(s), e{}
	}
	return len(s), nil
}

func three() (a int, b string, c []int) {
	a = 1
	pause()
	b, c = "b", []int{2}
	pause()
	return
}

func pass(s string) (int, error)            { return two(s) }
func passNamed(s string) (n int, err error) { return two(s) }
func take(n int, err error) string          { pause(); return fmt.Sprint(n, err) }
func takeAny(vs ...any) int                 { pause(); return len(vs) }
func swap(a, b int) (int, int)              { pause(); return b, a }

var pkgA, pkgErr = two("package")
var pa, pb, pc = three()

func must(n int, err error) int {
	pause()
	if err != nil {
		panic(err)
	}
	return n
}

func main() {
	fmt.Println(pkgA, pkgErr, pa, pb, pc)
	n, err := two("define")
	_, err = two("bad")
	m, err := two("redeclare")
	var x, y = two("var")
	fmt.Println(n, m, x, y, err)
	fmt.Println(take(two("arguments")), takeAny(three()), take(pass("nested")))
	fmt.Println(passNamed("bad"))
	fmt.Println(swap(swap(swap(1, 2))))
	two("dropped")
	_, _ = two("blank")
	var any1 any
	var e2 error
	any1, e2 = two("converted")
	fmt.Println(any1, e2)
	if n, err := two("if"); err == nil && n == 2 {
		pause()
		fmt.Println("ok")
	}
	a := []int{0, 0}
	a[0], err = two("element")
	fmt.Println(a, must(two("must")))
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		must(two("bad"))
	}()
	defer fmt.Println(three())
	go takeAny(three())
	f := func() (int, int, int) { pause(); return 7, 8, 9 }
	p, q, r := f()
	fmt.Println(p, q, r)
	for i, j := swap(0, 3); i > j; i, j = swap(j, i-1) {
		fmt.Println("loop", i, j)
	}
	switch a, b := swap(1, 2); {
	case a > b:
		fmt.Println("greater")
	}
}
