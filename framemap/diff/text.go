package diff

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Write prints the report for a reader: the summary first, then what changed, old and
// new lines side by side, then what is to decide.
func (r *Report) Write(w io.Writer) error {
	p := &printer{}
	p.f("%s, release %d → %d: %s\n", r.Program, r.Old, r.New, r.Summary())
	if r.Map != "" {
		p.f("read %s\n", r.Map)
	}
	p.functions(r)
	p.types(r)
	p.variables(r)
	if len(r.Goroutines) > 0 {
		p.f("\ngoroutines that only a program has that is started anew; framemap.Go or framemap.Start would begin them\n")
		for _, g := range r.Goroutines {
			p.f("  %s  %s:%d\n", short(g.Key), g.At.String(), g.At.Line)
		}
	}
	if len(r.Decisions) > 0 {
		p.f("\nto decide; upstarego framemap drafts it, upstarego framemap -check says more\n")
		for _, d := range r.Decisions {
			p.f("  %s: %s [%s]\n", d.Pos, d.What, d.Code)
		}
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

// Summary is one line: how much of what changed.
func (r *Report) Summary() string {
	var l []string
	count := func(what string, same int, states []string, of func(state string) int) {
		var m []string
		for _, s := range states {
			if n := of(s); n > 0 {
				m = append(m, fmt.Sprintf("%d %s", n, s))
			}
		}
		m = append(m, fmt.Sprintf("%d the same", same))
		l = append(l, what+" "+strings.Join(m, ", "))
	}
	count("functions", r.Same.Functions, []string{Changed, Moved, Renamed, Gone, New}, func(s string) (n int) {
		for _, f := range r.Functions {
			if f.State == s {
				n++
			}
		}
		return n
	})
	count("types", r.Same.Types, []string{Changed, Renamed, Affected, Gone, New}, func(s string) (n int) {
		for _, t := range r.Types {
			if t.State == s {
				n++
			}
		}
		return n
	})
	count("variables", r.Same.Variables, []string{Changed, Carried, Anew, Gone, New}, func(s string) (n int) {
		for _, v := range r.Variables {
			if v.State == s {
				n++
			}
		}
		return n
	})
	if n := len(r.Goroutines); n > 0 {
		l = append(l, plural(n, "goroutine")+" that only the new release begins")
	}
	if n := len(r.Decisions); n > 0 {
		l = append(l, fmt.Sprintf("%d to decide", n))
	} else {
		l = append(l, "nothing to decide")
	}
	return strings.Join(l, "; ")
}

type printer struct{ b strings.Builder }

func (p *printer) f(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

// moved is where something was and is.
func moved(was, is *Place) string {
	switch {
	case was == nil && is == nil:
		return ""
	case was == nil:
		return fmt.Sprintf("%s:%d", is, is.Line)
	case is == nil:
		return fmt.Sprintf("%s:%d", was, was.Line)
	}
	return fmt.Sprintf("%s:%d → %s:%d", was, was.Line, is, is.Line)
}

func renamed(old, new string) string {
	switch {
	case old == "":
		return short(new)
	case new == "" || old == new:
		return short(old)
	}
	return short(old) + " → " + short(new)
}

// code is a line of source with its number in the function and its place.
func (p *Place) code(point int) string {
	return fmt.Sprintf("%d  %s:%d `%s`", point, p, p.Line, p.Text)
}

func (p *printer) functions(r *Report) {
	if len(r.Functions) > 0 {
		p.f("\nfunctions\n")
	}
	for _, f := range r.Functions {
		p.f("  %-8s  %s  %s", f.State, renamed(f.Old, f.New), moved(f.Was, f.Is))
		if f.Old != "" && f.New != "" {
			p.f(": %s matched, %s carried over", plural(f.Matched, "point"), plural(f.Carried, "local"))
		}
		p.f("\n")
		for _, c := range f.May {
			p.f("    perhaps %s, %s:%d (%.0f %%: %s)\n", short(c.Key), c.At.String(), c.At.Line, 100*c.Confidence, c.Reason)
		}
		for _, s := range f.Rules {
			p.f("    %s\n", s)
		}
		var rows []row
		for _, pt := range f.Points {
			rows = append(rows, pt.rows(&f)...)
		}
		p.table(rows)
		rows = nil
		for _, c := range f.Concerns {
			rows = append(rows, c.row())
		}
		p.table(rows)
		rows = nil
		for _, l := range f.Locals {
			rows = append(rows, l.row())
		}
		p.table(rows)
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// DECIDE stands where framemap.go is to say something, as in a draft.
const decide = "DECIDE"

// rows are a point, and below it where it may have gone.
func (pt *Point) rows(f *Function) []row {
	first := row{state: pt.State, why: pt.Why}
	if pt.Was != nil {
		first.old = pt.Was.code(pt.Old)
	}
	if pt.Is != nil {
		first.new = pt.Is.code(pt.New)
	}
	if pt.State == Open {
		first.state = decide
	}
	l := []row{first}
	for i, g := range pt.Guesses {
		text := g.At.code(g.Point)
		if g.Key != f.New || pt.State != Open {
			text = strings.Replace(text, "  ", " of "+short(g.Key)+"  ", 1)
		}
		next := row{state: "or", new: text, why: fmt.Sprintf("%.0f %%: %s", 100*g.Confidence, g.Reason)}
		if pt.State != Open {
			next.state, next.why = "", "" // of the same rule
		}
		if i == 0 {
			l[0].new, l[0].why = text, cmp.Or(next.why, l[0].why)
			continue
		}
		l = append(l, next)
	}
	return l
}

func (c *Concern) row() row {
	text := func(p *Place) string {
		if p == nil {
			return ""
		}
		return fmt.Sprintf("%s:%d `%s`", p, p.Line, p.Text)
	}
	r := row{state: "review", old: text(c.Was), new: text(c.Is), why: c.Verdict + ": " + c.Why}
	if c.Open {
		r.state = decide
	}
	return r
}

func (l *Local) row() row {
	r := row{state: l.State, why: l.Why}
	name := l.Name + " " + l.Type
	switch l.State {
	case Needed:
		r.state, r.new = decide, name
	case Lost:
		r.old = name
	case Renamed:
		r.old, r.new = l.From+" "+l.Type, name
	default:
		r.new = name
	}
	return r
}

// A row is something old beside something new.
type row struct{ state, old, new, why string }

// widest is how wide a column may make the others move.
const widest = 56

// table prints rows with their columns aligned.
func (p *printer) table(rows []row) {
	var wide [3]int
	for _, r := range rows {
		for i, s := range []string{r.state, r.old, r.new} {
			wide[i] = max(wide[i], min(utf8.RuneCountInString(s), widest))
		}
	}
	pad := func(s string, n int) string { return s + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s))) }
	for _, r := range rows {
		line := "    " + pad(r.state, wide[0]) + "  " + pad(r.old, wide[1]) + " │ " + pad(r.new, wide[2])
		if r.why != "" {
			line += "  " + r.why
		}
		p.f("%s\n", strings.TrimRight(line, " "))
	}
}

func (p *printer) types(r *Report) {
	if len(r.Types) > 0 {
		p.f("\ntypes\n")
	}
	for _, l := range alike(r.Types) {
		p.f("  %s\n", l)
	}
	for _, t := range r.Types {
		if t.quiet() {
			continue
		}
		p.f("  %-8s  %s  %s", t.State, renamed(t.Old, t.New), moved(t.Was, t.Is))
		switch {
		case t.Layout && t.Size[0] != t.Size[1]:
			p.f(": %d → %d bytes", t.Size[0], t.Size[1])
		case t.Layout:
			p.f(": %d bytes, laid out otherwise", t.Size[1])
		}
		if len(t.Through) > 0 {
			var l []string
			for _, key := range t.Through {
				l = append(l, short(key))
			}
			p.f("; it leads to %s", strings.Join(l, ", "))
		}
		if len(t.Carried) > 0 {
			p.f("; carried over: %s", strings.Join(t.Carried, ", "))
		}
		p.f("\n")
		if t.Rule != "" {
			p.f("    %s\n", t.Rule)
		}
		var rows []row
		for _, f := range t.Fields {
			rows = append(rows, f.row())
		}
		p.table(rows)
	}
}

// quiet says that there is nothing to be told of a type but its name.
func (t *Type) quiet() bool {
	return t.State == Affected && !t.Layout || t.State == New || t.State == Gone
}

// alike lists the types that need no line of their own.
func alike(types []Type) (l []string) {
	for _, state := range []string{New, Gone, Affected} {
		var names []string
		through := map[string]bool{}
		for _, t := range types {
			if t.State == state && t.quiet() {
				names = append(names, short(cmp.Or(t.New, t.Old)))
				for _, key := range t.Through {
					through[short(key)] = true
				}
			}
		}
		if len(names) == 0 {
			continue
		}
		s := fmt.Sprintf("%-8s  %s", state, strings.Join(names, ", "))
		if len(through) > 0 {
			s += ": laid out as before; they lead to " + strings.Join(slices.Sorted(maps.Keys(through)), ", ")
		}
		l = append(l, s)
	}
	return l
}

func (f *Field) row() row {
	r := row{state: f.State}
	if f.Was != "" {
		r.old = strings.TrimSpace(f.Name + " " + f.Was)
	}
	if f.Is != "" {
		r.new = strings.TrimSpace(f.Name + " " + f.Is)
	}
	switch f.State {
	case Needed:
		r.state, r.why = decide, "objects that exist already need a value"
	case Set:
		r.why = cmp.Or(f.Why, "framemap.go gives it a value")
	case Lost:
		r.why = "its value is lost"
	}
	return r
}

func (p *printer) variables(r *Report) {
	if len(r.Variables) > 0 {
		p.f("\nvariables\n")
	}
	var rows []row
	for _, v := range r.Variables {
		w := row{state: v.State, why: v.Why}
		text := func(p *Place) string {
			s := fmt.Sprintf("%s  %s:%d", short(v.Key), p, p.Line)
			if p.Text != "" {
				s += " `" + p.Text + "`"
			}
			return s
		}
		if v.Was != nil {
			w.old = text(v.Was)
		}
		if v.Is != nil {
			w.new = text(v.Is)
		}
		if v.Open {
			w.state = decide
		}
		rows = append(rows, w)
	}
	p.table(rows)
}
