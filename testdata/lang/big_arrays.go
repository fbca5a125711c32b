// Large arrays and structs as locals, parameters and results: values, copied at each assignment.
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

type matrix [16][16]int
type record struct {
	name string
	data [200]byte
	m    matrix
	next *record
}

func identity(n int) (m matrix) {
	for i := range m {
		m[i][i] = n
		pause()
	}
	return
}

func (m matrix) times(o matrix) (r matrix) {
	for i := range m {
		for j := range o {
			for k := range m {
				r[i][j] += m[i][k] * o[k][j]
			}
		}
		if i%4 == 0 {
			pause()
		}
	}
	return r
}

func (m *matrix) scale(n int) {
	for i := range m {
		for j := range m[i] {
			m[i][j] *= n
		}
		pause()
	}
}

func change(r record) record {
	r.name += "'"
	r.data[199]++
	pause()
	r.m[15][15] = 7
	return r
}

func local() int {
	var buf [64 << 10]byte
	p := &buf
	for i := 0; i < len(buf); i += 4096 {
		p[i] = byte(i >> 12)
		pause()
	}
	sum := 0
	for _, b := range buf {
		sum += int(b)
	}
	return sum
}

func main() {
	a := identity(2)
	b := a
	b[0][1] = 5
	pause()
	c := a.times(b)
	fmt.Println(a[0][:3], b[0][:3], c[0][:3], c[15][15])
	c.scale(10)
	a.scale(3)
	fmt.Println(c[0][:3], a[15][15], a == identity(6), a == b)
	r := record{name: "r"}
	s := change(r)
	t := change(s)
	fmt.Println(r.name, s.name, t.name, r.data[199], t.data[199], r.m[15][15], t.m[15][15])
	t.next = &s
	t.next.next = &r
	for q := &t; q != nil; q = q.next {
		pause()
		fmt.Print(q.name, " ")
	}
	fmt.Println(local())
	rows := [3][4]string{{"a"}, {"b", "c"}}
	copyOf := rows
	for i, row := range rows {
		row[0] = "x"
		rows[2][3] = "last"
		pause()
		fmt.Print(i, row, " ")
	}
	fmt.Println(rows == copyOf, copyOf)
	fs := [2]func() int{func() int { pause(); return 1 }, func() int { return 2 }}
	gs := fs
	fs[0] = fs[1]
	fmt.Println(fs[0](), gs[0]())
}
