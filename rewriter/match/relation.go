package match

import (
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A Relation is what the texts of two functions have in common: which lines of the old
// one are which of the new one, and which local variables of the old one are called
// otherwise there.
//
// Lines are aligned in their order, so that the sum of how much they are alike is
// greatest. A variable is certainly another one if it is declared in a line that is the
// same but for the names of variables, if it stands in the place of the other one in
// every line of that kind that either of them is in, and if there is no doubt of that
// which comes from the names themselves.
type Relation struct {
	Old, New *ledger.Func

	lines []int  // old line → new one, -1: none
	same  []bool // of old lines: but for the names of variables
	votes map[[2]int]int
	vars  map[int]int        // old variable → the new one that it certainly is
	names map[string]string  // of variables that are called otherwise, as far as a name tells
	keys  map[string]string  // old function → new one
	calls map[string]string  // of those that are called, as far as a name tells: names that are others now
	pairs map[[2]string]bool // old names of functions, and the new ones
}

// Relate compares two functions. keys tells of other functions which old one has become
// which new one; those with the same key need not be in it.
func Relate(o, n *ledger.Func, keys map[string]string) *Relation {
	r := &Relation{Old: o, New: n, votes: map[[2]int]int{}, vars: map[int]int{}, names: map[string]string{}, keys: keys}
	r.functions()
	was, is := r.split()
	r.align(was, is)
	r.variables(was, is)
	return r
}

// variables finds which variables are certainly which.
func (r *Relation) variables(was, is []line) {
	type place struct{ line, nth int }
	first := func(l []line, n int) []place {
		p := make([]place, n)
		for i := len(l) - 1; i >= 0; i-- {
			for k := len(l[i].vars) - 1; k >= 0; k-- {
				p[l[i].vars[k]] = place{i, k}
			}
		}
		return p
	}
	a, b := first(was, len(r.Old.Vars)), first(is, len(r.New.Vars))
	uses := func(l []line, n int) []int {
		in := make([]int, n)
		for i := range l {
			for k, v := range l[i].vars {
				if !slices.Contains(l[i].vars[:k], v) {
					in[v]++
				}
			}
		}
		return in
	}
	inOld, inNew := uses(was, len(r.Old.Vars)), uses(is, len(r.New.Vars))
	to, from, in := map[int][]int{}, map[int][]int{}, map[int]int{}
	for i, j := range r.lines {
		if j < 0 || !r.same[i] {
			continue
		}
		for k, v := range was[i].vars {
			u := is[j].vars[k]
			if !slices.Contains(was[i].vars[:k], v) {
				in[v]++
			}
			if r.votes[[2]int{v, u}]++; !slices.Contains(to[v], u) {
				to[v], from[u] = append(to[v], u), append(from[u], v)
			}
		}
	}
	for v, l := range to {
		u := l[0]
		if len(l) > 1 || len(from[u]) > 1 || r.lines[a[v].line] != b[u].line || !r.same[a[v].line] || a[v].nth != b[u].nth {
			continue
		}
		if name := r.Old.Vars[v]; name != r.New.Vars[u] && (2*in[v] < max(inOld[v], inNew[u]) || r.mayBe(name, from)) {
			continue
		}
		r.vars[v] = u
	}
	ambiguous := map[string]bool{}
	for v, u := range r.vars {
		name, as := r.Old.Vars[v], r.New.Vars[u]
		if known, ok := r.names[name]; ok && known != as {
			ambiguous[name] = true
		}
		r.names[name] = as
	}
	for v, name := range r.Old.Vars {
		if _, ok := r.vars[v]; !ok && r.names[name] != "" && r.names[name] != name {
			ambiguous[name] = true
		}
	}
	for name := range ambiguous {
		delete(r.names, name)
	}
}

// equal reports whether an old line says the same as its counterpart: the variables in it
// are the same ones, whatever they are called.
func (r *Relation) equal(i int) bool {
	if r.lines[i] < 0 || !r.same[i] {
		return false
	}
	a, b := strings.Split(r.Old.Text[i], " "), strings.Split(r.New.Text[r.lines[i]], " ")
	for k := range a {
		v, one := variable(strings.TrimLeft(a[k], "\t"))
		u, _ := variable(strings.TrimLeft(b[k], "\t"))
		if one && !r.are(v, u) {
			return false
		}
	}
	return true
}

// are reports whether an old variable is a new one: certainly, or by its name.
func (r *Relation) are(v, u int) bool {
	if is, ok := r.vars[v]; ok {
		return is == u
	}
	return r.Old.Vars[v] == r.New.Vars[u]
}

// mayBe reports whether a new variable of a name may be an old one of that name: no line
// says that it is another one.
func (r *Relation) mayBe(name string, from map[int][]int) bool {
	for u, s := range r.New.Vars {
		if s == name && len(from[u]) == 0 {
			return true
		}
	}
	return false
}

// against reports whether lines say of an old variable and a new one that they are not
// the same.
func (r *Relation) against(v, u int) bool {
	if r.votes[[2]int{v, u}] > 0 {
		return false
	}
	if is, ok := r.vars[v]; ok {
		return is != u
	}
	for p := range r.votes {
		if p[0] == v || p[1] == u {
			return true
		}
	}
	return false
}

// Same reports whether the two functions are the same but for names: their own, those of
// local variables, and those of functions that keys has told of.
func (r *Relation) Same() bool {
	if len(r.Old.Text) == 0 || len(r.Old.Text) != len(r.New.Text) || len(r.vars) != len(r.Old.Vars) || len(r.vars) != len(r.New.Vars) {
		return false
	}
	for i := range r.lines {
		if r.lines[i] != i || !r.same[i] {
			return false
		}
	}
	return true
}

// says reports whether the operation of point j of the new function has the text of that
// of point i of the old one, but for names.
func (r *Relation) says(i, j int) bool {
	p, q := &r.Old.Points[i], &r.New.Points[j]
	if p.What == q.What && (p.Form == "" || !r.named(p, q)) {
		return true
	}
	if p.Form == "" || q.Form == "" {
		return r.Translate(p.What) == q.What
	}
	a, b := strings.Split(p.Form, " "), strings.Split(q.Form, " ")
	if len(a) != len(b) {
		return false
	}
	for k := range a {
		v, one := variable(a[k])
		u, two := variable(b[k])
		switch {
		case one && two:
			if !r.are(v, u) {
				return false
			}
		case a[k] != b[k] && (one || two || !r.pairs[[2]string{a[k], b[k]}]):
			return false
		}
	}
	return true
}

// named reports whether two operations with one text name variables that are certainly
// not the same.
func (r *Relation) named(p, q *ledger.Point) bool {
	a, b := strings.Split(p.Form, " "), strings.Split(q.Form, " ")
	for k := range min(len(a), len(b)) {
		v, one := variable(a[k])
		u, two := variable(b[k])
		if is, ok := r.vars[v]; one && two && ok && is != u {
			return true
		}
	}
	return false
}
