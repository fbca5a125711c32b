// Function value, receiver and arguments of a deferred call are evaluated at the statement, in order.
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

type acc struct{ n int }

func (a acc) byValue(tag string)    { pause(); fmt.Println(tag, "by value", a.n) }
func (a *acc) byPointer(tag string) { pause(); fmt.Println(tag, "by pointer", a.n) }

//go:noinline
func arg(s string) string {
	pause()
	fmt.Println("arg", s)
	return s
}

//go:noinline
func pick(s string) func(...string) {
	pause()
	fmt.Println("pick", s)
	return func(args ...string) {
		pause()
		fmt.Println("deferred", s, args)
	}
}

//go:noinline
func self(a *acc) *acc { pause(); fmt.Println("self", a.n); return a }

func f() {
	x := 1
	a := acc{1}
	defer fmt.Println("first", x, arg("x"))
	defer pick("p")(arg("q"), arg("r"))
	defer a.byValue(arg("v"))
	defer a.byPointer(arg("w"))
	defer self(&a).byValue("self")
	method := a.byValue
	defer method("bound")
	fn := func(s string) { pause(); fmt.Println("old fn", s, x) }
	defer fn(arg("fn"))
	fn = func(s string) { fmt.Println("not called") }
	x, a.n = 2, 2
	args := []string{"a", "b"}
	defer pick("spread")(args...)
	args[0] = "changed"
	args = nil
	pause()
	fmt.Println("body ends")
}

func main() {
	f()
	func() {
		for i := range 3 {
			pause()
			defer func(n int) {
				pause()
				fmt.Println("loop", i, n)
			}(i * 10)
		}
		pause()
	}()
}
