// Nested ranges over functions: returns, labels and gotos out of both, results, loops between them, assignment
// to places, statements without points that leave.
package main

import (
	"fmt"
	"iter"
	"slices"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func upto(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
			pause()
		}
	}
}

func search(rows [][]string, want string) (r, c int, err error) {
	defer func() { pause(); r++ }()
	for i, row := range slices.All(rows) {
		for j, s := range slices.All(row) {
			pause()
			if s == want {
				return i, j, nil
			}
			if s == "" {
				return -1, -1, fmt.Errorf("empty at %d %d", i, j)
			}
		}
	}
	return 0, 0, nil
}

func unnamed(n int) (int, []int) {
	var seen []int
	for i := range upto(n) {
		for k := range 3 {
			for j := range upto(3) {
				seen = append(seen, i*100+k*10+j)
				if i == 1 && j == 1 {
					return i + j, seen
				}
				if j == 1 {
					break
				}
				pause()
			}
		}
	}
	return -1, seen
}

func two(a int) (int, string) { pause(); return a, "two" }

func call() (int, string) {
	for i := range upto(5) {
		if i == 2 {
			return two(i)
		}
	}
	return two(-1)
}

func labels() {
outer:
	for i := range upto(4) {
	middle:
		for j := 0; j < 3; j++ {
			for k := range upto(3) {
				switch {
				case k == 1 && j == 0:
					continue middle
				case k == 2 && i == 1:
					continue outer
				case i == 3:
					break outer
				case k == 2 && j == 1:
					break middle
				}
				pause()
				fmt.Print(i, j, k, " ")
			}
			fmt.Print("| ")
		}
	}
	fmt.Println()
}

func jumps() {
	n := 0
again:
	for i := range upto(3) {
		for j := range upto(3) {
			pause()
			if n++; n < 6 && i == 1 && j == 1 {
				goto again
			}
			if i == 2 {
				goto done
			}
		}
	}
done:
	fmt.Println("jumped", n)
}

type place struct {
	at  [3]int
	who map[string]int
}

func (p *place) self() *place { pause(); return p }

func places() {
	p := &place{who: map[string]int{}}
	var x int
	for p.self().at[x%3], p.who["k"] = range slices.All([]int{5, 6, 7}) {
		pause()
		x++
		fmt.Print(p.at, p.who, " ")
	}
	fmt.Println(x)
}

func closures() {
	var fs []func() (int, int)
	sum := 0
	for i := range upto(3) {
		v := i * i
		for range upto(2) {
			sum += i
			fs = append(fs, func() (int, int) { pause(); v++; i += 10; return i, v + sum })
		}
	}
	for _, f := range fs {
		fmt.Print(f())
		fmt.Print(" ")
	}
	fmt.Println()
}

func receiver(c chan int) (got int, ok bool) {
	for range upto(3) {
		select {
		case got, ok = <-c:
			if got == 2 {
				return
			}
		}
	}
	return got * 10, ok
}

func pulled() {
	next, stop := iter.Pull(upto(4))
	defer stop()
	for v, ok := next(); ok; v, ok = next() {
		pause()
		fmt.Print(v, " ")
		if v == 2 {
			break
		}
	}
	fmt.Println()
}

func main() {
	fmt.Println(search([][]string{{"a", "b"}, {"c", "d"}}, "d"))
	fmt.Println(search([][]string{{"a", "b"}, {"c", ""}}, "x"))
	fmt.Println(search(nil, "x"))
	fmt.Println(unnamed(3))
	fmt.Println(unnamed(1))
	fmt.Println(call())
	labels()
	jumps()
	places()
	closures()
	c := make(chan int, 3)
	c <- 1
	c <- 2
	fmt.Println(receiver(c))
	pulled()
}
