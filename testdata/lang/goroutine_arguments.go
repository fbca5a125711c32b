// The go statement evaluates function and arguments in the goroutine that executes it.
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

type t struct{ n int }

func (v t) run(out chan<- string, s string) { pause(); out <- fmt.Sprint("run ", v.n, s) }
func (v *t) prun(out chan<- string)         { pause(); out <- fmt.Sprint("prun ", v.n) }

//go:noinline
func arg(s string) string { pause(); fmt.Println("arg", s); return s }

func main() {
	out := make(chan string)
	v := t{1}
	go v.run(out, arg("a"))
	v.n = 2
	fmt.Println(<-out)
	go v.prun(out)
	fmt.Println(<-out)
	f := func(s string) { pause(); out <- "f " + s }
	go f(arg("b"))
	f = nil
	fmt.Println(<-out)
	go func(n int) {
		pause()
		out <- fmt.Sprint(n, v.n)
	}(v.n * 10)
	fmt.Println(<-out)
	var wg sync.WaitGroup
	results := make([]int, 5)
	for i := range results {
		wg.Add(1)
		go func(r *int) {
			defer wg.Done()
			pause()
			*r = i + 1
			pause()
		}(&results[i])
	}
	wg.Wait()
	fmt.Println(results)
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		go f(func() string { pause(); panic("argument") }())
	}()
	// A goroutine starts goroutines, the function that started the first has returned.
	start := func(n int) <-chan int {
		c := make(chan int)
		go func() {
			defer close(c)
			var inner sync.WaitGroup
			for i := range n {
				inner.Go(func() { pause(); c <- i })
			}
			inner.Wait()
		}()
		return c
	}
	sum := 0
	for n := range start(10) {
		pause()
		sum += n
	}
	fmt.Println(sum)
}
