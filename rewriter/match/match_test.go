package match_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/internal/ledgertest"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// program is a program with a function f and what it calls.
const program = `package main

import (
	"sync"
	"time"
)

type conn struct {
	ch          chan int
	n           int
	mu          sync.Mutex
	self, other *conn
}

func (c *conn) get() int   { return <-c.ch }
func (c *conn) put(n int)  { c.ch <- n }
func (c *conn) lock()      { c.ch <- 0 }
func (c *conn) each(f func(int)) {
	for i := range 3 {
		f(i + c.get())
	}
}

%s

func main() {
	c := &conn{ch: make(chan int, 1)}
	f(c)
	time.Sleep(1)
}
`

// step matches f in two releases of the program.
func step(t *testing.T, old, new string) map[string]match.Func {
	t.Helper()
	t.Parallel()
	a := &txtar.Archive{Files: []txtar.File{
		{Name: "old/main.go", Data: fmt.Appendf(nil, program, old)},
		{Name: "new/main.go", Data: fmt.Appendf(nil, program, new)},
	}}
	s := ledgertest.Steps(t, a)
	m := map[string]match.Func{}
	for _, f := range match.Funcs(s.Old, s.New) {
		m[strings.TrimPrefix(f.Old.Key, "example.com/p.")] = f
	}
	return m
}

func point(t *testing.T, f *ledger.Func, what string, nth int) int {
	t.Helper()
	for i, p := range f.Points {
		if p.What == what {
			if nth--; nth == 0 {
				return i
			}
		}
	}
	t.Fatalf("%s has no point %s", f.Key, what)
	return 0
}

func field(t *testing.T, f *ledger.Func, source, decl string) string {
	t.Helper()
	for _, v := range f.Frame {
		if v.Source == source && strings.Contains(v.Decl, decl) {
			return v.Name
		}
	}
	t.Fatalf("%s has no %s declared by %s: %+v", f.Key, source, decl, f.Frame)
	return ""
}

func TestUnchangedIsIdentity(t *testing.T) {
	same := "func f(c *conn) { c.lock(); c.put(c.get()) }"
	for key, m := range step(t, same, same) {
		if m.New == nil || m.Points != nil || m.Moves != nil || !m.Same {
			t.Errorf("%s: %+v", key, m)
		}
	}
}

// TestPointAdded: lines before a function do not change it, an operation added in
// the middle shifts the points after it.
func TestPointAdded(t *testing.T) {
	m := step(t, "func f(c *conn) { c.lock(); c.put(1) }", "\n\nfunc f(c *conn) { c.lock(); c.put(2); c.put(1) }")["f"]
	for _, what := range []string{"c.lock()", "c.put(1)"} {
		i, j := point(t, m.Old, what, 1), point(t, m.New, what, 1)
		if m.Points == nil || m.Points[i] != j {
			t.Errorf("%s: %d is not matched with %d: %v", what, i, j, m.Points)
		}
	}
}

// TestNumberedVariables: a variable of the same name before it gives err another
// field name; it is carried over from its own.
func TestNumberedVariables(t *testing.T) {
	const tail = `
	if n := c.get(); n > 1 { c.put(n + 1); c.put(n) }
}`
	m := step(t, "func f(c *conn) {"+tail, "func f(c *conn) {\n	for n := range 5 { c.put(n); c.put(n) }"+tail)["f"]
	old, new := field(t, m.Old, "n", "c.get"), field(t, m.New, "n", "c.get")
	if old == new {
		t.Fatalf("the rewriter calls both %s: the test shows nothing", old)
	}
	if m.Moves[new] != old {
		t.Errorf("%s comes from %q, want %s: %v", new, m.Moves[new], old, m.Moves)
	}
	if other := field(t, m.New, "n", "range"); m.Moves[other] != "" {
		t.Errorf("the loop's %s comes from %s, which is another variable", other, m.Moves[other])
	}
	i, j := point(t, m.Old, "c.put(n + 1)", 1), point(t, m.New, "c.put(n + 1)", 1)
	if m.Points[i] != j {
		t.Errorf("%d is not matched with %d: %v, %v", i, j, m.Points, m.Guesses[i])
	}
}

// TestNeedsNewLocal: a point whose new frame needs what the old one has not is a
// guess that says so.
func TestNeedsNewLocal(t *testing.T) {
	m := step(t, "func f(c *conn) { for { c.lock(); c.put(1) } }", "func f(c *conn) { k := c.get(); for { c.lock(); c.put(1); c.put(k) } }")["f"]
	i, j := point(t, m.Old, "c.lock()", 1), point(t, m.New, "c.lock()", 1)
	if m.Points[i] != -1 || len(m.Guesses[i]) == 0 {
		t.Fatalf("point %d is silently %d", i, m.Points[i])
	}
	g := m.Guesses[i][0]
	if g.Point != j || len(g.Needs) != 1 || g.Needs[0] != field(t, m.New, "k", "c.get") || !strings.Contains(g.Reason, "needs k") {
		t.Errorf("the guess is %+v", g)
	}
}

// TestSelectCases: the number of a case that a frame holds means another one when
// cases were added before it.
func TestSelectCases(t *testing.T) {
	m := step(t, `func f(c *conn) {
	select {
	case n := <-c.ch: c.put(n)
	case c.ch <- 2: c.lock()
	}
}`, `func f(c *conn) {
	select {
	case s := <-(chan string)(nil): println(s); c.lock()
	case n := <-c.ch: c.put(n)
	case c.ch <- 2: c.lock()
	}
}`)["f"]
	i := point(t, m.Old, "select { …", 1)
	if m.Points[i] != -1 {
		t.Fatalf("the select is silently matched with %d", m.Points[i])
	}
	for _, v := range m.New.Frame {
		switch from := m.Moves[v.Name]; {
		case strings.HasSuffix(v.Role, " case") && from != "":
			t.Errorf("the number of the case comes from %s", from)
		case strings.HasSuffix(v.Role, "n := <-c.ch: value") && from == "":
			t.Errorf("what was received is not carried over: %v", m.Moves)
		case strings.HasSuffix(v.Role, "s := <-(chan string)(nil): value") && from != "":
			t.Errorf("what the new case receives comes from %s", from)
		}
	}
	if l := m.Relation().Missing(i, point(t, m.New, "select { …", 1), m.Moves); len(l) != 1 {
		t.Errorf("missing: %v, want the number of the case alone", l)
	}
}

// TestDeferredCallIsNotLost: a frame with an armed defer may not become one of a
// function that does not know of it.
func TestDeferredCallIsNotLost(t *testing.T) {
	m := step(t, "func f(c *conn) { defer c.put(1); c.lock() }", "func f(c *conn) { c.lock() }")["f"]
	i := point(t, m.Old, "c.lock()", 1)
	if m.Points[i] != -1 || !strings.HasSuffix(m.Guesses[i][0].Reason, ": `c.put(1)`") {
		t.Errorf("%v, %+v", m.Points, m.Guesses[i])
	}
}

// TestDeferredInLoop: what is deferred in a loop is kept by the number of the defer
// statement, which another one before it changes.
func TestDeferredInLoop(t *testing.T) {
	const loop = "for i := range 3 { %s defer c.put(i); c.lock() } }"
	m := step(t, "func f(c *conn) { "+fmt.Sprintf(loop, ""), "func f(c *conn) { "+fmt.Sprintf(loop, "defer c.get();"))["f"]
	i := point(t, m.Old, "c.lock()", 1)
	if m.Points[i] != -1 || !strings.Contains(m.Guesses[i][0].Reason, "`c.put(i)`") {
		t.Errorf("%v, %+v", m.Points, m.Guesses[i])
	}
}

// TestOtherResults: a call of the same text that returns something else. If it is known
// what it calls, the frame inside it returns the same; if not, it may be anybody's. What it
// has returned already is another matter.
func TestOtherResults(t *testing.T) {
	const same = `
func dropped(c *conn) { g(c); c.lock() }
func printed(c *conn) { println(g(c)); c.lock() }
func value(c *conn) { h := g; h(c); c.lock() }
func f(c *conn) { dropped(c); printed(c); value(c); named(c) }
`
	l := step(t, same+`
func g(c *conn) int { return c.get() }
func named(c *conn) { n := g(c); c.lock(); println(n) }`, same+`
func g(c *conn) (int, error) { return c.get(), nil }
func named(c *conn) { n, _ := g(c); c.lock(); println(n) }`)
	for _, name := range []string{"dropped", "named"} {
		if m := l[name]; m.Points != nil {
			t.Errorf("%s: %v, %+v", name, m.Points, m.Guesses)
		}
	}
	m := l["printed"]
	if i := point(t, m.Old, "g(c)", 1); m.Points[i] != -1 || len(m.Guesses[i][0].Needs) != 1 { // the error
		t.Errorf("%v, %+v", m.Points, m.Guesses[i])
	}
	m = l["value"]
	if i := point(t, m.Old, "h(c)", 1); m.Points[i] != -1 || !strings.Contains(m.Guesses[i][0].Reason, "returned (int) and returns (int, error)") {
		t.Errorf("%v, %+v", m.Points, m.Guesses[i])
	}
}

// TestLiterals: a literal added before others does not take their place, one that
// changed keeps its own.
func TestLiterals(t *testing.T) {
	const (
		one = "c.each(func(n int) { c.put(n) })\n"
		two = "c.each(func(n int) { c.lock(); c.put(n + 2) })\n"
	)
	ms := step(t, "func f(c *conn) {\n"+one+two+"}", "func f(c *conn) {\nc.each(func(n int) { c.get() })\n"+one+strings.Replace(two, "n + 2", "n + 2 + 1", 1)+"}")
	for old, new := range map[string]string{"f.func1": "f.func2", "f.func2": "f.func3"} {
		if m := ms[old]; m.New == nil || m.New.Key != "example.com/p."+new {
			t.Errorf("%s became %+v, want %s", old, m.New, new)
		}
	}
	if m := ms["f.func1"]; !m.Same || m.Points[1] != 1 {
		t.Errorf("f.func1: %+v", m)
	}
	if m := ms["f.func2"]; to(m, point(t, m.Old, "c.lock()", 1)) != 1 || to(m, point(t, m.Old, "c.put(n + 2)", 1)) != 2 {
		t.Errorf("f.func2: %+v", m.Points)
	}
}

// TestOperandsOnly: of a call whose results nobody has, other operands do not matter where
// it keeps its place; where it has another one they do.
func TestOperandsOnly(t *testing.T) {
	const old = "func f(c *conn) { c.lock(); if true { c.put(1) }; c.put(2) }"
	for new, want := range map[string]int{
		"func f(c *conn) { c.lock(); if true { c.put(10) }; c.put(20) }":            2,
		"func f(c *conn) { c.lock(); if true { c.put(10) }; c.put(20); c.put(30) }": 2,
		"func f(c *conn) { c.lock(); c.put(10); c.put(20) }":                        2,
		"func f(c *conn) { if true { c.put(10) }; c.lock(); c.put(20) }":            -1,
	} {
		t.Run("", func(t *testing.T) {
			m := step(t, old, new)["f"]
			i := point(t, m.Old, "c.put(1)", 1)
			if got := to(m, i); got != want {
				t.Errorf("%s: point %d became %d, want %d: %+v", new, i, got, want, m.Guesses[i])
			}
		})
	}
}

// to is where a point goes; nil points stay as they are.
func to(m match.Func, i int) int {
	if m.Points == nil {
		return i
	}
	return m.Points[i]
}

// TestLiteralMoved: a literal goes along with the code that was moved into another
// function, if it captures the same.
func TestLiteralMoved(t *testing.T) {
	const each = "c.each(func(n int) { c.put(n) })"
	ms := step(t, "func f(c *conn) { "+each+"\nprintln(1) }", "func g(c *conn) { "+each+" }\nfunc f(c *conn) { g(c)\nprintln(2) }")
	if m := ms["f.func1"]; m.New == nil || m.New.Key != "example.com/p.g.func1" {
		t.Errorf("became %+v", m.New)
	}
	i := point(t, ms["f"].Old, each, 1)
	g := ms["f"].Guesses[i]
	if ms["f"].Points[i] != -1 || len(g) == 0 || g[0].Func.Key != "example.com/p.g" {
		t.Errorf("the call is %d, guesses %+v", ms["f"].Points[i], g)
	}
}

// TestByName: nothing is said where carrying over by name and type does it.
func TestByName(t *testing.T) {
	o := &ledger.Func{Frame: []ledger.Field{{Name: "a", Type: "int"}, {Name: "b", Type: "int"}}}
	n := &ledger.Func{Frame: []ledger.Field{{Name: "b", Type: "int"}, {Name: "c", Type: "int"}}}
	for _, tt := range []struct {
		moves map[string]string
		want  bool
	}{
		{map[string]string{"b": "b"}, true},
		{map[string]string{"b": "a"}, false},
		{map[string]string{}, false},
		{map[string]string{"b": "b", "c": "a"}, false},
	} {
		if got := match.ByName(maps.Clone(tt.moves), o, n); got != tt.want {
			t.Errorf("%v: %v", tt.moves, got)
		}
	}
}

// TestOutOfItsLoop: an operation that stood in a loop and stands behind it now is the same,
// but who is in the loop has turns left.
func TestOutOfItsLoop(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		certain        bool
	}{
		{"behind it", "for i := range 3 { c.put(i); c.lock() }", "for i := range 3 { c.put(i) }; c.lock()", false},
		{"in another one", "for i := 0; i < 3; i++ { c.put(i); c.lock() }", "for i := 0; i < 4; i++ { c.put(i); c.lock() }", true},
		{"in an inner one", "for { for i := range 3 { c.put(i); c.lock() } }", "for { for i := range 3 { c.put(i) }; c.lock() }", false},
		{"in the loop's header", "for i := range c.get() { c.put(i) }; c.lock()", "n := c.get(); for i := range n { c.put(i) }; c.lock()", true},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			m := step(t, "func f(c *conn) { "+c.old+" }", "func f(c *conn) { "+c.new+" }")["f"]
			for _, what := range []string{"c.lock()", "c.get()"} {
				for i := range m.Old.Points {
					if m.Old.Points[i].What == what && to(m, i) > 0 != c.certain {
						t.Errorf("point %d, `%s`: certain %v, want %v: %+v", i, what, to(m, i) > 0, c.certain, m.Guesses[i])
					}
				}
			}
		})
	}
}
