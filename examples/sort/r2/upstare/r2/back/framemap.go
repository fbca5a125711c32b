//go:build upstarego

// Package upstare says how release 2 of example.com/sort becomes release 3 (release 1 once more).
package upstare

import (
	"example.com/sort/upstare/r2/back/is"
	"example.com/sort/upstare/r2/back/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Func(m, "example.com/sort.main", "example.com/sort.main", framemap.Points{
		5: 5, // old main.go:25 `heapSort(numbers)`, new `bubbleSort(numbers)`
	})

	// What heapSort has done so far is no help to bubbleSort, which begins with its first pass.
	framemap.Func(m, "example.com/sort.heapSort", "example.com/sort.bubbleSort", framemap.Points{
		1: 1, // old sort.go:6 `siftDown(numbers, root)`, new sort.go:5 `for end := len(numbers); …`
		2: 1, // old sort.go:10 `siftDown(numbers[:end], 0)`
	})
	framemap.Locals(m, "example.com/sort.heapSort", func(s *framemap.Stack, o *was.Main_heapSort, n *is.Main_bubbleSort) {
		n.End = len(o.Numbers)
	})
	framemap.At(m, "example.com/sort.siftDown", 1, func(s *framemap.Stack, o *was.Main_siftDown) {}) // no frame is left of it
}
