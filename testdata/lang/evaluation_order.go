// What gc evaluates before a later call in the same expression, and what after it: calls, receives, assertions,
// len of a call, map literals, conversions of strings to slices and copies that become interface values by address
// keep source order; plain variables, fields, elements, map elements, dereferences and assertions to a pointer that
// is used as one are read after the calls.
package main

import (
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

type st struct {
	f    int
	arr  [3]int
	self *st
}

func (s st) val() int    { return s.f }
func (s *st) ptr() int   { return s.f }
func (s *st) id(int) int { pause(); return s.f }
func (s st) str() string { return fmt.Sprint(s.f) }

var (
	x   int
	y   float64
	s   []int
	a   [3]int
	m   map[string]int
	p   *int
	q   *st
	v   st
	i   any
	b   []byte
	str string
	c   chan int
	fn  func() int
	e   fmt.Stringer
	at  any // a pointer

	held  map[string]*st
	flags map[string]bool
)

type one struct{ p *int } // an interface holds it as it holds its pointer

type name string

func (n name) String() string { return string(n) }

func reset() {
	x, y, s, a, m = 1, 1.5, []int{1, 2, 3}, [3]int{1, 2, 3}, map[string]int{"k": 1}
	n := 1
	p = &n
	v = st{f: 1, arr: [3]int{1, 2, 3}}
	q = &st{f: 1, self: &st{f: 1}}
	i, b, str = 1, []byte("one"), "one"
	c = make(chan int, 3)
	c <- 1
	c <- 2
	c <- 3
	fn = func() int { pause(); return 1 }
	e = name("one")
	at = &st{f: 1}
	held, flags = map[string]*st{"k": {f: 1}}, map[string]bool{"k": true}
}

// change alters everything there is.
//
//go:noinline
func change() int {
	pause()
	x, y = 100, 100.5
	s[0], s[1], s[2] = 100, 200, 300
	s = []int{1000, 2000}
	a = [3]int{100, 200, 300}
	m["k"] = 100
	*p = 100
	n := 1000
	p = &n
	v = st{f: 100, arr: [3]int{100, 200, 300}}
	q.f, q.self.f = 100, 100
	q = &st{f: 1000, self: &st{f: 1000}}
	i = 100
	copy(b, "XXX")
	b = []byte("changed")
	str = "changed"
	fn = func() int { pause(); return 100 }
	e = name("changed")
	at = &st{f: 100}
	held["k"], flags["k"] = &st{f: 100}, false
	pause()
	return 0
}

// changeLeaf is change without a place to stop.
//
//go:noinline
func changeLeaf() int {
	str = "changed"
	i = 100
	at = &st{f: 100}
	q.self = nil
	return 0
}

func point(o one, n int) *int { return o.p }

// assertedTo is a leaf, too.
func assertedTo(p *st, n int) int { return p.f + n }

// cast is one of many types.
func cast[T any](x any, n int) (T, int) { return pair(x.(T), change()+n) }

func castPtr[T any](x *any, n int) (*T, int) { return pair((*x).(*T), change()+n) }

// dynamic is made for many types as well.
func dynamic[T any](n int) (T, int) { return pair(i.(T), change()+n) }

func sliced[T any]() ([]T, int) { return pair(i.([]T), change()) }

func pair[T any](x T, n int) (T, int) { return x, n }

func three(a, b, c any) string { pause(); return fmt.Sprint(a, " ", b, " ", c) }
func two(a, b any) string      { return fmt.Sprint(a, " ", b) }
func ints(a, b int) string     { pause(); return fmt.Sprint(a, " ", b) }

func results() (int, int) { return x, change() }
func sum() (r int)        { r = 1; defer func() { pause(); r += 10 }(); return r + change() }
func id(n int) int        { return n }
func lit() ([]int, map[int]int, [2]int) {
	return []int{x, change(), x}, nil, [2]int{}
}

func main() {
	for n, f := range []func() string{
		func() string { return ints(x, change()) },
		func() string { return ints(x+1, change()) },
		func() string { return ints(id(x), change()) },
		func() string { return ints(s[0], change()) },
		func() string { return ints(a[1], change()) },
		func() string { return ints(m["k"], change()) },
		func() string { return ints(*p, change()) },
		func() string { return ints(q.f, change()) },
		func() string { return ints(q.self.f, change()) },
		func() string { return ints(v.f, change()) },
		func() string { return ints(v.arr[1], change()) },
		func() string { return ints(i.(int), change()) },
		func() string { return ints(len(s), change()) },
		func() string { return ints(cap(s), change()) },
		func() string { return ints(len(str), change()) },
		func() string { return ints(len(a), change()) },
		func() string { return ints(len(m), change()) },
		func() string { return ints(int(y), change()) },
		func() string { return ints(<-c, change()) },
		func() string { return ints(change(), <-c) },
		func() string { return ints(fn(), change()) },
		func() string { return ints(v.val(), change()) },
		func() string { return ints(q.ptr(), change()) },
		func() string { return two(string(b), change()) },
		func() string { return two([]byte(str)[0], change()) },
		func() string { return two(str, change()) },
		func() string { return two(str+"!", change()) },
		func() string { return two(str[0], change()) },
		func() string { return two(str[1:], change()) },
		func() string { return two(s[1:2], change()) },
		func() string { return two(x == 1, change()) },
		func() string { return two(!(x == 1), change()) },
		func() string { return two(-x, change()) },
		func() string { return two(any(x), change()) },
		func() string { return two(i, change()) },
		func() string { return two(i == any(1), change()) },
		func() string { return two(e, change()) },
		func() string { return two(e.String(), change()) },
		func() string { return two(v.str(), change()) },
		func() string { return two(v, change()) },
		func() string { return two(&x == nil, change()) },
		func() string { return two(func() int { return x }(), change()) },
		func() string { return two([]int{x, x}, change()) },
		func() string { return two([]int{x, change(), x}, x) },
		func() string { return two(map[int]int{x: change(), 7: x}, x) },
		func() string { return two(st{f: x, arr: [3]int{x, change(), x}}, x) },
		func() string { return two((&st{f: x}).f, change()) },
		func() string { return two(min(x, 5), change()) },
		func() string { return two(max(x, change()), x) },
		func() string { return two(complex(y, float64(change())), y) },
		func() string { return two(append([]int{x}, change(), x), x) },
		func() string { return two(append(s, change()), len(s)) },
		func() string { return two(x+change(), x) },
		func() string { return two(change()+x, x) },
		func() string { return two(x+change()+x, x) },
		func() string { return two(id(x)+change(), x) },
		func() string { return two(x+id(change()), id(x)) },
		func() string { return two(x-x*change(), y) },
		func() string { return two(float64(x)+y*float64(change()), y) },
		func() string { return two(s[change()], s) },
		func() string { return two(s[x], s[change()]) },
		func() string { return two(m[fmt.Sprint(change())], m["k"]) },
		func() string { return two(a[x:][0], change()) },
		func() string { return two(x > change(), x) },
		func() string { return two(x == 1 && change() == 0, x) },
		func() string { return two(x<<uint(change()), x) },
		func() string { return three(x, id(x), change()) },
		func() string { return three(change(), x, id(x)) },
		func() string { return three(x, change(), x) },
		func() string { return three(i.(int), x, change()) },
		func() string { return three(*p, (*q).f, len(fmt.Sprint(change()))) },
		func() string { z, w := x, change(); return two(z, w) },
		func() string { z, w := s[0], change(); return two(z, w) },
		func() string { z, w := *p, change(); return two(z, w) },
		func() string { z, w := id(x), change(); return two(z, w) },
		func() string { var z, w = i.(int), change(); return two(z, w) },
		func() string { t := s; t[x] = change(); return two(t, s) },
		func() string { s[0] = change(); return two(s, x) },
		func() string { s[change()] = x; return two(s, x) },
		func() string { *p = change() + 5; return two(*p, x) },
		func() string { m["k"] = change(); return two(m, x) },
		func() string { m[str] = change(); return two(m, x) },
		func() string { q.f = change(); return two(q.f, x) },
		func() string { v.arr[x] = change(); return two(v, x) },
		func() string { x += change(); return two(x, 0) },
		func() string { s[x-1] += change(); return two(s, 0) },
		func() string { x, s[0] = change(), x; return two(x, s) },
		func() string { r := s; r[0], *p = x, change(); return two(r, *p) },
		func() string { return two(results()) },
		func() string { l, _, _ := lit(); return two(l, sum()) },
		func() string { <-c; c <- x + change(); <-c; <-c; return two(<-c, 0) },
		func() string { return ints(at.(*st).f, change()) },
		func() string { return ints(at.(*st).ptr(), change()) },
		func() string { return ints(at.(*st).val(), change()) },
		func() string { return two(at.(*st), change()) },
		func() string { return two(*at.(*st), change()) },
		func() string { return ints(change(), at.(*st).f) },
		func() string { return two(at.(interface{ ptr() int }).ptr(), change()) },
		func() string { return two(at.(interface{ ptr() int }), change()) },
		func() string { return two(i.(*st), change()) },
		func() string { defer func() { fmt.Println(x, recover()) }(); return two(i.(*st), change()) },
		func() string { defer func() { fmt.Println(x, recover()) }(); return two(i.(string), change()) },
		func() string { at = one{p}; return ints(*at.(one).p, change()) },
		func() string {
			at = one{&x}
			defer func() { fmt.Println(x, recover()) }()
			return two(*point(at.(one), change()), 0)
		},
		func() string {
			at = [1]*int{&x}
			defer func() { fmt.Println(x, recover()) }()
			return two(*at.([1]*int)[0], change())
		},
		func() string { z, w := at.(*st), change(); return two(z.f, w) },
		func() string { return ints(assertedTo(at.(*st), change()), at.(*st).f) },
		func() string { return ints(at.(*st).f+change(), x) },
		func() string { z, w := castPtr[st](&at, 1); return ints(z.f, w) },
		func() string { z, w := cast[int](i, 1); return ints(z, w) },
		func() string { z, w := dynamic[int](1); return ints(z, w) },
		func() string {
			i = []int{1}
			defer func() { fmt.Println(x, recover()) }()
			z, w := sliced[int]()
			return two(z, w)
		},
		func() string { q.self = nil; return ints(q.self.self.f, changeLeaf()) },
		func() string { return two(*q.self, change()) },
		func() string { return two(q.arr, change()) },
		func() string { return two(*p, change()) },
		func() string { return two(q.self, change()) },
		func() string { return two(&st{f: x}, change()) },
		func() string { return two(map[int]*st{1: q.self}[1], change()) },
		func() string { return two(held["k"], change()) },
		func() string { return two(flags["k"], change()) },
		func() string { z := three(held["k"], flags["k"], change()); return z },
		func() string { z := three(*q.self, [1]string{str}, change()); return z },
		func() string { z := three([1]string{str}, struct{ s []int }{s}, change()); return z },
		func() string { z := three(q.self, at.(*st), change()); return z },
		func() string { var z, w any = at.(*st), change(); return two(z, w) },
		func() string { return two([]any{at.(*st), change()}[0], 0) },
		func() string { z := ints(assertedTo(at.(*st), change()), 0); return z },
		func() string { z := assertedTo(at.(*st), change()); return fmt.Sprint(z) },
		func() string { return fmt.Sprint(q.id(change()), at.(*st).id(change())) },
		func() string { return ints(int([]byte(str)[0]), change()) },
		func() string { return ints(len([]byte(str)), change()) },
		func() string { return ints(int([]rune(str)[0]), change()) },
		func() string { return ints(len(string(b)), change()) },
		func() string { return ints(*new(int), change()) },
		func() string { return ints([]int{x}[0], change()) },
		func() string { return ints([1]int{x}[0], change()) },
		func() string { return ints(*[]*int{p}[0], change()) },
		func() string { return ints(map[int]int{1: x}[1], change()) },
		func() string { return ints(m[string(b)], change()) },
		func() string { return ints(int((str + "!")[0]), change()) },
		func() string { return ints(int((*[3]int)(s)[0]), change()) },
		func() string { return ints(([3]int)(s)[0], change()) },
		func() string { return ints((&[2]int{x})[0:1][0], change()) },
		func() string {
			if x == change()+1 {
				return "equal"
			}
			return "different"
		},
		func() string {
			switch x {
			case change() + 1:
				return "first"
			case 100:
				return "second"
			}
			return "none"
		},
		func() string {
			r := ""
			for _, z := range s[change():] {
				r += fmt.Sprint(z, " ")
			}
			return r
		},
		func() string {
			r := ""
			for k := range len(s) - change() {
				r += fmt.Sprint(k, " ")
			}
			return r
		},
	} {
		func() {
			defer func() {
				if r := recover(); r != nil {
					fmt.Println(n, "panics", r)
				}
			}()
			reset()
			fmt.Println(n, f())
		}()
	}
}
