// Callbacks that block inside sort.Slice, sort.Sort, slices.SortFunc, sort.Search, heap and strings.Map.
package main

import (
	"container/heap"
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

type byLen struct {
	s []string
	n int
}

func (b *byLen) Len() int           { pause(); return len(b.s) }
func (b *byLen) Less(i, j int) bool { pause(); b.n++; return len(b.s[i]) < len(b.s[j]) }
func (b *byLen) Swap(i, j int)      { pause(); b.s[i], b.s[j] = b.s[j], b.s[i] }

type ints []int

func (h ints) Len() int           { return len(h) }
func (h ints) Less(i, j int) bool { pause(); return h[i] < h[j] }
func (h ints) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *ints) Push(x any)        { pause(); *h = append(*h, x.(int)) }
func (h *ints) Pop() any {
	old := *h
	n := len(old)
	x := old[n-1]
	pause()
	*h = old[:n-1]
	return x
}

func sorted(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = (i * 7919) % 101
	}
	compares := 0
	sort.Slice(s, func(i, j int) bool {
		compares++
		pause()
		return s[i] < s[j]
	})
	pause()
	if !sort.IntsAreSorted(s) || compares == 0 {
		panic("not sorted")
	}
	return s[:5]
}

func main() {
	fmt.Println(sorted(50))
	var wg sync.WaitGroup
	out := make([][]int, 4)
	for i := range out {
		wg.Go(func() { out[i] = sorted(20 + i) })
	}
	wg.Wait()
	fmt.Println(out)
	b := &byLen{s: strings.Fields("the quick brown fox jumps over a lazy dog again")}
	sort.Stable(b)
	fmt.Println(b.s, b.n > 0)
	s := []string{"b", "A", "c", "B"}
	slices.SortStableFunc(s, func(x, y string) int {
		pause()
		return strings.Compare(strings.ToLower(x), strings.ToLower(y))
	})
	fmt.Println(s)
	i := sort.Search(1000, func(i int) bool { pause(); return i*i >= 500 })
	fmt.Println(i)
	h := &ints{}
	for _, v := range []int{5, 2, 8, 1, 9} {
		heap.Push(h, v)
	}
	for h.Len() > 0 {
		fmt.Print(heap.Pop(h), " ")
	}
	fmt.Println()
	fmt.Println(strings.Map(func(r rune) rune {
		pause()
		if r == 'l' {
			return -1
		}
		return r + 1
	}, "hello"))
	fmt.Println(strings.FieldsFunc("a1b22c", func(r rune) bool { pause(); return r < 'a' }))
	// A callback that sorts.
	rows := [][]int{{3, 1, 2}, {9, 8}, {5}}
	sort.Slice(rows, func(i, j int) bool {
		for _, r := range rows {
			sort.Slice(r, func(a, b int) bool { pause(); return r[a] < r[b] })
		}
		return rows[i][0] < rows[j][0]
	})
	fmt.Println(rows)
}
