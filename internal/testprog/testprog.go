// Package testprog makes programs that run a package's tests out of the program that
// the package is part of.
//
// The program stays what it is: its package main is linked, and with it everything
// that a framemap.go speaks of. Files x_test.go of the package's own are shown to the
// go command as ordinary files of it (through -overlay), its external test package as
// a package beneath it, which package main imports for nothing but to have it in the
// program. The generated main calls the tests where it would call the program's main.
//
// In the sources that are shown, //line directives lead back to the user's files.
package testprog

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/load"
)

// A Package is a package with tests.
type Package struct {
	Path   string // its import path
	Module string // its module's
	Dir    string
	Main   *gobuild.Package // the program's package main
	Tests  []Test           // in source order, those of the package itself first
	Setup  *Test            // TestMain, or nil

	inner, outer []file // of the package itself, of its external test package
	embedded     []string
}

// A Test is what can be run by its name: a test, an example, a fuzz target's seeds.
type Test struct {
	Name      string
	Outer     bool   // it is the external test package's
	Kind      string // Test, Fuzz or Example
	Output    string // of an example
	Unordered bool
}

type file struct {
	name string // the user's
	text []byte
	tree *ast.File
}

// External is the import path of the external test package in a program.
func (p *Package) External() string { return p.Path + "/upstare_test" }

// Find reads the tests of the packages that patterns name. Those that the program
// does not link, or that have no tests, are left out, with the reason.
func Find(t *gobuild.Target, patterns []string) (found []*Package, left map[string]string, err error) {
	pkgs, err := t.Tests(patterns)
	if err != nil {
		return nil, nil, err
	}
	linked := map[string]bool{}
	for _, p := range t.Packages {
		linked[p.ImportPath] = true
	}
	left = map[string]string{}
	for _, pkg := range pkgs {
		switch {
		case len(pkg.TestGoFiles)+len(pkg.XTestGoFiles) == 0:
			left[pkg.ImportPath] = "no test files"
			continue
		case !linked[pkg.ImportPath]:
			left[pkg.ImportPath] = "it is no part of the program"
			continue
		}
		p := &Package{Path: pkg.ImportPath, Dir: pkg.Dir, Main: t.Main, embedded: pkg.XTestEmbedFiles}
		if pkg.Module != nil {
			p.Module = pkg.Module.Path
		}
		read := func(names []string) (l []file, err error) {
			for _, n := range names {
				f := file{name: filepath.Join(pkg.Dir, n)}
				if f.text, err = os.ReadFile(t.Shown(f.name)); err != nil {
					return nil, diag.New(diag.LoadFailed, token.Position{Filename: f.name}, "a test file cannot be read", err.Error(), "")
				}
				if f.tree, err = parser.ParseFile(token.NewFileSet(), f.name, f.text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
					return nil, diag.New(diag.TypeErrors, token.Position{Filename: f.name}, "a test file cannot be parsed", err.Error(), "")
				}
				l = append(l, f)
			}
			return l, nil
		}
		if p.inner, err = read(pkg.TestGoFiles); err != nil {
			return nil, nil, err
		}
		if p.outer, err = read(pkg.XTestGoFiles); err != nil {
			return nil, nil, err
		}
		p.list(p.inner, false)
		p.list(p.outer, true)
		found = append(found, p)
	}
	return found, left, nil
}

// list finds what the go command would have run.
func (p *Package) list(files []file, outer bool) {
	var trees []*ast.File
	for _, f := range files {
		trees = append(trees, f.tree)
		for _, d := range f.tree.Decls {
			fd, ok := d.(*ast.FuncDecl)
			if !ok || fd.Recv != nil || fd.Type.TypeParams != nil {
				continue
			}
			name := fd.Name.Name
			switch {
			case name == "TestMain" && takes(fd, "M"):
				p.Setup = &Test{Name: name, Outer: outer}
			case isNamed(name, "Test") && takes(fd, "T"):
				p.Tests = append(p.Tests, Test{Name: name, Outer: outer, Kind: "Test"})
			case isNamed(name, "Fuzz") && takes(fd, "F"):
				p.Tests = append(p.Tests, Test{Name: name, Outer: outer, Kind: "Fuzz"})
			}
		}
	}
	for _, e := range doc.Examples(trees...) {
		if e.Output != "" || e.EmptyOutput {
			p.Tests = append(p.Tests, Test{Name: "Example" + e.Name, Outer: outer, Kind: "Example", Output: e.Output, Unordered: e.Unordered})
		}
	}
}

// isNamed reports whether a function's name makes it one of a kind, as the go command
// has it.
func isNamed(name, kind string) bool {
	rest, ok := strings.CutPrefix(name, kind)
	first, _ := utf8.DecodeRuneInString(rest)
	return ok && (rest == "" || !unicode.IsLower(first))
}

// takes reports whether a function's one parameter is a *testing.X, however that
// package is called.
func takes(fd *ast.FuncDecl, x string) bool {
	if fd.Type.Results != nil && len(fd.Type.Results.List) > 0 || len(fd.Type.Params.List) != 1 || len(fd.Type.Params.List[0].Names) > 1 {
		return false
	}
	star, ok := fd.Type.Params.List[0].Type.(*ast.StarExpr)
	if !ok {
		return false
	}
	switch t := star.X.(type) {
	case *ast.Ident:
		return t.Name == x
	case *ast.SelectorExpr:
		return t.Sel.Name == x
	}
	return false
}

// Show adds to an overlay what makes the tests part of the program. What it refers to
// is written into dir.
func (p *Package) Show(overlay map[string]string, dir string) error {
	external := filepath.Join(p.Dir, "upstare_test")
	if _, err := os.Stat(external); err == nil {
		return diag.New(diag.PackageClash, token.Position{Filename: external}, "the package of the external tests of "+p.Path+" is in the way of an existing directory", "", "rename the directory")
	}
	show := func(as string, content []byte) error {
		at := filepath.Join(dir, fmt.Sprintf("%d_%s", len(overlay), filepath.Base(as)))
		overlay[as] = at
		return os.WriteFile(at, content, 0o666)
	}
	for _, f := range p.inner {
		if err := show(merged(f.name, p.Dir), lined(f)); err != nil {
			return err
		}
	}
	for _, f := range p.outer {
		if err := show(merged(f.name, external), lined(f)); err != nil {
			return err
		}
	}
	if len(p.outer) == 0 {
		return nil
	}
	for _, e := range p.embedded {
		at, shown := overlay[filepath.Join(p.Dir, e)]
		if !shown {
			at = filepath.Join(p.Dir, e)
		}
		overlay[filepath.Join(external, e)] = at
	}
	// What package main may not import, as internal to another directory, is imported by a
	// package of that directory in its place.
	path := p.External()
	for !load.MayImport(p.Main.ImportPath, path) {
		i := strings.LastIndex(path, "/internal/")
		if i < len(p.Module) {
			break // not in this module: the go command will say why it cannot be
		}
		for range strings.Count(path[i:], "/") {
			external = filepath.Dir(external)
		}
		external = filepath.Join(external, "upstare_test")
		if err := show(filepath.Join(external, "import.go"), fmt.Appendf(nil, "package upstare_test\n\nimport _ %q\n", path)); err != nil {
			return err
		}
		path = path[:i] + "/upstare_test"
	}
	return show(filepath.Join(p.Main.Dir, "upstare_tests.go"), fmt.Appendf(nil, "package main\n\nimport _ %q\n", path))
}

// Keys are those of a program's functions that stand in test files, whose names //line
// directives have put right.
func Keys(r *ledger.Release) (l []string) {
	for i := range r.Funcs {
		if strings.HasSuffix(r.Funcs[i].File, "_test.go") {
			l = append(l, r.Funcs[i].Key)
		}
	}
	return l
}

// merged is where a test file is shown.
func merged(name, dir string) string {
	return filepath.Join(dir, strings.TrimSuffix(filepath.Base(name), "_test.go")+load.Merged)
}

// lined is a file that leads to where it comes from.
func lined(f file) []byte {
	return slices.Concat(fmt.Appendf(nil, "//line %s:1\n", f.name), bytes.TrimPrefix(f.text, []byte("\ufeff")))
}
