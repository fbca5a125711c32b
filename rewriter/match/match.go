// Package match finds, for the functions and points of one release, their
// counterparts in the next.
//
// What it decides by itself is certain: the same operation, in the same order
// among its like, with every local that the new point needs at hand. Whatever is
// less than that is a Guess: it is put before the developer, with its reason, and
// not acted on.
//
// What stands between the points is looked at by Concerns, once it is known where all
// frames go. The ledger lists what a function does besides its points' operations
// (ledger.Effect: checks, locks, counters, calls, ...), and for each where it stands seen
// from each point: done, ahead, or in another branch. If that is another place at the
// counterpart, frames skip it or do it twice. Checks are followed through calls, too: one
// that moved from one function to another is missed, or made twice, by whoever stands
// between the two, also in a function that calls both.
package match

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A Func is what became of an old function.
type Func struct {
	Old, New *ledger.Func // New is nil if there is no counterpart
	// Points maps old points to new ones; -1: none that is certain. It is nil if
	// nothing changed.
	Points []int
	// Moves says which old field each new field is carried over from; nil if
	// all that can be are from the one with the same name. See Moves.
	Moves map[string]string
	// Guesses has, for points without a certain counterpart, what may be one,
	// best first.
	Guesses map[int][]Guess
	// Candidates may be what became of a function without a counterpart.
	Candidates []Candidate
	// Same: the function's source did not change.
	Same bool

	relation *Relation
}

// Relation is what the texts of the two functions have in common; nil if New is.
func (m *Func) Relation() *Relation { return m.relation }

// A Guess is a new point that an old one may have become.
type Guess struct {
	Func       *ledger.Func
	Point      int
	Confidence float64 // 0 to 1
	Reason     string
	// Needs are the new frame's fields without a value, if nothing else keeps the
	// guess from being certain.
	Needs []string
}

// A Candidate is a new function that an old one may have become.
type Candidate struct {
	Func       *ledger.Func
	Confidence float64
	Reason     string
}

// Funcs matches every function of a release with one of the next.
func Funcs(was, is *ledger.Release) []Func {
	was.Underlie()
	is.Underlie()
	old, new := was.Funcs, is.Funcs
	keys := renamedLeaves(was, is)
	pairs := functions(old, new, keys)
	for o, n := range pairs {
		keys[o.Key] = n.Key
	}
	byKey := map[string]bool{}
	for i := range old {
		byKey[old[i].Key] = true
	}
	var fresh []*ledger.Func // functions that nothing has become yet
	taken := map[*ledger.Func]bool{}
	for _, n := range pairs {
		taken[n] = true
	}
	for i := range new {
		if !taken[&new[i]] {
			fresh = append(fresh, &new[i])
		}
	}
	known := &relations{keys: keys, made: map[[2]*ledger.Func]*Relation{}, outlines: map[*ledger.Func]*outline{}}
	l := make([]Func, len(old))
	for i := range old {
		o := &old[i]
		l[i] = Pair(o, pairs[o], keys)
		if l[i].New == nil {
			l[i].Candidates = candidates(o, fresh, known)
		}
		elsewhere(&l[i], fresh, known)
	}
	heirs(l, fresh)
	inlined(l, known)
	return l
}

// Keys says which old functions have become which new ones.
func Keys(l []Func) map[string]string {
	keys := map[string]string{}
	for i := range l {
		if l[i].New != nil {
			keys[l[i].Old.Key] = l[i].New.Key
		}
	}
	return keys
}

// Pair matches the points of two functions. keys says which functions have other names
// now; dropped are deferred calls of the old one that may be lost.
func Pair(o, n *ledger.Func, keys map[string]string, dropped ...string) Func {
	m := Func{Old: o, New: n}
	if n == nil {
		return m
	}
	m.Same = o.Hash == n.Hash
	r := Relate(o, n, keys)
	m.relation = r
	aligned := r.Alignment()
	moves := r.Moves(aligned)
	m.Points = make([]int, len(o.Points))
	m.Guesses = map[int][]Guess{}
	certain := func(i int) func(j int) bool {
		return func(j int) bool {
			why, _ := r.doubt(i, j, r.MovesTo(i, j, aligned), dropped)
			return why == ""
		}
	}
	for i, j := range aligned {
		m.Points[i] = -1
		if i == 0 && !o.Gate {
			m.Points[0] = 0 // nobody stands there
			continue
		}
		if j < 0 {
			m.Points[i] = r.resting(i, aligned, certain(i))
			continue
		}
		if why, needs := r.doubt(i, j, moves, dropped); why != "" {
			// Of the same operation it is the text behind it that counts, and what is missing there:
			// unless it stands in another place, too, with the text that it had behind it.
			fits := certain(i)
			if r.says(i, j) {
				fits = func(j int) bool { return r.says(i, j) && !slices.Contains(aligned, j) && certain(i)(j) }
			}
			m.Points[i] = r.resting(i, aligned, fits)
			if m.Points[i] >= 0 {
				continue
			}
			m.Guesses[i] = append(m.Guesses[i], Guess{n, j, r.likeness(i, j), why, needs})
		} else {
			m.Points[i] = j
		}
	}
	r.moved(&m, aligned)
	if !ByName(moves, o, n) {
		m.Moves = moves
	}
	if m.Moves == nil && identity(m.Points, n) {
		m.Points = nil
	}
	return m
}

// moved adds the points that do what an old one did which has no counterpart in its
// order: statements have changed places.
func (r *Relation) moved(m *Func, aligned []int) {
	for i := 1; i < len(aligned); i++ {
		if aligned[i] >= 0 || m.Points[i] >= 0 {
			continue
		}
		for j := 1; j < len(r.New.Points); j++ {
			if r.Old.Points[i].Kind != r.New.Points[j].Kind || !r.says(i, j) || slices.Contains(aligned, j) {
				continue
			}
			// What came first and comes later now, or the other way round.
			reason := "the same operation, in another place"
			for k, to := range aligned {
				if k == 0 || to < 1 || (k < i) == (to < j) {
					continue
				}
				side := "behind"
				if to > j {
					side = "before"
				}
				reason = fmt.Sprintf("the same operation; it stands %s `%s` now", side, r.New.Points[to].What)
				break
			}
			m.Guesses[i] = append(m.Guesses[i], Guess{r.New, j, 0.9 * r.likeness(i, j), reason, nil})
		}
		sort.SliceStable(m.Guesses[i], func(a, b int) bool { return m.Guesses[i][a].Confidence > m.Guesses[i][b].Confidence })
	}
}

// sameCalls reports whether two functions do the same at all of their points, in
// the same order and nesting, but for what they hand over there: a call that has
// been made with the old operands goes on behind the one with the new.
func (r *Relation) sameCalls() bool {
	o, n := r.Old, r.New
	if len(o.Points) != len(n.Points) {
		return false
	}
	for i := range o.Points {
		p, q := &o.Points[i], &n.Points[i]
		if p.Kind != q.Kind || r.Translate(p.Callee) != q.Callee && !r.calling(i, i) || p.Results != q.Results || !equal(r.translated(p.Path), q.Path) {
			return false
		}
	}
	return true
}

// calling reports whether two points call the same function, whatever it is called now.
func (r *Relation) calling(i, j int) bool {
	p, q := &r.Old.Points[i], &r.New.Points[j]
	return p.Calls != "" && q.Calls != "" && (p.Calls == q.Calls && r.keys[p.Calls] == "" || r.keys[p.Calls] == q.Calls)
}

func identity(points []int, n *ledger.Func) bool {
	if len(points) != len(n.Points) {
		return false
	}
	for i, p := range points {
		if i != p {
			return false
		}
	}
	return true
}

// doubt says why point j of n is not certain to be point i of o; "" if it is.
// needs are the missing fields if these are all.
func (r *Relation) doubt(i, j int, moves map[string]string, dropped []string) (why string, needs []string) {
	o, n := r.Old, r.New
	p, q := &o.Points[i], &n.Points[j]
	switch {
	case p.Kind != q.Kind:
		return fmt.Sprintf("it was a %s and is a %s", kind(p), kind(q)), nil
	case !r.goesOn(i, j):
		return "another text: `" + q.What + "`", nil
	case loops(o, p) > loops(n, q) && !r.rests(i, j):
		return "it stood in a loop that is not around it now: what that has left to do would not be done", nil
	case p.Results != q.Results && !r.calling(i, j):
		// If it is known what is called, the frame inside is one of that function, too.
		return fmt.Sprintf("it returned (%s) and returns (%s)", ledger.Plain(p.Results), ledger.Plain(q.Results)), nil
	case !equal(r.translated(p.Cases), q.Cases):
		return "the cases of the select differ, and the frame holds the number of the one taken", nil
	}
	if l := Lost(o, n, i, moves, dropped); len(l) > 0 {
		return "deferred before, and not in the new function: `" + strings.Join(l, "`, `") + "`", nil
	}
	if l := r.Missing(i, j, moves); len(l) > 0 {
		return "it needs " + strings.Join(l, ", "), l
	}
	return "", nil
}

// loops is how many loops a point is in; in the header of one it is not.
func loops(f *ledger.Func, p *ledger.Point) (n int) {
	if p.In >= len(f.Text) {
		return 0
	}
	depth := func(line string) int { return len(line) - len(strings.TrimLeft(line, "\t")) }
	for i, d := p.In, depth(f.Text[p.In]); i > 0 && d > 0; i-- {
		line := f.Text[i-1]
		if depth(line) < d {
			d = depth(line)
			if word, _, _ := strings.Cut(line[d:], " "); word == "for" {
				n++
			}
		}
	}
	return n
}

func kind(p *ledger.Point) string {
	if p.Kind == "" {
		return "function's entry"
	}
	return p.Kind
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// Alignment is the best alignment of the functions' points that keeps their order:
// old point → new point or -1. Entries are aligned with each other.
func (r *Relation) Alignment() []int {
	o, n := r.Old, r.New
	weight := func(i, j int) float64 {
		w := r.likeness(i, j)
		// Among like ones, those whose lines are the same.
		if p, q := &o.Points[i], &n.Points[j]; p.In < len(r.lines) && r.lines[p.In] != q.In {
			w *= 0.97
		}
		// Where not all can keep their order, those at which goroutines stay do.
		if o.Points[i].Brief {
			w *= 0.9
		}
		return w
	}
	l := make([]int, len(o.Points))
	for i := range l {
		l[i] = -1
	}
	l[0] = 0
	best := make([][]float64, len(o.Points)+1)
	for i := range best {
		best[i] = make([]float64, len(n.Points)+1)
	}
	for i := len(o.Points) - 1; i >= 1; i-- {
		for j := len(n.Points) - 1; j >= 1; j-- {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if w := weight(i, j); w >= least {
				best[i][j] = max(best[i][j], w+best[i+1][j+1])
			}
		}
	}
	for i, j := 1, 1; i < len(o.Points) && j < len(n.Points); {
		w := weight(i, j)
		switch {
		case w >= least && best[i][j] == w+best[i+1][j+1]:
			l[i] = j
			i, j = i+1, j+1
		case best[i][j] == best[i+1][j]:
			i++
		default:
			j++
		}
	}
	return l
}

// least is how alike two points must be to be thought the same at all.
const least = 0.35

// likeness weighs what two points do and where they stand, from 0 to 1.
func (r *Relation) likeness(i, j int) float64 {
	p, q := &r.Old.Points[i], &r.New.Points[j]
	if p.Kind != q.Kind {
		return 0
	}
	w := 0.0
	callee := r.Translate(p.Callee)
	switch {
	case r.says(i, j) && (p.Cases == nil || equal(r.translated(p.Cases), q.Cases)):
		w = 0.8
	case p.Callee != "" && (callee == q.Callee || r.calling(i, j)):
		w = 0.5
	case p.Kind == "select" && common(r.translated(p.Cases), q.Cases) > 0:
		w = 0.3 + 0.3*common(r.translated(p.Cases), q.Cases)
	case p.Callee != "" && lastName(callee) == lastName(q.Callee) && p.Results == q.Results:
		w = 0.4
	case p.Calls != "" && q.Calls != "" && p.Results == q.Results && r.Translate(given(p)) == given(q):
		w = 0.3 // another function of the program's own, called with the same
	case p.Kind != "call" && p.Kind != "select" && p.Results == q.Results:
		w = 0.2
	default:
		return 0
	}
	if w < 0.8 {
		w += 0.05 * common(wordsOf(r.Translate(p.What)), wordsOf(q.What))
	}
	path := r.translated(p.Path)
	if equal(path, q.Path) {
		w += 0.2
	} else {
		w += 0.15 * common(path, q.Path)
	}
	return w
}

// given is what a call is given, as written.
func given(p *ledger.Point) string { return strings.TrimPrefix(p.What, p.Callee) }

// common is the share of strings that two lists have in common.
func common(a, b []string) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	count := map[string]int{}
	for _, s := range a {
		count[s]++
	}
	n := 0
	for _, s := range b {
		if count[s] > 0 {
			count[s]--
			n++
		}
	}
	return 2 * float64(n) / float64(len(a)+len(b))
}

func lastName(callee string) string {
	for i := len(callee) - 1; i >= 0; i-- {
		if c := callee[i]; c == '.' || c == ')' || c == ' ' {
			return callee[i+1:]
		}
	}
	return callee
}
