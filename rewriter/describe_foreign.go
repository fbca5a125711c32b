package rewriter

import (
	"fmt"
	"go/types"
	"strings"
)

// An outline is the structure of one foreign type, and the types that it names.
type outline struct {
	key   string
	text  string
	names []*types.Named
}

// shape is a hash of a foreign type's structure and of that of all foreign types that it
// leads to, as far as they are none of the standard library's, which a lineage keeps: two
// releases have the same type where it is the same (see shapes of package link). Own types
// count by their names; what has become of them is told elsewhere.
func (d *describer) shape(key string, t *types.Named) string {
	if d.outlines == nil {
		d.outlines = map[string]*outline{}
	}
	var b strings.Builder
	seen := map[string]bool{key: true}
	for work := []*outline{d.outlineOf(key, t)}; len(work) > 0; work = work[1:] {
		fmt.Fprintf(&b, "%s %s\n", work[0].key, work[0].text)
		for _, n := range work[0].names {
			if !d.foreign(n) {
				continue
			}
			if o := d.outlineOf("", n); !seen[o.key] {
				seen[o.key] = true
				work = append(work, o)
			}
		}
	}
	return textHash([]byte(b.String()))
}

// foreign reports whether a type is one that another release may have otherwise, without being
// own.
func (d *describer) foreign(t *types.Named) bool {
	pkg := t.Obj().Pkg()
	if pkg == nil || d.prog.IsOwn(pkg) {
		return false
	}
	f := d.prog.Foreign[pkg.Path()]
	return f == nil || !f.Standard
}

// outlineOf writes the structure of a type; key is its key in the ledger, if that is known.
func (d *describer) outlineOf(key string, t *types.Named) *outline {
	w := *d
	w.outline = &outline{}
	if key == "" {
		key = strings.Trim(w.named(t), "‹›")
	}
	if o := d.outlines[key]; o != nil {
		return o
	}
	w.outline = &outline{key: key}
	if parametric(t) {
		w.outline.text = "parametric"
	} else {
		w.outline.text = w.typ(t.Underlying())
	}
	d.outlines[key] = w.outline
	return w.outline
}
