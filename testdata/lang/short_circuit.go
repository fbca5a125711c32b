// Calls right of && and || run only if the left side lets them, in nested conditions, loop conditions,
// arguments and defers.
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
func t(name string) bool { pause(); fmt.Print(name, " "); return true }

//go:noinline
func f(name string) bool { pause(); fmt.Print(name, " "); return false }

func show(b bool) { pause(); fmt.Println("=", b) }

func main() {
	show(t("a") && t("b"))
	show(f("a") && t("b"))
	show(t("a") || t("b"))
	show(f("a") || t("b"))
	show(f("a") || t("b") && f("c") || !f("d"))
	show((f("a") || t("b")) && (f("c") || t("d")))
	show(!(t("a") && f("b")) == (t("c") || f("d")))
	show(t("a") != f("b") && t("c"))
	if t("a") && (f("b") || f("c")) {
		fmt.Println("not reached")
	} else if f("d") || t("e") {
		fmt.Println("else if")
	}
	n := 0
	for n < 3 && t("more") || n < 4 && f("stop") {
		n++
		pause()
	}
	fmt.Println(n)
	x := []bool{t("x") && f("y"), f("z") || t("w")}
	fmt.Println(x)
	var p *struct{ ok bool }
	show(p != nil && p.ok && t("deref"))
	m := map[bool]string{t("k") && t("l"): "yes", f("m") && t("n"): "no"}
	fmt.Println(len(m), m[true])
	switch {
	case f("s") && t("t"), t("u") && t("v"):
		fmt.Println("second")
	}
	defer show(f("d") || t("e"))
	b := t("x") && func() bool { pause(); return f("inner") || t("inner2") }() && t("y")
	b = b && f("z")
	show(b)
	ok := f("1") || f("2") || f("3") || t("4") || t("5")
	show(ok && len(x) > 1 && x[1] && t("6"))
}
