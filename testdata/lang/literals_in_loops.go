// Literals that calls in loops are given: one may be made for the whole loop if it captures nothing of a trip's own, and
// nothing shows whether it was. Those that capture a trip's variables are as many as the trips. Whoever keeps them keeps
// what they captured.
package main

import (
	"fmt"
	"path"
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

type names []string

func each(list []int, f func(int) int) (sum int) {
	for _, v := range list {
		pause()
		sum += f(v)
	}
	return sum
}

var kept []func(int) int

func keep(f func(int) int) int {
	pause()
	kept = append(kept, f)
	return len(kept)
}

func outside() {
	calls, list := 0, []int{1, 2, 3}
	total := 0
	for range 3 {
		total += each(list, func(v int) int {
			pause()
			calls++
			return v * calls
		})
		calls += 10
		list = append(list, calls)
	}
	fmt.Println("outside", total, calls, list)
}

func ofTrips() {
	kept = nil
	for i := range 3 {
		n := i * 100
		keep(func(v int) int { pause(); n += v; return n + i })
		for _, j := range []int{1, 2} {
			// Of the outer trip alone, and of both.
			keep(func(v int) int { n++; return n + v })
			keep(func(v int) int { j++; pause(); return j + n + v })
		}
		n++
	}
	for round := range 2 {
		for i, f := range kept {
			fmt.Print(" ", f(round+i))
		}
	}
	fmt.Println()
}

func key(m map[string]int) {
	kept = nil
	for k, v := range m {
		keep(func(n int) int { pause(); return len(k) + v + n })
	}
	fmt.Println("key", kept[0](1))
}

func none(list []int, m map[string]int, s string) {
	made := 0
	for range list {
		each(list, func(int) int { made++; return 0 })
	}
	for range m {
		keep(func(int) int { made++; return 0 })
	}
	for range s {
		keep(func(int) int { made++; return 0 })
	}
	for range len(list) - 1 {
		keep(func(int) int { made++; return 0 })
	}
	fmt.Println("none", made)
}

func generic[T any](list []T, same func(T) T) []T {
	var out []T
	for _, v := range list {
		each([]int{1}, func(n int) int {
			pause()
			out = append(out, same(v))
			return n
		})
		each([]int{1, 1}, func(n int) int {
			pause()
			out = append(out, same(list[0]))
			return n
		})
	}
	return out
}

func localType() {
	type pair struct{ a, b int }
	sum := pair{}
	with := func(p pair, f func(pair) pair) pair { pause(); return f(p) }
	for i := range 3 {
		r := with(pair{i, 1}, func(p pair) pair {
			pause()
			sum.a, sum.b = sum.a+p.a, sum.b+p.b
			return sum
		})
		fmt.Print(r, " ")
	}
	fmt.Println()
}

// nested literals capture through the one around them.
func nested() {
	log := names{}
	for i := range 2 {
		each([]int{i}, func(v int) int {
			for range 2 {
				each([]int{v}, func(w int) int {
					pause()
					log = append(log, fmt.Sprint(v, w))
					return 0
				})
			}
			return 0
		})
	}
	fmt.Println(log)
}

// where is the name and line of who calls it.
func where() string {
	pc, _, line, _ := runtime.Caller(1)
	return fmt.Sprint(path.Base(runtime.FuncForPC(pc).Name()), ":", line)
}

func positions() {
	first := func() string { pause(); return where() }
	said := ""
	for range 2 {
		second := func() string { pause(); return where() }
		each([]int{1}, func(int) int {
			pause()
			said = where()
			return 0
		})
		fmt.Println(first(), second(), said)
	}
}

// recursive calls have a literal each.
func depth(n int) (sum int) {
	if n == 0 {
		return 0
	}
	for range 2 {
		sum += each([]int{n}, func(v int) int { return v + depth(n-1) })
	}
	return sum
}

func main() {
	outside()
	ofTrips()
	key(map[string]int{"one": 1})
	none(nil, nil, "")
	fmt.Println(generic([]string{"a", "b"}, func(s string) string { pause(); return s + s }))
	localType()
	nested()
	positions()
	fmt.Println(depth(3))
}
