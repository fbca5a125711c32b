package draft

import (
	"fmt"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// concerns asks about what frames would skip or do twice: what stands between the points.
func (d *drafter) concerns() {
	var order []string
	through := map[string][]*match.Concern{}
	for _, g := range d.rules.Gaps {
		c := g.Concern
		switch {
		case c == nil:
		case c.Via && c.From != nil:
			id := check.Moved(c)
			if through[id] == nil {
				order = append(order, id)
			}
			through[id] = append(through[id], c)
		default:
			d.concern(c, nil)
		}
	}
	for _, id := range order {
		d.concern(through[id][0], through[id][1:])
	}
}

// concern asks about one, and about others that are the same for functions that do it in
// neither release by themselves.
func (d *drafter) concern(c *match.Concern, others []*match.Concern) {
	o, n := c.Step.Old, c.Step.New
	d.f("// Decide: in %s, `%s`: %s.\n", short(o.Key), c.Text(), c.Verdict)
	d.f("//\told %s\n//\tnew %s\n", stands(c.Old, o, c.From, c.Was), stands(c.New, n, c.To, c.Is))
	for _, i := range c.Points {
		j := c.Step.To[i]
		d.f("//\tat %d, old %s → %d, new line %d\n", i, source(o, i), j, n.Points[j].Line)
	}
	if len(others) > 0 {
		d.f("// What is accepted here goes for these, too:\n")
		for _, c := range others {
			for _, i := range c.Points {
				d.f("//\tin %s at %d, old %s → %d\n", short(c.Step.Old.Key), i, source(c.Step.Old, i), c.Step.To[i])
			}
		}
	}
	d.f("// %s. Choose one:\n//\n", sentence(c.Why()))
	d.f("//\tframemap.Accept(m, %q, %q) // they go on all the same\n", o.Key, c.Text())
	var points []string
	inside := ""
	for _, i := range c.Points {
		points = append(points, fmt.Sprint(i))
		if o.Points[i].Kind == "call" {
			inside = ", nor in what is called there"
		}
	}
	d.f("//\tframemap.Never(m, %q, %s) // the update waits until no goroutine stands there%s\n", o.Key, strings.Join(points, ", "), inside)
	d.f("//\tframemap.Func(m, %q, %q, framemap.Points{%s: …}) // they go on at another point\n", o.Key, n.Key, points[0])
	if inside != "" {
		d.f("//\tframemap.At(m, %q, %s, …) // with framemap.Inner, nil where what is called has returned: other frames\n", o.Key, points[0])
	}
	d.f("//\tframemap.Locals(m, %q, …) // with framemap.Then: it is done when they go on; and framemap.Accept\n", o.Key)
	d.f("framemap.Accept(m, %q, DECIDE) // %s: %q\n\n", o.Key, c.Verdict, c.Text())
}

// stands is where something is in a release: in a function, or in another one.
func stands(e *ledger.Effect, f, other *ledger.Func, there *ledger.Effect) string {
	file := func(f *ledger.Func) string { return f.File[strings.LastIndexByte(f.File, '/')+1:] }
	switch {
	case e != nil:
		return fmt.Sprintf("%s:%d `%s`", file(f), e.Line, e.What)
	case there != nil && other != f:
		return fmt.Sprintf("%s:%d in %s", file(other), there.Line, short(other.Key))
	}
	return "does not have it"
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
