package binarytrees

// Allocation, and recursion over what was allocated.
type tree struct{ left, right *tree }

func build(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{build(depth - 1), build(depth - 1)}
}

func (t *tree) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

func Work(n int) any {
	long, sum := build(10), 0
	for range n {
		sum += build(8).count()
	}
	return sum + long.count()
}
