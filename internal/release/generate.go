package release

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/internal/testprog"
	"github.com/upstarego/upstarego/rewriter"
	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/link"
	"github.com/upstarego/upstarego/runtime/loader"
	"github.com/upstarego/upstarego/runtime/moved"
)

// imports prints an import block. Of the program it names the main package alone, which
// brings all others: internal packages of dependencies cannot be imported here.
func imports(b *strings.Builder, mainPath string, more ...string) {
	b.WriteString("import (\n")
	for _, m := range append(more, quoted("_", mainPath), quoted("_", "unsafe")) {
		b.WriteString("\t" + m + "\n")
	}
	b.WriteString(")\n\n")
}

// borrowed are the functions of own packages that a main calls, without importing them.
type borrowed struct {
	text strings.Builder
	n    int
}

// function declares one and says what it is called.
func (l *borrowed) function(path, name, params string) string {
	as := fmt.Sprintf("%s_%d", name, l.n)
	l.n++
	fmt.Fprintf(&l.text, "\n//go:linkname %s %s.%s\nfunc %s(%s)\n", as, link.Prefix(path), name, as, params)
	return as
}

// register prints calls that enter own packages into release r.
func (l *borrowed) register(b *strings.Builder, own []string) {
	for _, p := range own {
		fmt.Fprintf(b, "\t%s(r)\n", l.function(p, rewriter.RegisterName(p), "*rt.Release"))
	}
}

func quoted(alias, path string) string { return fmt.Sprintf("%s %q", alias, path) }

// expvars is what shows metrics in programs that have package expvar.
const expvars = body.RuntimePath + "/admin/expvars"

// hostMain is the main package of an executable: it registers the release,
// starts what takes updates, and runs the program, or its tests. vars: the program has
// package expvar.
func hostMain(mainPath string, own []string, stress int, tests *testprog.Package, trust string, vars bool, base loader.Base) ([]byte, error) {
	text, err := json.Marshal(base)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("package main\n\n")
	more := []string{
		`"encoding/json"`,
		quoted("rt", body.RuntimePath), quoted("word", body.WordPath),
		quoted("loader", body.RuntimePath+"/loader"), quoted("host", body.RuntimePath+"/admin/host"),
	}
	if tests != nil {
		more = append(more, `"testing"`, quoted("tests", body.RuntimePath+"/rehearse/tests"))
	}
	if vars {
		more = append(more, quoted("expvars", expvars))
	}
	imports(&b, mainPath, more...)
	var l borrowed
	fmt.Fprintf(&b, "const base = %q\n\nfunc main() {\n\tvar b loader.Base\n", text)
	b.WriteString("\tif err := json.Unmarshal([]byte(base), &b); err != nil {\n\t\tpanic(err)\n\t}\n")
	b.WriteString("\tr := rt.NewRelease(b.Node, &word.W)\n")
	l.register(&b, own)
	fmt.Fprintf(&b, "\trt.StressDefault = %d\n\trt.First(r)\n", stress)
	if vars {
		b.WriteString("\texpvars.Publish()\n")
	}
	start := fmt.Sprintf("host.Start(b, %q)", trust)
	if tests == nil {
		fmt.Fprintf(&b, "\tdefer %s()\n\t%s()\n}\n", start, l.function(mainPath, rewriter.MainName, ""))
	} else {
		runTests(&b, tests, start, &l)
	}
	return []byte(b.String() + l.text.String()), nil
}

// runTests prints the call of a package's tests and the end of main.
func runTests(b *strings.Builder, p *testprog.Package, start string, l *borrowed) {
	function := func(t testprog.Test, params string) string {
		path := p.Path
		if t.Outer {
			path = p.External()
		}
		return l.function(path, t.Name, params)
	}
	fmt.Fprintf(b, "\ttests.Main(tests.Package{\n\t\tPath: %q, Module: %q,\n", p.Path, p.Module)
	for _, kind := range []struct{ name, field, element string }{
		{"Test", "Tests", "InternalTest"}, {"Fuzz", "FuzzTargets", "InternalFuzzTarget"}, {"Example", "Examples", "InternalExample"},
	} {
		fmt.Fprintf(b, "\t\t%s: []testing.%s{\n", kind.field, kind.element)
		for _, t := range p.Tests {
			switch {
			case t.Kind != kind.name:
			case t.Kind == "Fuzz":
				fmt.Fprintf(b, "\t\t\t{Name: %q, Fn: %s},\n", t.Name, function(t, "*testing.F"))
			case t.Kind == "Example":
				fmt.Fprintf(b, "\t\t\t{Name: %q, F: %s, Output: %q, Unordered: %v},\n", t.Name, function(t, ""), t.Output, t.Unordered)
			default:
				fmt.Fprintf(b, "\t\t\t{Name: %q, F: %s},\n", t.Name, function(t, "*testing.T"))
			}
		}
		b.WriteString("\t\t},\n")
	}
	if p.Setup != nil {
		fmt.Fprintf(b, "\t\tTestMain: %s,\n", function(*p.Setup, "*testing.M"))
	}
	b.WriteString("\t}, " + start + ")\n}\n")
}

// inferred prints what objects of changed types get without a rule.
func inferred(b *strings.Builder, l []check.Inferred) {
	byType := map[string][]*check.Inferred{}
	var keys []string
	for i := range l {
		key := l[i].Type.Key
		if byType[key] == nil {
			keys = append(keys, key)
		}
		byType[key] = append(byType[key], &l[i])
	}
	for _, key := range keys {
		var numbers, zero []string
		sizes, given := map[string]int{}, ""
		for _, i := range byType[key] {
			switch size, made := strings.CutPrefix(i.Birth, ledger.BornMade); {
			case i.Was != "":
				numbers = append(numbers, i.Field)
			case i.Birth == ledger.BornZero:
				zero = append(zero, i.Field)
			case i.Birth == ledger.BornNew || made:
				sizes[i.Field], _ = strconv.Atoi(size) // "": none
			default:
				given += fmt.Sprintf("%q: %s, ", i.Field, i.Birth)
			}
		}
		if given != "" {
			given = ", Given: map[string]any{" + given + "}"
		}
		fmt.Fprintf(b, "\tu.Pairs = append(u.Pairs, updater.TypePair{Key: %q, Old: %q, Zero: %#v, Numbers: %#v, Made: %#v%s})\n", key, byType[key][0].Old, zero, numbers, sizes, given)
	}
}

// begun prints the locals that are what they are declared with. Zero values of frames are
// there already.
func begun(b *strings.Builder, at map[int][]*ledger.Field) {
	var points strings.Builder
	for _, pt := range slices.Sorted(maps.Keys(at)) {
		var l strings.Builder
		for _, f := range at[pt] {
			switch {
			case f.Init != ledger.BornZero:
				fmt.Fprintf(&l, "{Name: %q, Boxed: %t, Value: %s}, ", f.Name, f.Boxed, f.Init)
			case f.Boxed:
				fmt.Fprintf(&l, "{Name: %q, Boxed: true}, ", f.Name)
			}
		}
		if l.Len() > 0 {
			fmt.Fprintf(&points, "%d: {%s}, ", pt, l.String())
		}
	}
	if points.Len() > 0 {
		fmt.Fprintf(b, ", Begun: map[int][]updater.Begun{%s}", points.String())
	}
}

// updateMain is the main package of an update: Upstare hands the release over.
// paths are those that packages of the base release have now. start names the variables that get their initial values, behind those that get them when all has been transformed. vars: the release has package
// expvar, perhaps as the first one.
func updateMain(id, mainPath string, own []string, rules *check.Rules, paths moved.Paths, mapPath string, start []string, behind map[string]bool, vars bool) []byte {
	var b strings.Builder
	b.WriteString("package main\n\n")
	more := []string{
		quoted("rt", body.RuntimePath), quoted("word", body.WordPath),
		quoted("updater", body.RuntimePath+"/updater"),
	}
	if rules.Exists {
		more = append(more, quoted("framemap", check.Path), quoted("upstare", mapPath))
	}
	if vars {
		more = append(more, quoted("expvars", expvars))
	}
	imports(&b, mainPath, more...)
	var l borrowed
	b.WriteString("func main() {}\n\n// Upstare hands the new release to the process.\nfunc Upstare() *updater.Update {\n")
	fmt.Fprintf(&b, "\tr := rt.NewRelease(%q, &word.W)\n", id)
	l.register(&b, own)
	b.WriteString("\tu := &updater.Update{Release: r, Funcs: []updater.FuncMap{\n")
	for _, f := range rules.Funcs {
		fmt.Fprintf(&b, "\t\t{Old: %q", f.Old)
		if f.New != "" {
			fmt.Fprintf(&b, ", New: %q", f.New)
		}
		if f.Points != nil {
			fmt.Fprintf(&b, ", Points: %#v", f.Points)
		}
		if f.Pinned != nil {
			fmt.Fprintf(&b, ", Pinned: %#v", f.Pinned)
		}
		if f.Kept != nil {
			fmt.Fprintf(&b, ", Kept: %#v", f.Kept)
		}
		if f.Leads != nil {
			b.WriteString(", Leads: map[int][]updater.Lead{")
			for _, pt := range slices.Sorted(maps.Keys(f.Leads)) {
				fmt.Fprintf(&b, "%d: {", pt)
				for _, l := range f.Leads[pt] {
					fmt.Fprintf(&b, "{%q, %d, %#v}, ", l.Key, l.Point, l.Moves)
				}
				b.WriteString("}, ")
			}
			b.WriteString("}")
		}
		if f.Starts != nil {
			fmt.Fprintf(&b, ", Starts: %#v", f.Starts)
		}
		if f.Moves != nil {
			fmt.Fprintf(&b, ", Moves: %#v", f.Moves)
		}
		if f.MovesAt != nil {
			fmt.Fprintf(&b, ", MovesAt: %#v", f.MovesAt)
		}
		begun(&b, f.Begun)
		b.WriteString("},\n")
	}
	b.WriteString("\t}}\n")
	if paths != nil {
		fmt.Fprintf(&b, "\tu.Moved = %#v\n", map[string]string(paths))
	}
	if rules.Entries != nil {
		fmt.Fprintf(&b, "\tu.Entries = %#v\n", rules.Entries)
	}
	if rules.Late != nil {
		fmt.Fprintf(&b, "\tu.Late = %#v\n", rules.Late)
	}
	if rules.Emptied != nil {
		fmt.Fprintf(&b, "\tu.Emptied = %#v\n", rules.Emptied)
	}
	inferred(&b, rules.Inferred)
	if rules.Exists {
		b.WriteString("\tvar m framemap.Map\n\tupstare.Map(&m)\n\tu.Use(&m)\n")
	}
	if l := slices.DeleteFunc(slices.Clone(start), func(k string) bool { return !behind[k] }); len(l) > 0 {
		fmt.Fprintf(&b, "\tu.Behind = %#v\n", l)
	}
	if len(start) > 0 {
		fmt.Fprintf(&b, "\tu.Start(%s)\n", strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", start), "[]string{"), "}"))
	}
	if vars {
		b.WriteString("\tu.AfterCommit = append(u.AfterCommit, expvars.Publish)\n")
	}
	b.WriteString("\treturn u\n}\n")
	return []byte(b.String() + l.text.String())
}
