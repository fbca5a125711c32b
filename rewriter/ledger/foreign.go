package ledger

import (
	"slices"
	"strings"
)

// Apart is r as the next release has to be compared with it: foreign types that have another
// structure there are under keys of their own, since nothing carries their values over.
// Interface types stay what they are: what is held in them does, and the method table is
// looked up again.
func (r *Release) Apart(next *Release) *Release {
	var pairs []string
	for i := range r.Types {
		t := &r.Types[i]
		if t.Own || t.Std || t.Shape == "" {
			continue
		}
		n := next.Type(t.Key)
		if n != nil && !n.Own && n.Shape != t.Shape && (!t.Interface || !n.Interface) {
			pairs = append(pairs, "‹"+t.Key+"›", "‹"+t.Key+" (old)›")
		}
	}
	if pairs == nil {
		return r
	}
	rename := strings.NewReplacer(pairs...).Replace
	c := *r
	c.Types = slices.Clone(r.Types)
	for i := range c.Types {
		t := &c.Types[i]
		if key := strings.Trim(rename("‹"+t.Key+"›"), "‹›"); key != t.Key {
			t.Key = key
			continue
		}
		t.Under = rename(t.Under)
		t.Fields = slices.Clone(t.Fields)
		for k := range t.Fields {
			t.Fields[k].Type = rename(t.Fields[k].Type)
		}
	}
	slices.SortFunc(c.Types, func(a, b TypeDecl) int { return strings.Compare(a.Key, b.Key) })
	c.Funcs = slices.Clone(r.Funcs)
	for i := range c.Funcs {
		f := &c.Funcs[i]
		f.Results = rename(f.Results)
		f.Frame, f.Points, f.Params = slices.Clone(f.Frame), slices.Clone(f.Points), slices.Clone(f.Params)
		for k := range f.Frame {
			f.Frame[k].Type = rename(f.Frame[k].Type)
		}
		for k := range f.Points {
			f.Points[k].Results = rename(f.Points[k].Results)
		}
		for k := range f.Params {
			f.Params[k].Type = rename(f.Params[k].Type)
		}
	}
	c.Vars = slices.Clone(r.Vars)
	for i := range c.Vars {
		c.Vars[i].Type = rename(c.Vars[i].Type)
	}
	return &c
}
