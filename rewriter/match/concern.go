package match

import (
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A Step is where the frames of an old function go.
type Step struct {
	Old, New *ledger.Func
	To       []int // old point → new one; -1: not to one of New
	Free     []int // old points at which nobody stands when the step is made
	// Relation is that of the two; nil: nothing is known of their texts.
	Relation *Relation
}

// A Verdict says what is wrong with frames that go from a point to its counterpart.
type Verdict string

const (
	Skipped   Verdict = "skipped"       // the new function has done it there, the frame has not, and it is not done later
	Twice     Verdict = "done twice"    // the frame has done it, and the new function does it later
	Kept      Verdict = "lock kept"     // the frame holds the lock, and the new function does not release it
	NotHeld   Verdict = "lock not held" // the new function releases the lock, and the frame does not hold it
	Uncounted Verdict = "not counted"   // the new function counts on it, and the frame has not counted
	Overcount Verdict = "counted once too often"
	// Changed is for review alone: a check is where it was, with another text.
	Changed Verdict = "changed"
	// Unmade is for review alone: a new check that would not have been made.
	Unmade Verdict = "new, and would not have been made"
	// Given is for review alone: a call in flight was given something else.
	Given Verdict = "given something else"
)

// A Concern is something that stands between the points: the frames of a function that
// go on at a counterpart of their point would leave it out, or do it twice, although the
// operation at the point itself is certainly the same. Whether that matters is for the
// developer to say.
type Concern struct {
	Verdict
	Step   *Step
	Points []int // old points whose frames it is about
	// Effect is what is skipped or done twice: as it stands in the new release, or in
	// the old one if the new one does not have it. Old and New are where it stands, nil
	// if the function has none.
	Effect, Old, New *ledger.Effect
	// From and To are the functions that it moved between, if it did, and Was and Is
	// where it stands in them.
	From, To *ledger.Func
	Was, Is  *ledger.Effect
	// Via: the function itself does not do it, but what it calls, in the old release or
	// in the new one.
	Via bool
}

// Text is what names the effect in framemap.Accept.
func (c *Concern) Text() string { return c.Effect.What }

// Why says what would happen, for a reader who sees the points.
func (c *Concern) Why() string {
	switch c.Verdict {
	case Skipped:
		switch {
		case c.From != nil && c.Old != nil:
			return "it has moved into " + short(c.To) + ", which such a goroutine has behind it: it has not been done, and never would be"
		case c.From != nil && c.Via:
			return "it has moved from " + short(c.From) + " into " + short(c.To) + ": a goroutine between the two has not done it, and never would"
		case c.From != nil:
			return "it has moved here from " + short(c.From) + ": a goroutine behind it has not done it, and never would"
		case c.Old != nil:
			return "it stood behind the point and stands before it: a goroutine there has not done it, and never would"
		}
		return "it is new and stands before the point: a goroutine there has not done it, and never would"
	case Twice:
		if c.From != nil {
			return "it has moved from " + short(c.From) + " into " + short(c.To) + ": a goroutine between the two has done it, and would do it again"
		}
		return "it stood before the point and stands behind it: a goroutine there has done it, and would do it again"
	case Kept:
		return "a goroutine there holds the lock, and the new function does not at that point: it would not be released"
	case NotHeld:
		return "the new function holds the lock at that point, and a goroutine there does not: it would release what it does not hold"
	case Uncounted:
		if c.To != nil {
			return "in the new release it is counted in " + short(c.To) + ", before the call: a goroutine there has not been counted, and never would be: the count would be too low, or fall below zero"
		}
		return "the new function has counted at that point, and a goroutine there has not: the count would be too low, or fall below zero"
	case Overcount:
		if c.From != nil {
			return "it was counted in " + short(c.From) + ", before the call, and would be counted again: the count would stay too high"
		}
		return "a goroutine there has counted, and the new function has not at that point: the count would stay too high"
	}
	if c.Verdict == Unmade {
		return "it asks about a field that has had one value in all objects: goroutines behind it lack nothing"
	}
	if c.Verdict == Given {
		return "a call in flight has what the old text gives it, and frames go on behind the new one"
	}
	return "another condition: goroutines behind it have passed the old one"
}

func short(f *ledger.Func) string { return f.Key[strings.LastIndexByte(f.Key, '/')+1:] }

// Concerns finds what stands between the points that is skipped or done twice, and locks
// and counters that are taken over with another balance. notes are for review alone.
func Concerns(steps []Step, old, new *ledger.Release) (concerns, notes []Concern) {
	moves := crossings(steps, old, new)
	for i := range steps {
		s := &steps[i]
		if s.New == nil {
			continue
		}
		if s.Old.Hash != s.New.Hash {
			c, n := within(s, moves)
			concerns, notes = append(concerns, c...), append(notes, n...)
		}
		concerns = append(concerns, moves.balances(s)...)
		concerns = append(concerns, moves.between(s)...)
	}
	return concerns, notes
}

// within compares what a function has done at a point with what the new one has.
func within(s *Step, moves *crossing) (l, notes []Concern) {
	o, n := s.Old, s.New
	was, is := classes(o, n, moves)
	add := func(v Verdict, i int, a, b *ledger.Effect) { l = enter(l, s, v, i, a, b) }
	for i := 1; i < len(s.To); i++ {
		j := s.To[i]
		if j < 1 {
			continue
		}
		a, b := tally(o.Effects, was, i), tally(n.Effects, is, j)
		for _, class := range order(o.Effects, was, n.Effects, is) {
			x, y := a.of(class), b.of(class)
			switch e := y.any(x); {
			case e.Kind == ledger.Lock || e.Kind == ledger.Unlock || counts(e):
			case e.Kind == ledger.Check && len(x.ahead) == 0 && moves.inherits(o, i, n, e):
			case e.Kind == ledger.Check && len(x.ahead) == 0 && s.Relation.ends(i, j):
			case e.Kind == ledger.Check && len(y.done)-y.over > len(x.done)-x.over || len(y.done) > len(x.done) && len(x.ahead) > len(y.ahead):
				add(Skipped, i, x.first(true), y.done[len(y.done)-1])
			case len(x.done) > len(y.done) && len(y.ahead) > len(x.ahead):
				add(Twice, i, x.done[len(x.done)-1], y.ahead[0])
			}
		}
	}
	for k := range o.Effects {
		for m := range n.Effects {
			if e, f := &o.Effects[k], &n.Effects[m]; e.Kind == ledger.Check && was[k] == is[m] && e.Same() != f.Same() {
				notes = append(notes, Concern{Verdict: Changed, Step: s, Effect: f, Old: e, New: f})
			}
		}
	}
	return l, notes
}

// enter adds a point to what is found of a step.
func enter(l []Concern, s *Step, v Verdict, i int, a, b *ledger.Effect) []Concern {
	e := b
	if b == nil || (v == Kept || v == Overcount) && a != nil {
		e = a
	}
	for k := range l {
		if l[k].Verdict == v && l[k].Effect == e {
			l[k].Points = append(l[k].Points, i)
			return l
		}
	}
	return append(l, Concern{Verdict: v, Step: s, Points: []int{i}, Effect: e, Old: a, New: b})
}

// A count is how many effects of a class a frame has behind and before it.
type count struct {
	done, ahead, else_ []*ledger.Effect
	over               int // of those done, in loops that the frame has left
}

func (c count) any(d count) *ledger.Effect {
	for _, l := range [][]*ledger.Effect{c.done, c.ahead, c.else_, d.done, d.ahead, d.else_} {
		if len(l) > 0 {
			return l[0]
		}
	}
	return nil
}

func (c count) first(ahead bool) *ledger.Effect {
	if ahead && len(c.ahead) > 0 {
		return c.ahead[0]
	}
	return nil
}

type tallies map[string]count

func (t tallies) of(class string) count { return t[class] }

func tally(l []ledger.Effect, class []string, point int) tallies {
	t := tallies{}
	for i := range l {
		c := t[class[i]]
		switch ledger.From(l[i].Places, point) {
		case ledger.Over:
			c.over++
			c.done = append(c.done, &l[i])
		case ledger.Done:
			c.done = append(c.done, &l[i])
		case ledger.Ahead:
			c.ahead = append(c.ahead, &l[i])
		default:
			c.else_ = append(c.else_, &l[i])
		}
		t[class[i]] = c
	}
	return t
}

// order lists the classes in the order of the new function, then of the old one.
func order(o []ledger.Effect, was []string, n []ledger.Effect, is []string) []string {
	var l []string
	for _, c := range append(slices.Clone(is), was...) {
		if c != "" && !slices.Contains(l, c) {
			l = append(l, c)
		}
	}
	return l
}

// classes says which effects of two functions are the same: those with the same text,
// and checks in the same order that look alike. What moved between functions is looked
// at by itself and belongs to no class.
func classes(o, n *ledger.Func, moves *crossing) (was, is []string) {
	name := func(f *ledger.Func) (l []string) {
		for i := range f.Effects {
			if moves.has(&f.Effects[i]) {
				l = append(l, "")
			} else {
				l = append(l, f.Effects[i].Same())
			}
		}
		return l
	}
	was, is = name(o), name(n)
	rest := func(f *ledger.Func, own, other []string) (l []int) {
		for i := range f.Effects {
			if f.Effects[i].Kind == ledger.Check && own[i] != "" && !slices.Contains(other, own[i]) {
				l = append(l, i)
			}
		}
		return l
	}
	a, b := rest(o, was, is), rest(n, is, was)
	for _, p := range aligned(len(a), len(b), func(i, j int) float64 {
		p, q := o.Effects[a[i]].Same(), n.Effects[b[j]].Same()
		if w := common(words(p), words(q)); w >= 0.6 && asks(p, q) {
			return w
		}
		return 0
	}) {
		is[b[p[1]]] = was[a[p[0]]]
	}
	return was, is
}

// asks reports whether a check calls nothing that another one does not call, but for
// capitals: what it asks is what counts, however alike the rest of two texts is.
func asks(old, new string) bool {
	names := func(s string) (l []string) {
		for _, m := range called.FindAllStringSubmatch(s, -1) {
			l = append(l, strings.ToLower(lastName(m[1])))
		}
		return l
	}
	was := names(old)
	return !slices.ContainsFunc(names(new), func(s string) bool { return !slices.Contains(was, s) })
}

// words are the names, numbers and signs of a text.
func words(s string) []string {
	return strings.FieldsFunc(spaced.Replace(s), func(r rune) bool { return r == ' ' })
}

var spaced = strings.NewReplacer("(", " ( ", ")", " ", ".", " .", ",", " ", ";", " ", "!", " ! ", "[", " [ ", "]", " ", "=", " = ")

// aligned pairs the indices of two lists in order, so that the sum of the weights is
// greatest.
func aligned(a, b int, weight func(i, j int) float64) (l [][2]int) {
	best := make([][]float64, a+1)
	for i := range best {
		best[i] = make([]float64, b+1)
	}
	for i := a - 1; i >= 0; i-- {
		for j := b - 1; j >= 0; j-- {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if w := weight(i, j); w > 0 {
				best[i][j] = max(best[i][j], best[i+1][j+1]+w)
			}
		}
	}
	for i, j := 0, 0; i < a && j < b; {
		switch w := weight(i, j); {
		case w > 0 && best[i][j] == best[i+1][j+1]+w:
			l = append(l, [2]int{i, j})
			i, j = i+1, j+1
		case best[i][j] == best[i+1][j]:
			i++
		default:
			j++
		}
	}
	return l
}

func keyOf(e *ledger.Effect) string {
	if e.Key == "" {
		return e.What
	}
	return e.Key
}
