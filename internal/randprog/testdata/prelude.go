package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
)

// ctx is what one goroutine has done and may still do.
type ctx struct {
	out  strings.Builder
	fuel int
	ch   chan int
	sum  uint32
}

func newCtx(fuel int) *ctx { return &ctx{fuel: fuel, ch: make(chan int, 1)} }

func (c *ctx) emit(what string, values ...any) {
	if c.out.Len() > 1<<20 {
		return
	}
	fmt.Fprintf(&c.out, "%s", what)
	for _, v := range values {
		switch v := v.(type) {
		case error:
			fmt.Fprintf(&c.out, " !%v", v)
		case *S:
			if v == nil {
				fmt.Fprintf(&c.out, " nil")
			} else {
				fmt.Fprintf(&c.out, " &{%d %q %v}", v.A, v.B, v.C)
			}
		case S:
			fmt.Fprintf(&c.out, " {%d %q %v}", v.A, v.B, v.C)
		default:
			fmt.Fprintf(&c.out, " %T:%v", v, v)
		}
	}
	c.out.WriteByte('\n')
}

// pass is a park operation that never waits.
func (c *ctx) pass(v int) int {
	c.ch <- v
	return <-c.ch
}

// spin is a loop that nobody can count beforehand.
func (c *ctx) spin(v int) int {
	for n := v & 3; n > 0; {
		n -= 1 + c.zero()
	}
	return v
}

func (c *ctx) zero() int { return 0 }

// mix adds up in any order to the same.
func (c *ctx) mix(k string, v int) {
	h := uint32(v) * 2654435761
	for _, b := range []byte(k) {
		h = h*31 + uint32(b)
	}
	c.sum += h
}

// try calls f and says how it ended.
func (c *ctx) try(name string, f func()) {
	done := false
	defer func() {
		r := recover()
		if e, ok := r.(runtime.Error); ok {
			c.emit(name+" fails", e.Error())
		} else if r != nil || !done {
			c.emit(name+" panics", r)
		}
	}()
	f()
	done = true
}

// fork runs f on a goroutine of its own; join waits and takes over what it wrote.
func (c *ctx) fork(f func(c *ctx)) (join func()) {
	fuel := c.fuel / 4
	c.fuel -= fuel
	child := newCtx(fuel)
	done := make(chan struct{})
	go func() {
		defer close(done)
		child.try("goroutine", func() { f(child) })
	}()
	return func() {
		<-done
		c.out.WriteString(child.out.String())
		c.sum += child.sum
	}
}

type S struct {
	A int
	B string
	C []int
	P *S
}

type I interface {
	M(c *ctx, x int) int
	N() string
}

func (s S) N() string { return s.B + "!" }

func (s *S) M(c *ctx, x int) int {
	s.A += c.pass(x)
	return s.A
}

func (s S) Sum(c *ctx) (t int) {
	for _, v := range s.C {
		t += c.spin(v)
	}
	return t + s.A
}

func (s *S) Set(c *ctx, x int, b ...string) *S {
	s.A = c.spin(x)
	s.B = strings.Join(b, "")
	return s
}

type T int

func (t T) M(c *ctx, x int) int { return c.pass(int(t) * x) }
func (t T) N() string           { return fmt.Sprint("T", int(t)) }
func (t *T) Inc(c *ctx) T       { *t += T(c.pass(1)); return *t }

// E embeds a pointer and a value.
type E struct {
	*S
	T
	n int
}

func (e E) M(c *ctx, x int) int { return e.S.M(c, x) + e.T.M(c, x) + e.n }
func (e E) N() string           { return e.S.N() + e.T.N() }

type G[K any] struct {
	v    K
	list []K
}

func (g *G[K]) Push(c *ctx, k K) int {
	g.list = append(g.list, g.v)
	g.v = k
	return c.pass(len(g.list))
}

func (g *G[K]) All(c *ctx) func(yield func(int, K) bool) {
	return func(yield func(int, K) bool) {
		for i, k := range g.list {
			if !yield(c.pass(i), k) {
				return
			}
		}
		yield(len(g.list), g.v)
	}
}

func mapped[A, B any](c *ctx, xs []A, f func(A) B) []B {
	var ys []B
	for _, x := range xs {
		ys = append(ys, f(x))
		c.pass(0)
	}
	return ys
}

func pick[A any](c *ctx, b bool, x, y A) A {
	if c.pass(0) == 0 && b {
		return x
	}
	return y
}

func upTo(c *ctx, n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		defer c.emit("upTo ends", n)
		for i := range n {
			if !yield(i) {
				return
			}
			c.pass(i)
		}
	}
}

func sumOf(c *ctx, xs ...int) (t int) {
	for i, x := range xs {
		t += x * (c.pass(i) + 1)
	}
	return
}

func two(c *ctx, a, b int) (int, int) { return c.pass(b), c.spin(a) }

func (c *ctx) sorted(xs []int, flip bool) []int {
	ys := append([]int(nil), xs...)
	sort.SliceStable(ys, func(i, j int) bool {
		c.pass(i)
		return (ys[i] < ys[j]) != flip
	})
	return ys
}

var errFuel = errors.New("no fuel")

var global struct {
	sync.Mutex
	n    int
	m    map[string]int
	list []int
}

func main() {
	global.m = map[string]int{}
	c := newCtx(2000)
	run(c)
	c.emit("end", c.sum, global.n, global.list, len(global.m))
	w := bufio.NewWriter(os.Stdout)
	w.WriteString(c.out.String())
	w.Flush()
}

func (t T) twice(x int) int { return 2*x + int(t) }

func (c *ctx) sumAll(xs ...int) int { return sumOf(c, xs...) }
