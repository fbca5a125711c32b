package check

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// An acceptRule says what frames of an old function may skip or do twice.
type acceptRule struct {
	texts map[string]token.Pos
	open  bool // DECIDE stands there
}

func (c *checker) acceptRule(call *ast.CallExpr) {
	key, ok := c.key(call.Args[1], c.Old.Func, "function", false)
	if !ok {
		return
	}
	r := c.rules.accepts[key]
	if r == nil {
		r = &acceptRule{texts: map[string]token.Pos{}}
		c.rules.accepts[key] = r
	}
	for _, a := range call.Args[2:] {
		if isDecide(a) {
			r.open = true // reported as open, and nothing else of it
		} else if text, ok := c.text(a); ok {
			r.texts[text] = a.Pos()
		}
	}
}

// concerns reports what frames would skip or do twice, if the map does not say that it
// has been seen; and rules that accept what is not the case.
func (c *checker) concerns(r *Rules) (notes []match.Concern) {
	steps := make([]match.Step, len(r.Funcs))
	facts := c.known()
	is, off := without(c.New, facts)
	was, _ := without(c.Old, facts) // else what neither makes would have gone somewhere
	told := map[string][]int{}
	for i := range r.Funcs {
		f := &r.Funcs[i]
		o := was.Func(f.Old)
		s := &steps[i]
		*s = match.Step{Old: o, To: make([]int, len(o.Points)), Free: f.Never, Relation: f.Relation}
		if f.New != "" {
			s.New = is.Func(f.New)
		}
		for k := range s.To {
			switch {
			case s.New == nil || slices.Contains(f.At, k) || slices.Contains(f.Never, k):
				s.To[k] = -1
			case f.Points == nil:
				s.To[k] = k
			default:
				s.To[k] = f.Points[k]
			}
		}
		told[f.Old] = f.Told
	}
	all, notes := match.Concerns(steps, was, is)
	for i := range steps {
		steps[i].Old = c.Old.Func(r.Funcs[i].Old) // whoever reads on knows these
	}
	for _, l := range [][]match.Concern{all, notes} {
		for i := range l {
			if l[i].From != nil {
				l[i].From = orSame(c.Old.Func(l[i].From.Key), l[i].From)
			}
		}
	}
	for i := range r.Funcs {
		notes = append(notes, unmade(&steps[i], c.Old.Func(r.Funcs[i].Old), off[r.Funcs[i].New])...)
		if f := &r.Funcs[i]; f.Relation != nil {
			s := steps[i]
			for _, k := range f.Told {
				s.To = slices.Clone(s.To)
				s.To[k] = -1 // the developer has said it
			}
			notes = append(notes, f.Relation.Handed(&s)...)
		}
	}
	index := map[*ledger.Func]int{}
	for i := range steps {
		index[steps[i].Old] = i
	}
	known := map[string]map[string]bool{}
	through := c.through(all)
	for i := range all {
		con := &all[i]
		key := con.Step.Old.Key
		if known[key] == nil {
			known[key] = map[string]bool{}
		}
		known[key][con.Text()] = true
		con.Points = slices.DeleteFunc(con.Points, func(p int) bool {
			return slices.Contains(told[key], p) || c.uncounted(con, &r.Funcs[index[con.Step.Old]], p)
		})
		rule := c.rules.accepts[key]
		if len(con.Points) == 0 || rule != nil && rule.open {
			continue
		}
		if rule != nil {
			if _, ok := rule.texts[con.Text()]; ok {
				r.Funcs[index[con.Step.Old]].Accept = true
				continue
			}
		}
		if said := through[Moved(con)]; con.Via && said != nil {
			if !said.open {
				r.Funcs[index[con.Step.Old]].Accept = true
			}
			continue
		}
		for _, p := range con.Points {
			if c.passing(con.Step.Old, p) {
				r.Funcs[index[con.Step.Old]].keep(con.Step.Old, p, fmt.Sprintf("%s: `%s`", con.Verdict, con.Text()))
			}
		}
		never := r.Funcs[index[con.Step.Old]].Never
		if con.Points = slices.DeleteFunc(con.Points, func(p int) bool { return slices.Contains(never, p) }); len(con.Points) > 0 {
			c.unaccepted(con)
		}
	}
	for key, rule := range c.rules.accepts {
		for text, pos := range rule.texts {
			if !known[key][text] {
				c.bad(diag.UnknownKey, pos, fmt.Sprintf("frames of %s neither skip `%s` nor do it twice", key, text), "",
					"write it as `upstarego framemap -check` names it, or take it out")
			}
		}
	}
	return notes
}

// Moved names what has moved from one function to another one, for those who stand in
// neither: what is said of it in one of them goes for all.
func Moved(con *match.Concern) string {
	if con.From == nil || con.To == nil {
		return ""
	}
	return fmt.Sprintf("%s from %s to %s: %s", con.Verdict, con.From.Key, con.To.Key, con.Text())
}

// through is what is accepted of what has moved, by functions that do it in neither
// release by themselves.
func (c *checker) through(all []match.Concern) map[string]*acceptRule {
	m := map[string]*acceptRule{}
	for i := range all {
		con := &all[i]
		rule := c.rules.accepts[con.Step.Old.Key]
		if !con.Via || rule == nil {
			continue
		}
		if _, ok := rule.texts[con.Text()]; ok || rule.open && m[Moved(con)] == nil {
			m[Moved(con)] = rule
		}
	}
	return m
}

// unaccepted reports something that frames would skip or do twice.
func (c *checker) unaccepted(con *match.Concern) {
	s := con.Step
	c.gaps = append(c.gaps, Gap{Concern: con})
	pos := c.place(s.New.File, s.New.Line, false)
	switch {
	case con.New != nil:
		pos.Line, pos.Column = con.New.Line, con.New.Col
	default:
		if j := s.To[con.Points[0]]; j > 0 {
			pos.Line = s.New.Points[j].Line
		}
	}
	what := fmt.Sprintf("`%s` is %s", con.Text(), con.Verdict)
	switch con.Verdict {
	case match.Kept, match.NotHeld, match.Overcount, match.Uncounted:
		what = fmt.Sprintf("`%s`: %s", con.Text(), con.Verdict)
	}
	what += fmt.Sprintf(" by goroutines in %s at %s", s.Old.Key, Points(con))
	c.diags.Add(diag.Unaccepted, pos, what, con.Why(),
		"if that is right, say so with framemap.Accept; else map the point with framemap.Func or framemap.At, or keep it free with framemap.Never")
}

// Points lists a concern's points with their old lines.
func Points(con *match.Concern) string {
	var l []string
	for _, p := range con.Points {
		q := con.Step.Old.Points[p]
		l = append(l, "point "+strconv.Itoa(p)+" (old line "+strconv.Itoa(q.Line)+": `"+q.What+"`)")
	}
	return strings.Join(l, ", ")
}

// orSame is the function as the release has it, or itself if that is none with frames.
func orSame(f, itself *ledger.Func) *ledger.Func {
	if f != nil {
		return f
	}
	return itself
}
