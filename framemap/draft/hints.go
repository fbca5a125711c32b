package draft

import (
	"fmt"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// candidates tells, as a comment, what a function that is gone may have become.
func (d *drafter) candidates(m *match.Func) {
	for _, c := range m.Candidates {
		d.f("// It may have become %s (%.0f%%: %s).\n", c.Func.Key, 100*c.Confidence, c.Reason)
		d.places(m.Old, c.Func)
	}
}

// places lists, as a comment, the points of a function that frames of a gone one may
// become frames of, and what these would need there that the old ones do not have.
func (d *drafter) places(o, n *ledger.Func) {
	is := d.is.Frame(n.Key)
	d.f("// Points of that function:\n//\n")
	for j := 1; j < len(n.Points); j++ {
		var least []string
		for i := 1; i < len(o.Points); i++ {
			l := check.Unfilled(o, n, i, j, true, check.Carries(o, n, i, j, false))
			if i == 1 || len(l) < len(least) {
				least = l
			}
		}
		d.f("//\t%d: %s%s", j, behind(n, j), source(n, j))
		var fields []string
		for _, f := range least {
			fields = append(fields, d.is.Field(is, f))
		}
		if len(fields) > 0 {
			d.f("; Locals would set %s", strings.Join(fields, ", "))
		}
		d.f("\n")
	}
}

// behind: a frame that stands at a call or at what may wait goes on behind it.
func behind(f *ledger.Func, i int) string {
	switch f.Points[i].Kind {
	case "call", "park", "lock", "select":
		return "behind "
	}
	return ""
}

// returned tells where the old frame has what the call at its point has returned, for a
// local of the new frame that gets what it returns.
func (d *drafter) returned(m *match.Func, name string, i, j int) string {
	q := &m.New.Points[j]
	if q.Kind != "call" {
		return ""
	}
	for _, n := range m.New.Frame {
		gets := n.Source != "" && strings.HasSuffix(n.Decl, "= "+q.What) || strings.HasPrefix(n.Role, fmt.Sprintf("@%d result ", j))
		if n.Name != name || !gets {
			continue
		}
		for _, o := range m.Old.Frame {
			if o.Role == fmt.Sprintf("@%d result 0", i) {
				return "; that has returned o." + d.was.Field(d.was.Frame(m.Old.Key), o.Name) + ", or will return to the new frame"
			}
		}
	}
	return ""
}
