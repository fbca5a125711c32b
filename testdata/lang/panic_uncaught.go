// A panic that nobody recovers: deferred functions run, the values of both panics are reported, exit code 2.
package main

import (
	"errors"
	"fmt"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type failure struct {
	code int
	err  error
}

func (f failure) Error() string { return fmt.Sprint("failure ", f.code, ": ", f.err) }

func deep(n int) {
	defer func() {
		pause()
		fmt.Println("deferred", n)
	}()
	if n == 0 {
		pause()
		panic(failure{7, errors.New("inner")})
	}
	deep(n - 1)
}

func main() {
	defer func() {
		r := recover()
		pause()
		fmt.Println("recovered once", r)
		panic(fmt.Errorf("again: %w", r.(error)))
	}()
	deep(3)
}
