// Goroutines with WaitGroup, Mutex, RWMutex, Cond and Once; locks are held over update points.
package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type account struct {
	mu      sync.Mutex
	balance int
	log     []int
}

func (a *account) deposit(n int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	before := a.balance
	pause()
	a.balance = before + n
	pause()
	a.log = append(a.log, a.balance)
	return a.balance
}

type queue struct {
	mu    sync.Mutex
	some  *sync.Cond
	items []int
	done  bool
}

func (q *queue) put(n int) {
	q.mu.Lock()
	q.items = append(q.items, n)
	pause()
	q.mu.Unlock()
	q.some.Signal()
}

func (q *queue) get() (int, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.items) == 0 && !q.done {
		q.some.Wait()
		pause()
	}
	if len(q.items) == 0 {
		return 0, false
	}
	n := q.items[0]
	q.items = q.items[1:]
	pause()
	return n, true
}

func main() {
	var a account
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 10 {
				a.deposit(i)
			}
		}()
	}
	wg.Wait()
	fmt.Println(a.balance, len(a.log), a.log[99])

	q := &queue{}
	q.some = sync.NewCond(&q.mu)
	var sum, count atomic.Int64
	for range 4 {
		wg.Go(func() {
			for {
				n, ok := q.get()
				if !ok {
					return
				}
				sum.Add(int64(n))
				count.Add(1)
				pause()
			}
		})
	}
	for i := range 50 {
		q.put(i)
	}
	q.mu.Lock()
	q.done = true
	q.mu.Unlock()
	q.some.Broadcast()
	wg.Wait()
	fmt.Println(sum.Load(), count.Load())

	var once sync.Once
	var rw sync.RWMutex
	table := map[int]int{}
	for i := range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			once.Do(func() { pause(); rw.Lock(); table[-1] = 100; pause(); rw.Unlock() })
			rw.RLock()
			v := table[-1]
			pause()
			rw.RUnlock()
			rw.Lock()
			table[i] = v + i
			pause()
			rw.Unlock()
		}()
	}
	wg.Wait()
	fmt.Println(len(table), table[5], table)
	tokens := make(chan struct{}, 2)
	var most, now atomic.Int32
	for range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			tokens <- struct{}{}
			defer func() { <-tokens }()
			if n := now.Add(1); n > 2 {
				most.Store(n)
			}
			pause()
			now.Add(-1)
		}()
	}
	wg.Wait()
	fmt.Println("over the limit", most.Load())
}
