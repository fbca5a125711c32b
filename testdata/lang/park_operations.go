// Every way to block, in the middle of an expression with locals on both sides of it.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"time"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func with(name string, op func() int) {
	before := len(name)
	r := before*100 + op() + before
	fmt.Println(name, r)
}

// later runs f when its caller has, most likely, blocked.
func later(f func()) {
	go func() {
		for range 3 {
			runtime.Gosched()
		}
		time.Sleep(time.Millisecond)
		f()
	}()
}

func main() {
	with("receive", func() int { c := make(chan int); later(func() { c <- 1 }); return <-c })
	with("send", func() int {
		c := make(chan int)
		got := 0
		done := make(chan bool)
		later(func() { got = <-c; done <- true })
		c <- 2
		<-done
		return got
	})
	with("range", func() (sum int) {
		c := make(chan int)
		later(func() { c <- 1; c <- 2; close(c) })
		for v := range c {
			sum += v
		}
		return
	})
	with("select", func() int {
		c, d := make(chan int), make(chan int)
		later(func() { d <- 4 })
		select {
		case v := <-c:
			return v
		case v := <-d:
			return v * 10
		}
	})
	with("mutex", func() int {
		var mu sync.Mutex
		n := 1
		mu.Lock()
		later(func() { n = 5; mu.Unlock() })
		mu.Lock()
		defer mu.Unlock()
		return n
	})
	with("rwmutex", func() int {
		var mu sync.RWMutex
		n := 1
		mu.RLock()
		later(func() { mu.RUnlock() })
		mu.Lock()
		n++
		later(func() { n++; mu.Unlock() })
		mu.RLock()
		defer mu.RUnlock()
		return n
	})
	with("waitgroup", func() int {
		var wg sync.WaitGroup
		n := 0
		wg.Add(2)
		later(func() { n += 3; wg.Done(); later(func() { n += 4; wg.Done() }) })
		wg.Wait()
		return n
	})
	with("cond", func() int {
		var mu sync.Mutex
		c := sync.NewCond(&mu)
		n := 0
		later(func() { mu.Lock(); n = 8; mu.Unlock(); c.Broadcast() })
		mu.Lock()
		defer mu.Unlock()
		for n == 0 {
			c.Wait()
		}
		return n
	})
	with("once", func() int {
		var once sync.Once
		n := 0
		in := make(chan bool)
		go once.Do(func() { in <- true; pause(); time.Sleep(time.Millisecond); n = 6 })
		<-in
		once.Do(func() { n = -1 })
		return n
	})
	with("sleep", func() int {
		start := time.Now()
		time.Sleep(2 * time.Millisecond)
		return int(min(time.Since(start)/time.Millisecond, 2))
	})
	with("gosched", func() int { runtime.Gosched(); return 3 })
	with("timer", func() int { <-time.After(time.Millisecond); t := time.NewTimer(time.Hour); defer t.Stop(); return 1 })
	with("io.Pipe", func() int {
		r, w := io.Pipe()
		later(func() { fmt.Fprint(w, "hello"); w.Close() })
		b, _ := io.ReadAll(r)
		return len(b)
	})
	with("os.Pipe", func() int {
		r, w, err := os.Pipe()
		if err != nil {
			return -1
		}
		later(func() { fmt.Fprintln(w, "line"); w.Close() })
		s, _ := bufio.NewReader(r).ReadString('\n')
		r.Close()
		return len(s)
	})
	with("net", func() int {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return -1
		}
		later(func() {
			c, _ := net.Dial("tcp", l.Addr().String())
			later(func() { fmt.Fprint(c, "abc"); c.Close() })
		})
		c, err := l.Accept()
		b, _ := io.ReadAll(c)
		c.Close()
		l.Close()
		return len(b)
	})
	with("locked thread", func() int {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		pause()
		c := make(chan int)
		later(func() { c <- 9 })
		return <-c
	})
	with("collector", func() int {
		b := make([]byte, 1<<20)
		b[5] = 7
		runtime.GC()
		pause()
		return int(b[5])
	})
}
