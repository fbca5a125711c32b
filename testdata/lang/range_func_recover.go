// Panics through loop bodies and iterators: who may recover them, and what the function returns then.
package main

import (
	"errors"
	"fmt"
	"iter"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		defer func() { pause(); fmt.Print("[cleanup] ") }()
		for i := range n {
			pause()
			if !yield(i) {
				return
			}
		}
	}
}

func recoverer(s *string) {
	if r := recover(); r != nil {
		pause()
		*s += fmt.Sprint("recovered ", r, " ")
	}
}

func bare() {
	r := recover()
	pause()
	fmt.Print("bare ", r, " ")
}

func wraps() any { pause(); return recover() }

// A deferred call of the body recovers what a later iteration panics with.
func inBody() (s string) {
	for i := range count(4) {
		defer func() {
			pause()
			if r := recover(); r != nil {
				pause()
				s += fmt.Sprint(i, " recovered ", r, " ")
			} else {
				s += fmt.Sprint(i, " ")
			}
		}()
		pause()
		if i == 2 {
			panic("two")
		}
	}
	return "not reached"
}

// Named functions recover as well, with arguments and without, wrapped ones do not.
func named() (s string) {
	for i := range count(3) {
		defer recoverer(&s)
		pause()
		if i == 1 {
			panic(fmt.Sprint("p", i))
		}
	}
	return "not reached"
}

func namedBare() (s string) {
	s = "result"
	for i := range count(3) {
		defer bare()
		pause()
		if i == 1 {
			panic(fmt.Sprint("p", i))
		}
	}
	return "not reached"
}

func wrapped() (s string) {
	defer func() { s = fmt.Sprint("outer ", recover()) }()
	for range count(2) {
		defer func() { s += fmt.Sprint("wrapped ", wraps()) }()
		panic("w")
	}
	return "not reached"
}

// recover in a body is called by the iterator, not by a deferred call.
func inDeferred() (s string) {
	defer func() {
		for i := range count(2) {
			pause()
			s += fmt.Sprint(i, " ", recover(), " ")
		}
		s += fmt.Sprint("after ", recover())
	}()
	pause()
	panic("d")
}

// A deferred call of the body panics anew; an earlier one recovers that.
func again() (s string) {
	for i := range count(3) {
		defer func() {
			pause()
			r := recover()
			s += fmt.Sprint(i, " ", r, " ")
			pause()
			if i > 0 {
				panic(fmt.Errorf("from %d", i))
			}
		}()
	}
	return "r "
}

// The iterator panics, before and after its calls of the body.
func iterator(when int) (s string) {
	bad := func(yield func(int) bool) {
		for i := range 3 {
			pause()
			if i == when {
				panic(errors.New("iterator"))
			}
			if !yield(i) {
				return
			}
		}
	}
	for i := range bad {
		defer func() { pause(); s += fmt.Sprint(i, " ") }()
		defer func() {
			pause()
			if e, ok := recover().(error); ok {
				s += e.Error() + " "
			}
		}()
		pause()
	}
	return "whole "
}

// An iterator that recovers the body's panic and goes on.
func swallowed() (s string) {
	swallow := func(yield func(int) bool) {
		for i := range 2 {
			func() {
				defer func() { pause(); s += fmt.Sprint("iterator saw ", recover(), " ") }()
				yield(i)
			}()
		}
	}
	for i := range swallow {
		defer func() { pause(); s += fmt.Sprint(i, " ", recover(), " ") }()
		pause()
		panic("body")
	}
	return "not reached"
}

func try(f func() string) {
	defer func() {
		if r := recover(); r != nil {
			pause()
			fmt.Println("escaped", r)
		}
	}()
	fmt.Println(f())
}

func main() {
	try(inBody)
	try(named)
	try(namedBare)
	try(wrapped)
	try(inDeferred)
	try(again)
	for i := range 4 {
		try(func() string { return iterator(i) })
	}
	try(swallowed)
	fmt.Println(unnamed())
	try(unnamedLiteral)
	try(unnamedPlain)
}

// A return sets the results; the iterator panics afterwards, and a deferred call recovers that.
func terrify(yield func(string) bool) {
	if !yield("returned") {
		pause()
		panic("after the return")
	}
}

func unnamed() (string, int) {
	defer func() { pause(); recover() }()
	for s := range terrify {
		pause()
		return s, 2
	}
	return "not reached", 0
}

func unnamedLiteral() string {
	return func() string {
		for s := range terrify {
			defer func() { pause(); recover() }()
			return s + " from a literal"
		}
		return "not reached"
	}()
}

func unnamedPlain() (s string) {
	defer func() { pause(); s = fmt.Sprint(s, recover()) }()
	s = func() string {
		for s := range terrify {
			return s
		}
		return "not reached"
	}()
	return s
}
