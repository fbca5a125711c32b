// Ranging over strings with invalid bytes, integers of several types, channels that are closed from another
// goroutine.
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

type small uint8

//go:noinline
func n(v int) int { pause(); fmt.Print("n ", v, ": "); return v }

func main() {
	for i, r := range "aé\xff世\xe4\xb8🙂" {
		pause()
		fmt.Print(i, ":", string(r), " ")
	}
	fmt.Println()
	s := "xyz"
	for i := range s {
		s = "replaced by a longer one"
		pause()
		fmt.Print(i, " ")
	}
	for range "abc" {
		pause()
	}
	for _, b := range []byte("hi") {
		pause()
		fmt.Print(b, " ")
	}
	fmt.Println(s)
	for i := range n(3) {
		i *= 2
		pause()
		fmt.Print(i, " ")
	}
	for i := range small(3) {
		pause()
		fmt.Printf("%T%d ", i, i)
	}
	for range n(-1) {
		fmt.Println("not reached")
	}
	limit := 3
	for i := range limit {
		limit = 100
		pause()
		fmt.Print(i, " ")
	}
	const k = 2
	for i := range k {
		pause()
		fmt.Printf("%T ", i)
	}
	fmt.Println()
	c := make(chan int)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer close(c)
		for i := range 5 {
			pause()
			c <- i * i
		}
	}()
	for v := range c {
		pause()
		if v == 1 {
			continue
		}
		fmt.Print(v, " ")
		if v == 9 {
			break
		}
	}
	fmt.Println(<-c)
	wg.Wait()
	buffered := make(chan func() string, 3)
	for i := range 3 {
		buffered <- func() string { pause(); return fmt.Sprint("f", i) }
	}
	close(buffered)
	for f := range buffered {
		fmt.Print(f(), " ")
	}
	fmt.Println()
}
