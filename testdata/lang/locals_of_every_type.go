// Locals, parameters and results of every type, live over an update point, exact to the bit.
package main

import (
	"fmt"
	"math"
	"time"
)

// pause is where the program can be stopped for an update: a blocking operation.
//
//go:noinline
func pause() {
	c := make(chan int, 1)
	c <- 1
	<-c
}

type (
	id     uint16
	empty  struct{}
	fn     func(...any) int
	nested struct {
		empty
		_    int
		a, b byte
		in   struct{ x, y *nested }
		arr  [2]struct{ s string }
	}
	iface interface{ m() }
)

func (id) m() {}

func every(b bool, i int, i8 int8, i16 int16, i32 int32, i64 int64, u uint, u8 uint8, u16 uint16, u32 uint32, u64 uint64,
	up uintptr, f32 float32, f64 float64, c64 complex64, c128 complex128, s string, p *int, sl []string, m map[string]int,
	ch chan int, f fn, e error, a any, arr [3]int16, st nested, d time.Duration) (ok bool, j int, t string, rest []any) {
	x := id(i16)
	var zero empty
	var none [0]int
	var nilMap map[int]int
	var nilFunc func()
	var nilChan chan<- int
	var nilErr error
	var v iface = x
	n := &st
	loop := 0
	for loop = range 3 {
		pause()
		i8++
		u8--
		s += string(rune('0' + loop))
		*p += loop
		sl[0] += "."
		arr[loop] = int16(loop)
		n.a++
		n.arr[1].s += "n"
		f64 += 0.5
	}
	pause()
	_, is := v.(id)
	rest = []any{b, i, i8, i16, i32, i64, u, u8, u16, u32, u64, up, math.Float32bits(f32), f64, c64, c128, s, *p, sl, m, len(ch),
		f(1, 2), e, a, arr, n.a, st.a, st.arr, d, x, zero, none, nilMap == nil, nilFunc == nil, nilChan == nil, nilErr, is,
		st.in.x == &st, loop}
	pause()
	return b && is, len(rest), s, rest
}

func main() {
	p := 1
	ch := make(chan int, 2)
	ch <- 1
	ok, n, s, rest := every(true, -1, 127, -32768, math.MinInt32, math.MinInt64, 1, 0, 65535, math.MaxUint32, math.MaxUint64,
		0xdead, math.Float32frombits(0x7fc00001), math.Copysign(0, -1), complex(1, -2), complex(math.Inf(1), 0), "sé", &p,
		[]string{"x"}, map[string]int{"k": 1}, ch, func(a ...any) int { pause(); return len(a) }, fmt.Errorf("e"), [2]any{nil, 1},
		[3]int16{}, nested{a: 9, arr: [2]struct{ s string }{{"q"}, {"r"}}}, time.Second)
	fmt.Println(ok, n, s)
	for i, v := range rest {
		pause()
		fmt.Printf("%d %T %v\n", i, v, v)
	}
	fmt.Println(p)
}
