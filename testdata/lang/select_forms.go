// Every form of select clause, with a goroutine parked in the select before the other side comes.
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

type cell struct{ v int }

func main() {
	in, out, quit := make(chan int), make(chan string), make(chan struct{})
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		sum := 0
		for {
			pause()
			select {
			case v, ok := <-in:
				pause()
				if !ok {
					in = nil
					out <- fmt.Sprint("closed at ", sum)
					continue
				}
				sum += v
			case out <- fmt.Sprint("sum ", sum):
				pause()
				sum = 0
			case <-quit:
				pause()
				return
			}
		}
	}()
	for i := range 3 {
		in <- i
		in <- 10
		fmt.Println(<-out)
	}
	close(in)
	for {
		if s := <-out; s != "sum 0" { // which it may say before it sees the close
			fmt.Println(s)
			break
		}
	}
	close(quit)
	wg.Wait()

	// Default, nil channels, closed channels, assignment to every kind of place.
	var none chan int
	select {
	case <-none:
		fmt.Println("not reached")
	case none <- 1:
		fmt.Println("not reached")
	default:
		pause()
		fmt.Println("default")
	}
	c := make(chan int, 4)
	c <- 1
	c <- 2
	c <- 3
	var x int
	var ok bool
	a := []int{0, 0}
	m := map[string]bool{}
	b := &cell{}
	select {
	case x = <-c:
		pause()
	}
	select {
	case a[x], m["ok"] = <-c:
		pause()
	}
	select {
	case b.v, ok = <-c:
		pause()
	}
	fmt.Println(x, a, m, b.v, ok)
	select {
	case _, ok = <-c:
		fmt.Println("not reached")
	default:
	}
	close(c)
	select {
	case b.v, ok = <-c:
		pause()
		fmt.Println(b.v, ok)
	}
	for v := range 3 {
		select {
		case <-c:
			if v == 1 {
				break
			}
			pause()
			fmt.Println("closed", v)
		}
	}
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		select {
		case c <- 1:
		default:
			fmt.Println("not reached")
		}
	}()
}
