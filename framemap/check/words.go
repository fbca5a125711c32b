package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// handedOver reports a function that may be called for what newer code passes and waits for,
// through values of the old function that somebody holds, if its arguments or results are
// other words then. The update would be refused when it is made (updater.function).
func (c *checker) handedOver(r *Resolved, w *words) {
	o, n := c.Old.Func(r.Old), c.New.Func(r.New)
	if n == nil || !o.Gate || r.Fill || len(r.At) > 0 {
		return // what a rule makes of such a call is looked at when there is one
	}
	at := c.place(n.File, n.Line, false)
	if rule := c.rules.funcs[o.Key]; rule != nil {
		at = c.fset.Position(rule.at)
	}
	refuse := func(what, why, do string) {
		c.diags.Add(diag.HandedOver, at, what, why, do)
	}
	const held = "values of it may be held, and a later call through one would pass the new type"
	field := func(l []ledger.Field, name string) *ledger.Field {
		if k := slices.IndexFunc(l, func(f ledger.Field) bool { return f.Name == name }); k >= 0 {
			return &l[k]
		}
		return nil
	}
	for k := range n.Frame {
		to := &n.Frame[k]
		was := to.Name
		if r.Moves != nil {
			was = r.Moves[to.Name]
		}
		from := field(o.Frame, was)
		if from == nil || was == "" {
			continue
		}
		param := slices.ContainsFunc(o.Params, func(p ledger.Param) bool { return p.Name == was })
		switch {
		case o.Expression && was == o.Receiver && w.differ(from.Type, to.Type) && (o.Wrapped || !w.same(from.Type, to.Type)):
			refuse(fmt.Sprintf("a method expression of %s is held, and its receiver's type %s changed", o.Key, ledger.Plain(from.Type)),
				"it takes the receiver by value or out of another object, and a later call through it would pass the new type", "hold a function that takes a pointer to the receiver")
		case param && !w.same(from.Type, to.Type) && !(o.Registers && n.Registers && w.narrower(from.Type, to.Type)):
			refuse(fmt.Sprintf("%s takes %s by value, whose type %s changed", o.Key, ledgerName(from), ledger.Plain(from.Type)), held, "pass a pointer, or keep the type")
		}
	}
	for k, p := range o.Params { // what has no name is passed all the same
		if p.Name == "" && k < len(n.Params) && len(n.Params) == len(o.Params) && !w.same(p.Type, n.Params[k].Type) &&
			!(o.Registers && n.Registers && w.narrower(p.Type, n.Params[k].Type)) {
			refuse(fmt.Sprintf("%s takes a %s by value, which changed", o.Key, ledger.Plain(p.Type)), held, "pass a pointer, or keep the type")
		}
	}
	from, to := results(o.Results), results(n.Results)
	if !o.Held || len(from) != len(to) {
		return
	}
	for k := range from {
		if rename(from[k], w.renamed) == to[k] && !w.same(from[k], to[k]) {
			refuse(fmt.Sprintf("%s returns a %s by value, which changed", o.Key, ledger.Plain(from[k])),
				"values of it may be held, and a later call through one would wait for the new type", "return a pointer, or keep the type")
		}
	}
}

// ledgerName is a local as the reader knows it.
func ledgerName(f *ledger.Field) string {
	if f.Source != "" {
		return f.Source
	}
	return f.Name
}

// results are a function's results, one by one.
func results(tuple string) []string {
	tuple, ok := strings.CutPrefix(tuple, "(")
	if tuple = strings.TrimSuffix(tuple, ")"); !ok || tuple == "" {
		return nil
	}
	return split(tuple, ", ")
}

// split cuts a text in the ledger's notation where sep stands outside of all brackets and names.
func split(text, sep string) (l []string) {
	depth, begin := 0, 0
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "‹"), strings.ContainsRune("([{", rune(text[i])):
			depth++
		case strings.HasPrefix(text[i:], "›"), strings.ContainsRune(")]}", rune(text[i])):
			depth--
		case depth == 0 && strings.HasPrefix(text[i:], sep):
			l = append(l, text[begin:i])
			i += len(sep) - 1
			begin = i + 1
		}
	}
	return append(l, text[begin:])
}

// words compares types of two releases as the process does: runtime.SameWords.
type words struct {
	old, new *ledger.Release
	renamed  map[string]string // old key → new one
}

func newWords(old, new *ledger.Release, renamed map[string]string) *words {
	return &words{old, new, renamed}
}

// key is the named type that a text is, "" if it is none.
func key(typ string) string {
	k, ok := strings.CutPrefix(typ, "‹")
	if k, end := strings.CutSuffix(k, "›"); ok && end && !strings.Contains(k, "›") {
		return k
	}
	return ""
}

// under is a type without its name.
func under(r *ledger.Release, typ string) (string, *ledger.TypeDecl) {
	if k := key(typ); k != "" {
		if t := r.Type(k); t != nil && t.Own {
			return t.Under, t
		}
	}
	return typ, nil
}

// same reports whether values of both types are the same words, whatever they lead to.
func (w *words) same(old, new string) bool {
	o, od := under(w.old, old)
	n, nd := under(w.new, new)
	if key(o) != "" || key(n) != "" { // foreign
		return o == n
	}
	kind := func(prefixes ...string) bool {
		for _, p := range prefixes {
			if strings.HasPrefix(o, p) || strings.HasPrefix(n, p) {
				return true
			}
		}
		return false
	}
	both := func(prefixes ...string) bool {
		has := func(s string) bool {
			return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
		}
		return has(o) && has(n)
	}
	switch {
	case kind("*"):
		return both("*")
	case kind("map["):
		return both("map[")
	case kind("func"):
		return both("func")
	case kind("chan", "<-chan"):
		return both("chan", "<-chan")
	case kind("[]"):
		return both("[]")
	case kind("interface{"):
		return both("interface{")
	case kind("struct{"):
		return both("struct{") && w.sameFields(o, n, od, nd)
	case kind("["):
		so, eo, ok := strings.Cut(o, "]")
		sn, en, ok2 := strings.Cut(n, "]")
		return ok && ok2 && so == sn && w.same(eo, en)
	}
	return o == n
}

func (w *words) sameFields(o, n string, od, nd *ledger.TypeDecl) bool {
	of, nf := fieldsOf(o, od), fieldsOf(n, nd)
	if len(of) != len(nf) {
		return false
	}
	for i := range of {
		if (of[i].Name == "_") != (nf[i].Name == "_") || !w.same(of[i].Type, nf[i].Type) {
			return false
		}
	}
	return true
}

// fieldsOf are the fields of a struct type, with or without a name.
func fieldsOf(text string, t *ledger.TypeDecl) (l []ledger.TypeField) {
	if t != nil {
		return t.Fields
	}
	text = strings.TrimSuffix(strings.TrimPrefix(text, "struct{"), "}")
	if text == "" {
		return nil
	}
	for _, f := range split(text, "; ") {
		parts := split(f, " ")
		switch {
		case len(parts) == 1: // embedded
			l = append(l, ledger.TypeField{Type: f})
		case strings.HasPrefix(parts[len(parts)-1], "\""):
			l = append(l, ledger.TypeField{Name: parts[0], Type: strings.Join(parts[1:len(parts)-1], " ")})
		default:
			l = append(l, ledger.TypeField{Name: parts[0], Type: strings.Join(parts[1:], " ")})
		}
	}
	return l
}

// narrower reports whether both are integers, and the new one is no larger.
func (w *words) narrower(old, new string) bool {
	o, _ := under(w.old, old)
	n, _ := under(w.new, new)
	return slices.Contains(integers, o) && slices.Contains(integers, n) && size(n) <= size(o)
}

// size is that of an integer.
func size(integer string) int {
	switch strings.TrimPrefix(integer, "u") {
	case "int8", "byte":
		return 1
	case "int16":
		return 2
	case "int32", "rune":
		return 4
	}
	return 8
}

// differ reports whether two types are not the same one: something that they lead to has
// another structure.
func (w *words) differ(old, new string) bool {
	return rename(old, w.renamed) != new || w.leads(old, map[string]bool{})
}

func (w *words) leads(old string, seen map[string]bool) bool {
	return slices.ContainsFunc(ledger.Refs(old), func(k string) bool {
		o, n := w.old.Type(k), w.new.Type(k)
		switch {
		case seen[k] || o == nil:
			return false
		case n == nil || w.renamed[k] != "" || w.old.Elsewhere(k):
			return true
		case !o.Own:
			return o.Shape != n.Shape
		}
		seen[k] = true
		return o.Under != n.Under || !sameTags(o, n) || w.leads(o.Under, seen)
	})
}
