// Run-time panics at and after update points: their text and that they can be recovered in place.
package main

import (
	"fmt"
	"runtime"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type s struct {
	p *s
	a [4]int
	f func(int) int
	m map[string]int
	i fmt.Stringer
}

//go:noinline
func n(v int) int { pause(); return v }

//go:noinline
func nothing() *s { pause(); return nil }

func main() {
	var a []int
	str := "abc"
	full := &s{a: [4]int{1, 2, 3, 4}}
	for i, f := range []func() any{
		func() any { return a[n(0)] },
		func() any { return full.a[n(4)] },
		func() any { return str[n(3)] },
		func() any { return str[n(2):n(1)] },
		func() any { return a[n(1):] },
		func() any { return full.a[n(3):n(9)] },
		func() any { return n(1) / n(0) },
		func() any { return n(1) % n(0) },
		func() any { return 1 << n(-1) },
		func() any { return nothing().a[n(0)] },
		func() any { return full.p.a[n(1)] },
		func() any { return full.p.p },
		func() any { return full.f(n(1)) },
		func() any { return full.i.String() },
		func() any { full.m["k"] = n(1); return nil },
		func() any { return any(n(1)).(string) },
		func() any { return full.i.(fmt.Formatter) },
		func() any { return any(full).(fmt.Stringer) },
		func() any { return *(*int)(nil) + n(1) },
		func() any { return [2]int(make([]int, n(1))) },
		func() any { return make([]int, n(5), n(2)) },
		func() any { return make(chan int, n(-1)) },
		func() any { var m map[any]int; return m[[]int{n(1)}] },
		func() any { return any([]int{n(1)}) == any([]int{n(1)}) },
		func() any { nothing().a[n(2)]++; return nil },
		func() any { *nothing() = s{}; return nil },
		func() any { x := *nothing(); return x.a },
		func() any {
			for range *(*[]int)(nil) {
				pause()
			}
			return nil
		},
		func() any { panic(fmt.Sprint("custom ", n(7))) },
	} {
		func() {
			defer func() {
				pause()
				r := recover()
				_, is := r.(runtime.Error)
				pause()
				fmt.Println(i, r, is)
			}()
			fmt.Println(i, "value", f())
		}()
	}
}
