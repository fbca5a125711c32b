package match_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/rewriter/match"
)

// TestRenamedLocals: which old variable each of the new f's is carried over from, told by
// what stands about them. "" in want: from none, it is for the developer to say.
func TestRenamedLocals(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"renamed", "n := c.get(); for { c.put(n); n++; c.lock() }", "k := c.get(); for { c.put(k); k++; c.lock() }", "k from n"},
		{"renamed beside a new statement", "n := c.get(); for { c.put(n); n++; c.lock() }", "k := c.get(); for { c.put(k); println(1); k++; c.lock() }", "k from n"},
		{"used otherwise", "n := c.get(); for { c.put(n); n++; c.lock() }", "k := c.get(); for { c.put(k * 2); k += 7; c.lock() }", "k from "},
		{"made otherwise", "n := c.get(); for { c.put(n); n++; c.lock() }", "k := c.get() + 1; for { c.put(k); k++; c.lock() }", "k from "},
		{"of another type", "n := c.get(); for { c.put(n); c.lock() }", "k := int64(c.get()); for { c.put(int(k)); c.lock() }", "k from "},
		{"two that change names", "a, b := c.get(), 2; for { c.put(a); c.put(b + 1) }", "b, a := c.get(), 2; for { c.put(b); c.put(a + 1) }", "a from b|b from a"},
		{"the old name for something else", "n := c.get(); for { c.put(n); n++; c.lock() }", "k := c.get(); n := 1; for { c.put(k); k++; c.lock(); println(n) }", "k from |n from "},
		{"one goes, another one comes", "a := c.get(); b := 1; for { c.put(a); println(b); b++ }", "a := c.get(); d := 5; for { c.put(a); println(d - 1); d-- }", "a from a|d from "},
		{"in an inner block", "for { n := c.get(); c.put(n); println(n) }", "for { k := c.get(); c.put(k); println(k) }", "k from n"},
		{"beside one of its name", "{ n := c.get(); c.put(n); println(n) }; { n := 3; c.put(n); c.put(-n) }", "{ n := c.get(); c.put(n); println(n) }; { k := 3; c.put(k); c.put(-k) }", "k from n_2|n from n"},
		{"parameter", "println(c); for { c.lock(); c.put(1) }", "println(to); for { to.lock(); to.put(1) }", "to from c"},
		{"captured", "n := 0; c.each(func(i int) { n += i }); c.put(n)", "k := 0; c.each(func(i int) { k += i }); c.put(k)", "k from n"},
		{"range", "for i, s := range []string{\"a\"} { c.put(i); println(s) }", "for k, text := range []string{\"a\"} { c.put(k); println(text) }", "text from s"},
		{"select", "var s chan int; select { case n := <-s: c.put(n); println(n); case c.ch <- 1: c.lock() }", "var s chan int; select { case k := <-s: c.put(k); println(k); case c.ch <- 1: c.lock() }", "k from n"},
		{"deferred operand", "n := c.get(); defer c.put(n); c.lock(); println(n)", "k := c.get(); defer c.put(k); c.lock(); println(k)", "k from n"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			param := "c"
			if c.name == "parameter" {
				param = "to"
			}
			body := func(s string) string { return strings.ReplaceAll(s, "; ", "\n") }
			m := step(t, "func f(c *conn) {\n"+body(c.old)+"\n}", "func f("+param+" *conn) {\n"+body(c.new)+"\n}")["f"]
			moves := m.Moves
			if moves == nil {
				moves = map[string]string{}
				for _, v := range m.Old.Frame {
					moves[v.Name] = v.Name
				}
			}
			var got []string
			for _, v := range m.New.Frame {
				if v.Source != "" && v.Source != "c" && v.Source != "i" {
					got = append(got, v.Name+" from "+moves[v.Name])
				}
			}
			slices.Sort(got)
			require.Equal(t, c.want, strings.Join(got, "|"), "%v\n%v", m.Old.Text, m.New.Text)
			if !strings.HasSuffix(c.want, " ") && !strings.Contains(c.want, " |") {
				for i := range m.Old.Points {
					if i > 0 && m.Points != nil && m.Points[i] < 0 {
						t.Errorf("point %d, `%s`, has no place: %+v", i, m.Old.Points[i].What, m.Guesses[i])
					}
				}
			}
		})
	}
}

// TestRenamedFunctions: which functions old ones are, by what they do.
func TestRenamedFunctions(t *testing.T) {
	const body = "(c *conn) { c.lock(); n := c.get(); c.put(n); c.put(n + 1) }\n"
	for _, c := range []struct{ name, old, new, want string }{
		{"renamed", "func a" + body + "func f(c *conn) { a(c) }", "func b" + body + "func f(c *conn) { b(c) }", "a is b"},
		{"with its locals", "func a" + body + "func f(c *conn) { a(c) }", "func b(to *conn) { to.lock(); k := to.get(); to.put(k); to.put(k + 1) }\nfunc f(c *conn) { b(c) }", "a is b"},
		{"method", "func (c *conn) a() { c.lock(); c.put(1) }; func f(c *conn) { c.a() }", "func (c *conn) b() { c.lock(); c.put(1) }; func f(c *conn) { c.b() }", "(*conn).a is (*conn).b"},
		{"recursive", "func a(c *conn, n int) { c.lock(); if n > 0 { a(c, n-1) } }; func f(c *conn) { a(c, 2) }", "func b(c *conn, n int) { c.lock(); if n > 0 { b(c, n-1) } }; func f(c *conn) { b(c, 2) }", "a is b"},
		{"with what it calls", "func a(c *conn) { c.lock(); z(c) }; func z(c *conn) { c.get() }; func f(c *conn) { a(c) }", "func b(c *conn) { c.lock(); y(c) }; func y(c *conn) { c.get() }; func f(c *conn) { b(c) }", "a is b|z is y"},
		{"with a literal", "func a(c *conn) { c.each(func(i int) { c.put(i) }) }; func f(c *conn) { a(c) }", "func b(c *conn) { c.each(func(i int) { c.put(i) }) }; func f(c *conn) { b(c) }", "a is b|a.func1 is b.func1"},
		{"one of two", "func a" + body + "func f(c *conn) { a(c) }", "func b" + body + "func d" + body + "func f(c *conn) { b(c); d(c) }", ""},
		{"changed", "func a" + body + "func f(c *conn) { a(c) }", "func b(c *conn) { c.lock(); n := c.get(); c.put(n); c.put(n + 2) }\nfunc f(c *conn) { b(c) }", ""},
		{"another one of that text stays", "func a" + body + "func d" + body + "func f(c *conn) { a(c); d(c) }", "func d" + body + "func f(c *conn) { d(c); d(c) }", ""},
		{"other results", "func a(c *conn) int { c.lock(); return 1 }; func f(c *conn) { a(c) }", "func b(c *conn) int64 { c.lock(); return 1 }; func f(c *conn) { b(c) }", ""},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			body := func(s string) string { return strings.ReplaceAll(s, "; ", "\n") }
			ms := step(t, body(c.old), body(c.new))
			var got []string
			for key, m := range ms {
				if m.New != nil && m.New.Key != m.Old.Key {
					got = append(got, key+" is "+strings.TrimPrefix(m.New.Key, "example.com/p."))
				}
			}
			slices.Sort(got)
			require.Equal(t, c.want, strings.Join(got, "|"))
			f := ms["f"]
			for i := range f.Old.Points {
				if i > 0 && c.want != "" && f.Points != nil && f.Points[i] < 0 {
					t.Errorf("point %d of f, `%s`: %v", i, f.Old.Points[i].What, f.Points)
				}
			}
		})
	}
}

// TestChangedFunctionIsACandidate: a function that has another name and another text is
// for the developer to say, with what speaks for it.
func TestChangedFunctionIsACandidate(t *testing.T) {
	m := step(t, "func a(c *conn) { c.lock(); n := c.get(); c.put(n); c.put(n + 1) }\nfunc f(c *conn) { a(c) }",
		"func b(c *conn) { c.lock(); n := c.get(); c.put(n); c.put(n + 2) }\nfunc f(c *conn) { b(c) }")["a"]
	require.Nil(t, m.New)
	require.NotEmpty(t, m.Candidates)
	require.Equal(t, "example.com/p.b", m.Candidates[0].Func.Key)
	require.Contains(t, m.Candidates[0].Reason, "of its text")
	require.Greater(t, m.Candidates[0].Confidence, 0.7)
}

// TestMovedOperation: one that has changed places with others is a guess that says so.
func TestMovedOperation(t *testing.T) {
	m := step(t, "func f(c *conn) { c.put(1)\nc.lock()\nc.get() }", "func f(c *conn) { c.lock()\nc.get()\nc.put(1) }")["f"]
	i, j := point(t, m.Old, "c.put(1)", 1), point(t, m.New, "c.put(1)", 1)
	require.Equal(t, -1, m.Points[i])
	require.NotEmpty(t, m.Guesses[i])
	require.Equal(t, j, m.Guesses[i][0].Point)
	require.Equal(t, "the same operation; it stands behind `c.lock()` now", m.Guesses[i][0].Reason)
}

// TestGoesOn: where frames go that wait at a point whose operation is another one now. -1: it
// is for the developer to say.
func TestGoesOn(t *testing.T) {
	for _, c := range []struct{ name, old, new, at, to string }{
		// What comes behind the point is the same.
		{"other call at the end", "c.lock(); if a { c.put(1); return }; c.put(2)", "c.lock(); if a { fail(c); return }; c.put(2)", "c.put(1)", "fail(c)"},
		{"other call that returns something", "c.lock(); if a { c.put(1); return }; c.put(2)", "c.lock(); if a { c.get(); return }; c.put(2)", "c.put(1)", ""},
		{"into another branch of that end", "c.lock(); if a { c.put(1); return }; c.put(2)", "c.lock(); switch { case a: fail(c); return }; c.put(2)", "c.put(1)", "fail(c)"},
		{"before the next turn", "for { c.lock(); if a { c.put(1); continue }; c.put(2) }", "for { c.lock(); if a { fail(c) } else { c.put(2) } }", "c.put(1)", "fail(c)"},
		{"before the next turn of another loop", "for { c.lock(); for a { c.put(1) } }", "for { c.lock(); for !a { fail(c) } }", "c.put(1)", ""},
		{"other things behind it", "c.lock(); c.put(1); c.n++; c.put(2)", "c.lock(); fail(c); c.n--; c.put(2)", "c.put(1)", ""},
		{"what is behind it uses a local that is made otherwise", "n := c.get(); c.put(1); c.n = n", "n := c.n; fail(c); c.n = n", "c.put(1)", "fail(c)"},
		{"a jump behind it", "for { c.lock(); c.put(1); if a { break }; c.n++ }", "for { c.lock(); fail(c); if a { break }; c.n++ }", "c.put(1)", ""},
		// The call is the same, given something else.
		{"other operand", "c.lock(); c.put(1); c.put(2); c.n++", "c.lock(); c.put(5); c.put(2); c.n--", "c.put(1)", "c.put(5)"},
		{"other constant, and the result is used", "x := sum(c, 1); c.put(x)", "x := sum(c, 2); c.put(x)", "sum(c, 1)", ""},
		{"other way to the operand", "x := sum(c, c.n); c.put(x)", "x := sum(c.self, c.n); c.put(x)", "sum(c, c.n)", ""},
		{"same operand of another object", "x := sum(c, c.n); c.put(x); c.put(2)", "x := sum(c, c.self.n); c.put(x); c.put(3)", "sum(c, c.n)", "sum(c, c.self.n)"},
		{"other object's method", "x := c.self.get(); c.put(x); c.put(2)", "x := c.other.get(); c.put(x); c.put(3)", "c.self.get()", ""},
		{"shorter way to the object", "x := c.self.other.get(); c.put(x); c.put(2)", "x := c.other.get(); c.put(x); c.put(3)", "c.self.other.get()", "c.other.get()"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			body := func(s string) string {
				return "func sum(c *conn, n int) int { return n + c.get() }\nfunc fail(c *conn) { c.put(0); println(0) }\nfunc f(c *conn) {\na := c.n > 3\n_ = a\n" + strings.ReplaceAll(s, "; ", "\n") + "\n}"
			}
			requireGoesOn(t, step(t, body(c.old), body(c.new))["f"], c.at, c.to)
		})
	}
}

// requireGoesOn requires that frames at one operation go on at another one, or nowhere if that is "".
func requireGoesOn(t *testing.T, m match.Func, at, to string) {
	t.Helper()
	i, want := point(t, m.Old, at, 1), -1
	if to != "" {
		want = point(t, m.New, to, 1)
	}
	got := i
	if m.Points != nil {
		got = m.Points[i]
	}
	require.Equal(t, want, got, "%v\n%v\n%+v", m.Old.Text, m.New.Text, m.Guesses[i])
}

// TestReturnedAtOnce: a frame whose call's results are all that it returns goes on behind any
// call of which that is true.
func TestReturnedAtOnce(t *testing.T) {
	for _, c := range []struct{ name, old, new, at, to string }{
		{"through a variable", "switch a { case 1: return c.get(); case 2: return sum(c, 1) }; return 0", "g := c.get; switch a { case 2: g = c.self.get; default: return 0 }; return g()", "c.get()", "g()"},
		{"of two", "if a > 1 { return c.get() }; return sum(c, 1)", "if a > 1 { return sum(c, 2) }; return c.self.get()", "c.get()", "sum(c, 2)"},
		{"not alone", "if a > 1 { return c.get() }; return 0", "if a > 1 { return sum(c, 2) + 1 }; return 0", "c.get()", ""},
		{"kept for later", "if a > 1 { return c.get() }; return 0", "n := sum(c, 2); return n", "c.get()", ""},
		{"of another type", "if a > 1 { return c.get() }; return 0", "if a > 1 { return int(long(c)) }; return 0", "c.get()", ""},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			body := func(s string) string {
				return "func sum(c *conn, n int) int { return n + c.get() }\nfunc long(c *conn) int64 { return int64(c.get()) }\nfunc f(c *conn) { g(c, c.n); long(c) }\nfunc g(c *conn, a int) int {\n" + strings.ReplaceAll(s, "; ", "\n") + "\n}"
			}
			requireGoesOn(t, step(t, body(c.old), body(c.new))["g"], c.at, c.to)
		})
	}
}

// TestReturned: what a call has returned goes to what the new function gives its results to.
func TestReturned(t *testing.T) {
	const f = "func pair(c *conn) (int, error) { return c.get(), nil }\nfunc f(c *conn) { println(g(c)) }\n"
	direct := f + "func g(c *conn) (int, error) { return pair(c) }"
	named := f + "func g(c *conn) (int, error) {\nn, err := pair(c)\nif err != nil { return 0, err }\nreturn n + 1, nil }"
	for _, s := range [][2]string{{direct, named}, {named, direct}} {
		t.Run("", func(t *testing.T) {
			m := step(t, s[0], s[1])["g"]
			require.True(t, m.Points == nil || m.Points[1] == 1, "%v %+v", m.Points, m.Guesses)
			require.Empty(t, m.Relation().Missing(1, 1, m.Moves), "%v", m.Moves)
		})
	}
}

// TestDeferredAnew: a call that only the new function defers has not been deferred by frames
// that passed its place; the developer is asked where it may be owed.
func TestDeferredAnew(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		asked          bool
	}{
		{"new", "c.lock(); c.put(1)", "defer c.put(9); c.lock(); c.put(1)", false},
		{"with operands", "c.lock(); n := c.get(); c.put(n)", "defer func(n int) { println(n) }(c.n); c.lock(); n := c.get(); c.put(n)", false},
		{"in place of a call at the end", "c.lock(); c.put(1); c.put(9)", "defer c.put(9); c.lock(); c.put(1)", true},
		{"in place of another call at the end", "c.lock(); c.put(1); c.put(8)", "defer c.put(9); c.lock(); c.put(1)", true},
		{"that gives back", "c.lock(); c.put(1)", "defer c.mu.Unlock(); c.lock(); c.put(1)", true},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			body := func(s string) string { return "func f(c *conn) {\n" + strings.ReplaceAll(s, "; ", "\n") + "\n}" }
			m := step(t, body(c.old), body(c.new))["f"]
			i := point(t, m.Old, "c.lock()", 1)
			if asked := m.Points != nil && m.Points[i] < 0; asked != c.asked {
				t.Errorf("asked: %v, %+v", asked, m.Guesses[i])
			}
		})
	}
}

// TestTranslate: names in strings, of fields and of other functions stay as they are.
func TestTranslate(t *testing.T) {
	m := step(t, "func f(c *conn) { n := c.get()\nfor { c.put(n)\nn++ } }", "func f(c *conn) { k := c.get()\nfor { c.put(k)\nk++ } }")["f"]
	r := m.Relation()
	for text, want := range maps.All(map[string]string{
		"n + c.n":            "k + c.n",
		"g(`n`, \"n\", 'n')": "g(`n`, \"n\", 'n')",
		"nn(n)":              "nn(k)",
		`"\"n" + n`:          `"\"n" + k`,
	}) {
		require.Equal(t, want, r.Translate(text))
	}
}
