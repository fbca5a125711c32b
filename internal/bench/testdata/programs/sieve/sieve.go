package sieve

// Goroutines in a row, each of which lets through what its prime does not divide.
func generate(out chan<- int, stop <-chan struct{}) {
	for i := 2; ; i++ {
		select {
		case out <- i:
		case <-stop:
			close(out)
			return
		}
	}
}

func filter(in <-chan int, out chan<- int, prime int) {
	for i := range in {
		if i%prime != 0 {
			out <- i
		}
	}
	close(out)
}

func nth(n int) (prime int) {
	ch, stop := make(chan int), make(chan struct{})
	go generate(ch, stop)
	for range n {
		prime = <-ch
		next := make(chan int)
		go filter(ch, next, prime)
		ch = next
	}
	close(stop)
	for range ch { // what is on its way, and then the end of all of them
	}
	return prime
}

func Work(n int) any {
	sum := 0
	for range n {
		sum += nth(20)
	}
	return sum
}
