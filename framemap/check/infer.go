package check

import (
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// What a new field, or a value of a type that changed, starts with is inferred where there is
// one answer alone; see inferField. The rest is asked about.

// An Inferred is a value that objects of a changed type get without a rule.
type Inferred struct {
	Type  *ledger.TypeDecl // of the new release
	Old   string           // key in the old one
	Field string           // "": the value itself
	Was   string           // the old type of a number that is carried over by value; "": what Birth says
	Birth string           // what objects of the new release are made with: see ledger.TypeField
}

// Text says what the value is.
func (i *Inferred) Text() string {
	size, made := strings.CutPrefix(i.Birth, ledger.BornMade)
	switch {
	case i.Was != "":
		return "carried over by value; a number that does not fit undoes the update"
	case i.Birth == ledger.BornZero:
		return "its zero value, with which every one is made"
	case i.Birth == ledger.BornNew:
		return "a new one for each, as every one is made with"
	case made && size == "":
		return "a new one for each, empty, as every one is made with"
	case made:
		return "a new one for each, of size " + size + ", as every one is made with"
	}
	return i.Birth + ", with which every one is made"
}

// integers and floats are the types of numbers that are carried over by value.
var (
	integers = []string{"int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr", "byte", "rune"}
	floats   = []string{"float32", "float64"}
)

// numbers reports whether values of the one type may be carried over as values of the other.
func numbers(old, new string) bool {
	return slices.Contains(integers, old) && slices.Contains(integers, new) || slices.Contains(floats, old) && slices.Contains(floats, new)
}

// inferField finds what a field without a counterpart gets.
//
// A number whose type has another size or sign is carried over by value, unless something
// may point at it: who does would go on with the old one.
//
// A new field gets what every place that makes such an object gives it, if they agree and it
// is a constant, the zero value, or a new map, channel or variable for each. That is right
// for objects that exist if nothing has happened to them since that would have changed it:
// only functions do that which no object of the old release has met. They are new, and only
// new ones call them by their names; what is called by a value has been registered by nobody.
// Locks are taken and released by whoever wants: whether a frame holds one is asked elsewhere.
func (c *checker) inferField(t Change, f FieldChange) (Inferred, bool) {
	i := Inferred{Type: t.New, Old: t.Old.Key, Field: f.Name, Was: f.Was}
	k := slices.IndexFunc(t.New.Fields, func(g ledger.TypeField) bool { return g.Name == f.Name })
	if k < 0 {
		return i, false
	}
	n := &t.New.Fields[k]
	if f.Was != "" {
		o := slices.IndexFunc(t.Old.Fields, func(g ledger.TypeField) bool { return g.Name == f.Name })
		return i, o >= 0 && numbers(f.Was, f.Type) && !t.Old.Fields[o].Pointed && !n.Pointed
	}
	i.Birth = n.Birth
	if n.Birth == "" || c.There != nil { // on the way back it may have been something, once
		return i, false
	}
	if c.news == nil {
		c.news = newNews(c.Old, c.New, c.Matches)
	}
	for _, key := range n.Set {
		if !c.news.unmet(key) {
			return i, false
		}
	}
	return i, true
}

// news tells which functions of the new release no object of the old one has met.
type news struct {
	known   map[string]bool // declared functions that the old release has, or that its functions became
	callers map[string][]string
	fresh   map[string]bool // asked for already
}

func newNews(old, new *ledger.Release, matches []match.Func) *news {
	s := &news{known: map[string]bool{}, callers: map[string][]string{}, fresh: map[string]bool{}}
	for i := range old.Funcs {
		s.known[declared(old.Funcs[i].Key)] = true
	}
	for i := range old.Leaves {
		s.known[declared(old.Leaves[i].Key)] = true
	}
	for i := range matches {
		if n := matches[i].New; n != nil {
			s.known[declared(n.Key)] = true
		}
	}
	calls := func(key string, l []ledger.Call) {
		for _, c := range l {
			for _, callee := range c.Callees {
				if callee != "" && !c.Value {
					to := declared(callee)
					s.callers[to] = append(s.callers[to], declared(key))
				}
			}
		}
	}
	for i := range new.Funcs {
		calls(new.Funcs[i].Key, new.Funcs[i].Calls)
	}
	for i := range new.Leaves {
		calls(new.Leaves[i].Key, new.Leaves[i].Calls)
	}
	return s
}

// unmet reports whether a function is new, and called by its name by new ones alone.
func (s *news) unmet(key string) bool {
	key = declared(key)
	if key == "" || s.known[key] {
		return false
	}
	if fresh, asked := s.fresh[key]; asked {
		return fresh
	}
	s.fresh[key] = true // what calls itself is asked about for those who call it besides
	for _, by := range s.callers[key] {
		if by != key && !s.unmet(by) {
			s.fresh[key] = false
			return false
		}
	}
	return true
}

// declared is the declared function that a literal is part of, without type arguments.
func declared(key string) string {
	key = ledger.Generic(key)
	for _, part := range []string{".func", ".range"} {
		for at := 0; ; {
			i := strings.Index(key[at:], part)
			if i < 0 {
				break
			}
			at += i
			if rest := key[at+len(part):]; rest != "" && '0' <= rest[0] && rest[0] <= '9' {
				key = key[:at]
				break
			}
			at += len(part)
		}
	}
	return key
}
