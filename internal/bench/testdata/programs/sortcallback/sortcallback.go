package sortcallback

import "sort"

// Foreign code calls own code: a closure as callback.
type item struct {
	key  int
	name string
}

func Work(n int) any {
	items := make([]item, 500)
	compared := 0
	for range n {
		for i := range items {
			items[i].key = (i*7919 + n) % 1009
		}
		sort.Slice(items, func(i, j int) bool {
			compared++
			return items[i].key < items[j].key
		})
	}
	return compared
}
