package colour

import (
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"
)

// A misspelt name in the table would silently make a call Marked, and a name
// that a later Go release gives another meaning must be noticed.
func TestTableNamesExist(t *testing.T) {
	var paths []string
	for path := range table {
		if path != "unsafe" {
			paths = append(paths, path)
		}
	}
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes}, paths...)
	if err != nil {
		t.Fatal(err)
	}
	if len(pkgs) != len(paths) {
		t.Fatalf("%d packages for %d paths", len(pkgs), len(paths))
	}
	for _, pkg := range pkgs {
		entry := table[pkg.PkgPath]
		if entry.why == "" || !entry.rest && len(entry.rules) == 0 {
			t.Errorf("%s: no reason, or no rule", pkg.PkgPath)
		}
		scope := pkg.Types.Scope()
		for name, r := range entry.rules {
			typ, method, isMethod := strings.Cut(name, ".")
			obj := scope.Lookup(typ)
			if obj == nil && !ifUnexported(pkg.Types, typ) {
				t.Errorf("%s.%s does not exist", pkg.PkgPath, name)
				continue
			}
			if obj == nil {
				continue
			}
			if !isMethod {
				if _, ok := obj.(*types.Func); !ok {
					t.Errorf("%s.%s is no function", pkg.PkgPath, name)
				}
				continue
			}
			if method == "*" {
				continue
			}
			m, _, _ := types.LookupFieldOrMethod(types.NewPointer(obj.Type()), true, pkg.Types, method)
			if types.IsInterface(obj.Type()) {
				m, _, _ = types.LookupFieldOrMethod(obj.Type(), true, pkg.Types, method)
			}
			if _, ok := m.(*types.Func); !ok {
				t.Errorf("%s.%s is no method", pkg.PkgPath, name)
			}
			_ = r
		}
		// What a package-wide "rest" makes quiet must not be able to run
		// code of the caller's.
		if !entry.rest {
			continue
		}
		for _, name := range scope.Names() {
			f, ok := scope.Lookup(name).(*types.Func)
			if !ok || !f.Exported() {
				continue
			}
			if v, _ := judge(f); v == quiet && hands(f.Signature()) {
				if _, ruled := entry.lookup(name); !ruled {
					t.Errorf("%s.%s is quiet and is handed code", pkg.PkgPath, name)
				}
			}
		}
	}
	for name := range quietIterators {
		i := strings.LastIndex(name, ".")
		if e := table[name[:i]]; e.rules[name[i+1:]].verdict != quiet {
			t.Errorf("%s makes a quiet iterator and is not quiet itself", name)
		}
	}
}

// TestPassingNamesExist: what is said of functions that return before long is said of
// functions that there are.
func TestPassingNamesExist(t *testing.T) {
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes}, slices.Collect(maps.Keys(passing))...)
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range pkgs {
		scope := pkg.Types.Scope()
		p := passing[pkg.PkgPath]
		for _, name := range slices.Concat(p.stay, p.pass) {
			typ, method, isMethod := strings.Cut(name, ".")
			obj := scope.Lookup(typ)
			if obj == nil {
				t.Errorf("%s.%s does not exist", pkg.PkgPath, name)
			} else if isMethod && method != "*" {
				m, _, _ := types.LookupFieldOrMethod(obj.Type(), true, pkg.Types, method)
				if _, ok := m.(*types.Func); !ok {
					t.Errorf("%s.%s is no method", pkg.PkgPath, name)
				}
			}
		}
		if !p.rest && p.pass == nil {
			t.Errorf("%s: nothing is said", pkg.PkgPath)
		}
	}
	if len(pkgs) != len(passing) {
		t.Errorf("%d packages for %d", len(pkgs), len(passing))
	}
}

// ifUnexported reports whether a name is an unexported type that export data
// mentions through a variable: binary.BigEndian is a bigEndian.
func ifUnexported(pkg *types.Package, name string) bool {
	for _, n := range pkg.Scope().Names() {
		if v, ok := pkg.Scope().Lookup(n).(*types.Var); ok {
			if named, ok := v.Type().(*types.Named); ok && named.Obj().Name() == name {
				return true
			}
		}
	}
	return false
}
