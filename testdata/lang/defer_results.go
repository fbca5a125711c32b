// Deferred functions read and change named results; a return statement sets them first.
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

var errFirst = errors.New("first")

//go:noinline
func val(n int) int { pause(); return n }

//go:noinline
func pair(n int) (int, error) { pause(); return n, errFirst }

func double() (n int) {
	defer func() { pause(); n *= 2 }()
	return val(4)
}

func order() (s string) {
	defer func() { s += "1" }()
	defer func() { pause(); s += "2" }()
	for i := range 3 {
		defer func() { pause(); s += fmt.Sprint("l", i) }()
	}
	pause()
	return s + "r"
}

func swallow() (n int, err error) {
	defer func() {
		pause()
		if err != nil {
			n, err = n+100, nil
		}
	}()
	return pair(5)
}

func shadowed() (n int, err error) {
	defer func() { pause(); fmt.Println("sees", n, err) }()
	if n, err := pair(6); err != nil {
		pause()
		return n + 1, fmt.Errorf("wrapped: %w", err)
	}
	return
}

func naked() (a, b int) {
	a = val(1)
	defer func() { pause(); a, b = b, a }()
	b = val(2)
	return
}

func fromPanic() (s string, ok bool) {
	defer func() {
		pause()
		if r := recover(); r != nil {
			pause()
			s, ok = fmt.Sprint(s, " then ", r), true
		}
	}()
	s = "set"
	pause()
	panic("bad")
}

func escaped() (p *int, n int) {
	defer func() { pause(); n++; *p += 10 }()
	p = &n
	pause()
	return p, val(3)
}

func unnamed() int {
	n := 1
	defer func() { pause(); n = 50 }()
	pause()
	return n
}

func blank() (_ int, s string) {
	defer func() { pause(); s += "!" }()
	return val(1), "blank"
}

// literals defers literals that have results themselves, which nobody gets.
func literals() (s string) {
	for i := range 2 {
		defer func(n int) (int, error) { pause(); s += fmt.Sprint(" loop", i+n); return pair(n) }(val(1))
	}
	defer (func(n int) string { pause(); s += fmt.Sprint(" ", n); return s })(val(3))
	defer func() (n int, _ *int) { defer func() { n = val(n); s += fmt.Sprint(" named", n) }(); return val(7), &n }()
	if s == "" {
		defer func() func() { pause(); return func() { s = "never" } }()
	}
	pause()
	return "literals"
}

// calls calls functions by their values, each with results that a deferred literal has
// too, and with a recover of its own.
func calls(fs ...func() (int, error)) {
	for _, f := range fs {
		fmt.Println(f())
	}
}

func recovers() (n int, err error) {
	defer func() { pause(); n++ }()
	recover()
	n = val(10)
	err = errFirst
	return
}

func defersRecover() (n int, err error) {
	defer recover()
	defer func() { pause(); n, err = n+1, errFirst }()
	return val(20), nil
}

func main() {
	calls(recovers, defersRecover, func() (n int, err error) {
		defer func() { pause(); n += 2 }()
		recover()
		return pair(30)
	})
	fmt.Println(double())
	fmt.Println(literals())
	fmt.Println(order())
	fmt.Println(swallow())
	fmt.Println(shadowed())
	fmt.Println(naked())
	fmt.Println(fromPanic())
	p, n := escaped()
	fmt.Println(*p, n)
	fmt.Println(unnamed())
	fmt.Println(blank())
}
