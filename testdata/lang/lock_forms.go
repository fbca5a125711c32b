// Locks in every form in which their methods can be called: some can be tried first, all may wait.
package main

import (
	"fmt"
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

type state struct {
	sync.Mutex
	rw *sync.RWMutex
	n  int
}

// contend adds to n under a lock that others want as well.
func contend(n *int, lock, unlock func()) int {
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 4 {
				lock()
				was := *n
				pause()
				*n = was + 1
				unlock()
			}
		})
	}
	wg.Wait()
	return *n
}

func main() {
	var mu sync.Mutex
	var rw sync.RWMutex
	s := &state{rw: &rw}
	n := 0

	fmt.Println(contend(&n, mu.Lock, mu.Unlock))
	fmt.Println(contend(&n, func() { (*sync.Mutex).Lock(&mu) }, func() { (*sync.Mutex).Unlock(&mu) }))
	fmt.Println(contend(&n, func() { (mu.Lock)() }, func() { (mu.Unlock)() }))
	fmt.Println(contend(&n, func() { (&mu).Lock() }, func() { (&mu).Unlock() }))
	fmt.Println(contend(&s.n, func() { s.Lock() }, func() { s.Mutex.Unlock() }))
	fmt.Println(contend(&s.n, func() { (*state).Lock(s) }, func() { (*state).Unlock(s) }))
	fmt.Println(contend(&s.n, func() { s.rw.Lock() }, func() { s.rw.Unlock() }))
	fmt.Println(contend(&s.n, s.rw.Lock, s.rw.Unlock))

	var l sync.Locker = &mu
	fmt.Println(contend(&n, func() { l.Lock() }, func() { l.Unlock() }))
	fmt.Println(contend(&n, func() { sync.Locker.Lock(l) }, func() { sync.Locker.Unlock(l) }))

	(*sync.RWMutex).RLock(&rw)
	rw.RLocker().Lock()
	pause()
	rw.RLocker().Unlock()
	f := (*sync.RWMutex).RUnlock
	f(&rw)
	func() {
		defer (&mu).Lock()
		struct{ *sync.Mutex }{&mu}.Lock()
		pause()
		mu.Unlock()
	}()
	mu.Unlock()
	fmt.Println(mu.TryLock(), rw.TryLock())
}
