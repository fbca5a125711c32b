package draft

import (
	"fmt"
	"go/ast"
	"go/parser"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// passed tells what the new release gives a parameter where it calls the function.
func (d *drafter) passed(n *ledger.Func, name string) string {
	nth := -1
	takes := 0
	for _, v := range n.Frame {
		if v.Name != name || v.Var == 0 {
			continue
		}
		for _, line := range n.Text {
			rest, ok := strings.CutPrefix(line, "takes ")
			if !ok {
				continue
			}
			if strings.HasPrefix(rest, fmt.Sprintf("‹%d› ", v.Var-1)) {
				nth = takes
			}
			takes++
		}
	}
	if nth < 0 {
		return ""
	}
	var l []string
	add := func(f *ledger.Func, text string) {
		x, err := parser.ParseExpr(text)
		if call, ok := x.(*ast.CallExpr); err == nil && ok && len(call.Args) == takes {
			arg := text[call.Args[nth].Pos()-1 : call.Args[nth].End()-1]
			if s := fmt.Sprintf("%s gives it `%s`", short(f.Key), arg); !slices.Contains(l, s) {
				l = append(l, s)
			}
		}
	}
	for i := range d.New.Funcs {
		f := &d.New.Funcs[i]
		for k := range f.Points {
			if f.Points[k].Calls == n.Key {
				add(f, f.Points[k].What)
			}
		}
		for k := range f.Effects {
			if text, ok := strings.CutPrefix(f.Effects[k].What, "go "); ok && f.Effects[k].Kind == ledger.Go && strings.Contains(text, last(n.Key)+"(") {
				add(f, text)
			}
		}
	}
	if len(l) == 0 {
		return ""
	}
	return "; " + strings.Join(l[:min(3, len(l))], ", ")
}

// paths lists, as a comment, which of the fields that are gone an open one may have been, or have
// been led to by.
func (d *drafter) paths(t *check.Change, open []check.FieldChange) {
	for _, f := range open {
		if _, said := d.fieldBack(t, f); f.Was != "" || f.Kept || said != "" {
			continue
		}
		for _, o := range t.Gone {
			l := []string{o.Name}
			if o.Type != f.Type {
				l = nil
				key, _ := strings.CutPrefix(o.Type, "*")
				if by := d.Old.Type(strings.TrimSuffix(strings.TrimPrefix(key, "‹"), "›")); by != nil && by.Own && strings.HasPrefix(key, "‹") {
					for _, at := range by.Fields {
						if at.Type == f.Type {
							l = append(l, o.Name+"."+at.Name)
						}
					}
				}
			}
			for _, path := range l {
				d.f("// If %s is what %s was, this says so, and the function below leaves it out:\n//\n//\tframemap.Field(m, %q, %q, %q)\n//\n", f.Name, path, t.New.Key, f.Name, path)
			}
		}
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
			l := check.Unfilled(o, n, i, j, true, check.Carries(o, n, i, j, nil))
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
