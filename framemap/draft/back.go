package draft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// On the way back much of what is open has been said already, by the map that leads to
// the release: it is turned round. Where that is evident it is written into the draft,
// for review; where it is not, the draft says what the other map makes of the value, or
// that nothing is left of it.

// undone proposes what a value becomes that the way there has taken into account. sets are
// what it has made in the old release (which is the new one there), of something whose
// field name is what is asked for. was says how a field of the old object is written and
// same whether its type is that of the field.
func (d *drafter) undone(sets []check.Set, name string, kept bool, was func(field string) string, same func(field string) bool) (text, why string) {
	there := func(s check.Set) string {
		if s.Text == "" {
			return "made " + strings.TrimPrefix(was(s.Field), "o.") + " of it"
		}
		return "`n." + strings.TrimPrefix(was(s.Field), "o.") + " = " + s.Text + "`"
	}
	var made []check.Set
	for _, s := range sets {
		if kept && s.Field == name || !kept && slices.Contains(s.Uses, name) {
			made = append(made, s)
		}
	}
	if len(made) == 1 && made[0].From == name && same(made[0].Field) {
		s := made[0]
		return was(s.Field) + s.Undo(), "the way there has " + there(s)
	}
	switch {
	case kept && len(made) == 1 && made[0].Text != "":
		return "", fmt.Sprintf("the way there has %s; %s here if that means the same", there(made[0]), was(name))
	case kept:
		return "", fmt.Sprintf("the way there has made it something else; %s here if that means the same", was(name))
	case len(made) > 0:
		var l []string
		for _, s := range made {
			l = append(l, there(s))
		}
		return "", "the way there has " + strings.Join(l, " and ")
	}
	return "", fmt.Sprintf("%s has no such value: what it was is gone", d.Old)
}

// fieldBack is undone for a field of a type.
func (d *drafter) fieldBack(t *check.Change, f check.FieldChange) (text, why string) {
	if d.rules.Said == nil {
		return "", ""
	}
	var sets []check.Set
	for _, s := range d.rules.Said.Types {
		if s.Old == t.New.Key && s.New == t.Old.Key {
			sets = s.Sets
		}
	}
	text, why = d.undone(sets, f.Name, f.Kept,
		func(field string) string { return "o." + d.was.Field(d.was.Type(t.Old.Key), field) },
		func(field string) bool {
			return slices.ContainsFunc(t.Old.Fields, func(o ledger.TypeField) bool { return o.Name == field && o.Type == f.Type })
		})
	if text == "" && f.Was != "" && strings.HasSuffix(why, "is gone") {
		return "", "" // it has another type
	}
	return text, why
}

// localBack is undone for a local of a frame.
func (d *drafter) localBack(m *match.Func, name string) (text, why string) {
	if d.rules.Said == nil {
		return "", ""
	}
	var sets []check.Set
	for _, s := range d.rules.Said.Funcs {
		if s.Old == m.New.Key && s.New == m.Old.Key {
			sets = s.Sets
		}
	}
	find := func(f *ledger.Func, name string) *ledger.Field {
		for i := range f.Frame {
			if f.Frame[i].Name == name {
				return &f.Frame[i]
			}
		}
		return nil
	}
	n := find(m.New, name)
	text, why = d.undone(sets, name, false,
		func(field string) string { return "o." + d.was.Field(d.was.Frame(m.Old.Key), field) },
		func(field string) bool {
			o := find(m.Old, field)
			return o != nil && n != nil && o.Type == n.Type && !o.Boxed && !n.Boxed
		})
	if text == "" && strings.HasSuffix(why, "is gone") {
		return "", "" // it may be another local: the draft looks for it
	}
	return text, why
}

// pointBack is the point of m.New whose frames the way there has brought to point i of
// m.Old, if it is one, and can be what they become again.
func (d *drafter) pointBack(m *match.Func, i int) (j int, why string) {
	if d.rules.Said == nil || m.New == nil {
		return -1, ""
	}
	j = -1
	for _, s := range d.rules.Said.Steps {
		if s.New != m.Old.Key {
			continue
		}
		for q := 0; q <= s.Last; q++ {
			if to := q; s.Points != nil && s.Points[q] != i || s.Points == nil && to != i {
				continue
			}
			if s.Old != m.New.Key || j >= 0 {
				return -1, "" // several become it
			}
			j, why = q, "matched, the other way round"
			if _, told := d.rules.Said.Told[s.Old][q]; told {
				why = fmt.Sprintf("the way there has %d: %d", j, i)
			}
		}
	}
	if j < 0 || i == 0 != (j == 0) || j == 0 && !m.New.Gate {
		return -1, ""
	}
	p, q := &m.Old.Points[i], &m.New.Points[j]
	moves := m.Relation().Moves(m.Relation().Alignment())
	if p.Results != q.Results && (p.Kind == "call" || q.Kind == "call") || len(match.Lost(m.Old, m.New, i, moves, nil)) > 0 {
		return -1, ""
	}
	return j, why
}

// nameBack is what a function that is gone was before the way there, if that is one
// function, of the same kind: the pair of them, and its points that are open.
func (d *drafter) nameBack(m *match.Func, open []int) (again *match.Func, left []int) {
	if d.rules.Said == nil {
		return nil, nil
	}
	var e *ledger.Func
	for _, s := range d.rules.Said.Steps {
		if s.New == m.Old.Key {
			if e != nil {
				return nil, nil
			}
			e = d.New.Func(s.Old)
		}
	}
	if e == nil || (m.Old.Gate || m.Old.Base) && e.Results != m.Old.Results {
		return nil, nil
	}
	pair := match.Pair(m.Old, e, nil)
	for _, i := range open {
		if pair.Points != nil && pair.Points[i] < 0 {
			left = append(left, i)
		}
	}
	return &pair, left
}

// varBack is what a variable becomes whose type is the same on the way back, and that the
// way there has made a value for.
func (d *drafter) varBack(n, o *ledger.VarDecl) (value, why string) {
	if n.Key == o.Key {
		return "DECIDE", "the way there has given it a value; *o here if that means the same"
	}
	for _, s := range d.rules.Said.Vars {
		if s.New != o.Key || s.Old != n.Key || len(s.Sets) != 1 {
			continue
		}
		if s.Sets[0].From != "" {
			return "*o", "the way there has made " + short(o.Key) + " of it"
		}
		return "DECIDE", fmt.Sprintf("the way there has made %s of it: `*n = %s`", short(o.Key), s.Sets[0].Text)
	}
	return "DECIDE", "the way there has made " + short(o.Key) + " of it"
}

// renamedBack are the gaps of types that the way there has given other names, if there
// are any: what else is open depends on them.
func renamedBack(gaps []check.Gap) (l []check.Gap) {
	for _, g := range gaps {
		if g.Type != nil && g.Type.Old.Key != g.Type.New.Key && g.Open == nil && !g.Type.Whole {
			l = append(l, g)
		}
	}
	return l
}
