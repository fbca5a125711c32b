package draft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/match"
)

// vanished drafts a function that the new release does not have.
func (d *drafter) vanished(m *match.Func, open []int) {
	d.f("// %s is gone: say with framemap.Func what it has become, with framemap.At which frames\n// its frames become, or that no goroutine may be in it.\n", short(m.Old.Key))
	for _, i := range open {
		d.f("//\t%d: old %s", i, source(m.Old, i))
		for _, g := range m.Guesses[i] {
			d.f("; %d of %s (%.0f%%: %s)", g.Point, short(g.Func.Key), 100*g.Confidence, g.Reason)
		}
		d.f("\n")
	}
	d.candidates(m)
	d.f("framemap.Never(m, %q, DECIDE) // take DECIDE out if nobody may be in %s; name points instead if nobody may be at these, and map the others\n\n", m.Old.Key, short(m.Old.Key))
}

// candidates tells, as a comment, what a function that is gone may have become, with the
// rule that would say so.
func (d *drafter) candidates(m *match.Func) {
	keys := match.Keys(d.Matches)
	for _, c := range m.Candidates {
		d.f("// It may have become %s (%.0f%%: %s):\n//\n", short(c.Func.Key), 100*c.Confidence, c.Reason)
		pair := match.Pair(m.Old, c.Func, keys)
		var open []int
		for i := range m.Old.Points {
			if pair.Points != nil && pair.Points[i] < 0 && (i > 0 || m.Old.Gate) {
				open = append(open, i)
			}
		}
		if len(open) == 0 {
			d.f("//\tframemap.Func(m, %q, %q, nil) // its points have their places\n//\n", m.Old.Key, c.Func.Key)
			continue
		}
		d.f("//\tframemap.Func(m, %q, %q, framemap.Points{\n", m.Old.Key, c.Func.Key)
		for _, i := range open {
			to, why := "…", "nothing like it"
			for _, g := range pair.Guesses[i] {
				to, why = fmt.Sprint(g.Point), fmt.Sprintf("%s, %.0f%%: %s", source(c.Func, g.Point), 100*g.Confidence, g.Reason)
				break
			}
			d.f("//\t\t%d: %s, // old %s → %s\n", i, to, source(m.Old, i), why)
		}
		d.f("//\t})\n//\n")
		d.places(m.Old, c.Func)
	}
}

// inlined proposes, as a comment, the one frame that a frame and the one inside it become
// at a call of a function that is gone, if its operations stand in the caller now.
func (d *drafter) inlined(m *match.Func, i int) {
	var inner *match.Func
	for k := range d.Matches {
		if g := &d.Matches[k]; g.New == nil && g.Old.Key == m.Old.Points[i].Calls {
			inner = g
		}
	}
	if inner == nil {
		return
	}
	to := map[int]match.Guess{}
	for b, l := range inner.Guesses {
		for _, g := range l {
			if g.Func == m.New {
				to[b] = g
				break
			}
		}
	}
	if len(to) == 0 {
		return
	}
	was, in := d.was.Frame(m.Old.Key), d.was.Frame(inner.Old.Key)
	d.f("// If what %s did is done here now, take that point out above, and its Never below:\n//\n", short(inner.Old.Key))
	d.f("//\tframemap.At(m, %q, %d, func(s *framemap.Stack, o *was.%s) {\n", m.Old.Key, i, was)
	d.f("//\t\tin, point := framemap.Inner[was.%s](s, %q)\n//\t\tif in == nil {\n", in, inner.Old.Key)
	d.f("//\t\t\tDECIDE // it has returned: where does the frame go on?\n//\t\t\treturn\n//\t\t}\n//\t\tswitch point {\n")
	for b := 1; b < len(inner.Old.Points); b++ {
		g, ok := to[b]
		d.f("//\t\tcase %d: // %s\n", b, source(inner.Old, b))
		if !ok {
			d.f("//\t\t\tDECIDE // nothing like it\n")
			continue
		}
		need := check.Unfilled(m.Old, m.New, i, g.Point, true, check.Carries(m.Old, m.New, i, g.Point, m.Relation()))
		set := ""
		if len(need) > 0 {
			set = "n := "
		}
		is := d.is.Frame(m.New.Key)
		d.f("//\t\t\t%sframemap.Frame[is.%s](s, %q, %d) // %s (%.0f%%: %s)\n", set, is, m.New.Key, g.Point, source(m.New, g.Point), 100*g.Confidence, g.Reason)
		for _, name := range need {
			d.f("//\t\t\t%s\n", d.fromInner(m, inner.Old, b, g.Point, name))
		}
	}
	d.f("//\t\t}\n//\t})\n")
	for b := 1; b < len(inner.Old.Points); b++ {
		d.f("//\tframemap.At(m, %q, %d, func(s *framemap.Stack, o *was.%s) {})\n", inner.Old.Key, b, in)
	}
}

// review lists, as a comment, what has changed between the points and nobody is asked
// about, and which points are kept free without a rule.
func (d *drafter) review() {
	d.pointed()
	d.kept()
	d.inferred()
	var l []string
	for i := range d.rules.Notes {
		c := &d.rules.Notes[i]
		o, n := c.Step.Old, c.Step.New
		s := fmt.Sprintf("//\tin %s, %s: old %s, new %s", short(o.Key), c.Verdict, stands(c.Old, o, nil, nil), stands(c.New, n, nil, nil))
		if !slices.Contains(l, s) && !strings.Contains(string(d.Source), s) {
			l = append(l, s)
		}
	}
	if len(l) > 0 {
		d.f("\n// Changed, for review: goroutines behind these go on. framemap.Never keeps a point free.\n%s\n", strings.Join(l, "\n"))
	}
}

// pointed lists, as a comment, the locals that are pointers to what they were themselves.
func (d *drafter) pointed() {
	var l []string
	for _, v := range d.rules.Pointed {
		s := fmt.Sprintf("//\tin %s: %s", short(v.Func.Key), v.Name)
		if !strings.Contains(string(d.Source), s) {
			l = append(l, s)
		}
	}
	if len(l) > 0 {
		d.f("\n// Pointers, for review: they lead to the variables that they were; framemap.Locals says\n// otherwise.\n%s\n", strings.Join(l, "\n"))
	}
}

// kept lists, as a comment, the points that are kept free without a rule.
func (d *drafter) kept() {
	var l []string
	for _, k := range d.rules.Kept {
		s := fmt.Sprintf("//\tin %s at %d, old %s: %s", short(k.Func.Key), k.Point, source(k.Func, k.Point), k.Why)
		if !strings.Contains(string(d.Source), s) {
			l = append(l, s)
		}
	}
	if len(l) > 0 {
		d.f("\n// Kept free, for review: goroutines do not stay there, and the update waits until nobody\n// is there. A rule for such a point is followed instead.\n%s\n", strings.Join(l, "\n"))
	}
}

// inferred lists, as a comment, the values that objects of changed types get without a rule.
func (d *drafter) inferred() {
	var l []string
	for i := range d.rules.Inferred {
		v := &d.rules.Inferred[i]
		s := fmt.Sprintf("//\t%s: %s", inferredOf(v), v.Text())
		if !strings.Contains(string(d.Source), s) {
			l = append(l, s)
		}
	}
	if len(l) > 0 {
		d.f("\n// Values of objects that exist, for review; framemap.Type says otherwise.\n%s\n", strings.Join(l, "\n"))
	}
}

// inferredOf names what gets a value.
func inferredOf(v *check.Inferred) string {
	if v.Field == "" {
		return short(v.Type.Key)
	}
	return "field " + v.Field + " of " + short(v.Type.Key)
}
