// Closures that call themselves and each other, over shared variables, with results, defers and memos.
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

type node struct {
	v           int
	left, right *node
}

func insert(root **node, v int) {
	var put func(at **node)
	put = func(at **node) {
		pause()
		switch n := *at; {
		case n == nil:
			*at = &node{v: v}
		case v < n.v:
			put(&n.left)
		default:
			put(&n.right)
		}
	}
	put(root)
}

func walk(root *node, visit func(int) bool) {
	var rec func(*node) bool
	rec = func(n *node) bool {
		return n == nil || rec(n.left) && visit(n.v) && rec(n.right)
	}
	rec(root)
}

func counter[T comparable](vs []T) func(T) int {
	var count func(from int, v T) int
	count = func(from int, v T) int {
		if from == len(vs) {
			return 0
		}
		pause()
		n := count(from+1, v)
		if vs[from] == v {
			n++
		}
		return n
	}
	return func(v T) int { return count(0, v) }
}

func main() {
	memo := map[int]int{}
	calls := 0
	var fib func(int) int
	fib = func(n int) (r int) {
		calls++
		if n < 2 {
			return n
		}
		if v, ok := memo[n]; ok {
			return v
		}
		defer func() { memo[n] = r; pause() }()
		pause()
		return fib(n-1) + fib(n-2)
	}
	fmt.Println(fib(20), calls, len(memo))

	var even, odd func(int) bool
	even = func(n int) bool { pause(); return n == 0 || odd(n-1) }
	odd = func(n int) bool { pause(); return n != 0 && even(n-1) }
	fmt.Println(even(11), odd(11))

	var root *node
	for _, v := range []int{5, 2, 8, 1, 9, 3} {
		insert(&root, v)
	}
	var seen []int
	walk(root, func(v int) bool { pause(); seen = append(seen, v); return v < 8 })
	fmt.Println(seen)
	fmt.Println(counter([]string{"a", "b", "a"})("a"), counter([]int{1, 2, 1, 1})(1))

	var fail func(int) error
	fail = func(n int) (err error) {
		defer func() {
			if r := recover(); r != nil {
				pause()
				err = fmt.Errorf("%d: %v", n, r)
			}
		}()
		if n == 0 {
			pause()
			panic(errors.New("bottom"))
		}
		if err := fail(n - 1); err != nil {
			panic(err)
		}
		return nil
	}
	fmt.Println(fail(3))
	// The variable is another function by the time the call goes on.
	var step func(int) string
	step = func(n int) string {
		if n == 0 {
			return "."
		}
		s := step
		step = func(int) string { pause(); return "replaced" }
		pause()
		r := s(n - 1)
		return fmt.Sprint(n, r, step(n))
	}
	fmt.Println(step(2))
}
