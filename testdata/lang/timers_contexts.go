// time.AfterFunc, timers in select, context.AfterFunc and cancellation, sync.Pool's New, iter.Pull, errgroup-like use.
package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
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

type stage struct{ n int }

func generate(n int) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		defer func() { pause(); fmt.Println("generator ends") }()
		for i := range n {
			pause()
			if !yield(i, fmt.Sprint("v", i)) {
				return
			}
		}
	}
}

func main() {
	done := make(chan string)
	time.AfterFunc(time.Millisecond, func() { pause(); done <- "timer" })
	fmt.Println(<-done)
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := context.AfterFunc(ctx, func() { pause(); done <- fmt.Sprint("after ", context.Cause(ctx)) })
	go func() { pause(); cancel(errors.New("enough")) }()
	select {
	case <-ctx.Done():
		pause()
		fmt.Println(ctx.Err(), context.Cause(ctx))
	case <-time.After(time.Minute):
		fmt.Println("too late")
	}
	fmt.Println(<-done, stop())
	ctx2, cancel2 := context.WithTimeout(context.WithValue(context.Background(), stage{1}, "value"), time.Millisecond)
	defer cancel2()
	<-ctx2.Done()
	pause()
	fmt.Println(ctx2.Err(), ctx2.Value(stage{1}), ctx2.Value(stage{2}))
	pool := sync.Pool{New: func() any { pause(); return &stage{7} }}
	s := pool.Get().(*stage)
	pause()
	fmt.Println(s.n)
	next, end := iter.Pull2(generate(4))
	for range 2 {
		i, v, ok := next()
		pause()
		fmt.Println(i, v, ok)
	}
	end()
	_, _, ok := next()
	fmt.Println(ok)
	tick := time.NewTicker(time.Millisecond)
	for i := 0; i < 3; i++ {
		<-tick.C
		pause()
	}
	tick.Stop()
	value := sync.OnceValue(func() int { pause(); return 42 })
	var wg sync.WaitGroup
	sum := make(chan int, 4)
	for range 4 {
		wg.Go(func() { pause(); sum <- value() })
	}
	wg.Wait()
	close(sum)
	total := 0
	for v := range sum {
		total += v
	}
	fmt.Println(total)
}
