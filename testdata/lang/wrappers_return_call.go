// Functions that only return another call, alone and behind conditions, with conversions and several results.
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

type base struct{ n int }

func (b *base) work(n int) (int, error) {
	pause()
	if n < 0 {
		return 0, errors.New("negative")
	}
	return b.n + n, nil
}

type mid struct{ *base }

func (m mid) Do(n int) (int, error)             { return m.base.work(n) }
func (m mid) Twice(n int) (int, error)          { return m.Do(n * 2) }
func (m mid) Named(n int) (r int, err error)    { return m.Do(n) }
func (m mid) Any(n int) (any, error)            { return m.Do(n) }
func (m mid) NamedAny(n int) (r any, err error) { return m.Do(n) }
func (m mid) Deferred(n int) (r int, err error) {
	defer func() { pause(); r++ }()
	return m.Do(n)
}

type doer interface {
	Do(int) (int, error)
}

func call(d doer, n int) (int, error)                    { return d.Do(n) }
func callF(f func(int) (int, error), n int) (int, error) { return f(n) }
func chain(d doer, n int) (int, error) {
	if n > 100 {
		return call(d, n-100)
	}
	return callF(d.Do, n)
}
func void(p *int) { bump(p) }
func bump(p *int) { pause(); *p++ }
func noResult(p *int) {
	if *p > 1 {
		return
	}
	void(p)
}

func main() {
	m := mid{&base{10}}
	fmt.Println(m.Do(1))
	fmt.Println(m.Twice(2))
	fmt.Println(m.Named(3))
	fmt.Println(m.Any(4))
	fmt.Println(m.NamedAny(-4))
	fmt.Println(m.Deferred(5))
	fmt.Println(call(m, 6))
	fmt.Println(chain(m, 107))
	fmt.Println(chain(m, -7))
	x := 0
	for range 4 {
		noResult(&x)
	}
	fmt.Println(x, func() int { return func() int { pause(); return 5 }() }())
}
