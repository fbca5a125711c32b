// A small program: a cache with eviction and single flight, a pool of workers that retry, a rate of events by bucket.
package main

import (
	"container/list"
	"errors"
	"fmt"
	"sort"
	"sync"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type entry struct {
	key string
	val int
}

type cache struct {
	mu      sync.Mutex
	order   *list.List
	at      map[string]*list.Element
	flights map[string]*flight
	size    int
	loads   int
}

type flight struct {
	done chan struct{}
	val  int
	err  error
}

func (c *cache) get(key string, load func(string) (int, error)) (v int, err error) {
	c.mu.Lock()
	if e, ok := c.at[key]; ok {
		c.order.MoveToFront(e)
		c.mu.Unlock()
		return e.Value.(*entry).val, nil
	}
	if f, ok := c.flights[key]; ok {
		c.mu.Unlock()
		<-f.done
		return f.val, f.err
	}
	f := &flight{done: make(chan struct{})}
	c.flights[key] = f
	c.loads++
	c.mu.Unlock()
	defer func() {
		if r := recover(); r != nil {
			pause()
			f.err = fmt.Errorf("load panicked: %v", r)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.flights, key)
		if f.err == nil {
			c.at[key] = c.order.PushFront(&entry{key, f.val})
			for c.order.Len() > c.size {
				last := c.order.Back()
				pause()
				delete(c.at, c.order.Remove(last).(*entry).key)
			}
		}
		close(f.done)
		v, err = f.val, f.err
	}()
	f.val, f.err = load(key)
	pause()
	return
}

type job struct {
	id, tries int
	run       func(try int) error
}

var errRetry = errors.New("again")

func pool(workers int, jobs []job) map[int]int {
	todo := make(chan job, len(jobs))
	results := make(chan job)
	var wg sync.WaitGroup
	for range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := range todo {
				for {
					j.tries++
					err := j.run(j.tries)
					pause()
					if !errors.Is(err, errRetry) {
						break
					}
				}
				results <- j
			}
		}()
	}
	for _, j := range jobs {
		todo <- j
	}
	close(todo)
	go func() { wg.Wait(); close(results) }()
	out := map[int]int{}
	for j := range results {
		pause()
		out[j.id] = j.tries
	}
	return out
}

func main() {
	c := &cache{order: list.New(), at: map[string]*list.Element{}, flights: map[string]*flight{}, size: 3}
	load := func(k string) (int, error) {
		pause()
		switch k {
		case "bad":
			return 0, errors.New("no such key")
		case "panic":
			panic("broken")
		}
		return len(k), nil
	}
	for _, k := range []string{"a", "bb", "ccc", "a", "dddd", "bb", "bad", "panic", "bad", "a"} {
		v, err := c.get(k, load)
		fmt.Println(k, v, err)
	}
	var keys []string
	for e := c.order.Front(); e != nil; e = e.Next() {
		keys = append(keys, e.Value.(*entry).key)
	}
	fmt.Println(keys, c.loads)
	var wg sync.WaitGroup
	gate := make(chan struct{})
	before := c.loads
	for range 10 {
		wg.Go(func() {
			v, err := c.get("shared key", func(k string) (int, error) { <-gate; pause(); return 99, nil })
			if v != 99 || err != nil {
				fmt.Println("wrong", v, err)
			}
		})
	}
	close(gate)
	wg.Wait()
	fmt.Println(c.loads - before)
	var jobs []job
	for i := range 12 {
		jobs = append(jobs, job{id: i, run: func(try int) error {
			pause()
			if try <= i%4 {
				return fmt.Errorf("job %d: %w", i, errRetry)
			}
			return nil
		}})
	}
	out := pool(3, jobs)
	var ids []int
	for id := range out {
		ids = append(ids, id)
	}
	sort.Ints(ids)
	for _, id := range ids {
		fmt.Print(id, ":", out[id], " ")
	}
	fmt.Println()
}
