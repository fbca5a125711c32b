package check

import (
	"fmt"
	"go/token"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// resolve puts rules and matches together and reports what is left over.
func (c *checker) resolve() *Rules {
	r := &Rules{Exists: c.exists, Was: c.needs[0], Is: c.needs[1]}
	for i := range c.Matches {
		r.Funcs = append(r.Funcs, c.function(&c.Matches[i]))
	}
	changes := Changes(c.Old, c.New, c.renames())
	r.Changes = changes
	for _, t := range changes {
		c.changedType(t)
	}
	if c.There != nil {
		c.meanings(changes)
		r.Said = c.said
	}
	move := newMoving(c.Old, c.New, changes, c.between()...)
	words := newWords(c.Old, c.New, c.renames())
	for i := range c.Matches {
		c.returned(&c.Matches[i], &r.Funcs[i], changes)
		c.handedOver(&r.Funcs[i], words)
		r.Funcs[i].Pinned = move.pinned(c.Matches[i].Old)
	}
	c.inside(r.Funcs)
	if c.exists {
		c.held(r.Funcs)
		r.Warnings = c.warnings
	}
	r.Notes = c.concerns(r)
	r.Kept = c.keptFree(r.Funcs)
	r.Pointed = c.pointed(r.Funcs)
	r.Inferred = c.inferred
	r.Fresh = c.variables()
	r.Carried = c.carried
	r.Given = slices.Sorted(maps.Keys(c.rules.vars))
	r.Types = slices.Sorted(maps.Keys(c.rules.types))
	r.Late = slices.Sorted(maps.Keys(c.rules.late))
	r.Emptied = c.emptied()
	r.Entries = c.rules.entries
	r.Begun = c.begun(r)
	r.Lineage = c.lineage(r)
	r.Gaps = c.gaps
	r.touched = c.touches()
	return r
}

// function resolves one function of the old release.
func (c *checker) function(m *match.Func) Resolved {
	o := m.Old
	r := Resolved{Old: o.Key, Last: len(o.Points) - 1, At: slices.Sorted(maps.Keys(c.rules.ats[o.Key])), Leads: c.rules.leads[o.Key],
		Starts: slices.Sorted(maps.Keys(c.rules.starts[o.Key]))}
	never, fill, rule := c.rules.nevers[o.Key], c.rules.fills[o.Key], c.rules.funcs[o.Key]
	if never != nil {
		for i := range o.Points {
			if _, named := never.points[i]; named || never.all && !(i == 0 && valued(o)) {
				r.Never = append(r.Never, i)
			}
		}
	}
	n := m.New
	if rule != nil {
		n = c.New.Func(rule.new)
	}
	drops := c.rules.drops[o.Key]
	if n != nil && (n != m.New || drops != nil || c.renamed(o)) {
		again := match.Pair(o, n, c.successors(), drops...)
		for i, l := range m.Guesses {
			for _, g := range l {
				if n == m.New && g.Func != n && again.Points != nil && again.Points[i] < 0 {
					again.Guesses[i] = append(again.Guesses[i], g) // in other functions
				}
			}
		}
		m = &again
	}
	points := make([]int, len(o.Points))
	for i := range points {
		switch {
		case n == nil:
			points[i] = -1
		case m.Points == nil:
			points[i] = i
		default:
			points[i] = m.Points[i]
		}
	}
	explicit := map[int]bool{}
	if rule != nil {
		for i, j := range rule.points {
			points[i], explicit[i] = j, true
		}
	}
	moves := func(i int) map[string]string { return nil }
	if n != nil {
		r.New = n.Key
		r.Relation = m.Relation()
		moves = c.moves(rule, points, &r)
	}
	r.Told = slices.Sorted(maps.Keys(rule.given()))
	if fill != nil {
		r.Fill = true
		c.fill(m, fill)
	}
	if !o.Gate && n != nil {
		points[0] = 0
	}
	c.base(m, &r)
	kept := map[int]string{}
	for i := range o.Points {
		_, at := c.rules.ats[o.Key][i]
		free := slices.Contains(r.Never, i)
		c.clash(o, i, at, free, explicit[i], rule)
		switch {
		case at || free:
			points[i] = -1
		case i == 0 && !o.Gate:
		case rule != nil && rule.open[i]:
			points[i] = -1 // reported as open
		case explicit[i]:
			c.explicit(m, rule, fill, i, points[i], moves(i))
		case points[i] < 0:
			needs, ok := c.needed(m, fill, i)
			switch {
			case (!ok || len(needs) > 0) && c.passing(o, i):
				kept[i] = placeless(m, i, needs)
			case (!ok || len(needs) > 0) && never != nil && never.all:
				r.Never = append([]int{i}, r.Never...) // the entry
				c.lost(o, never.at)
			case !ok:
				c.gap(m, i)
			default:
				if points[i] = m.Guesses[i][0].Point; len(needs) > 0 {
					c.unfilled(m, fill, i, points[i], needs)
				}
			}
		}
	}
	for i, j := range points {
		if j < 0 || n == nil || i == 0 && !o.Gate {
			continue
		}
		if l := r.Relation.Missing(i, j, moves(i)); l != nil {
			if r.missing == nil {
				r.missing = map[int][]string{}
			}
			r.missing[i] = l
		}
		if l := r.Relation.Begun(i, j, moves(i)); l != nil {
			if r.Begun == nil {
				r.Begun = map[int][]*ledger.Field{}
			}
			r.Begun[i] = l
		}
	}
	if r.New == "" || !trivial(points, n) {
		r.Points = points
	}
	for i, why := range kept {
		r.keep(o, i, why)
	}
	return r
}

// pointed lists the locals that point at what they were themselves.
func (c *checker) pointed(l []Resolved) (all []Pointed) {
	for i := range l {
		r := &l[i]
		if r.Relation == nil {
			continue
		}
		for _, f := range r.Relation.New.Frame {
			from := f.Name
			if r.Moves != nil {
				from = r.Moves[f.Name]
			}
			was := slices.IndexFunc(r.Relation.Old.Frame, func(v ledger.Field) bool { return v.Name == from })
			if was >= 0 && match.Pointed(r.Relation.Old.Frame[was], f) {
				all = append(all, Pointed{r.Relation.New, f.Source})
			}
		}
	}
	return all
}

// valued reports whether something has a function's value, by which it may be called when the update has been made:
// nobody can wait for that.
func valued(f *ledger.Func) bool { return f.Gate && !f.Direct }

// lost warns of calls that framemap.Never cannot wait for.
func (c *checker) lost(o *ledger.Func, at token.Pos) {
	c.warnings = append(c.warnings, diag.New(diag.UnmappedPoint, c.fset.Position(at), "a call of "+o.Key+" that comes when the update has been made panics",
		"something has its value, and framemap.Never waits for who is in it alone", fmt.Sprintf("say with framemap.Func or framemap.At what its entry becomes, point 0; or, if nobody calls it any more, name that, too: framemap.Never(m, %q, 0)", o.Key)))
}

// placeless says why a point that is kept free has no place.
func placeless(m *match.Func, i int, needs []string) string {
	switch {
	case len(needs) > 0:
		var l []string
		for _, f := range needs {
			l = append(l, field(m.New, f))
		}
		return "no value for " + strings.Join(l, ", ")
	case m.New == nil:
		return "the function is gone"
	case len(m.Guesses[i]) > 0:
		return "its place is not certain"
	}
	return "nothing has become of it"
}

// successors says which old function is which new one, by itself or by a rule.
func (c *checker) successors() map[string]string {
	if c.keys == nil {
		c.keys = map[string]string{}
		for i := range c.Matches {
			if n := c.successor(c.Matches[i].Old.Key); n != nil {
				c.keys[c.Matches[i].Old.Key] = n.Key
			}
		}
	}
	return c.keys
}

// renamed reports whether a function calls one that a rule says has become another one.
func (c *checker) renamed(o *ledger.Func) bool {
	for i := range o.Points {
		key := o.Points[i].Calls
		if rule, m := c.rules.funcs[key], c.oldFuncs[key]; rule != nil && m != nil && (m.New == nil || m.New.Key != rule.new) {
			return true
		}
	}
	return false
}

// relate compares an old function with one that its frames become.
func (c *checker) relate(o, n *ledger.Func) *match.Relation {
	if m := c.oldFuncs[o.Key]; m != nil && m.New == n && !c.renamed(o) {
		return m.Relation()
	}
	return match.Relate(o, n, c.successors())
}

// moves says what the frames of a function are carried over from, at each of its points.
// Where several lead to one, what belongs to that (results, operands) is taken from the
// one that matches it, and at the others from themselves.
func (c *checker) moves(rule *funcRule, points []int, r *Resolved) func(i int) map[string]string {
	rel := r.Relation
	matched := rel.Alignment()
	aligned := slices.Clone(matched)
	for i := range rule.given() {
		aligned[i] = points[i]
	}
	owner := map[int]int{} // new point → old one
	for i, j := range aligned {
		if was, taken := owner[j]; !taken || matched[i] == j && matched[was] != j {
			owner[j] = i
		}
	}
	others := map[int]int{}
	for i, j := range aligned {
		switch {
		case j >= 0 && owner[j] != i:
			others[i] = j
			aligned[i] = -1
		case i > 0 && points[i] >= 0 && points[i] != j: // what comes behind it is the same
			others[i] = points[i]
		}
	}
	moves := rel.Moves(aligned)
	if !match.ByName(moves, rel.Old, rel.New) {
		r.Moves = moves
	}
	for i, j := range others {
		if l := rel.MovesTo(i, j, aligned); !maps.Equal(l, moves) {
			if r.MovesAt == nil {
				r.MovesAt = map[int]map[string]string{}
			}
			r.MovesAt[i] = l
		}
	}
	return func(i int) map[string]string {
		if l, ok := r.MovesAt[i]; ok {
			return l
		}
		return moves
	}
}

// base reports a function that foreign code may have called, or a go statement, or
// that is marked go:uintptrescapes, and whose results are others now: who called it
// waits for the old ones.
func (c *checker) base(m *match.Func, r *Resolved) {
	o, n := m.Old, m.New
	if c.results(m) || !o.Gate && !o.Base || n == nil || o.Results == n.Results {
		return
	}
	open := 0
	for i := range o.Points {
		if _, at := c.rules.ats[o.Key][i]; !at && !slices.Contains(r.Never, i) {
			open++
		}
	}
	if open == 0 {
		return
	}
	pos := c.placeOf(m)
	why := "it is called through function values, and its callers wait for the old results"
	if o.Base {
		why = "it is marked go:uintptrescapes: its callers' frames stay until it returns, and wait for the old results"
	}
	c.gaps = append(c.gaps, Gap{Func: m, Results: true, Turns: !recovers(o) && !recovers(n)})
	c.diags.Add(diag.OtherResults, pos, fmt.Sprintf("%s returned %s and returns %s", o.Key, ledger.Plain(o.Results), ledger.Plain(n.Results)),
		why, "turn its results back with framemap.Results, keep it free with framemap.Never, or make frames with framemap.At whose outermost returns what it did")
}

// placeOf is where a function's rule stands, else the new function.
func (c *checker) placeOf(m *match.Func) token.Position {
	if rule := c.rules.funcs[m.Old.Key]; rule != nil {
		return c.fset.Position(rule.at)
	}
	return c.place(m.New.File, m.New.Line, false)
}

// returned reports a function that is marked go:uintptrescapes and whose results are
// of types that have changed, or that lead to one: its caller waits for the old ones.
// What foreign code calls and would return such types is found when it happens.
func (c *checker) returned(m *match.Func, r *Resolved, changes []Change) {
	o, n := m.Old, m.New
	if !o.Base || n == nil || o.Results != n.Results || c.rules.turns[o.Key] != nil {
		return // base has reported it
	}
	for i := range o.Points {
		if (i > 0 || o.Gate) && !slices.Contains(r.Never, i) {
			if key := c.leads(o.Results, changes, map[string]bool{}); key != "" {
				c.gaps = append(c.gaps, Gap{Func: m, Results: true})
				c.diags.Add(diag.OtherResults, c.placeOf(m), fmt.Sprintf("%s returns %s, and %s has changed", o.Key, ledger.Plain(o.Results), key),
					"it is marked go:uintptrescapes: its callers' frames stay until it returns, and wait for the old type", "keep it free with framemap.Never, or return something else")
			}
			return
		}
	}
}

// leads is a changed type that an old type mentions, at any depth; "" if none.
func (c *checker) leads(typ string, changes []Change, seen map[string]bool) string {
	for _, key := range ledger.Refs(typ) {
		if seen[key] {
			continue
		}
		seen[key] = true
		if slices.ContainsFunc(changes, func(t Change) bool { return t.Old.Key == key }) {
			return key
		}
		if t := c.Old.Type(key); t != nil {
			if found := c.leads(t.Under, changes, seen); found != "" {
				return found
			}
		}
	}
	return ""
}

func (r *funcRule) given() map[int]int {
	if r == nil {
		return nil
	}
	return r.points
}

// given are the fields that framemap.Locals sets.
func (r *fillRule) given() fieldSet {
	if r == nil {
		return fieldSet{}
	}
	return r.sets
}

func trivial(points []int, n *ledger.Func) bool {
	for i, j := range points {
		if i != j {
			return false
		}
	}
	return len(points) == len(n.Points)
}

// clash reports a point that two rules say something about.
func (c *checker) clash(o *ledger.Func, i int, at, kept, explicit bool, rule *funcRule) {
	n := 0
	for _, b := range []bool{at, kept, explicit} {
		if b {
			n++
		}
	}
	if n < 2 {
		return
	}
	pos := c.rules.ats[o.Key][i]
	if explicit {
		pos = rule.pos[i]
	}
	c.bad(diag.MappedTwice, pos, fmt.Sprintf("point %d of %s has two rules", i, o.Key), "Func, At and Never exclude each other", "keep one")
}

// explicit checks a point that the developer mapped.
func (c *checker) explicit(m *match.Func, rule *funcRule, fill *fillRule, i, j int, moves map[string]string) {
	o, n := m.Old, m.New
	at := rule.pos[i]
	if i == 0 != (j == 0) {
		c.bad(diag.PointRange, at, fmt.Sprintf("point %d of %s cannot become point %d", i, o.Key, j), "the entry is where a function begins, with its parameters alone", "")
		return
	}
	if j == 0 && !n.Gate {
		c.bad(diag.PointRange, at, n.Key+" cannot be entered by a frame", "it is called by own code directly", "choose another point")
		return
	}
	for _, call := range match.Lost(o, n, i, moves, c.rules.drops[o.Key]) {
		c.bad(diag.LostDefer, at, fmt.Sprintf("`%s` may be deferred at point %d of %s, and %s does not defer it", call, i, o.Key, n.Key),
			"it would not be made", "say so with framemap.DropDefer, or keep the point free with framemap.Never")
	}
	var needs []string
	missing := m.Relation().Missing(i, j, moves)
	for _, f := range c.unasked(n, missing, missing, fill.given()) {
		if fill == nil || !fill.sets.has(c.is, c.is.Frame(n.Key), f) {
			needs = append(needs, f)
			c.bad(diag.MissingLocal, at, fmt.Sprintf("local %s of %s has no value at point %d (from point %d of the old function)", field(n, f), n.Key, j, i),
				"the old frame does not hold it there", "set it in framemap.Locals")
		}
	}
	if len(needs) > 0 {
		c.gaps = append(c.gaps, Gap{Func: m, Point: i, Needs: needs, To: j})
	}
}

// needed are the locals that alone keep a point's best guess from being certain,
// and that Locals does not set. ok is false if there is more to decide.
func (c *checker) needed(m *match.Func, fill *fillRule, i int) (needs []string, ok bool) {
	if m.New == nil || len(m.Guesses[i]) == 0 {
		return nil, false
	}
	g := m.Guesses[i][0]
	if g.Func != m.New || g.Needs == nil {
		return nil, false
	}
	for _, f := range c.unasked(m.New, g.Needs, g.Needs, fill.given()) {
		if fill == nil || !fill.sets.has(c.is, c.is.Frame(m.New.Key), f) {
			needs = append(needs, f)
		}
	}
	return needs, true
}

// unfilled reports locals without a value.
func (c *checker) unfilled(m *match.Func, fill *fillRule, i, j int, needs []string) {
	n := m.New
	pos := c.place(n.File, n.Points[j].Line, false)
	if fill != nil {
		pos = c.fset.Position(fill.at)
	}
	for _, f := range needs {
		c.diags.Add(diag.MissingLocal, pos, fmt.Sprintf("local %s of %s has no value at point %d (from point %d of the old function)", field(n, f), n.Key, j, i),
			"the old frame does not hold it there", "set it in framemap.Locals")
	}
	c.gaps = append(c.gaps, Gap{Func: m, Point: i, Needs: needs, To: j})
}

// fill checks that Locals is for the frame that the old one becomes.
func (c *checker) fill(m *match.Func, fill *fillRule) {
	if m.New == nil {
		c.bad(diag.UnknownKey, fill.at, "framemap.Locals for "+m.Old.Key+", which has no counterpart", "there is no frame to fill", "say with framemap.Func which function it becomes, or take it out")
		return
	}
	if fill.new != "" && fill.new != c.is.Frame(m.New.Key) {
		c.bad(diag.WrongMirror, fill.at, "the function fills *is."+fill.new, fmt.Sprintf("frames of %s become frames of %s, whose mirror is %s", m.Old.Key, m.New.Key, c.is.Frame(m.New.Key)), "")
		fill.sets.all = true // what it leaves out is not the question
	}
}

// field is a local as the reader knows it.
func field(f *ledger.Func, name string) string {
	for _, v := range f.Frame {
		if v.Name == name {
			if v.Source != "" {
				return v.Source
			}
			return name + " (" + v.Role + ")"
		}
	}
	return name
}

// gap reports a point without a place.
func (c *checker) gap(m *match.Func, i int) {
	o := m.Old
	c.gaps = append(c.gaps, Gap{Func: m, Point: i})
	pos := c.place(o.File, o.Points[i].Line, true)
	if m.New != nil {
		pos = c.place(m.New.File, m.New.Line, false)
	}
	what := fmt.Sprintf("point %d of %s has no place in the new release (old line %d: `%s`)", i, o.Key, o.Points[i].Line, o.Points[i].What)
	why := "nothing in the new release is certain to be it"
	var l []string
	for _, g := range m.Guesses[i] {
		s := fmt.Sprintf("point %d", g.Point)
		if m.New == nil || g.Func != m.New {
			s += " of " + g.Func.Key
		}
		l = append(l, s+": "+g.Reason)
	}
	if len(l) > 0 {
		why = "not certain: " + strings.Join(l, "; ")
	}
	if m.New == nil {
		what = fmt.Sprintf("function %s is gone; its point %d has no place (old line %d: `%s`)", o.Key, i, o.Points[i].Line, o.Points[i].What)
	}
	why += c.parkedSince(ledger.Stand{Key: o.Key, Point: i})
	c.diags.Add(diag.UnmappedPoint, pos, what, why, "map it with framemap.Func or framemap.At, or keep it free with framemap.Never; upstarego framemap drafts it")
}

// renames says which old type became which new one by a rule.
func (c *checker) renames() map[string]string {
	m := map[string]string{}
	for _, t := range c.rules.types {
		if t.old != t.new {
			m[t.old] = t.new
		}
	}
	return m
}

// changedType reports the fields of a changed type that nothing gives a value to.
func (c *checker) changedType(t Change) {
	rule, zero := c.rules.types[t.New.Key], c.rules.zero[t.New.Key]
	at := func(line int) token.Position {
		if rule != nil {
			return c.fset.Position(rule.at)
		}
		return c.place(t.New.File, line, false)
	}
	if t.Whole {
		switch {
		case rule != nil:
		case numbers(t.Old.Under, t.New.Under):
			c.inferred = append(c.inferred, Inferred{Type: t.New, Old: t.Old.Key, Was: t.Old.Under})
		default:
			c.gaps = append(c.gaps, Gap{Type: &t})
			c.diags.Add(diag.MissingField, at(t.New.Line), fmt.Sprintf("type %s was %s and is %s", t.New.Key, ledger.Plain(t.Old.Under), ledger.Plain(t.New.Under)),
				"its values cannot be carried over", "convert them in framemap.Type")
		}
		return
	}
	var open []FieldChange
	for _, f := range t.Needs {
		if _, leads := c.rules.leadsTo[t.New.Key][f.Name]; leads || zero[f.Name] || rule != nil && rule.sets.has(c.is, c.is.Type(t.New.Key), f.Name) {
			continue
		}
		if i, ok := c.inferField(t, f); ok {
			c.inferred = append(c.inferred, i)
			continue
		}
		open = append(open, f)
		what, why := fmt.Sprintf("field %s of %s is new and has no value", f.Name, t.New.Key), "objects exist already"
		if f.Was != "" {
			what = fmt.Sprintf("field %s of %s was %s, is %s, and has no value", f.Name, t.New.Key, ledger.Plain(f.Was), ledger.Plain(f.Type))
		}
		c.diags.Add(diag.MissingField, at(f.Line), what, why, "set it in framemap.Type, say with framemap.Field where it was, or name it in framemap.Zero")
	}
	if len(open) > 0 {
		c.gaps = append(c.gaps, Gap{Type: &t, Open: open})
	}
}

// variables reports variables without a value and lists those that start anew.
func (c *checker) variables() (fresh []string) {
	renamed := c.renames()
	for i := range c.New.Vars {
		n := &c.New.Vars[i]
		o := c.Old.Var(n.Key)
		if _, ruled := c.rules.vars[n.Key]; ruled || o == nil {
			continue
		}
		anew := StartsAnew(o, n) || c.rules.initial[n.Key]
		switch {
		case anew:
			fresh = append(fresh, n.Key)
		case rename(o.Type, renamed) == n.Type && o.Init != n.Init && n.Init != "":
			c.carried = append(c.carried, n)
		case rename(o.Type, renamed) != n.Type:
			c.gaps = append(c.gaps, Gap{Var: n, OldVar: o})
			c.diags.Add(diag.VariableChange, c.place(n.File, n.Line, false), fmt.Sprintf("variable %s was %s and is %s", n.Key, ledger.Plain(o.Type), ledger.Plain(n.Type)),
				"its value cannot be carried over", "use framemap.Var or framemap.VarFrom")
		}
	}
	sort.Strings(fresh)
	return fresh
}

// StartsAnew reports whether a variable takes the new release's initial value:
// its initialiser changed, or its type, and nothing in the old program changed
// what the old one had set.
func StartsAnew(o, n *ledger.VarDecl) bool {
	return !o.Assigned && n.Init != "" && (o.Init != n.Init || o.Type != n.Type)
}
