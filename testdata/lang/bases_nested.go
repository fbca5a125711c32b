// Segments within segments: own code calls foreign code that calls own code, several levels deep, with update
// points at every level.
package main

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func level(n int, trace *[]string) int {
	pause()
	if n == 0 {
		*trace = append(*trace, "bottom")
		pause()
		return 1
	}
	sum := 0
	s := []int{2, 1}
	sort.Slice(s, func(i, j int) bool {
		pause()
		sum += level(n-1, trace)
		*trace = append(*trace, fmt.Sprint("in", n))
		return s[i] < s[j]
	})
	pause()
	*trace = append(*trace, fmt.Sprint("out", n, s))
	return sum + n
}

type shown struct{ n int }

func (s shown) String() string {
	pause()
	if s.n == 0 {
		return "."
	}
	return fmt.Sprintf("%d%v", s.n, shown{s.n - 1})
}

func main() {
	var trace []string
	fmt.Println(level(4, &trace), trace)
	fmt.Println(shown{5})
	var once [3]sync.Once
	var run func(int)
	run = func(n int) {
		if n == len(once) {
			pause()
			fmt.Println("innermost")
			return
		}
		once[n].Do(func() {
			pause()
			run(n + 1)
			pause()
			fmt.Println("once", n)
		})
	}
	run(0)
	run(0)
	words := strings.FieldsFunc("one,two;three", func(r rune) bool {
		return slices.ContainsFunc([]rune(",;"), func(s rune) bool { pause(); return r == s })
	})
	fmt.Println(words)
	func() {
		defer func() { pause(); fmt.Println("recovered", recover()) }()
		slices.SortFunc(words, func(a, b string) int {
			defer pause()
			return strings.Compare(strings.Map(func(r rune) rune {
				pause()
				if r == 'w' {
					panic("w in " + a + b)
				}
				return r
			}, a), b)
		})
	}()
}
