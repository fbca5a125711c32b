// Package draft writes framemap.go: what is left to decide between two releases,
// with the word DECIDE wherever the developer has to say something.
//
// A draft holds only what check finds open. What the developer wrote already stays
// as it is: a new draft is merged into it.
package draft

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"sort"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
	"github.com/upstarego/upstarego/rewriter/mirror"
)

// Write returns the text of framemap.go for in.File: a new one, or in.Source with
// what was missing added. It returns nil if nothing is to decide and there is no
// file yet, and in.Source itself if nothing is missing in it.
//
// For functions and types of the old release that are asked for, by their keys, it has a rule
// without a statement, if the text has none for them otherwise.
func Write(in check.Input, asked ...string) ([]byte, error) {
	rules, diags := check.Check(in)
	if rules == nil {
		return nil, diags.Err()
	}
	if len(rules.Gaps) == 0 && len(asked) == 0 {
		return in.Source, nil
	}
	d := &drafter{Input: in, was: mirror.NewNames(in.Old), is: mirror.NewNames(in.New), rules: rules}
	for _, key := range asked {
		e, err := d.empty(key)
		if err != nil {
			return nil, err
		}
		d.asked = append(d.asked, e)
	}
	if l := renamedBack(rules.Gaps); l != nil {
		rules.Gaps, d.first = l, true
	}
	text, err := d.file()
	if err == nil && rules.Exists {
		text, err = merge(in.Source, text)
	}
	if err != nil || in.There == nil || bytes.Equal(text, in.Source) {
		return text, err
	}
	in.Source = text // what is written in on the way back may leave more to say
	return Write(in, asked...)
}

type drafter struct {
	check.Input
	was, is *mirror.Names
	rules   *check.Rules
	first   bool // types alone: what else is open depends on them
	asked   []empty
	named   []string        // functions that old ones of other names become by rules of the draft
	imports *mirror.Imports // of foreign packages
	b       strings.Builder
}

func (d *drafter) f(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

// file is a draft of all gaps.
func (d *drafter) file() ([]byte, error) {
	d.imports = mirror.NewImports(d.PackageName)
	d.types()
	if !d.first {
		d.functions()
		d.results()
		d.concerns()
		d.variables()
		d.goroutines()
	}
	d.empties()
	if !d.first {
		d.review()
	}
	body := strings.TrimRight(d.b.String(), "\n") + "\n"
	var b strings.Builder
	fmt.Fprintf(&b, "//go:build %s\n\n// Package %s says how %s of %s becomes %s.\npackage %[2]s\n\nimport (\n", check.Tag, check.Name, d.Old, d.New.Main, d.New)
	paths := append(d.imports.Paths(), check.Path)
	proposed := map[string]bool{} // imports that only comments need
	for _, name := range []string{"was", "is"} {
		if named, in := mentions(body, name); named || in {
			p := check.PackagePath(d.New) + "/" + name
			paths, proposed[p] = append(paths, p), !named
		}
	}
	// The standard library comes first.
	sort.Slice(paths, func(i, j int) bool {
		if s, t := dotted(paths[i]), dotted(paths[j]); s != t {
			return t
		}
		return paths[i] < paths[j]
	})
	for i, p := range paths {
		if i > 0 && dotted(p) && !dotted(paths[i-1]) {
			b.WriteString("\n")
		}
		switch name := d.imports.Name(p); {
		case proposed[p]:
			fmt.Fprintf(&b, "\t// %q // for what is proposed below\n", p)
		case name != "" && name != d.PackageName(p):
			fmt.Fprintf(&b, "\t%s %q\n", name, p)
		default:
			fmt.Fprintf(&b, "\t%q\n", p)
		}
	}
	fmt.Fprintf(&b, ")\n\n// Map is called before anything is stopped.\nfunc Map(m *framemap.Map) {\n%s}\n", body)
	return format.Source([]byte(b.String()))
}

// mentions reports whether the statements of a draft name mirrors of the package, and
// whether its comments do.
func mentions(body, pkg string) (code, comment bool) {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc _() {\n"+body+"}\n", parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return true, true // it is said when it is formatted
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			id, ok := sel.X.(*ast.Ident)
			code = code || ok && id.Name == pkg
		}
		return true
	})
	for _, g := range f.Comments {
		comment = comment || strings.Contains(g.Text(), "*"+pkg+".") || strings.Contains(g.Text(), "["+pkg+".")
	}
	return code, comment
}

func dotted(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return strings.Contains(first, ".")
}

// types drafts the fields of changed types.
func (d *drafter) types() {
	for _, g := range d.rules.Gaps {
		if g.Type == nil {
			continue
		}
		t := g.Type
		if len(t.Carried) > 0 {
			d.f("// Carried over in %s: %s.\n", t.New.Name, strings.Join(t.Carried, ", "))
		}
		for _, f := range t.Gone {
			d.f("// %s (%s) is gone.\n", f.Name, ledger.Plain(f.Type))
		}
		was, is := d.was.Type(t.Old.Key), d.is.Type(t.New.Key)
		d.paths(t, g.Open)
		d.f("framemap.Type(m, %q, %q, func(o *was.%s, n *is.%s) {\n", t.Old.Key, t.New.Key, was, is)
		if t.Whole {
			d.f("*n = DECIDE // it was %s and is %s\n", ledger.Plain(t.Old.Under), ledger.Plain(t.New.Under))
		}
		for _, f := range g.Open {
			why := "new field, " + ledger.Plain(f.Type) + ": objects that exist already need a value"
			if f.Was != "" {
				why = fmt.Sprintf("it was %s and is %s", ledger.Plain(f.Was), ledger.Plain(f.Type))
			}
			value := "DECIDE"
			if text, said := d.fieldBack(t, f); said != "" {
				value, why = cmp.Or(text, value), said
			}
			d.f("n.%s = %s // %s\n", d.is.Field(is, f.Name), value, why)
		}
		d.f("})\n\n")
	}
}

// functions drafts the points and locals of functions.
func (d *drafter) functions() {
	var order []*match.Func
	points, locals := map[*match.Func][]int{}, map[*match.Func][]string{}
	at, all := map[*match.Func]map[string][2]int{}, map[*match.Func]map[string][]int{}
	for _, g := range d.rules.Gaps {
		m := g.Func
		if m == nil || g.Results {
			continue
		}
		if !slices.Contains(order, m) {
			order = append(order, m)
			at[m], all[m] = map[string][2]int{}, map[string][]int{}
		}
		need := func(i, j int, fields []string) {
			for _, f := range fields {
				all[m][f] = append(all[m][f], i)
				if !slices.Contains(locals[m], f) {
					locals[m] = append(locals[m], f)
					at[m][f] = [2]int{i, j}
				}
			}
		}
		if g.Needs != nil {
			need(g.Point, g.To, g.Needs)
			continue
		}
		points[m] = append(points[m], g.Point)
		if j, why := d.pointBack(m, g.Point); why != "" {
			need(g.Point, j, missing(m, g.Point, j))
		} else if m.New != nil {
			for _, guess := range m.Guesses[g.Point] {
				if guess.Func == m.New {
					need(g.Point, guess.Point, missing(m, g.Point, guess.Point))
					break
				}
			}
		}
	}
	merges := d.merges(points)
	for _, m := range order {
		if len(merges) > 0 {
			open := points[m]
			if points[m] = d.merged(m, open, merges); len(points[m]) == 0 && len(open) > 0 && m.New == nil {
				continue
			}
		}
		if m.New == nil {
			again, open := d.nameBack(m, points[m])
			if again == nil {
				d.vanished(m, points[m])
				continue
			}
			d.named = append(d.named, again.New.Key)
			d.f("// The way there has made it of %s.\n", short(again.New.Key))
			if len(open) > 0 {
				d.points(again, open)
			} else {
				d.f("framemap.Func(m, %q, %q, nil)\n\n", again.Old.Key, again.New.Key)
			}
			continue
		}
		if len(points[m]) > 0 {
			d.points(m, points[m])
		}
		if len(locals[m]) > 0 {
			d.locals(m, locals[m], at[m], all[m])
		}
	}
}

func moves(m *match.Func) map[string]string { return m.Relation().Moves(m.Relation().Alignment()) }

func missing(m *match.Func, i, j int) []string { return m.Relation().Missing(i, j, moves(m)) }

func source(f *ledger.Func, i int) string {
	file := f.File[strings.LastIndexByte(f.File, '/')+1:]
	return fmt.Sprintf("%s:%d `%s`", file, f.Points[i].Line, f.Points[i].What)
}

// points drafts where the points of a changed function go.
func (d *drafter) points(m *match.Func, open []int) {
	var matched strings.Builder
	for i := range m.Old.Points {
		if m.Points != nil && m.Points[i] > 0 {
			fmt.Fprintf(&matched, "//\t%d → %d: old %s, new line %d\n", i, m.Points[i], source(m.Old, i), m.New.Points[m.Points[i]].Line)
		}
	}
	if matched.Len() > 0 {
		d.f("// Matched in %s:\n%s", short(m.Old.Key), matched.String())
	}
	d.f("framemap.Func(m, %q, %q, framemap.Points{\n", m.Old.Key, m.New.Key)
	for _, i := range open {
		if j, why := d.pointBack(m, i); why != "" {
			d.f("%d: %d, // old %s → new %s: %s\n", i, j, source(m.Old, i), source(m.New, j), why)
			continue
		}
		d.f("%d: DECIDE, // old %s → ", i, source(m.Old, i))
		var l []string
		for _, g := range m.Guesses[i] {
			if g.Func == m.New {
				l = append(l, fmt.Sprintf("%d, new %s (%.0f%%: %s)", g.Point, source(g.Func, g.Point), 100*g.Confidence, g.Reason))
			} else {
				l = append(l, fmt.Sprintf("%d of %s, %s (%.0f%%: %s)", g.Point, short(g.Func.Key), source(g.Func, g.Point), 100*g.Confidence, g.Reason))
			}
		}
		if len(l) == 0 {
			l = append(l, "nothing like it")
		}
		d.f("%s\n", strings.Join(l, "; or "))
	}
	d.f("})\n")
	open = slices.DeleteFunc(open, func(i int) bool { _, why := d.pointBack(m, i); return why != "" })
	for _, i := range open {
		d.split(m, i)
	}
	for _, i := range open {
		d.inlined(m, i)
	}
	d.lost(m, open)
	d.f("// Points of the new function:\n")
	for j := 1; j < len(m.New.Points); j++ {
		d.f("//\t%d: %s\n", j, source(m.New, j))
	}
	d.f("\n")
}

func short(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

// split proposes, as a comment, the frames of an operation that moved into a
// function that the old one's successor calls.
func (d *drafter) split(m *match.Func, i int) {
	for _, g := range m.Guesses[i] {
		if g.Func == m.New {
			return // a better guess, or as good
		}
		for j := 1; j < len(m.New.Points); j++ {
			p := m.New.Points[j]
			if p.Callee == "" || last(p.Callee) != last(g.Func.Key) {
				continue
			}
			was := d.was.Frame(m.Old.Key)
			d.f("// If it moved there, take it out above:\n//\n")
			d.f("//\tframemap.At(m, %q, %d, func(s *framemap.Stack, o *was.%s) {\n", m.Old.Key, i, was)
			d.frame(m, m.New, i, j, "outer")
			d.frame(m, g.Func, i, g.Point, "inner")
			d.f("//\t})\n")
			return
		}
	}
}

// frame proposes one frame of a split function, with what it lacks.
func (d *drafter) frame(m *match.Func, n *ledger.Func, i, j int, name string) {
	is := d.is.Frame(n.Key)
	left := ""
	var successor *match.Relation
	if n == m.New {
		successor = m.Relation()
	}
	for _, f := range check.Unfilled(m.Old, n, i, j, name == "inner", check.Carries(m.Old, n, i, j, successor)) {
		left += fmt.Sprintf("//\t\t%s.%s = DECIDE // %s\n", name, d.is.Field(is, f), variable(n, f))
	}
	set := ""
	if left != "" {
		set = name + " := "
	}
	d.f("//\t\t%sframemap.Frame[is.%s](s, %q, %d) // %s\n%s", set, is, n.Key, j, source(n, j), left)
}

func last(s string) string { return s[strings.LastIndexByte(s, '.')+1:] }

func variable(f *ledger.Func, name string) string {
	for _, v := range f.Frame {
		if v.Name == name {
			s := ledger.Plain(v.Type)
			if v.Boxed {
				s = "pointer to " + s
			}
			if v.Role != "" {
				s += ": " + v.Role
			}
			if v.Decl != "" {
				s += ", `" + v.Decl + "`"
			}
			return s
		}
	}
	return ""
}

// locals drafts the values of locals. at is for each the pair of points at which it is
// needed first, all are all old points at which it is.
func (d *drafter) locals(m *match.Func, fields []string, at map[string][2]int, all map[string][]int) {
	was, is := d.was.Frame(m.Old.Key), d.is.Frame(m.New.Key)
	d.f("framemap.Locals(m, %q, func(s *framemap.Stack, o *was.%s, n *is.%s) {\n", m.Old.Key, was, is)
	guard := ""
	for _, f := range fields {
		i, j := at[f][0], at[f][1]
		name := d.is.Field(is, f)
		if g := onlyAt(m, f, all[f]); g != guard {
			if guard != "" {
				d.f("}\n")
			}
			if guard = g; g != "" {
				d.f("if %s { // elsewhere it is the old frame's\n", g)
			}
		}
		if d.newDefer(m, f, name, i, j, all) {
			continue
		}
		if text, comment := d.caseNumber(m, f, i, j); text != "" {
			d.f("n.%s = %s // %s\n", name, text, comment)
			continue
		}
		if text, why := d.localBack(m, f); why != "" {
			d.f("n.%s = %s // %s\n", name, cmp.Or(text, "DECIDE"), why)
			continue
		}
		d.f("n.%s = DECIDE // %s; at point %d, %s%s%s\n", name, variable(m.New, f), j, source(m.New, j), d.renamed(m, f, i)+d.passed(m.New, f), d.returned(m, f, i, j))
	}
	if guard != "" {
		d.f("}\n")
	}
	d.f("})\n\n")
}

// onlyAt is the condition under which a local that frames at some points need is to be
// set, if frames at others have it from the old ones; else "".
func onlyAt(m *match.Func, f string, points []int) string {
	carried := false
	for k := range m.Points {
		if j := m.Points[k]; k > 0 && j > 0 && !slices.Contains(points, k) && slices.Contains(m.New.Points[j].Live, f) {
			carried = true
		}
	}
	if !carried {
		return ""
	}
	var l []string
	for _, k := range slices.Compact(slices.Sorted(slices.Values(points))) {
		l = append(l, fmt.Sprintf("s.Point() == %d", k))
	}
	return strings.Join(l, " || ")
}

// newDefer drafts whether a call that only the new function defers is to be made: it
// may not have been deferred when the old frame came to its point. all are the old points at
// which locals are needed.
func (d *drafter) newDefer(m *match.Func, f, name string, i, j int, all map[string][]int) bool {
	flag := check.Flag(m.New, f)
	if flag == "" {
		return false
	}
	with := func(operand string) bool { // asked about where the flag is
		return !slices.ContainsFunc(all[operand], func(i int) bool { return !slices.Contains(all[flag], i) })
	}
	is := d.is.Frame(m.New.Key)
	what := func(v *ledger.Field) string {
		_, operand, _ := strings.Cut(v.Role, ": operand ")
		return fmt.Sprintf("operand %s of `defer %s`, %s", operand, ledger.Deferred(v.Role), ledger.Plain(v.Type))
	}
	var own ledger.Field
	var operands []ledger.Field
	for _, v := range m.New.Frame {
		if v.Name == f {
			own = v
		} else if check.Flag(m.New, v.Name) == flag && all[v.Name] != nil && with(v.Name) {
			operands = append(operands, v)
		}
	}
	if f != flag {
		if !with(f) {
			d.f("n.%s = DECIDE // %s; a zero value will do where the call is not to be made\n", name, what(&own))
		}
		return true
	}
	call := ledger.Deferred(own.Role)
	d.f("// The new function may have deferred `%s` before its point %d, %s.\n", call, j, source(m.New, j))
	d.f("// Choose one:\n//\tn.%s = false // it is not called\n//\tn.%[1]s = true // it is, when the function returns", name)
	if len(operands) > 0 {
		d.f(", with these:")
	}
	d.f("\n")
	for _, v := range operands {
		d.f("//\tn.%s = … // %s\n", d.is.Field(is, v.Name), what(&v))
	}
	d.f("n.%s = DECIDE // `defer %s`\n", name, call)
	return true
}

// lost drafts, as a comment, what can be said of calls that the old function has
// deferred at open points and that the new one does not defer.
func (d *drafter) lost(m *match.Func, open []int) {
	moves := moves(m)
	var calls []string
	for _, i := range open {
		for _, call := range match.Lost(m.Old, m.New, i, moves, nil) {
			if !slices.Contains(calls, call) && slices.Contains(match.Defers(m.Old), call) {
				calls = append(calls, call)
			}
		}
	}
	for _, call := range calls {
		was, is := d.was.Frame(m.Old.Key), d.is.Frame(m.New.Key)
		flag := ""
		for _, v := range m.Old.Frame {
			if role, armed := strings.CutSuffix(v.Role, ": armed"); armed && ledger.Deferred(role) == call {
				flag = d.was.Field(was, v.Name)
			}
		}
		d.f("// `%s` has been deferred there, and the new function does not defer it. To let frames go on without it:\n//\n", call)
		d.f("//\tframemap.DropDefer(m, %q, %q)\n//\n", m.Old.Key, call)
		d.f("// And to do now what it would have done, besides:\n//\n")
		d.f("//\tframemap.Locals(m, %q, func(s *framemap.Stack, o *was.%s, n *is.%s) {\n", m.Old.Key, was, is)
		d.f("//\t\tif o.%s {\n//\t\t\tframemap.Then(s, func() { DECIDE })\n//\t\t}\n//\t})\n", flag)
	}
}

// renamed offers old locals that have no counterpart and the type of a new one.
func (d *drafter) renamed(m *match.Func, name string, i int) string {
	moves := moves(m)
	taken := map[string]bool{}
	for _, from := range moves {
		taken[from] = true
	}
	var l []string
	for _, n := range m.New.Frame {
		if n.Name != name || n.Source == "" {
			continue
		}
		for _, o := range m.Old.Frame {
			if o.Source != "" && !taken[o.Name] && o.Type == n.Type && o.Boxed == n.Boxed && slices.Contains(m.Old.Points[i].Live, o.Name) {
				l = append(l, "o."+d.was.Field(d.was.Frame(m.Old.Key), o.Name))
			}
		}
	}
	if len(l) == 0 {
		return ""
	}
	return "; perhaps renamed from " + strings.Join(l, " or ")
}

// caseNumber is the new number of the case that a select has taken.
func (d *drafter) caseNumber(m *match.Func, name string, i, j int) (text, comment string) {
	role := fmt.Sprintf("@%d case", j)
	old := ""
	for _, f := range m.Old.Frame {
		if f.Role == fmt.Sprintf("@%d case", i) {
			old = d.was.Field(d.was.Frame(m.Old.Key), f.Name)
		}
	}
	for _, f := range m.New.Frame {
		if f.Name != name || f.Role != role || old == "" {
			continue
		}
		l := []string{"0"}
		for _, text := range m.Old.Points[i].Cases {
			n := "DECIDE"
			if k := slices.Index(m.New.Points[j].Cases, text); k >= 0 {
				n = fmt.Sprint(k + 1)
			}
			l = append(l, n)
		}
		return fmt.Sprintf("[...]int{%s}[o.%s]", strings.Join(l, ", "), old), "the case of the select that was taken, by its new number"
	}
	return "", ""
}

// goroutines proposes, as a comment, what would start goroutines that only the new
// release has.
func (d *drafter) goroutines() {
	keys := slices.DeleteFunc(slices.Clone(d.rules.Begun), func(key string) bool { return slices.Contains(d.named, key) })
	if len(keys) == 0 {
		return
	}
	d.f("\n// New goroutines, for review: %s starts them with go, and a program that is updated has none.\n", d.New)
	d.f("// These begin some at commit; framemap.Start begins one beside another.\n//\n")
	for _, key := range keys {
		f := d.New.Func(key)
		is := d.is.Frame(key)
		d.f("//\tframemap.Go(m, %q, func(start func() *is.%s) { // %s:%d\n//\t\tg := start()\n", key, is, f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line)
		for _, v := range f.Frame {
			if slices.Contains(f.Points[0].Live, v.Name) {
				d.f("//\t\tg.%s = DECIDE // %s\n", d.is.Field(is, v.Name), variable(f, v.Name))
			}
		}
		d.f("//\t})\n")
	}
}

// variables drafts the values of variables, and lists for review what happens to
// others.
func (d *drafter) variables() {
	for _, g := range d.rules.Gaps {
		if g.Var == nil {
			continue
		}
		was, is := mirror.Type(d.Old, d.New, "was", g.OldVar.Type, d.imports), mirror.Type(d.New, d.New, "is", g.Var.Type, d.imports)
		value, why := "DECIDE", fmt.Sprintf("it was %s and is %s", ledger.Plain(g.OldVar.Type), ledger.Plain(g.Var.Type))
		if g.OldVar.Type == g.Var.Type { // on the way back
			value, why = d.varBack(g.Var, g.OldVar)
		}
		d.f("framemap.VarFrom(m, %q, %q, func(o *%s, n *%s) error {\n*n = %s // %s\nreturn nil\n})\n\n",
			g.Var.Key, g.OldVar.Key, was, is, value, why)
	}
	var l []string
	for _, key := range d.rules.Fresh {
		v := d.New.Var(key)
		l = append(l, fmt.Sprintf("//\t%s starts anew with `%s`: nothing has changed it since it was initialised", short(key), v.Text))
	}
	for i := range d.New.Vars {
		n := &d.New.Vars[i]
		if o := d.Old.Var(n.Key); o != nil && o.Assigned && (o.Init != n.Init || o.Type != n.Type) && !slices.Contains(d.rules.Fresh, n.Key) {
			l = append(l, fmt.Sprintf("//\t%s is carried over although its initialiser changed: `%s`", short(n.Key), n.Text))
		} else if o == nil {
			if slices.ContainsFunc(d.rules.Gaps, func(g check.Gap) bool { return g.Var == n }) {
				continue
			}
			l = append(l, fmt.Sprintf("//\t%s is new and starts with `%s`", short(n.Key), strings.TrimSpace(n.Text)))
		}
	}
	l = slices.DeleteFunc(l, func(s string) bool { return bytes.Contains(d.Source, []byte(s)) })
	if len(l) > 0 {
		d.f("// Variables, for review; framemap.Initial, framemap.Var and framemap.VarFrom say otherwise.\n%s\n", strings.Join(l, "\n"))
	}
}
