package pingpong

// Two goroutines hand a number to and fro; a third kind of wait is a select.
func Work(n int) any {
	ping, pong, stop := make(chan int), make(chan int), make(chan struct{})
	go func() {
		for {
			select {
			case v := <-ping:
				pong <- v + 1
			case <-stop:
				close(pong)
				return
			}
		}
	}()
	x := 0
	for range n {
		for range 50 {
			ping <- x
			x = <-pong
		}
	}
	close(stop)
	<-pong
	return x
}
