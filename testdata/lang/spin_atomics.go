// Loops that wait for another goroutine by looking at an atomic, with and without yielding.
package main

import (
	"fmt"
	"runtime"
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

type spinlock struct{ v atomic.Int32 }

func (l *spinlock) lock() {
	for !l.v.CompareAndSwap(0, 1) {
		runtime.Gosched()
	}
}
func (l *spinlock) unlock() { l.v.Store(0) }

func main() {
	var ready, turn atomic.Int32
	go func() {
		pause()
		ready.Store(1)
	}()
	for ready.Load() == 0 {
	}
	fmt.Println("ready")
	var l spinlock
	n := 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 25 {
				l.lock()
				x := n
				pause()
				n = x + 1
				l.unlock()
			}
		})
	}
	wg.Wait()
	fmt.Println(n)
	var order []int32
	for i := range int32(4) {
		wg.Go(func() {
			for range 3 {
				for turn.Load()%4 != i {
					runtime.Gosched()
				}
				order = append(order, i)
				pause()
				turn.Add(1)
			}
		})
	}
	wg.Wait()
	fmt.Println(order)
	var p atomic.Pointer[string]
	go func() {
		s := "value"
		pause()
		p.Store(&s)
	}()
	for p.Load() == nil {
		pause()
	}
	fmt.Println(*p.Load())
}
