package rewriter_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/internal/ledgertest"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// effectsOf are those of function f of a program, each with its places.
func effectsOf(t *testing.T, src string) (*ledger.Release, *ledger.Func) {
	t.Helper()
	a := &txtar.Archive{Files: []txtar.File{{Name: "p/main.go", Data: []byte(src)}}}
	r, _ := ledgertest.Describe(t, ledgertest.Write(t, ledgertest.Under(a, "p")), 1)
	return r, r.Func("example.com/p.f")
}

func effects(f *ledger.Func) string {
	var b strings.Builder
	for _, e := range f.Effects {
		fmt.Fprintf(&b, "%s %s %s\n", e.Places, e.Kind, e.What)
	}
	return b.String()
}

// TestPlacesOfEffects: what is in another branch, or behind one that leaves, is
// neither before a point nor behind it; what a loop repeats is one of the two.
func TestPlacesOfEffects(t *testing.T) {
	const src = `package main

import (
	"os"
	"strings"
	"sync"
)

type conn struct {
	mu   sync.Mutex
	ch   chan string
	name string
	n    int
	wg   sync.WaitGroup
}

func trim(s string) string { return strings.TrimSpace(s) }
func log(s string)          { os.Stdout.WriteString(s) }

func f(c *conn, bad bool) (err error) {
	c.wg.Add(1)
	if bad {
		c.ch <- "bad"
		c.n++
		return nil
	} else {
		c.name = trim("x")
	}
	for s := range c.ch { // 2
		if s == "end" {
			break
		}
		c.mu.Lock()
		log(s)
		c.ch <- s // 4
		c.mu.Unlock()
		c.n--
	}
	switch c.name {
	case "a":
		c.ch <- "a"
		return nil
	case "b":
		c.ch <- "b"
	}
	ok := c.n == 3
	if !ok {
		panic(1)
	}
	<-c.ch
	close(c.ch)
	return
}

func main() {
	c := &conn{ch: make(chan string, 9)}
	f(c, len(os.Args) > 1)
}
`
	_, f := effectsOf(t, src)
	var points []string
	for _, p := range f.Points {
		points = append(points, p.What)
	}
	want := []string{"entry", `c.ch <- "bad"`, "c.ch", "c.mu.Lock()", "log(s)", "c.ch <- s", `c.ch <- "a"`, `c.ch <- "b"`, "<-c.ch"}
	if strings.Join(points, "|") != strings.Join(want, "|") {
		t.Fatalf("points %q", points)
	}
	const list = `adddddddd count c.wg.Add(1)
adddddddd check if bad
ad------- send c.ch <- "bad"
aa------- count c.n++
a-ddddddd assign c.name = trim("x")
a-adddooo check if s == "end"
a-adddooo lock c.mu.Lock()
a-aaddooo call log(s)
a-aaadooo send c.ch <- s
a-aaaaooo unlock c.mu.Unlock()
a-aaaaooo uncount c.n--
a-aaaa--d check switch c.name: case "a"
a-aaaad-- send c.ch <- "a"
a-aaaa-dd send c.ch <- "b"
a-aaaa-ad check ok := c.n == 3; if !ok
a-aaaa-ad receive <-c.ch
a-aaaa-aa close close(c.ch)
`
	if got := effects(f); got != list {
		t.Errorf("%s", got)
	}
	for i, p := range f.Points {
		if want := i >= 3 && i <= 5; want != slices.Equal(p.Held, []string{"‹*main.conn›.mu"}) {
			t.Errorf("at point %d, %s, it holds %q", i, p.What, p.Held)
		}
	}
}

// TestLeft: what own functions leave of locks and counts, their callers do by the call;
// what they leave in some ways only, or let others do, is not known.
func TestLeft(t *testing.T) {
	const src = `package main

import "sync"

type conn struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	wg    sync.WaitGroup
	ch    chan int
	open  int
	total int
}

type server struct{ c *conn }

func (c *conn) lock()         { c.mu.Lock() }
func (c *conn) unlock()       { c.mu.Unlock() }
func (c *conn) again()        { c.lock() }
func release(rw *sync.RWMutex) { rw.RUnlock() }

func (c *conn) within() {
	c.lock()
	defer c.unlock()
	c.total++
}

func (c *conn) leave() {
	c.lock()
	defer func() {
		recover()
		c.mu.Unlock()
	}()
	c.open--
}

func (c *conn) enter(n int) bool {
	if n > 3 {
		return false
	}
	c.open++
	return true
}

func (c *conn) held() func() {
	c.rw.Lock()
	return func() { c.rw.Unlock() }
}

func (c *conn) try() bool { return c.mu.TryLock() }

func (s *server) start(c *conn) {
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		<-c.ch
	}()
}

func f(s *server) {
	s.c.again()
	s.c.unlock()
	s.c.within()
	s.c.leave()
	s.c.enter(1)
	s.c.held()()
	s.c.try()
	s.start(s.c)
	release(&s.c.rw)
	<-s.c.ch
}

func main() { f(&server{}) }
`
	_, f := effectsOf(t, src)
	var got strings.Builder
	for _, e := range f.Effects {
		if e.By != "" {
			fmt.Fprintf(&got, "%s %s: %s, %s by %s\n", e.Kind, e.What, e.Key, e.Of, e.By)
		}
	}
	const want = `lock s.c.again(): ‹*main.server›.c.mu, example.com/p.conn.mu by example.com/p.(*conn).again
unlock s.c.unlock(): ‹*main.server›.c.mu, example.com/p.conn.mu by example.com/p.(*conn).unlock
uncount s.c.leave(): ‹*main.server›.c.open, example.com/p.conn.open by example.com/p.(*conn).leave
count s.start(s.c): ‹*main.server›.c.wg (group), example.com/p.conn.wg (group) by example.com/p.(*server).start
unlock release(&s.c.rw): ‹*main.server›.c.rw (read), example.com/p.conn.rw (read) by example.com/p.release
`
	if got.String() != want {
		t.Errorf("left\n%swant\n%s", got.String(), want)
	}
}
