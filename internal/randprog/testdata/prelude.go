package main

import (
	"bufio"
	"errors"
	"fmt"
	"iter"
	"os"
	"runtime"
	"slices"
	"sort"
	"strings"
	"sync"
)

// ctx is what one goroutine has done and may still do.
type ctx struct {
	out     strings.Builder
	fuel    int
	ch      chan int
	sum     uint32
	started bool // of a goroutine that ends when it wants to
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
	child.started = true
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

func (t T) into(c *ctx, wg *sync.WaitGroup, p *int) {
	defer wg.Done()
	*p += t.M(c, 2)
}

// say shows when an operand is evaluated.
func (c *ctx) say(what string, v int) int {
	c.emit(what, c.pass(v))
	return v
}

// end ends the goroutine, if it is not the first one.
func (c *ctx) end() {
	if c.started {
		c.emit("goexit")
		runtime.Goexit()
	}
}

// Big is an array that nobody wants to copy.
type Big [40]int

func fill(c *ctx, v int) (b Big) {
	for i := range 4 {
		b[c.pass(i)*7] = v + i
	}
	return b
}

func (b Big) At(c *ctx, i int) int { return b[c.pass(i)&31] }

func (b *Big) Put(c *ctx, i, v int) *Big { b[i&31] = c.pass(v); return b }

// F embeds an interface and a pointer to an instance.
type F struct {
	I
	*G[string]
	nums struct{ a, b int }
	arr  [2]S
}

func (f F) Total(c *ctx) int { return c.spin(f.nums.a) + f.nums.b + f.arr[1].Sum(c) }

func (f *F) Bump(c *ctx, n int) *F {
	f.nums.a, f.nums.b = two(c, f.nums.b, n)
	f.arr[n&1].M(c, 1)
	return f
}

// Nested iterators, good and bad.

// late yields from a deferred call too.
func late(c *ctx, n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		more := true
		defer func() {
			if more && recover() == nil {
				yield(c.pass(n))
			}
		}()
		more = yield(n-1) && yield(c.pass(n)-2)
	}
}

// swallow recovers from what the loop's body panics with.
func swallow(c *ctx, n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		defer func() { c.emit("swallow", fmt.Sprint(recover())) }()
		for i := 0; i < n && yield(c.spin(i)); i++ {
		}
	}
}

// panicky panics behind n calls.
func panicky(c *ctx, n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				break
			}
		}
		panic(fmt.Sprint("panicky ", c.pass(n)))
	}
}

// greedy goes on for once though it is told not to.
func greedy(c *ctx, n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		stop := false
		for i := range n {
			if stop = !yield(c.pass(i)); stop && n&1 == 0 {
				return
			}
		}
	}
}

// nested ranges over another iterator.
func nested(c *ctx, seq func(yield func(int) bool)) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		defer c.emit("nested ends")
		for v := range seq {
			defer func() { c.emit("nested", v) }()
			if !yield(v + c.pass(1)) {
				return
			}
		}
	}
}

// pulled takes an iterator's values one by one.
func pulled(c *ctx, seq func(yield func(int) bool)) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		next, stop := iter.Pull(seq)
		defer stop()
		for {
			v, ok := next()
			if !ok || !yield(c.pass(v)) {
				return
			}
		}
	}
}

// times yields nothing, n times.
func times(c *ctx, n int) func(yield func() bool) {
	return func(yield func() bool) {
		for range n & 7 {
			if !yield() {
				return
			}
			c.pass(0)
		}
	}
}

// each yields a map's entries in order.
func each[V any](c *ctx, m map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		var keys []string
		for k := range m {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for i, k := range keys {
			c.pass(i)
			if !yield(k, m[k]) {
				return
			}
		}
	}
}

type number interface {
	~int | ~uint8 | ~float64
}

func addAll[N number](c *ctx, xs ...N) (t N) {
	for _, x := range xs {
		c.pass(int(x))
		t += x
	}
	return t
}

func fold[A, B any](c *ctx, xs []A, z B, f func(B, A) B) B {
	for _, x := range xs {
		z = f(z, x)
		c.pass(0)
	}
	return z
}

func callM[A I](c *ctx, a A, x int) int { return a.M(c, c.pass(x)) + len(a.N()) }

func ptrM[A any, P interface {
	*A
	I
}](c *ctx, a A, x int) int {
	p := P(&a)
	n := p.M(c, x)
	return n + p.M(c, n&3)
}

func swap[A any](c *ctx, a, b A) (A, A) {
	pair := [2]A{a, b}
	c.pass(0)
	pair[0], pair[1] = pair[1], pair[0]
	f := func() (A, A) { c.pass(1); return pair[0], pair[1] }
	return f()
}

func kind[A any](c *ctx, a A) string {
	switch x := any(a).(type) {
	case int:
		return fmt.Sprint("int", c.pass(x))
	case string:
		c.pass(len(x))
		return x
	case []A:
		return "never"
	}
	c.pass(2)
	return fmt.Sprintf("%T", a)
}

// bound makes a function of a method value.
func bound(c *ctx, m func(c *ctx, x int) int) func(int) int {
	return func(x int) int { return m(c, x) }
}

// List is a generic type whose methods keep values of its parameter over points.
type List[K any] struct {
	v    K
	next *List[K]
}

func (l *List[K]) Add(c *ctx, v K) *List[K] {
	old := l
	c.pass(1)
	return &List[K]{v, old}
}

func (l *List[K]) Len(c *ctx) (n int) {
	if l == nil {
		return c.pass(0)
	}
	return l.next.Len(c) + 1
}

func (l *List[K]) Map(c *ctx, f func(K) K) *List[K] {
	if l == nil {
		return nil
	}
	v := f(l.v)
	rest := l.next.Map(c, f)
	defer c.pass(1)
	return &List[K]{v, rest}
}

// find calls back from the library.
func find(c *ctx, xs []int, x int) int {
	return slices.IndexFunc(xs, func(y int) bool { return c.pass(y) == x })
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
