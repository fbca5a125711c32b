package check

import (
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// moving says which objects an update moves: those whose type has another layout or holds a
// value of such a type, and those that hold an interface value of a foreign type that is
// another one (state.SameInterface). also are the old types whose objects rules have moved.
type moving struct {
	old     *ledger.Release
	changed map[string]bool // old keys
}

func newMoving(old, new *ledger.Release, changes []Change, also ...string) *moving {
	m := &moving{old, map[string]bool{}}
	for _, c := range changes {
		m.changed[c.Old.Key] = true
	}
	for _, key := range also {
		m.changed[key] = true
	}
	for i := range old.Types {
		if t := &old.Types[i]; t.Interface {
			if n := new.Type(t.Key); n != nil && n.Shape != t.Shape {
				m.changed[t.Key] = true
			}
		}
	}
	for again := len(m.changed) > 0; again; {
		again = false
		for i := range old.Types {
			if t := &old.Types[i]; t.Own && !m.changed[t.Key] && m.moves(t) {
				m.changed[t.Key], again = true, true
			}
		}
	}
	return m
}

// moves reports whether a struct, or an array, has a value of a type that moves.
func (m *moving) moves(t *ledger.TypeDecl) bool {
	value := func(typ string) bool {
		for strings.HasPrefix(typ, "[") && !strings.HasPrefix(typ, "[]") {
			typ = typ[strings.IndexByte(typ, ']')+1:]
		}
		key, ok := strings.CutPrefix(typ, "‹")
		return ok && m.changed[strings.TrimSuffix(key, "›")]
	}
	return value(t.Under) || slices.ContainsFunc(t.Fields, func(f ledger.TypeField) bool { return value(f.Type) })
}

// pinned are the points of a function from which foreign code may still read or
// write an object that the update moves: a goroutine that is there at commit would
// go on with the old object while all others use the new one.
func (m *moving) pinned(f *ledger.Func) []int {
	var l []int
	if len(m.changed) == 0 {
		return nil
	}
	for i, p := range f.Points {
		if slices.ContainsFunc(p.Pins, func(k string) bool { return m.reaches(k, map[string]bool{}) }) ||
			slices.ContainsFunc(p.Within, m.inside) || slices.ContainsFunc(p.Into, m.holds) {
			l = append(l, i)
		}
	}
	return l
}

// reaches reports whether a changed type can be reached from the type.
func (m *moving) reaches(key string, seen map[string]bool) bool {
	if m.changed[key] {
		return true
	}
	if seen[key] {
		return false
	}
	seen[key] = true
	t := m.old.Type(key)
	return t != nil && t.Own && slices.ContainsFunc(ledger.Refs(t.Under), func(k string) bool { return m.reaches(k, seen) })
}

// inside reports whether objects of the struct are, or are part of, objects that
// move.
func (m *moving) inside(key string) bool {
	for c := range m.changed {
		if c == key || m.contains(c, "‹"+key+"›", map[string]bool{}) {
			return true
		}
	}
	return false
}

// holds reports whether an object that moves has memory of the element type in it.
func (m *moving) holds(elem string) bool {
	for c := range m.changed {
		if m.contains(c, elem, map[string]bool{}) {
			return true
		}
	}
	return false
}

// contains reports whether the struct has, by value, an array of elem or, for a
// named type, a value of it.
func (m *moving) contains(key, elem string, seen map[string]bool) bool {
	t := m.old.Type(key)
	if t == nil || seen[key] {
		return false
	}
	seen[key] = true
	for _, f := range t.Fields {
		typ := f.Type
		array := false
		for strings.HasPrefix(typ, "[") && !strings.HasPrefix(typ, "[]") {
			typ, array = typ[strings.IndexByte(typ, ']')+1:], true
		}
		if typ == elem && (array || strings.HasPrefix(elem, "‹")) {
			return true
		}
		if strings.HasPrefix(typ, "‹") && m.contains(strings.TrimSuffix(strings.TrimPrefix(typ, "‹"), "›"), elem, seen) {
			return true
		}
	}
	return false
}
