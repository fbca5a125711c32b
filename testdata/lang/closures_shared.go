// Captured variables are shared: between closures, between goroutines, with the function they belong to, also
// when the function has returned.
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

func counter() (inc func() int, get func() int) {
	n := 0
	inc = func() int { pause(); n++; pause(); return n }
	get = func() int { pause(); return n }
	n = 10
	pause()
	return
}

func accumulate() (total int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	seen := make([]int, 8)
	for i := range seen {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20 {
				mu.Lock()
				total++
				pause()
				seen[i]++
				mu.Unlock()
				pause()
			}
		}()
	}
	wg.Wait()
	pause()
	fmt.Println(seen)
	return total
}

func params(a int, s []string, p *int) func() string {
	return func() string {
		pause()
		a++
		s = append(s, fmt.Sprint(a))
		*p += a
		return fmt.Sprint(a, s, *p)
	}
}

func recursive() int {
	var fib func(int) int
	calls := 0
	fib = func(n int) int {
		calls++
		if n < 2 {
			pause()
			return n
		}
		return fib(n-1) + fib(n-2)
	}
	return fib(10)*1000 + calls
}

func levels() string {
	x := "x"
	f := func() func() func() {
		y := "y"
		pause()
		return func() func() {
			z := "z"
			pause()
			return func() {
				pause()
				x += y + z
				y += "'"
				z += "\""
			}
		}
	}
	g := f()
	h, k := g(), g()
	h()
	k()
	h()
	pause()
	return x
}

func main() {
	inc, get := counter()
	fmt.Println(inc(), inc(), get())
	fmt.Println(accumulate())
	n := 1
	f := params(1, nil, &n)
	f()
	n = 100
	pause()
	fmt.Println(f(), n)
	fmt.Println(recursive())
	fmt.Println(levels())
	func(a, b int) {
		defer func() { pause(); fmt.Println(a, b) }()
		a, b = b, a
		pause()
	}(1, 2)
	done := make(chan bool)
	x := 0
	go func() {
		pause()
		x = 5
		done <- true
	}()
	<-done
	fmt.Println(x)
}
