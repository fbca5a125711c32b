// Constants, iota, named types with methods, conversions between them, arithmetic that wraps.
package main

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type weekday int

const (
	sunday weekday = iota
	monday
	_
	wednesday
)
const (
	kb = 1 << (10 * (iota + 1))
	mb
	big = mb << 40
)
const big2, typed = big / mb, int8(7)

func (d weekday) String() string { pause(); return [...]string{"sun", "mon", "tue", "wed"}[d] }
func (d weekday) next() weekday  { pause(); return (d + 1) % 4 }
func (d *weekday) advance(n int) { pause(); *d = weekday((int(*d) + n) % 4) }

type flags uint8

const (
	a flags = 1 << iota
	b
	c
)

func (f flags) has(g flags) bool { pause(); return f&g == g }
func (f *flags) set(g flags)     { pause(); *f |= g }

type fn func(int) int

func (f fn) twice(n int) int { pause(); return f(f(n)) }

type names []string

func (n names) longest() (s string) {
	for _, x := range n {
		pause()
		if len(x) > len(s) {
			s = x
		}
	}
	return
}

type registry map[string]names

func (r registry) add(k, v string) registry { pause(); r[k] = append(r[k], v); return r }

type pipe chan int

func (p pipe) send(n int) pipe { p <- n; pause(); return p }

func main() {
	d := sunday
	for range 5 {
		fmt.Print(d, " ")
		d = d.next()
	}
	d.advance(6)
	fmt.Println(d, wednesday, kb, mb, big2, typed)
	var f flags
	f.set(a | c)
	fmt.Println(f.has(a), f.has(b), f.has(a|c), f)
	fmt.Println(fn(func(i int) int { pause(); return i * 3 }).twice(2))
	fmt.Println(names{"a", "ccc", "bb"}.longest(), registry{}.add("k", "v").add("k", "w"))
	fmt.Println(<-make(pipe, 2).send(1).send(2))
	var i8 int8 = 127
	var u8 uint8 = 0
	var u32 uint32 = math.MaxUint32
	one := 1
	pause()
	i8 += int8(one)
	u8 -= uint8(one)
	u32++
	pause()
	fmt.Println(i8, u8, u32, int8(i8-1), uint16(int16(-one)), int64(math.MinInt64)/int64(-one))
	x := 7.9
	pause()
	fmt.Println(int(x), int(-x), uint8(int(x)+250), float32(x), math.IsNaN(math.NaN()), 1/math.Inf(-1))
	z := complex(1, 2)
	pause()
	z *= z
	fmt.Println(z, real(z), imag(z), z == complex(-3, 4))
	s := "héllo"
	r := []rune(s)
	pause()
	r[1] = 'e'
	bs := []byte(s)
	bs[0] = 'H'
	fmt.Println(string(r), string(bs), len(s), utf8.RuneCountInString(s), s[1:3] == "é", string(rune(one+64)))
	arr := [3]int([]int{1, 2, 3})
	pause()
	fmt.Println(arr, 5%-3, -5%3, -5/2, -5>>1, 6&^3, ^5)
	var sh uint = 70
	pause()
	fmt.Println(1<<(sh-10) > 0, one<<sh, -one>>sh)
	_ = c
}
