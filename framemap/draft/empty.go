package draft

import (
	"fmt"
	"go/token"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// An empty rule is one that somebody asked for: nothing has to be said in it.
type empty struct {
	rule     string // Locals or Type
	old, new string // keys
	has      bool   // framemap.go has it
	what     string // of the old release, that the rule is given
}

// empty finds what a rule for a function or a type of the old release is about.
func (d *drafter) empty(key string) (empty, error) {
	for i := range d.rules.Funcs {
		r := &d.rules.Funcs[i]
		if r.Old != key {
			continue
		}
		if r.New == "" {
			return empty{}, unknown(key+" of "+d.Old.String()+" becomes no function of "+d.New.String(), "there are no locals to fill", "say with framemap.Func what it becomes")
		}
		var l []string
		for _, f := range d.Old.Func(key).Frame {
			if f.Source != "" {
				l = append(l, f.Source+" "+ledger.Plain(f.Type))
			}
		}
		return empty{"Locals", key, r.New, r.Fill, strings.Join(l, ", ")}, nil
	}
	t := d.Old.Type(key)
	if t == nil || !t.Own {
		return empty{}, unknown(d.Old.String()+" has no function and no type "+key, "a rule is for one of its own", "mend the key; upstarego diff lists those that have changed")
	}
	n := d.New.Type(key)
	if n == nil {
		return empty{}, unknown(d.New.String()+" has no type "+key, "its objects need one to become", "say with framemap.Type which it is")
	}
	return empty{"Type", key, n.Key, slices.Contains(d.rules.Types, n.Key), ""}, nil
}

// unknown is that a rule is asked for that cannot be written.
func unknown(what, why, do string) error {
	return diag.New(diag.UnknownKey, token.Position{}, what, why, do)
}

// empties writes the rules that were asked for and that nothing else in the draft, nor in
// the text that there is, is about.
func (d *drafter) empties() {
	for _, e := range d.asked {
		head := fmt.Sprintf("framemap.%s(m, %q", e.rule, e.old)
		if e.has || strings.Contains(d.b.String(), head) {
			continue
		}
		if e.what != "" {
			d.f("// Locals of old frames: %s.\n", e.what)
		}
		if e.rule == "Type" {
			d.f("%s, %q, func(o *was.%s, n *is.%s) {\n})\n\n", head, e.new, d.was.Type(e.old), d.is.Type(e.new))
		} else {
			d.f("%s, func(s *framemap.Stack, o *was.%s, n *is.%s) {\n})\n\n", head, d.was.Frame(e.old), d.is.Frame(e.new))
		}
	}
}
