package match_test

import (
	"strings"
	"testing"
)

const sequence = `func (c *conn) all(yield func(int) bool) {
	for {
		if n := c.get(); !yield(n) {
			c.put(n)
			return
		}
	}
}
`

// TestRangeBodies: the body of a loop over a function is what it does, and not the
// number that it has among the function's.
func TestRangeBodies(t *testing.T) {
	const (
		one = "for n := range c.all { c.put(n) }\n"
		two = "for n := range c.all { if n > 1 { c.lock() }; c.put(n + 2) }\n"
	)
	ms := step(t, sequence+"func f(c *conn) {\n"+one+two+"}", sequence+"func f(c *conn) {\nfor n := range c.all { c.put(n); c.get() }\n"+one+two+"}")
	for old, new := range map[string]string{"f.range1": "f.range2", "f.range2": "f.range3"} {
		if m := ms[old]; m.New == nil || m.New.Key != "example.com/p."+new || !m.Same || m.Points != nil && m.Points[1] != 1 {
			t.Errorf("%s became %+v, want %s", old, m.New, new)
		}
	}
}

// TestRangeBodyStays: nothing is to decide about a body that did not change: what it
// shares with the function around it is carried over.
func TestRangeBodyStays(t *testing.T) {
	const loop = "for n := range c.all { defer c.get(); c.put(n); if n > 2 { return } }"
	ms := step(t, sequence+"func f(c *conn) { "+loop+" }", sequence+"func f(c *conn) { println(); "+loop+" }")
	for _, key := range []string{"f", "f.range1"} {
		m := ms[key]
		for i := range m.Old.Points {
			if to(m, i) != i {
				t.Errorf("point %d of %s is %d: %+v", i, key, to(m, i), m.Guesses[i])
			}
		}
	}
}

// TestRangeExits: what a body has asked for is a number, and means another thing when
// another way to leave comes before it.
func TestRangeExits(t *testing.T) {
	const loop = "outer: for { for n := range c.all { if n > 1 { %s continue outer }; c.put(n) }; c.lock() } }"
	old, new := strings.Replace(loop, "%s", "", 1), strings.Replace(loop, "%s", "if n > 2 { break outer };", 1)
	m := step(t, sequence+"func f(c *conn) { "+old, sequence+"func f(c *conn) { "+new)["f"]
	i := point(t, m.Old, "c.all", 1)
	if m.Points == nil || m.Points[i] != -1 {
		t.Fatalf("the call of the iterator is silently matched: %v", m.Points)
	}
	for _, v := range m.New.Frame {
		if strings.HasPrefix(v.Role, "exits of ranges: ") {
			if m.Moves[v.Name] != "" {
				t.Errorf("%s comes from %s", v.Name, m.Moves[v.Name])
			}
			return
		}
	}
	t.Errorf("the frame has no number of what was asked for: %+v", m.New.Frame)
}

// TestCalledFunc1: what somebody has called func1 is no literal.
func TestCalledFunc1(t *testing.T) {
	const rest = "func func1(c *conn) { c.lock(); c.put(%s) }\nfunc (c *conn) range1() { c.lock(); c.put(%s) }\nfunc f(c *conn) { func1(c); c.range1() }"
	ms := step(t, strings.ReplaceAll(rest, "%s", "1"), "func func0(c *conn) { c.lock(); c.put(1) }\n"+strings.ReplaceAll(rest, "%s", "c.get()"))
	for _, key := range []string{"func1", "(*conn).range1"} {
		if m := ms[key]; m.New == nil || m.New.Key != m.Old.Key {
			t.Errorf("%s became %+v", key, m.New)
		}
	}
}
