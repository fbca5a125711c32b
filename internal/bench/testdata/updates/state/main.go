// Command state has many objects of a type that the next release changes, and copies them by hand.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"time"
)

// parts is what work can be divided into.
const parts = 64

type item struct {
	id    int64
	text  string
	price float64
}

type node struct {
	item
	next *node
}

type leaf struct {
	item
	left, right *leaf
}

var (
	maps  [parts]map[int64]item
	lists [parts]*node
	trees [parts]*leaf
)

func newItem(i int) item { return item{id: int64(i), text: "item", price: float64(i) / 4} }

func fill(kind string, n int) {
	for p := range parts {
		from, to := n*p/parts, n*(p+1)/parts
		switch kind {
		case "map":
			maps[p] = map[int64]item{}
			for i := from; i < to; i++ {
				maps[p][int64(i)] = newItem(i)
			}
		case "list":
			for i := from; i < to; i++ {
				lists[p] = &node{newItem(i), lists[p]}
			}
		case "tree":
			trees[p] = grow(from, to)
		}
	}
}

func grow(from, to int) *leaf {
	if from >= to {
		return nil
	}
	mid := (from + to) / 2
	return &leaf{newItem(mid), grow(from, mid), grow(mid+1, to)}
}

// sum is what must be the same after an update: how many there are, and their numbers.
func sum() (n int, ids int64) {
	for p := range parts {
		for k, v := range maps[p] {
			if k == v.id && v.price == float64(k)/4 && v.text == "item" {
				n, ids = n+1, ids+k
			}
		}
		for l := lists[p]; l != nil; l = l.next {
			n, ids = n+1, ids+l.id
		}
		trees[p].each(func(l *leaf) { n, ids = n+1, ids+l.id })
	}
	return n, ids
}

func (l *leaf) each(f func(*leaf)) {
	if l != nil {
		l.left.each(f)
		f(l)
		l.right.each(f)
	}
}

// What somebody would write by hand: the new types, and loops that fill them.
type (
	newerItem struct {
		text  string
		id    int64
		stock int64
		price float64
	}
	newerNode struct {
		newerItem
		next *newerNode
	}
	newerLeaf struct {
		newerItem
		left, right *newerLeaf
	}
)

func (i item) newer() newerItem { return newerItem{text: i.text, id: i.id, price: i.price} }

var (
	newerMaps  [parts]map[int64]newerItem
	newerLists [parts]*newerNode
	newerTrees [parts]*newerLeaf
)

func copyPart(p int) {
	if m := maps[p]; m != nil {
		to := make(map[int64]newerItem, len(m))
		for k, v := range m {
			to[k] = v.newer()
		}
		newerMaps[p] = to
	}
	end := &newerLists[p]
	for l := lists[p]; l != nil; l = l.next {
		*end = &newerNode{newerItem: l.newer()}
		end = &(*end).next
	}
	newerTrees[p] = trees[p].newerLeaf()
}

func (l *leaf) newerLeaf() *newerLeaf {
	if l == nil {
		return nil
	}
	return &newerLeaf{l.newer(), l.left.newerLeaf(), l.right.newerLeaf()}
}

// copyAll copies with as many goroutines as there are processors.
func copyAll() time.Duration {
	began := time.Now()
	work := make(chan int)
	var done sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		done.Go(func() {
			for p := range work {
				copyPart(p)
			}
		})
	}
	for p := range parts {
		work <- p
	}
	close(work)
	done.Wait()
	return time.Since(began)
}

// answer sends back what it is sent: who asks sees how long the process stands still.
func answer(c net.Conn) {
	defer c.Close()
	b := make([]byte, 1)
	for {
		if _, err := c.Read(b); err != nil {
			return
		}
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

func listen() int {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go answer(c)
		}
	}()
	return ln.Addr().(*net.TCPAddr).Port
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var cmd, kind string
		var n int
		fmt.Sscan(lines.Text(), &cmd, &kind, &n)
		switch cmd {
		case "fill":
			fill(kind, n)
			runtime.GC()
			fmt.Println(n)
		case "listen":
			fmt.Println(listen())
		case "sum":
			fmt.Println(sum())
		case "copy":
			fmt.Println(copyAll().Nanoseconds())
		}
	}
}
