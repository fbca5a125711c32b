package match

import (
	"fmt"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// CountsOut is the flag of the deferred call that counts out what frames have not counted, if
// the new function says both in a breath: `g.Add(1)`, and in the line before or behind it
// `defer g.Done()`. Frames that have done neither owe nothing. "": it does not, or counts elsewhere, too.
func (c *Concern) CountsOut() string {
	if c.Verdict != Uncounted || c.New == nil || c.New.By != "" {
		return ""
	}
	o, n := c.Step.Old, c.Step.New
	for _, f := range []*ledger.Func{o, n} {
		for i := range f.Effects {
			if e := &f.Effects[i]; counts(e) && keyOf(e) == keyOf(c.New) && e != c.New {
				return ""
			}
		}
	}
	call := ""
	for k, line := range n.Text {
		group, ok := strings.CutSuffix(line, " . Add ( 1 )")
		nested := strings.TrimLeft(group, "\t")
		if !ok || strings.ContainsAny(nested, "([") {
			continue
		}
		out := group[:len(group)-len(nested)] + "defer " + nested + " . Done ( )"
		if !(k > 0 && n.Text[k-1] == out) && !(k+1 < len(n.Text) && n.Text[k+1] == out) {
			continue
		}
		if written(n, nested+".Add(1)") != c.New.What || call != "" {
			return ""
		}
		call = written(n, nested+".Done()")
	}
	flag := ""
	for _, f := range n.Frame {
		if role, armed := strings.CutSuffix(f.Role, ": armed"); armed && call != "" && ledger.Deferred(role) == call {
			if flag != "" {
				return ""
			}
			flag = f.Name
		}
	}
	return flag
}

// written is how names and signs of a function's text stand in its source.
func written(f *ledger.Func, text string) string {
	for k, name := range f.Vars {
		text = strings.ReplaceAll(text, fmt.Sprintf("‹%d›", k), name)
	}
	return strings.ReplaceAll(text, " ", "")
}
