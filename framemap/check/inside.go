package check

import (
	"fmt"
	"go/token"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A place is where a frame of the new release may be made.
type place struct {
	n   *ledger.Func
	pt  int
	pos token.Pos
}

// places are where framemap.At makes frames of an old point.
type places struct {
	outermost, innermost []place
	takes                bool // it takes frames inside its own by itself, with Inner
}

// inside checks what becomes of calls in flight. A frame that waits for a call gets what
// the frame inside it returns, and that has become another one by rules of its own: both
// must agree on what it is.
func (c *checker) inside(l []Resolved) {
	byKey := map[string]*Resolved{}
	for i := range l {
		byKey[l[i].Old] = &l[i]
	}
	for k := range l {
		r := &l[k]
		o := c.Old.Func(r.Old)
		for i := range o.Points {
			p := &o.Points[i]
			if p.Kind != "call" || slices.Contains(r.Never, i) {
				continue
			}
			to := c.rules.places[r.Old][i]
			if _, at := c.rules.ats[r.Old][i]; !at {
				n := c.New.Func(r.New)
				j := i
				if r.Points != nil {
					j = r.Points[i]
				}
				if n == nil || j < 0 {
					continue
				}
				to.innermost = []place{{n, j, token.NoPos}}
				if rule := c.rules.funcs[r.Old]; rule != nil && rule.pos[i] != token.NoPos {
					to.innermost[0].pos = rule.pos[i]
				}
			}
			if to.takes {
				continue // what is left of the frames inside is its business
			}
			for _, at := range to.innermost {
				switch what, why := c.calledFor(o, i, at, byKey); {
				case what == "":
				case at.pos == token.NoPos && c.passing(o, i):
					r.keep(o, i, "what is called there returns something else")
				default:
					pos := c.fset.Position(at.pos)
					if at.pos == token.NoPos {
						pos = c.place(at.n.File, at.n.Points[at.pt].Line, false)
					}
					c.diags.Add(diag.OtherResults, pos, what, why, "map it to a point that waits for what comes, or keep it free with framemap.Never")
				}
			}
		}
	}
}

// calledFor checks one place of a frame that waits for a call, and says what is wrong.
func (c *checker) calledFor(o *ledger.Func, i int, at place, byKey map[string]*Resolved) (what, why string) {
	p, q := &o.Points[i], &at.n.Points[at.pt]
	waits := fmt.Sprintf("point %d of %s waits for (%s)", at.pt, at.n.Key, ledger.Plain(q.Results))
	come := c.becomes(p.Calls, byKey, map[string]bool{})
	if p.Calls == "" || byKey[p.Calls] == nil {
		// A function value, a method of an interface, an instance of a generic function: any
		// function that returns that.
		if bare(p.Results) != bare(q.Results) {
			return fmt.Sprintf("%s, point %d of %s for (%s)", waits, i, o.Key, ledger.Plain(p.Results)), "a frame inside it returns what it called for"
		}
		return "", ""
	}
	for _, n := range come {
		if bare(n.Results) != bare(q.Results) {
			return fmt.Sprintf("%s, and what %s has become returns %s", waits, p.Calls, ledger.Plain(n.Results)),
				fmt.Sprintf("point %d of %s has called %s, whose frames become frames of %s", i, o.Key, p.Calls, n.Key)
		}
	}
	return "", ""
}

// becomes are the new functions that frames of an old one, and what these have called
// where nothing is left of them, return from.
func (c *checker) becomes(old string, byKey map[string]*Resolved, seen map[string]bool) (l []*ledger.Func) {
	r := byKey[old]
	if r == nil || seen[old] {
		return nil
	}
	seen[old] = true
	add := func(n *ledger.Func) {
		if n != nil && !slices.Contains(l, n) {
			l = append(l, n)
		}
	}
	for i := range r.Last + 1 {
		switch _, at := c.rules.ats[old][i]; {
		case slices.Contains(r.Never, i):
		case at:
			of := c.rules.places[old][i]
			for _, m := range of.outermost {
				add(m.n)
			}
			if len(of.outermost) == 0 && !of.takes {
				for _, n := range c.becomes(c.Old.Func(old).Points[i].Calls, byKey, seen) {
					add(n)
				}
			}
		case i > 0 && (r.Points == nil || r.Points[i] >= 0):
			add(c.New.Func(r.New))
		}
	}
	return l
}

// bare is a tuple of results without its parentheses. One result has none, but may end
// with one: func().
func bare(results string) string {
	if rest, ok := strings.CutPrefix(results, "("); ok {
		return strings.TrimSuffix(rest, ")")
	}
	return results
}
