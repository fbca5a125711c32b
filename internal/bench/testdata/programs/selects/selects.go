package selects

import "time"

// An event loop over several channels, with a default and with a timer that never fires.
type event struct{ kind, n int }

func loop(a, b <-chan event, quit <-chan struct{}, out chan<- int) {
	sum := 0
	never := time.NewTimer(time.Hour)
	defer never.Stop()
	for {
		select {
		case e := <-a:
			sum += e.n * e.kind
		case e := <-b:
			sum -= e.n * e.kind
		case <-never.C:
			return
		case <-quit:
			out <- sum
			return
		}
		select {
		case <-quit:
			out <- sum
			return
		default:
		}
	}
}

func Work(n int) any {
	a, b := make(chan event, 8), make(chan event)
	quit, out := make(chan struct{}), make(chan int)
	go loop(a, b, quit, out)
	for i := range n {
		for k := range 40 {
			a <- event{k, i % 10}
			b <- event{1, k}
		}
	}
	for len(a) > 0 {
		time.Sleep(time.Microsecond)
	}
	b <- event{} // what was taken before has been added
	quit <- struct{}{}
	return <-out
}
