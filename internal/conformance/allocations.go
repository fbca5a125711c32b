package conformance

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
)

// measures are the functions that tell how much a process allocates, by import path.
var measures = map[string][]string{
	"testing": {"AllocsPerRun"},
	"runtime": {"ReadMemStats"},
}

// ofBenchmarks are the methods that tell it of a benchmark, by which a test that runs one is known.
var ofBenchmarks = []string{"AllocsPerOp", "AllocedBytesPerOp"}

// countAllocations finds the tests of a package that measure allocations, and says by what.
//
// Such a test says nothing about what an instrumented program means: a capture allocates frames, in the measured part
// or beside it as it happens, and a call that is followed by a poll is not inlined, so that what it is given may
// escape. They are set apart by what stands in their source, not by whether they happen to fail. A test is one of them
// if it, or a function of the package's tests that it names, or one that those name, calls one of measures. Methods go
// go by their names alone.
func countAllocations(dir string) (map[string]string, error) {
	p, err := sources(dir)
	if err != nil {
		return nil, err
	}
	tests := map[string]string{}
	// The inner tests and the outer ones are packages of their own.
	for _, names := range [][]string{p.TestGoFiles, p.XTestGoFiles} {
		fset := token.NewFileSet()
		var files []*ast.File
		for _, name := range names {
			f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		}
		for name, by := range measuring(fset, files) {
			if kind := entered(name); kind == "Test" || kind == "Fuzz" {
				tests[name] = by
			}
		}
	}
	return tests, nil
}

// measuring are the functions and methods of one package that measure allocations, with the call by which they do.
func measuring(fset *token.FileSet, files []*ast.File) map[string]string {
	var (
		found = map[string]string{}
		names = map[string]map[string]bool{} // what a function names
	)
	for _, f := range files {
		packages := imported(f)
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			if names[fn.Name.Name] == nil {
				names[fn.Name.Name] = map[string]bool{}
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.Ident:
					names[fn.Name.Name][n.Name] = true
				case *ast.SelectorExpr:
					if call := measure(packages, n); call != "" {
						pos := fset.Position(n.Pos())
						found[fn.Name.Name] = fmt.Sprintf("%s at %s:%d", call, filepath.Base(pos.Filename), pos.Line)
					}
				}
				return true
			})
		}
	}
	for more := true; more; {
		more = false
		for _, name := range slices.Sorted(maps.Keys(names)) {
			for _, helper := range slices.Sorted(maps.Keys(names[name])) {
				if found[name] == "" && found[helper] != "" {
					found[name], more = found[helper], true
				}
			}
		}
	}
	return found
}

// measure is what a selector names of measures and ofBenchmarks, or "".
func measure(packages map[string]string, sel *ast.SelectorExpr) string {
	if slices.Contains(ofBenchmarks, sel.Sel.Name) {
		return sel.Sel.Name
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok || !slices.Contains(measures[packages[pkg.Name]], sel.Sel.Name) {
		return ""
	}
	return packages[pkg.Name] + "." + sel.Sel.Name
}

// imported are the names of f's imports, with their paths.
func imported(f *ast.File) map[string]string {
	packages := map[string]string{}
	for _, spec := range f.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has seen to that
		}
		name := path.Base(p)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		packages[name] = p
	}
	return packages
}
