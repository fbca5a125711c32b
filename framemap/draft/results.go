package draft

import (
	"fmt"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/mirror"
)

// results drafts what those get who wait for what a function returned.
func (d *drafter) results() {
	for _, g := range d.rules.Gaps {
		m := g.Func
		if !g.Results {
			continue
		}
		if m.Old.Results == m.New.Results {
			d.f("// Callers of %s wait for %s, of a type that has changed.\n", short(m.Old.Key), ledger.Plain(m.Old.Results))
		} else {
			d.f("// Callers of %s wait for %s, and it returns %s.\n", short(m.Old.Key), ledger.Plain(m.Old.Results), ledger.Plain(m.New.Results))
		}
		if !g.Turns {
			d.f("framemap.Never(m, %q, DECIDE) // take DECIDE out: nobody may be in %s; what it returns cannot be turned back\n\n", m.Old.Key, short(m.Old.Key))
			continue
		}
		var in, out []string
		from := mirror.Tuple(d.New, d.New, "is", m.New.Results, d.imports)
		to := mirror.Tuple(d.Old, d.New, "was", m.Old.Results, d.imports)
		for i, t := range from {
			in = append(in, fmt.Sprintf("new%d %s", i, t))
		}
		for i, t := range to {
			out = append(out, fmt.Sprintf("old%d %s", i, t))
		}
		d.f("framemap.Results(m, %q, func(%s) (%s) {\n", m.Old.Key, strings.Join(in, ", "), strings.Join(out, ", "))
		for i, t := range to {
			same := ""
			for k, u := range from {
				if u == t {
					same += fmt.Sprintf(" or new%d", k)
				}
			}
			if same != "" {
				same = "; perhaps" + strings.TrimPrefix(same, " or")
			}
			d.f("old%d = DECIDE // callers wait for %s%s\n", i, t, same)
		}
		if len(to) > 0 {
			d.f("return\n")
		}
		d.f("})\n\n")
	}
}
