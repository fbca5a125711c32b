package match

import (
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// relations compares functions with many others, and with each once. What cannot be alike
// is told by outlines, since texts take time.
type relations struct {
	keys     map[string]string
	made     map[[2]*ledger.Func]*Relation
	outlines map[*ledger.Func]*outline
}

// An outline is what of a function can be compared quickly.
type outline struct {
	lines map[string]int // how often each stands there, without variables
	n     int
	does  map[string]bool // its points' operations, by what is called or by their texts
}

func (k *relations) of(o, n *ledger.Func) *Relation {
	id := [2]*ledger.Func{o, n}
	if k.made[id] == nil {
		k.made[id] = Relate(o, n, k.keys)
	}
	return k.made[id]
}

func (k *relations) outline(f *ledger.Func) *outline {
	if k.outlines[f] != nil {
		return k.outlines[f]
	}
	x := &outline{lines: map[string]int{}, does: map[string]bool{}}
	numbers := map[string]int{}
	for _, l := range split(f.Text, numbers) {
		if l.weight > 0.5 {
			x.lines[l.text]++
			x.n++
		}
	}
	for i := range f.Points {
		if p := &f.Points[i]; p.Callee != "" {
			x.does[p.Kind+lastName(p.Callee)] = true
		} else if p.Kind != "" {
			x.does[p.Kind] = true
		}
	}
	k.outlines[f] = x
	return x
}

// lines is how many of the lines that say something stand in both, as a share of the longer one.
func (k *relations) lines(o, n *ledger.Func) float64 {
	a, b := k.outline(o), k.outline(n)
	common := 0
	for s, c := range a.lines {
		common += min(c, b.lines[s])
	}
	return float64(common) / float64(max(a.n, b.n, 1))
}

// operations reports whether some points of the two may do the same.
func (k *relations) operations(o, n *ledger.Func) bool {
	a, b := k.outline(o), k.outline(n)
	for s := range a.does {
		if b.does[s] {
			return true
		}
	}
	return false
}
