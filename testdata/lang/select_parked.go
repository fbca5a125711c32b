// Many goroutines parked in selects; each goes on in its own clause with its own locals.
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

type req struct {
	id    int
	reply chan string
}

func worker(id int, reqs <-chan req, stop <-chan struct{}, wg *sync.WaitGroup) {
	defer wg.Done()
	served := 0
	var last [3]int
	for {
		local := fmt.Sprintf("w%d", id)
		select {
		case r := <-reqs:
			pause()
			last[served%3] = r.id
			served++
			r.reply <- fmt.Sprint(local, " served ", r.id, " as ", served, " after ", last)
		case <-stop:
			pause()
			return
		}
	}
}

func main() {
	const n = 8
	stop := make(chan struct{})
	var wg sync.WaitGroup
	var reqs [n]chan req
	for i := range reqs {
		reqs[i] = make(chan req)
		wg.Add(1)
		go worker(i, reqs[i], stop, &wg)
	}
	for round := range 3 {
		for i := range reqs {
			r := req{round*100 + i, make(chan string)}
			reqs[i] <- r
			pause()
			fmt.Println(<-r.reply)
		}
	}
	close(stop)
	wg.Wait()
}
