package contention

import "sync"

// Goroutines that all want the same locks: one for writers, one for readers and writers.
type account struct {
	mu   sync.Mutex
	book sync.RWMutex
	n    map[int]int
	sum  int
}

func (a *account) add(k, d int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.n[k] += d
	a.sum += d
}

func (a *account) note(k int) {
	a.book.Lock()
	a.n[-k]++
	a.book.Unlock()
}

func (a *account) noted(k int) int {
	a.book.RLock()
	defer a.book.RUnlock()
	return a.n[-k]
}

func (a *account) work(rounds int, done *sync.WaitGroup) {
	defer done.Done()
	for range rounds {
		for i := range 100 {
			a.add(1+i%8, i)
		}
	}
}

func Work(n int) any {
	a := &account{n: map[int]int{}}
	var done sync.WaitGroup
	for range 4 {
		done.Add(1)
		go a.work(n, &done)
	}
	done.Wait()
	a.note(1)
	return a.sum + a.noted(1)
}
