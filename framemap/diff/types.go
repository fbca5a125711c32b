package diff

import (
	"slices"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A Type is one of the program's own that is not simply the same.
type Type struct {
	Old   string `json:"old,omitempty"` // keys
	New   string `json:"new,omitempty"`
	State string `json:"state"`
	Was   *Place `json:"was,omitempty"`
	Is    *Place `json:"is,omitempty"`
	// Layout: objects that exist are moved, since size or offsets are others.
	Layout  bool     `json:"layout,omitempty"`
	Size    [2]int64 `json:"size"` // old and new, in bytes
	Fields  []Field  `json:"fields,omitempty"`
	Carried []string `json:"carried,omitempty"` // fields that keep their values
	Through []string `json:"through,omitempty"` // the changed types that an affected one leads to
	Rule    string   `json:"rule,omitempty"`    // what framemap.go says of it
}

// A Field is one whose value is not carried over.
type Field struct {
	Name  string `json:"name"`
	Was   string `json:"was,omitempty"` // types
	Is    string `json:"is,omitempty"`
	State string `json:"state"`         // needed, set or gone
	Why   string `json:"why,omitempty"` // what sets it, if no rule does
}

func (d *differ) types() {
	changes, moved := map[string]*check.Change{}, map[string]bool{}
	for i := range d.rules.Changes {
		c := &d.rules.Changes[i]
		changes[c.New.Key], moved[c.Old.Key] = c, true
	}
	r := d.report
	for i := range d.New.Types {
		n := &d.New.Types[i]
		if !n.Own {
			continue
		}
		o := d.Old.Type(n.Key)
		if c := changes[n.Key]; c != nil {
			r.Types = append(r.Types, d.change(c))
			continue
		}
		if o == nil {
			if n.Open {
				r.Types = append(r.Types, Type{New: n.Key, State: New, Is: typePlace(n), Size: [2]int64{0, n.Size}})
			}
			continue
		}
		through := d.leads(o, moved, map[string]bool{})
		if len(through) == 0 {
			r.Same.Types++
			continue
		}
		slices.Sort(through)
		r.Types = append(r.Types, Type{Old: o.Key, New: n.Key, State: Affected, Was: typePlace(o), Is: typePlace(n), Layout: layout(o, n), Size: [2]int64{o.Size, n.Size}, Through: through})
	}
	for i := range d.Old.Types {
		o := &d.Old.Types[i]
		if o.Own && o.Open && d.New.Type(o.Key) == nil && !moved[o.Key] {
			r.Types = append(r.Types, Type{Old: o.Key, State: Gone, Was: typePlace(o), Size: [2]int64{o.Size, 0}})
		}
	}
}

func typePlace(t *ledger.TypeDecl) *Place {
	if t.File == "" {
		return nil
	}
	return &Place{File: t.File, Line: t.Line}
}

// layout reports whether an object of the one type cannot be taken for one of the other.
func layout(o, n *ledger.TypeDecl) bool {
	if o.Size != n.Size || o.Align != n.Align || o.Words != n.Words || len(o.Fields) != len(n.Fields) {
		return true
	}
	for i := range o.Fields {
		if o.Fields[i].Name != n.Fields[i].Name || o.Fields[i].Offset != n.Fields[i].Offset || o.Fields[i].Size != n.Fields[i].Size {
			return true
		}
	}
	return false
}

// leads lists the changed types that a type mentions, at any depth.
func (d *differ) leads(t *ledger.TypeDecl, moved, seen map[string]bool) (l []string) {
	seen[t.Key] = true
	for _, key := range ledger.Refs(t.Under) {
		if seen[key] {
			continue
		}
		if moved[key] {
			seen[key] = true
			l = append(l, key)
		} else if next := d.Old.Type(key); next != nil {
			l = append(l, d.leads(next, moved, seen)...)
		}
	}
	return l
}

func (d *differ) change(c *check.Change) Type {
	t := Type{Old: c.Old.Key, New: c.New.Key, State: Changed, Was: typePlace(c.Old), Is: typePlace(c.New), Layout: layout(c.Old, c.New), Size: [2]int64{c.Old.Size, c.New.Size}, Carried: c.Carried}
	if c.Old.Key != c.New.Key {
		t.State = Renamed
	}
	if slices.Contains(d.rules.Types, c.New.Key) {
		t.Rule = "framemap.Type converts its objects"
	}
	open, whole := map[string]bool{}, false
	for _, g := range d.rules.Gaps {
		if g.Type != nil && g.Type.New.Key == c.New.Key {
			whole = whole || g.Type.Whole
			for _, f := range g.Open {
				open[f.Name] = true
			}
		}
	}
	why := map[string]string{}
	for i := range d.rules.Inferred {
		if v := &d.rules.Inferred[i]; v.Type.Key == c.New.Key {
			why[v.Field] = v.Text()
		}
	}
	if c.Whole {
		f := Field{Why: why[""], Was: ledger.Plain(c.Old.Under), Is: ledger.Plain(c.New.Under), State: Set}
		if whole {
			f.State = Needed
		}
		t.Fields = append(t.Fields, f)
	}
	for _, f := range c.Needs {
		s := Set
		if open[f.Name] {
			s = Needed
		}
		t.Fields = append(t.Fields, Field{Name: f.Name, Was: ledger.Plain(f.Was), Is: ledger.Plain(f.Type), State: s, Why: why[f.Name]})
	}
	for _, f := range c.Gone {
		t.Fields = append(t.Fields, Field{Name: f.Name, Was: ledger.Plain(f.Type), State: Lost})
	}
	return t
}

// A Variable is a package variable that is not simply carried over.
type Variable struct {
	Key   string `json:"key"`
	State string `json:"state"`
	Why   string `json:"why,omitempty"`
	Was   *Place `json:"was,omitempty"` // the text is its initialiser
	Is    *Place `json:"is,omitempty"`
	Open  bool   `json:"open,omitempty"`
}

func (d *differ) variables() {
	r := d.report
	place := func(v *ledger.VarDecl) *Place {
		return &Place{File: v.File, Line: v.Line, Text: strings.TrimSpace(v.Text)}
	}
	open := map[string]bool{}
	for _, g := range d.rules.Gaps {
		if g.Var != nil {
			open[g.Var.Key] = true
		}
	}
	for i := range d.New.Vars {
		n := &d.New.Vars[i]
		o := d.Old.Var(n.Key)
		v := Variable{Key: n.Key, State: New, Is: place(n)}
		if o != nil {
			v.Was, v.State = place(o), Changed
		}
		given := slices.Contains(d.rules.Given, n.Key)
		switch {
		case given:
			v.Why = "framemap.go gives it its value"
		case o == nil:
			v.Why = "it starts with its initial value"
		case slices.Contains(d.rules.Fresh, n.Key):
			v.State, v.Why = Anew, "nothing has changed it since it was initialised"
		case open[n.Key]:
			v.Open, v.Why = true, "it was "+ledger.Plain(o.Type)+" and is "+ledger.Plain(n.Type)
		case o.Init != n.Init:
			v.State, v.Why = Carried, "its initialiser changed, and the program may have changed its value"
		default:
			r.Same.Variables++
			continue
		}
		r.Variables = append(r.Variables, v)
	}
	for i := range d.Old.Vars {
		o := &d.Old.Vars[i]
		if d.New.Var(o.Key) == nil {
			r.Variables = append(r.Variables, Variable{Key: o.Key, State: Gone, Was: place(o)})
		}
	}
}
