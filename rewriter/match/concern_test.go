package match_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/internal/ledgertest"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// served is a program with a function f, which others stand around.
const served = `package main

import (
	"os"
	"sync"
	"sync/atomic"
)

type conn struct {
	ch    chan int
	mu    sync.Mutex
	wg    sync.WaitGroup
	n     int
	total atomic.Int64
	state string
}

func (c *conn) bad(n int) bool { return n > 3 }
func (c *conn) name() string   { return c.state }
func (c *conn) log(s string)   { os.Stdout.WriteString(s) }
func (c *conn) mark()          { c.state = "marked" }

%s

func main() {
	c := &conn{ch: make(chan int, 9)}
	f(c, len(os.Args))
}
`

// TestConcerns: what stands between the points of f in one release and the next, and
// what frames that wait in it would skip or do twice.
func TestConcerns(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"same", "c.n++; <-c.ch; c.n--", "c.n++; <-c.ch; c.n--; println(c.n)", ""},
		{"check moved before", "<-c.ch; if c.bad(a) { return }", "if c.bad(a) { return }; <-c.ch", "skipped if c.bad(a)"},
		{"check moved behind", "if c.bad(a) { return }; <-c.ch", "<-c.ch; if c.bad(a) { return }", "done twice if c.bad(a)"},
		{"check added before", "<-c.ch", "if c.bad(a) { return }; <-c.ch", "skipped if c.bad(a)"},
		{"check added behind", "<-c.ch", "<-c.ch; if c.bad(a) { return }", ""},
		{"check removed", "if c.bad(a) { return }; <-c.ch", "<-c.ch", ""},
		{"check changed", "if c.bad(a) { return }; <-c.ch", "if c.bad(a + 1) { return }; <-c.ch", "note: changed if c.bad(a + 1)"},
		{"check of something else", "if c.bad(a) { return }; <-c.ch", "if c.name() == \"x\" { return }; <-c.ch", `skipped if c.name() == "x"`},
		{"check of a result", "n := a; <-c.ch; ok := c.bad(n); if ok { return }", "n := a; ok := c.bad(n); if ok { return }; <-c.ch", "skipped ok := c.bad(n); if ok"},
		{"check with other names", "b := a; if c.bad(b) { return }; <-c.ch", "d := a; if c.bad(d) { return }; <-c.ch", ""},
		{"check in another branch", "if a > 1 { <-c.ch } else if c.bad(a) { return }", "if c.bad(a) { return }; if a > 1 { <-c.ch }", "skipped if c.bad(a)"},
		{"check in a loop", "for range 3 { <-c.ch; if c.bad(a) { return } }", "for range 3 { if c.bad(a) { return }; <-c.ch }", "skipped if c.bad(a)"},
		{"check by leaving the loop", "for range 3 { <-c.ch; if c.bad(a) { break } }", "for range 3 { if c.bad(a) { continue }; <-c.ch }", "skipped if c.bad(a)"},
		{"check by the other branch", "<-c.ch; if c.bad(a) { c.n++ } else { return }", "if c.bad(a) { c.n++ } else { return }; <-c.ch", "skipped if c.bad(a) … else|not counted c.n++"},
		{"check in turns of a loop that is over", "for range 3 { c.log(\"x\") }; <-c.ch", "for range 3 { c.log(\"x\"); if c.bad(a) { break } }; <-c.ch", ""},
		{"check in a loop of its own", "<-c.ch", "for i := range 3 { if c.bad(i) { return } }; <-c.ch", "skipped if c.bad(i)"},
		{"branch that stays", "<-c.ch; if c.bad(a) { println(a) }", "if c.bad(a) { println(a) }; <-c.ch", ""},
		{"clause", "<-c.ch; switch a { case 3: return }", "switch a { case 3: return }; <-c.ch", "skipped switch a: case 3"},
		{"clause beside", "switch a { case 3: <-c.ch }", "switch a { case 3: <-c.ch; case 4: return }", ""},
		{"lock kept", "c.mu.Lock(); <-c.ch; c.mu.Unlock()", "<-c.ch; c.mu.Lock(); c.mu.Unlock()", "lock kept c.mu.Lock()"},
		{"lock not held", "<-c.ch; c.mu.TryLock(); c.mu.Unlock()", "c.mu.TryLock(); <-c.ch; c.mu.Unlock()", "lock not held c.mu.TryLock()"},
		{"lock gone", "c.mu.Lock(); <-c.ch; c.mu.Unlock()", "<-c.ch", "lock kept c.mu.Lock()"},
		{"lock released by a branch that leaves", "c.mu.Lock(); if a > 3 { c.mu.Unlock(); return }; <-c.ch; c.mu.Unlock()", "c.mu.Lock(); if a > 3 { c.mu.Unlock(); return }; <-c.ch; println(1); c.mu.Unlock()", ""},
		{"counter moved", "<-c.ch; c.n++", "c.n++; <-c.ch", "not counted c.n++"},
		{"counter that is paired", "<-c.ch", "c.n++; <-c.ch; c.n--", "not counted c.n++"},
		{"counter that is paired no more", "c.n++; <-c.ch; c.n--", "<-c.ch", "counted once too often c.n++"},
		{"counter that tells something", "<-c.ch", "c.n++; <-c.ch", ""},
		{"counter of another kind", "c.total.Add(1); <-c.ch; c.total.Add(-1)", "atomic.AddInt64((*int64)(nil), 0); c.total.Add(1); <-c.ch; c.total.Add(-1)", ""},
		{"wait group", "<-c.ch", "c.wg.Add(1); <-c.ch", "not counted c.wg.Add(1)"},
		{"local", "<-c.ch; a = a * 2; c.n = a", "a = a * 2; <-c.ch; c.n = a", "skipped a = a * 2"},
		{"call moved", "<-c.ch; c.mark()", "c.mark(); <-c.ch", "skipped c.mark()"},
		{"call added", "<-c.ch", "c.mark(); <-c.ch", ""},
		{"call without effects", "<-c.ch; c.name()", "c.name(); <-c.ch", ""},
		{"operation moved", "<-c.ch; c.log(\"x\")", "c.log(\"x\"); <-c.ch", `skipped c.log("x")`}, // where goroutines stay is matched
		{"assignment moved", "<-c.ch; c.state = \"x\"", "c.state = \"x\"; <-c.ch", `skipped c.state = "x"`},
		{"goroutine moved", "<-c.ch; go c.mark()", "go c.mark(); <-c.ch", "skipped go c.mark()"},
		{"close moved", "<-c.ch; close(c.ch)", "close(c.ch); <-c.ch", "skipped close(c.ch)"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			t.Parallel()
			program := func(body string) []byte {
				return fmt.Appendf(nil, served, "func f(c *conn, a int) {\n\t"+strings.ReplaceAll(body, "; ", "\n\t")+"\n}\n")
			}
			s := ledgertest.Steps(t, &txtar.Archive{Files: []txtar.File{{Name: "old/main.go", Data: program(c.old)}, {Name: "new/main.go", Data: program(c.new)}}})
			var steps []match.Step
			for _, m := range match.Funcs(s.Old, s.New) {
				to := m.Points
				if to == nil && m.New != nil {
					for i := range m.Old.Points {
						to = append(to, i)
					}
				}
				for i, j := range to {
					if l := m.Guesses[i]; j < 0 && len(l) > 0 && l[0].Needs != nil {
						to[i] = l[0].Point // framemap.Locals would have to give it something
					}
				}
				steps = append(steps, match.Step{Old: m.Old, New: m.New, To: to})
			}
			concerns, notes := match.Concerns(steps, s.Old, s.New)
			var got []string
			for _, x := range concerns {
				got = append(got, string(x.Verdict)+" "+x.Text())
			}
			for _, x := range notes {
				got = append(got, "note: "+string(x.Verdict)+" "+x.Text())
			}
			if g := strings.Join(got, "|"); g != c.want {
				t.Errorf("got %q, want %q\nold\n%snew\n%s", g, c.want, listed(s.Old.Func("example.com/p.f")), listed(s.New.Func("example.com/p.f")))
			}
		})
	}
}

func listed(f *ledger.Func) string {
	var b strings.Builder
	for _, e := range f.Effects {
		fmt.Fprintf(&b, "\t%s %s %s\n", e.Places, e.Kind, e.What)
	}
	return b.String()
}
