//go:build upstarego

// Package upstare says how release 1 of example.com/sort becomes release 2.
package upstare

import (
	"example.com/sort/upstare/r2/is"
	"example.com/sort/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// main waits for heapSort where it waited for bubbleSort.
	framemap.Func(m, "example.com/sort.main", "example.com/sort.main", framemap.Points{
		5: 5, // old main.go:25 `bubbleSort(numbers)`, new `heapSort(numbers)`
	})

	// Between two passes of bubbleSort, numbers holds what was read, in some order: all
	// that heapSort asks for. It begins with its first phase, as if it had just come
	// back from the root behind the last one, which has nothing beneath it.
	framemap.Func(m, "example.com/sort.bubbleSort", "example.com/sort.heapSort", framemap.Points{
		1: 1, // old sort.go:5 `for end := len(numbers); …`, new sort.go:6 behind `siftDown(numbers, root)`
	})
	framemap.Locals(m, "example.com/sort.bubbleSort", func(s *framemap.Stack, o *was.Main_bubbleSort, n *is.Main_heapSort) {
		n.Root = len(o.Numbers) / 2
	})
}
