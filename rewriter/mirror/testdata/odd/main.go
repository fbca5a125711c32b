// Program odd has types and frames of every kind that a mirror may meet.
package main

import (
	"fmt"
	"io"
	"net"
	"sync"
	"time"
	"unsafe"

	"example.com/odd/other"
)

type small struct {
	a byte
	B bool
	c uint16
	_ uint32
	d [3]byte
	A int64 // a is A, too
}

type empty struct{}

type tail struct {
	n int
	e empty
}

type named int

type list[T any] struct {
	head T
	next *list[T]
}

type (
	closer  interface{ Close() error }
	secret  interface{ hidden(small) int }
	visitor func(*small, secret) (named, error)
	byKey   map[secret]small
	number  interface{ ~int | ~int64 }
)

type everything struct {
	small
	*tail
	other.Shared
	io.Reader
	names   []string
	byName  map[string]*everything
	bySmall map[small]secret
	events  chan<- (<-chan named)
	any     any
	err     error
	closer  closer
	secret  secret
	inline  interface{ hidden() }
	f       func(...small) (a, b secret)
	g       func(string, ...int) time.Time
	visit   visitor
	keyed   byKey
	ints    list[int]
	texts   *list[map[string]small]
	anon    struct {
		x, Y int
		z    *struct{ w secret }
	}
	arr     [2][3]small
	complex complex64
	raw     unsafe.Pointer
	up      uintptr
	mu      sync.Mutex
	once    sync.Once
	conn    net.Conn
	when    time.Time
	rune    rune `json:"rune"`
	type_   *named
	Type    int
	élan    float32
	nothing [0]int64
}

func (s *small) work(ch chan int, e *everything) (n int, err error) {
	defer fmt.Println("done")
	type local struct {
		s small
		t time.Duration
	}
	l := local{t: 1}
	for i, x := range e.arr {
		for range ch {
			n += i + int(x[0].a)
		}
	}
	for k, v := range e.byName {
		l.s = small{A: int64(len(k))}
		select {
		case ch <- int(l.s.A):
		case v := <-ch:
			n += v
		}
		_ = v
	}
	for i := range 3 {
		defer func() { ch <- i }()
	}
	g := func(k list[int]) int { return k.head + <-ch + n }
	n = g(e.ints)
	l.t++
	return int(l.t) + n, e.Reader.(io.Closer).Close()
}

func main() {
	ch := make(chan int, 1)
	e := &everything{}
	fmt.Println((&small{}).work(ch, e))
}

// A hook's methods take functions that take what holds a hook.
type hook interface {
	Each(f func(h holder) bool)
	Set(by map[string]func(hook) holder)
}

type holder struct {
	in   hook
	each func(h hook, f func(holder))
}
