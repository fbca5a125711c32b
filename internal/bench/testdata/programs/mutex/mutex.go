package mutex

import "sync"

// Locks taken without contention, with and without defer.
type counter struct {
	mu sync.Mutex
	n  map[int]int
}

func (c *counter) add(k, d int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n[k] += d
	return c.n[k]
}

func (c *counter) get(k int) int {
	c.mu.Lock()
	v := c.n[k]
	c.mu.Unlock()
	return v
}

func Work(n int) any {
	c := &counter{n: map[int]int{}}
	sum := 0
	for range n {
		for i := range 100 {
			sum += c.add(i%8, i)
			sum -= c.get(i % 4)
		}
	}
	return sum
}
