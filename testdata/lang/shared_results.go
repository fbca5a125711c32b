// Results of calls for variables that the called functions have as well: what a call gives while the stack unwinds
// is no value that they may see.
package main

import (
	"errors"
	"fmt"
)

//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

var errAgain = errors.New("again")

func try(f func(n int) error) error {
	for n := range 3 {
		if err := f(n); err != errAgain {
			pause()
			return err
		}
	}
	return nil
}

// The closure's own call and the call around it set one variable.
func retried() (string, error) {
	var s string
	var err error
	err = try(func(n int) error {
		s, err = attempt(n)
		return err
	})
	return s, err
}

func attempt(n int) (string, error) {
	pause()
	if n < 2 {
		return "", errAgain
	}
	return fmt.Sprint("attempt ", n), nil
}

func call(f func() int) int {
	pause()
	n := f()
	pause()
	return n + f()
}

func assigned() int {
	n := 5
	n = call(func() int { pause(); return n })
	return n
}

func returned() (n int) {
	n = 5
	return call(func() int { pause(); n++; return n })
}

func returnedTwo() (n int, s string) {
	n, s = 5, "s"
	two := func(f func() int) (int, string) { return call(f), s + s }
	return two(func() int { pause(); return n + len(s) })
}

func deferred() (n int) {
	defer func() { n *= 2 }()
	n = 7
	return call(func() int { return n })
}

func throughPointer() int {
	n := 3
	p := &n
	n = call(func() int { pause(); return *p })
	return n
}

func redeclared() (int, int) {
	n := 4
	read := func() int { pause(); return n }
	n, m := func() (int, int) { return call(read), read() }()
	return n, m
}

func added() int {
	n := 4
	n += call(func() int { pause(); return n })
	return n
}

func inHeaders() int {
	n := 4
	read := func() int { pause(); return n }
	if n = call(read); n > 0 {
		switch n = call(read); {
		case n > 0:
			for n = call(read); n < 100; n = call(read) {
			}
		}
	}
	return n
}

type list struct{ next *list }

func (l *list) rest() *list { pause(); return l.next }

func followed() int {
	l := &list{&list{&list{}}}
	length := func() (n int) {
		for m := l; m != nil; m = m.next {
			n++
		}
		return n
	}
	sum := 0
	for l != nil {
		l = func() *list { r := l.rest(); sum += length(); pause(); sum += length(); return r }()
	}
	return sum
}

func main() {
	fmt.Println(retried())
	fmt.Println(assigned(), returned(), deferred(), throughPointer(), added(), inHeaders(), followed())
	fmt.Println(returnedTwo())
	fmt.Println(redeclared())
}
