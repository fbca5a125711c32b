package assertions

import "errors"

// Assertions and type switches, most of them in functions that cannot stop.
type (
	leafNode   struct{ n int }
	addNode    struct{ l, r any }
	namedNode  interface{ name() string }
	failedNode struct{ at int }
)

func (l *leafNode) name() string    { return "leaf" }
func (e *failedNode) Error() string { return "failed" }
func number(x any) *leafNode        { return x.(*leafNode) }
func isLeaf(x any) bool             { _, ok := x.(*leafNode); return ok }
func isOf[T any](x any) bool        { _, ok := x.(T); return ok }
func nameOf(x any) (s string) {
	if v, ok := x.(namedNode); ok {
		s = v.name()
	}
	return s
}
func check(x any) (err error) {
	if _, ok := x.(string); ok {
		err = &failedNode{1}
	}
	return err
}

func eval(x any) int {
	switch x := x.(type) {
	case *leafNode:
		return x.n
	case *addNode:
		return eval(x.l) + eval(x.r)
	case error:
		return -1
	}
	return 0
}

func Work(n int) any {
	tree := any(&leafNode{1})
	for range 6 {
		tree = &addNode{tree, any(&leafNode{2})}
	}
	things := []any{&leafNode{1}, tree, "s", 2, &failedNode{2}}
	sum, target := 0, (*failedNode)(nil)
	for i := range n {
		for range 20 {
			sum += eval(tree) + number(things[0]).n
			for _, x := range things {
				if isLeaf(x) || isOf[*addNode](x) {
					sum += len(nameOf(x))
				}
			}
		}
		if err := check(things[i%len(things)]); errors.As(err, &target) {
			sum += target.at
		}
	}
	return sum
}
