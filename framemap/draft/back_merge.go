package draft

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// twoFrames are those that the way there has made of one, and that become one again:
// which point it stands at is told by the point of the inner one.
type twoFrames struct {
	outer *match.Func
	at    int // the outer frame's point
	inner *match.Func
	to    map[int]int // the inner frame's point → that of the new frame
}

// merges are those of points that are open, in order. A function whose frames are the
// inner ones is gone, and all of its points are accounted for.
func (d *drafter) merges(open map[*match.Func][]int) (all []*twoFrames) {
	if d.rules.Said == nil {
		return nil
	}
	by := map[string]*match.Func{}
	for m := range open {
		by[m.Old.Key] = m
	}
	add := func(outer, inner *match.Func, at, b, q int) bool {
		for _, g := range all {
			if g.outer == outer && g.at == at && g.inner == inner {
				_, twice := g.to[b]
				g.to[b] = q
				return !twice
			}
		}
		all = append(all, &twoFrames{outer, at, inner, map[int]int{b: q}})
		return true
	}
	bad := map[*match.Func]bool{}
	for _, s := range d.rules.Said.Steps {
		for _, q := range s.At {
			l := s.Leads[q]
			if len(l) != 2 {
				continue
			}
			f, g := by[l[0].Key], by[l[1].Key]
			if f == nil || g == nil || f.New == nil || g.New != nil || f.New.Key != s.Old || g.Old.Gate || g.Old.Base || !slices.Contains(open[f], l[0].Point) {
				continue
			}
			if (f.Old.Gate || f.Old.Base) && f.Old.Results != f.New.Results || !add(f, g, l[0].Point, l[1].Point, q) {
				bad[g] = true
			}
		}
	}
	for _, g := range all {
		for b := 1; b < len(g.inner.Old.Points); b++ {
			covered := slices.ContainsFunc(all, func(o *twoFrames) bool { _, ok := o.to[b]; return ok && o.inner == g.inner })
			if !covered && !g.inner.Old.Points[b].Brief {
				bad[g.inner] = true
			}
		}
	}
	return slices.DeleteFunc(all, func(g *twoFrames) bool { return bad[g.inner] })
}

// merged drafts the frames that become one again at the open points of m, and none where m is the
// inner function. The points that are left are returned.
func (d *drafter) merged(m *match.Func, open []int, all []*twoFrames) (rest []int) {
	done := map[int]bool{}
	for _, g := range all {
		if g.inner == m {
			for b := range g.to {
				done[b] = true
			}
		}
	}
	if len(done) > 0 {
		d.f("// The way there has made %s of a part of another function; no frame is left of it.\n", short(m.Old.Key))
		for _, b := range slices.Sorted(maps.Keys(done)) {
			d.f("framemap.At(m, %q, %d, func(s *framemap.Stack, o *was.%s) {}) // %s\n", m.Old.Key, b, d.was.Frame(m.Old.Key), source(m.Old, b))
		}
		d.f("\n")
	}
	for _, i := range open {
		if !done[i] && slices.ContainsFunc(all, func(g *twoFrames) bool { return g.outer == m && g.at == i }) {
			done[i] = true
			d.mergedAt(m, i, all)
		}
		if !done[i] {
			rest = append(rest, i)
		}
	}
	return rest
}

func (d *drafter) mergedAt(m *match.Func, i int, all []*twoFrames) {
	d.f("// The way there has made two frames of one, which they become again.\n")
	d.f("framemap.At(m, %q, %d, func(s *framemap.Stack, o *was.%s) { // %s\n", m.Old.Key, i, d.was.Frame(m.Old.Key), source(m.Old, i))
	for _, g := range all {
		if g.outer != m || g.at != i {
			continue
		}
		d.f("if in, point := framemap.Inner[was.%s](s, %q); in != nil {\nswitch point {\n", d.was.Frame(g.inner.Old.Key), g.inner.Old.Key)
		for _, b := range slices.Sorted(maps.Keys(g.to)) {
			q := g.to[b]
			d.f("case %d: // %s\n", b, source(g.inner.Old, b))
			moves := check.Carries(m.Old, m.New, i, q, m.Relation())
			need := check.Unfilled(m.Old, m.New, i, q, true, moves)
			if len(need) > 0 {
				d.f("n := ")
			}
			is := d.is.Frame(m.New.Key)
			d.f("framemap.Frame[is.%s](s, %q, %d) // %s\n", is, m.New.Key, q, source(m.New, q))
			for _, name := range need {
				d.f("%s\n", d.fromInner(m, g.inner.Old, b, q, name))
			}
		}
		d.f("}\n}\n")
	}
	d.f("})\n\n")
}

// fromInner is the statement that gives a local of the frame its value: out of the inner
// frame, if that holds it by the same name, or as the result of the same operation.
func (d *drafter) fromInner(m *match.Func, inner *ledger.Func, b, q int, name string) string {
	field := d.is.Field(d.is.Frame(m.New.Key), name)
	var n *ledger.Field
	for i := range m.New.Frame {
		if m.New.Frame[i].Name == name {
			n = &m.New.Frame[i]
		}
	}
	role := func(f ledger.Field, at int) string {
		rest, _ := strings.CutPrefix(f.Role, fmt.Sprintf("@%d ", at))
		return rest
	}
	for _, f := range inner.Frame {
		if !slices.Contains(inner.Points[b].Live, f.Name) || f.Type != n.Type || f.Boxed != n.Boxed || f.Source != n.Source {
			continue
		}
		if f.Source != "" || role(f, b) != "" && role(f, b) == role(*n, q) {
			return fmt.Sprintf("framemap.Carry(s, &n.%s, &in.%s)", field, d.was.Field(d.was.Frame(inner.Key), f.Name))
		}
	}
	if text, why := d.localBack(m, name); why != "" {
		if text == "" {
			text = "DECIDE"
		}
		return fmt.Sprintf("n.%s = %s // %s", field, text, why)
	}
	return fmt.Sprintf("n.%s = DECIDE // %s", field, variable(m.New, name))
}
