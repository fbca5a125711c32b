// Callbacks of sync.Map, sync.OnceFunc, slices, maps and iter; signals; atomic values.
package main

import (
	"fmt"
	"iter"
	"maps"
	"os"
	"os/signal"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type config struct {
	name string
	n    int
}

func main() {
	var m sync.Map
	for i := range 5 {
		m.Store(i, fmt.Sprint("v", i))
	}
	var got []string
	m.Range(func(k, v any) bool {
		pause()
		got = append(got, fmt.Sprint(k, v))
		m.Delete(k)
		return true
	})
	sort.Strings(got)
	v, loaded := m.LoadOrStore("k", func() int { pause(); return 3 })
	fmt.Println(got, loaded, v.(func() int)())
	n := 0
	once := sync.OnceFunc(func() { pause(); n++ })
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(once)
	}
	wg.Wait()
	pair := sync.OnceValues(func() (int, error) { pause(); return n, nil })
	fmt.Println(pair())
	var cur atomic.Value
	cur.Store(config{"a", 1})
	old := cur.Load().(config)
	pause()
	cur.CompareAndSwap(old, config{"b", old.n + 1})
	fmt.Println(cur.Load())
	s := []config{{"x", 3}, {"y", 1}, {"z", 2}}
	i := slices.IndexFunc(s, func(c config) bool { pause(); return c.n == 1 })
	s = slices.DeleteFunc(s, func(c config) bool { pause(); return c.n == 3 })
	top := slices.MaxFunc(s, func(a, b config) int { pause(); return a.n - b.n })
	fmt.Println(i, s, top)
	byName := maps.Collect(func(yield func(string, int) bool) {
		for _, c := range s {
			pause()
			if !yield(c.name, c.n) {
				return
			}
		}
	})
	maps.DeleteFunc(byName, func(k string, v int) bool { pause(); return v > 1 })
	fmt.Println(byName)
	next, stop := iter.Pull(slices.Values([]int{1, 2, 3}))
	defer stop()
	for v, ok := next(); ok; v, ok = next() {
		pause()
		fmt.Print(v, " ")
	}
	fmt.Println()
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGUSR1)
	if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-c)
	signal.Stop(c)
	chunks := 0
	for chunk := range slices.Chunk([]int{1, 2, 3, 4, 5}, 2) {
		pause()
		chunks += len(chunk) * 10
	}
	fmt.Println(chunks)
}
