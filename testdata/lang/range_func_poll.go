// Ranges over functions that neither block nor call what does, one inside the other: only their bodies can poll.
package main

import (
	"fmt"
	"iter"
	"slices"
)

func join(s1, s2, s3 []string) string {
	var c1 string
	for v1 := range slices.Values(s1) {
		var c2 string
		for v2 := range slices.Values(s2) {
			var c3 string
			for v3 := range slices.Values(s3) {
				c3 = c3 + v3
			}
			c2 = c2 + v2 + c3
		}
		c1 = c1 + v1 + c2
	}
	return c1
}

func upTo(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i++ {
		}
	}
}

func sums(n int) (s int) {
outer:
	for i := range upTo(n) {
		for j := range upTo(n) {
			if j > i {
				continue outer
			}
			s += j
			for k := range upTo(i) {
				if k > 3 {
					break outer
				}
			}
		}
	}
	return s
}

// No return leaves these loops, though the function has results.
func branches(n int) int {
	s := 0
outer:
	for i := range upTo(n) {
		for j := range upTo(n) {
			for range upTo(2) {
				if j == 2 {
					continue outer
				}
			}
			s += i
		}
	}
	return s
}

func main() {
	fmt.Println(branches(5))
	fmt.Println(join([]string{"1", "2"}, []string{"a", "b"}, []string{"A", "B"}))
	fmt.Println(sums(3), sums(30))
}
