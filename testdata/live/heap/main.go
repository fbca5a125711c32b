// Command heap has a heap of a given size, to see what updates leave in it.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
)

const release = "r1"

// An item has the order of its fields changed by some releases.
type item struct {
	next *item
	n    int64
	text string
	data [3]uint64
}

const perBlock = 10_000

// shelves hold items in lists, and pointers into the middle of the lists.
var shelves []*shelf

// Variables of which each release has its own, since an item is another one in it.
var (
	pile *item
	byN  = register{m: map[int64]item{}}
)

type register struct{ m map[int64]item }

func (r *register) add(i *item)       { r.m[i.n] = *i }
func (r *register) get(n int64) *item { i := r.m[n]; return &i }

type shelf struct {
	first *item
	some  []*item
	tags  *tag
}

// A tag stays as it is, but for where its item is.
type tag struct {
	next *tag
	of   *item
}

func fill(megabytes int) {
	for range megabytes * 1 << 20 / (perBlock * 64) {
		s := &shelf{}
		for i := range perBlock {
			s.first = &item{next: s.first, n: int64(i), text: "item"}
			if i%100 == 0 {
				s.some = append(s.some, s.first)
			}
			s.tags = &tag{s.tags, s.first}
		}
		shelves = append(shelves, s)
		for range perBlock / 10 {
			pile = &item{next: pile, n: int64(len(byN.m)), text: "in the pile"}
			byN.add(pile)
		}
	}
}

// check counts what is wrong.
func check() (wrong int) {
	for i := pile; i != nil; i = i.next {
		if in := byN.get(i.n); in.next != i.next || in.text != i.text {
			wrong++
		}
	}
	for _, s := range shelves {
		n, k, t := int64(perBlock), len(s.some), s.tags
		for i := s.first; i != nil; i = i.next {
			n--
			if i.n != n || i.text != "item" {
				wrong++
			}
			if k > 0 && s.some[k-1] == i {
				k--
			}
			if t != nil && t.of == i {
				t = t.next
			}
		}
		if n != 0 || k != 0 || t != nil {
			wrong++
		}
	}
	return wrong
}

// settled is the size of the heap once garbage collections find nothing more to free.
func settled() uint64 {
	var m runtime.MemStats
	for last, same := uint64(0), 0; same < 3; {
		runtime.GC()
		runtime.ReadMemStats(&m)
		if m.HeapAlloc+1<<15 < last || last == 0 {
			same = 0
		} else {
			same++
		}
		last = m.HeapAlloc
		runtime.Gosched()
	}
	return m.HeapAlloc
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var cmd string
		var n int
		fmt.Sscan(in.Text(), &cmd, &n)
		switch cmd {
		case "fill":
			fill(n)
			fmt.Println("filled")
		case "check":
			fmt.Println(release, check())
		case "heap":
			fmt.Println(settled())
		}
	}
}
