// Composite literals of every kind whose elements are calls: evaluated in order, built after the calls.
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

type pt struct{ x, y int }
type line struct {
	from, to pt
	names    []string
	f        func() int
	*pt
}

//go:noinline
func n(v int) int { pause(); fmt.Print(v, " "); return v }

//go:noinline
func s(v string) string { pause(); fmt.Print(v, " "); return v }

//go:noinline
func at(v int) pt { pause(); fmt.Print("pt", v, " "); return pt{v, v} }

func main() {
	fmt.Println([]int{n(1), n(2), 7: n(3), n(4)})
	fmt.Println([...]string{2: s("c"), 0: s("a"), 1: s("b")})
	fmt.Println(pt{y: n(2), x: n(1)}, &pt{n(3), n(4)} != nil)
	m := map[string][]int{s("k"): {n(1), n(2)}, s("l"): nil, s("m"): {0: n(5)}}
	fmt.Println(m)
	l := line{from: at(1), names: []string{s("p"), s("q")}, to: pt{n(8), n(9)}, f: func() int { return n(10) }, pt: &pt{x: n(11)}}
	fmt.Println(l.from, l.to, l.names, l.f(), l.x)
	fmt.Println([]pt{{n(1), n(2)}, at(3), {y: n(4)}})
	for _, p := range []*pt{{n(5), n(6)}, {}} {
		pause()
		fmt.Print(*p, " ")
	}
	fmt.Println()
	fmt.Println(map[pt]string{{n(1), n(2)}: s("v")}, [2][2]int{{n(1)}, {1: n(2)}})
	fmt.Println(struct {
		a int
		b []any
	}{n(1), []any{n(2), s("x"), at(3), nil}})
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		_ = []int{n(1), func() int { pause(); panic("in literal") }(), n(3)}
	}()
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		k := func() any { pause(); return func() {} }
		fmt.Println(map[any]int{n(1): n(2), k(): n(3), n(4): n(5)})
	}()
	x := 1
	change := func() int { pause(); x = 2; return 0 }
	fmt.Println([]int{x, change(), x}, pt{x, change()}, x)
	type local struct {
		pt
		next *local
	}
	chain := &local{at(1), &local{at(2), nil}}
	for c := chain; c != nil; c = c.next {
		pause()
		fmt.Print(c.x, " ")
	}
	fmt.Println()
}
