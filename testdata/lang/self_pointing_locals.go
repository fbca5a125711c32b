// Locals that must not be moved by copying: strings.Builder, sync.Cond, list.List, bufio and bytes values.
package main

import (
	"bufio"
	"bytes"
	"container/list"
	"fmt"
	"strings"
	"sync"
	"text/tabwriter"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func build() string {
	var b strings.Builder
	for i := range 5 {
		b.WriteString(fmt.Sprint(i))
		pause()
		b.WriteByte(',')
	}
	return b.String()
}

func cond() int {
	var mu sync.Mutex
	c := sync.NewCond(&mu)
	var direct sync.Cond
	direct.L = &mu
	n := 0
	var wg sync.WaitGroup
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mu.Lock()
			defer mu.Unlock()
			for n < 10 {
				pause()
				c.Wait()
			}
			n++
			direct.Signal()
		}()
	}
	for range 10 {
		mu.Lock()
		n++
		pause()
		mu.Unlock()
		c.Broadcast()
	}
	mu.Lock()
	for n < 13 {
		direct.Wait()
	}
	mu.Unlock()
	wg.Wait()
	return n
}

func lists() (s string) {
	var l list.List
	for i := range 4 {
		l.PushFront(i)
		pause()
	}
	for e := l.Front(); e != nil; e = e.Next() {
		pause()
		s += fmt.Sprint(e.Value, " ")
	}
	return
}

func buffers() string {
	var buf bytes.Buffer
	w := bufio.NewWriter(&buf)
	tw := tabwriter.NewWriter(w, 0, 0, 1, '.', 0)
	for i := range 3 {
		fmt.Fprintf(tw, "%d\t%s\n", i, strings.Repeat("x", i))
		pause()
	}
	tw.Flush()
	w.Flush()
	var sc = bufio.NewScanner(&buf)
	n := 0
	for sc.Scan() {
		pause()
		n += len(sc.Text())
	}
	return fmt.Sprint(n)
}

func once() (n int) {
	var o sync.Once
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { o.Do(func() { pause(); n++; pause() }) })
	}
	wg.Wait()
	return n
}

func main() {
	fmt.Println(build())
	fmt.Println(cond())
	fmt.Println(lists())
	fmt.Println(buffers())
	fmt.Println(once())
}
