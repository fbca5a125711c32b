// Map reads, writes and deletes whose operands are calls; nil maps; panics for keys that can not be hashed;
// elements as operands of assignments.
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

type rec struct {
	n    int
	tags []string
}

//go:noinline
func k(s string) string { pause(); fmt.Println("k", s); return s }

//go:noinline
func v(n int) int { pause(); fmt.Println("v", n); return n }

//go:noinline
func mm(m map[string]int) map[string]int { pause(); fmt.Println("map", len(m)); return m }

func try(f func()) {
	defer func() { pause(); fmt.Println("->", recover()) }()
	f()
}

func main() {
	m := map[string]int{}
	mm(m)[k("a")] = v(1)
	m[k("b")], m[k("c")] = v(2), v(3)
	n, ok := mm(m)[k("a")]
	_, no := m[k("z")]
	fmt.Println(n, ok, no, m[k("b")]+m[k("c")])
	delete(mm(m), k("a"))
	fmt.Println(len(m), m)
	m[k("b")]++
	m[k("new")] += v(5)
	if x, ok := m[k("new")]; ok {
		pause()
		fmt.Println(x)
	}
	recs := map[string]*rec{}
	recs["r"] = &rec{}
	recs[k("r")].n += v(4)
	recs[k("r")].tags = append(recs["r"].tags, k("tag"))
	fmt.Println(*recs["r"])
	nested := map[string]map[string][]int{}
	for _, s := range []string{"a", "b", "a"} {
		if nested[s] == nil {
			pause()
			nested[s] = map[string][]int{}
		}
		nested[s][k(s)] = append(nested[s][s], v(len(s)))
	}
	fmt.Println(nested)
	fs := map[string]func(int) int{"f": func(n int) int { pause(); return n * 2 }}
	fmt.Println(fs[k("f")](v(21)))
	try(func() {
		var none map[string]int
		fmt.Println(none[k("x")], len(none))
		delete(none, k("x"))
		for range none {
		}
		none[k("x")] = v(1)
	})
	try(func() {
		keys := map[any]int{}
		keys[k("s")] = v(1)
		keys[func() any { pause(); return []int{1} }()] = v(2)
	})
	try(func() { var r map[string]*rec; r[k("no")].n = v(1) })
	// The element is created even if the value's call looks at the map before.
	m["self"] = func() int { pause(); _, ok := m["self"]; fmt.Println("there", ok); return len(m) }()
	fmt.Println(m["self"])
	arr := map[[2]int]string{{1, 2}: "x"}
	arr[[2]int{v(1), v(2)}] += k("y")
	fmt.Println(arr)
	clear(mm(m))
	fmt.Println(len(m))
}
