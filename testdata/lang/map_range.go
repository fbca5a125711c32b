// Ranging over a map while it changes: deleted entries do not come, each entry comes at most once, entries that
// stay come exactly once; NaN keys come; early break; clear and growth in the middle. The order is random, so
// only what does not depend on it is printed.
package main

import (
	"fmt"
	"math"
	"sort"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func full(n int) map[int]int {
	m := map[int]int{}
	for i := range n {
		m[i] = i * i
	}
	return m
}

func main() {
	for _, n := range []int{0, 1, 5, 8, 9, 100, 1000} {
		m, seen, sum := full(n), map[int]int{}, 0
		for k, v := range m {
			seen[k]++
			sum += v
			pause()
		}
		twice := 0
		for _, c := range seen {
			if c != 1 {
				twice++
			}
		}
		fmt.Println("all", n, len(seen), sum, twice)
	}

	// Delete what has not come yet.
	m := full(200)
	came, wrong := 0, 0
	for k := range m {
		if _, ok := m[k]; !ok {
			wrong++
		}
		pause()
		delete(m, k^1)
		came++
	}
	fmt.Println("deleted partners", came, wrong, len(m))

	// Delete itself, and insert while growing: those there from the start come exactly once.
	m = full(50)
	old := map[int]int{}
	for k := range m {
		if k < 50 {
			old[k]++
			for j := range 20 {
				m[1000+k*20+j] = j
			}
			pause()
			delete(m, k)
		}
	}
	ones := 0
	for _, c := range old {
		if c == 1 {
			ones++
		}
	}
	fmt.Println("growth", ones, len(old), len(m))

	// clear ends it.
	m = full(100)
	rounds := 0
	for range m {
		rounds++
		if rounds == 3 {
			pause()
			clear(m)
			pause()
		}
	}
	fmt.Println("clear", rounds, len(m))

	// Another map in the variable does not change what is ranged over.
	m = full(10)
	sum := 0
	for k := range m {
		m = nil
		pause()
		sum += k
	}
	fmt.Println("replaced", sum, m == nil)

	// NaN keys are each their own and can not be looked up.
	nan := map[float64]int{1: 10}
	for i := range 5 {
		nan[math.NaN()] = i
	}
	nans, total := 0, 0
	for k, v := range nan {
		pause()
		if k != k {
			nans++
			total += v
		}
	}
	_, found := nan[math.NaN()]
	fmt.Println("nan", nans, total, found, len(nan))

	// Early ends and nested ranges over the same map.
	m = full(20)
	pairs, first := 0, 0
outer:
	for k := range m {
		for l := range m {
			pause()
			if k == l {
				continue
			}
			pairs++
			if pairs%7 == 0 {
				continue outer
			}
			if pairs > 60 {
				break outer
			}
		}
		first++
	}
	fmt.Println("nested", pairs > 60, first >= 0)

	find := func(want int) (int, bool) {
		for k, v := range m {
			pause()
			if v == want {
				return k, true
			}
		}
		return 0, false
	}
	fmt.Println(find(81))
	fmt.Println(find(82))

	// Values of every size, keys of several types, variables assigned from outside.
	type big struct{ a [40]int }
	bigs := map[[2]string]big{{"a", "b"}: {[40]int{7}}, {"c", "d"}: {[40]int{8}}}
	var names []string
	for k, v := range bigs {
		pause()
		v.a[0]++
		names = append(names, fmt.Sprint(k, v.a[0]))
	}
	sort.Strings(names)
	fmt.Println(names, bigs[[2]string{"a", "b"}].a[0])
	var k any
	got := map[any]bool{}
	for k = range map[any]int{1: 1, "x": 2, 2.5: 3} {
		pause()
		got[k] = true
	}
	fmt.Println(len(got), got["x"])
	type pt struct{ x, y int }
	for p := range map[pt]bool{{1, 2}: true} {
		defer func() { pause(); fmt.Println("deferred", p) }()
	}
}
