package check

import (
	"slices"

	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// A new check that frames have not made is no matter where the new release would not have
// made it either: it asks about a field that had one value in all objects, as long as the old
// release ran. Such are fields that are new and that objects which exist get a constant for
// (what nobody could set has not been set), and fields that nothing has ever given another
// value than they are made with. What is done behind the update is done by the new release.

// known are facts, as ledger.Effect.Unless has them, that have held for all objects.
func (c *checker) known() map[string]bool {
	m := map[string]bool{}
	for i := range c.inferred {
		if v := &c.inferred[i]; v.Field != "" && v.Was == "" {
			m[ledger.Fact(v.Type.Key, v.Field, v.Birth)] = true
		}
	}
	for key, fields := range c.rules.zero {
		for f := range fields {
			m[ledger.Fact(key, f, ledger.BornZero)] = true
		}
	}
	from := map[string]string{}
	for o, n := range c.renames() {
		from[n] = o
	}
	for i := range c.New.Types {
		n := &c.New.Types[i]
		key := n.Key
		if o := from[key]; o != "" {
			key = o
		}
		o := c.Old.Type(key)
		if o == nil || !n.Own {
			continue
		}
		for _, f := range o.Fields {
			k := slices.IndexFunc(n.Fields, func(g ledger.TypeField) bool { return g.Name == f.Name })
			if _, leads := c.rules.leadsTo[n.Key][f.Name]; leads {
				continue
			}
			if f.Fixed && k >= 0 && (rename(f.Type, c.renames()) == n.Fields[k].Type || c.alike(f.Type, n.Fields[k].Type)) {
				m[ledger.Fact(n.Key, f.Name, f.Birth)] = true
			}
		}
	}
	return m
}

// alike reports whether a value of the old type is carried over as the same value of the new
// one: both are numbers, or named ones.
func (c *checker) alike(old, new string) bool {
	under := func(r *ledger.Release, typ string) string {
		if l := ledger.Refs(typ); len(l) == 1 && typ == "‹"+l[0]+"›" {
			if t := r.Type(l[0]); t != nil {
				return t.Under
			}
		}
		return typ
	}
	return numbers(under(c.Old, old), under(c.New, new))
}

// without is a release without the checks that known facts keep from leaving, and these as
// notes by function.
func without(r *ledger.Release, known map[string]bool) (*ledger.Release, map[string][]*ledger.Effect) {
	off := map[string][]*ledger.Effect{}
	next := *r
	next.Funcs = slices.Clone(r.Funcs)
	next.Leaves = slices.Clone(r.Leaves)
	left := func(key string, l []ledger.Effect) []ledger.Effect {
		if !slices.ContainsFunc(l, func(e ledger.Effect) bool { return e.Off(known) }) {
			return l
		}
		var out []ledger.Effect
		for i := range l {
			if l[i].Off(known) {
				off[key] = append(off[key], &l[i])
			} else {
				out = append(out, l[i])
			}
		}
		return out
	}
	for i := range next.Funcs {
		next.Funcs[i].Effects = left(next.Funcs[i].Key, next.Funcs[i].Effects)
	}
	for i := range next.Leaves {
		next.Leaves[i].Effects = left(next.Leaves[i].Key, next.Leaves[i].Effects)
	}
	return &next, off
}

// unmade are notes for review: checks that only the new function has, of old with all of its
// checks, and that it would not
// have made for objects that exist.
func unmade(s *match.Step, old *ledger.Func, off []*ledger.Effect) (notes []match.Concern) {
	for _, e := range off {
		if !slices.ContainsFunc(old.Effects, func(o ledger.Effect) bool { return o.Same() == e.Same() }) {
			notes = append(notes, match.Concern{Verdict: match.Unmade, Step: s, Effect: e, New: e})
		}
	}
	return notes
}

// Settle takes back what a new release says of the fields of its objects where that is not
// so for objects that come from the old one: something else may have been in them then, or a
// map may put it there.
func Settle(old, new *ledger.Release, rules *Rules) {
	given := map[string]bool{}
	for i := range rules.Inferred {
		if v := &rules.Inferred[i]; v.Was == "" {
			given[ledger.Fact(v.Type.Key, v.Field, v.Birth)] = true
		}
	}
	for i := range new.Types {
		n := &new.Types[i]
		o := old.Type(n.Key)
		for k := range n.Fields {
			f := &n.Fields[k]
			if !f.Fixed {
				continue
			}
			was := o == nil || slices.ContainsFunc(o.Fields, func(g ledger.TypeField) bool { return g.Name == f.Name && g.Fixed && g.Birth == f.Birth })
			f.Fixed = (was || given[ledger.Fact(n.Key, f.Name, f.Birth)]) && !rules.touched.has(n.Key, f.Name)
		}
	}
}
