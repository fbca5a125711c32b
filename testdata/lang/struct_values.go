// Structs and arrays are values: assigned, passed, returned, compared, put into interfaces, maps and channels.
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

type point struct{ x, y int }
type shape struct {
	name string
	pts  [2]point
	in   any
	*point
}

func moved(p point) point { p.x++; pause(); return p }

func (p point) with(y int) point { pause(); p.y = y; return p }
func (p *point) shift(n int)     { pause(); p.x += n }

//go:noinline
func get(s shape) shape { pause(); return s }

func main() {
	a := shape{name: "a", point: &point{9, 9}}
	b := a
	b.pts[0].shift(5)
	b.point.shift(1)
	pause()
	fmt.Println(a.pts, b.pts, a.x, b.x)
	fmt.Println(a == b, a.pts == [2]point{}, get(a).point == b.point)
	b.pts = a.pts
	fmt.Println(a == b)
	p := point{1, 2}
	q := moved(p)
	fmt.Println(p, q, p.with(7), p, get(a).pts[1].with(3))
	var i any = p
	p.x = 100
	pause()
	fmt.Println(i, i == any(point{1, 2}), i == any(p))
	m := map[point]shape{{1, 2}: a}
	c := m[point{1, 2}]
	c.name = "changed"
	fmt.Println(m[point{1, 2}].name, m[moved(point{0, 2})].name)
	ch := make(chan [2]point, 1)
	arr := [2]point{{1, 1}, {2, 2}}
	ch <- arr
	arr[0].x = 50
	got := <-ch
	fmt.Println(got, arr)
	sl := []point{{1, 1}, {2, 2}}
	for k := range sl {
		e := &sl[k]
		pause()
		e.shift(10)
	}
	first := sl[0]
	sl[0].shift(1)
	fmt.Println(sl, first)
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		x, y := shape{in: []int{1}}, shape{in: []int{1}}
		pause()
		fmt.Println(x == y)
	}()
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		var s *shape
		pause()
		fmt.Println(s.pts[moved(p).x-101])
	}()
	nested := [2][2]point{{{1, 1}}, {{}, {4, 4}}}
	row := nested[1]
	row[1].shift(1)
	nested[0], nested[1] = nested[1], nested[0]
	pause()
	fmt.Println(nested, row)
	type pair struct{ l, r *pair }
	x := &pair{}
	x.l, x.r = x, &pair{l: x}
	pause()
	fmt.Println(x.l.l.r.l == x)
}
