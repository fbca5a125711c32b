package main

// heapSort puts numbers into ascending order.
func heapSort(numbers []int) {
	for root := len(numbers)/2 - 1; root >= 0; root-- {
		siftDown(numbers, root)
	}
	for end := len(numbers) - 1; end > 0; end-- {
		numbers[0], numbers[end] = numbers[end], numbers[0]
		siftDown(numbers[:end], 0)
		inPlace.Store(int64(len(numbers) - end))
	}
}

// siftDown makes a heap of the numbers beneath root, whose two halves are heaps.
func siftDown(heap []int, root int) {
	for {
		child := 2*root + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && heap[child+1] > heap[child] {
			child++
		}
		if heap[root] >= heap[child] {
			return
		}
		heap[root], heap[child] = heap[child], heap[root]
		root = child
	}
}
