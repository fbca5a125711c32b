package load

import (
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/tools/go/packages"

	"github.com/upstarego/upstarego/internal/diag"
)

// filesPackage is what the go command calls a package that is named by its files.
const filesPackage = "command-line-arguments"

// LoadAlone loads the packages that cfg.Patterns names for a build that takes no
// updates: any number of programs and libraries, or, with cfg.Tests, their tests.
//
// The go command compiles a package differently for different tests: with its
// own _test.go files for its own test, without for the others', and again where
// it imports what is tested. All of these are made of the same files, and a file
// is instrumented once. So every package is loaded in its widest form, and
// importers see that form; what is found out about functions then holds for all
// forms. Test packages (P_test) are packages like others that nobody imports.
//
// The widest forms may import each other in a circle, if the tests of two
// packages use the other one. Then the tests of some packages are left out: the
// import paths of these are returned, to be loaded on their own.
func LoadAlone(cfg Config) (prog *Program, left []string, err error) {
	if err := cfg.complete(); err != nil {
		return nil, nil, err
	}
	tool, err := askToolchain(cfg)
	if err != nil {
		return nil, nil, err
	}
	roots, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedEmbedFiles | packages.NeedImports |
			packages.NeedDeps | packages.NeedModule | packages.NeedForTest,
		Dir: cfg.Dir, Env: cfg.Env, BuildFlags: cfg.BuildFlags, Overlay: cfg.Overlay, Tests: cfg.Tests,
	}, cfg.Patterns...)
	if err != nil {
		return nil, nil, goCommandFailed(err)
	}
	var all []*packages.Package
	packages.Visit(roots, nil, func(p *packages.Package) { all = append(all, p) })
	if l := listErrors(all); len(l) > 0 {
		return nil, nil, l.Err()
	}
	forms := newForms(all, roots)
	graph, tested, left := forms.graph()
	own, err := selectOwn(cfg, tool, graph)
	if err != nil {
		return nil, nil, err
	}
	prog, err = check(cfg, tool, graph, nil, own)
	if prog != nil {
		prog.Tested = tested
	}
	return prog, left, err
}

// forms are the forms of packages in the go command's answer.
type forms struct {
	plain map[string]*packages.Package // by package path
	inner map[string]*packages.Package // with a package's own _test.go files
	outer map[string]*packages.Package // P_test, by P
	order []string                     // of package paths, dependencies first
	tests []string                     // package paths with tests, as the patterns name them
}

func newForms(all, roots []*packages.Package) *forms {
	f := &forms{plain: map[string]*packages.Package{}, inner: map[string]*packages.Package{}, outer: map[string]*packages.Package{}}
	ids := map[string]bool{}
	for _, p := range all {
		ids[p.ID] = true
	}
	for _, p := range all {
		switch {
		case ids[strings.TrimSuffix(p.ID, ".test")] && strings.HasSuffix(p.ID, ".test"):
			continue // the generated main of a test
		case p.ForTest != "" && p.PkgPath == p.ForTest:
			f.inner[p.PkgPath] = p
			f.tests = append(f.tests, p.PkgPath)
		case p.ForTest != "" && p.PkgPath == p.ForTest+"_test":
			f.outer[p.ForTest] = p
			f.tests = append(f.tests, p.ForTest)
		default:
			if f.plain[p.PkgPath] == nil || p.ForTest == "" {
				f.plain[p.PkgPath] = p
			}
		}
		if !slices.Contains(f.order, p.PkgPath) {
			f.order = append(f.order, p.PkgPath)
		}
	}
	slices.Sort(f.tests)
	f.tests = slices.Compact(f.tests)
	return f
}

// graph chooses a form for every package so that nothing imports itself, and
// gives the packages in dependency order. Imports lead to chosen forms.
func (f *forms) graph() (graph []*packages.Package, tested, left []string) {
	chosen := maps.Clone(f.plain)
	for path, p := range f.inner {
		if chosen[path] == nil {
			chosen[path] = p // imported by tests alone
		}
	}
	circle := func(path string) bool {
		seen := map[string]bool{}
		var reach func(p *packages.Package) bool
		reach = func(p *packages.Package) bool {
			if p == nil || seen[p.PkgPath] {
				return false
			}
			seen[p.PkgPath] = true
			for _, q := range p.Imports {
				if q.PkgPath == path || reach(chosen[q.PkgPath]) {
					return true
				}
			}
			return false
		}
		return reach(chosen[path])
	}
	roots := slices.Clone(f.order)
	for _, path := range f.tests {
		before := chosen[path]
		if in := f.inner[path]; in != nil {
			chosen[path] = in
			if circle(path) {
				chosen[path] = before
				left = append(left, path)
				continue
			}
		}
		if out := f.outer[path]; out != nil {
			chosen[out.PkgPath] = out
		}
		tested = append(tested, path)
	}
	made := map[string]*packages.Package{}
	var make func(path string) *packages.Package
	make = func(path string) *packages.Package {
		if p := made[path]; p != nil {
			return p
		}
		p := *chosen[path]
		imports := p.Imports
		p.Imports = map[string]*packages.Package{}
		for _, name := range slices.Sorted(maps.Keys(imports)) {
			p.Imports[name] = make(imports[name].PkgPath)
		}
		made[path] = &p
		graph = append(graph, &p)
		return &p
	}
	for _, path := range roots {
		if chosen[path] != nil {
			make(path)
		}
	}
	return graph, tested, left
}

// Merged ends the name of a file x_test.go's contents as an ordinary file of a
// package: see package testprog.
const Merged = "_test_upstare.go"

// EnteredByTests reports whether a declaration is one that a test main, the go
// command's generated one or a program's of testprog, calls.
func EnteredByTests(fset *token.FileSet, d *ast.FuncDecl) bool {
	if d.Recv != nil {
		return false
	}
	if name := fset.PositionFor(d.Pos(), false).Filename; !strings.HasSuffix(name, "_test.go") && !strings.HasSuffix(name, Merged) {
		return false
	}
	for _, prefix := range []string{"Test", "Benchmark", "Fuzz", "Example"} {
		if rest, ok := strings.CutPrefix(d.Name.Name, prefix); ok {
			r, _ := utf8.DecodeRuneInString(rest)
			return rest == "" || !unicode.IsLower(r)
		}
	}
	return false
}

// noModule refuses a main package that belongs to no module.
func noModule(main *packages.Package) error {
	if main.Module != nil {
		return nil
	}
	return diag.List{diag.New(diag.NoModule, token.Position{}, "the main package "+main.PkgPath+" is in no module", "", "run `go mod init`, and name a package instead of files")}
}
