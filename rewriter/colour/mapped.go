package colour

import (
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strconv"

	"github.com/upstarego/upstarego/rewriter/load"
)

// Maps are what the frame maps of a lineage do with a release, beside its own code.
type Maps struct {
	Calls  []*types.Func // functions that they call, which run in later releases, too: see Named
	Begins []*types.Func // functions that they start goroutines with: see Begun
}

// Begun are the own functions that a framemap.go may start goroutines with: those whose
// keys, as strings or constants of the file's, stand where something is called Go or Start.
func Begun(p *load.Program, file *ast.File) (fs []*types.Func) {
	keys, consts := map[string]bool{}, map[string]ast.Expr{}
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.ValueSpec); ok && len(s.Names) == len(s.Values) {
			for i, id := range s.Names {
				consts[id.Name] = s.Values[i]
			}
		}
		return true
	})
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) < 2 {
			return true
		}
		fun := ast.Unparen(call.Fun)
		if x, ok := fun.(*ast.IndexExpr); ok {
			fun = x.X
		}
		if x, ok := fun.(*ast.SelectorExpr); ok {
			fun = x.Sel
		}
		id, ok := fun.(*ast.Ident)
		key := ast.Unparen(call.Args[1])
		if c, ok := key.(*ast.Ident); ok && consts[c.Name] != nil {
			key = ast.Unparen(consts[c.Name])
		}
		lit, is := key.(*ast.BasicLit)
		if ok && is && (id.Name == "Go" || id.Name == "Start") {
			if key, err := strconv.Unquote(lit.Value); err == nil {
				keys[key] = true
			}
		}
		return true
	})
	for _, pkg := range p.Own {
		for _, f := range pkg.Syntax {
			for _, d := range f.Decls {
				if d, ok := d.(*ast.FuncDecl); ok {
					if f, ok := pkg.Info.Defs[d.Name].(*types.Func); ok && keys[declName(pkg.PkgPath, f)] {
						fs = append(fs, f)
					}
				}
			}
		}
	}
	return fs
}

// Named are the own functions that a framemap.go may call: those that it names as their
// package's, and, since its types are not known before the program has been rewritten,
// all methods that are called what it selects of anything. What it calls through
// function values has a gate as it is.
func Named(p *load.Program, file *ast.File) (fs []*types.Func) {
	packages, imports, names := map[string]*types.Package{}, map[string]bool{}, map[string]bool{}
	for _, pkg := range p.Own {
		for _, s := range file.Imports {
			if at, _ := strconv.Unquote(s.Path.Value); at == pkg.PkgPath {
				if s.Name != nil {
					packages[s.Name.Name] = pkg.Types
				} else {
					packages[pkg.Name] = pkg.Types
				}
			}
		}
	}
	for _, s := range file.Imports {
		at, _ := strconv.Unquote(s.Path.Value)
		switch q := p.Known()[at]; {
		case s.Name != nil:
			imports[s.Name.Name] = true
		case q != nil:
			imports[q.Name()] = true
		default:
			imports[path.Base(at)] = true
		}
	}
	for name := range declared(file) {
		delete(imports, name) // it may be that
	}
	add := func(obj types.Object) {
		if f, ok := obj.(*types.Func); ok && !slices.Contains(fs, f) {
			fs = append(fs, f)
		}
	}
	dot := packages["."]
	fields := map[ast.Expr]bool{} // what is assigned to, or has an address, is no method
	field := func(l ...ast.Expr) {
		for _, x := range l {
			fields[ast.Unparen(x)] = true
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			field(n.Lhs...)
		case *ast.IncDecStmt:
			field(n.X)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				field(n.X)
			}
		case *ast.SelectorExpr:
			if fields[n] {
				break
			}
			id, plain := ast.Unparen(n.X).(*ast.Ident)
			if plain && packages[id.Name] != nil {
				add(packages[id.Name].Scope().Lookup(n.Sel.Name))
			}
			if !plain || !imports[id.Name] {
				names[n.Sel.Name] = true
			}
		case *ast.Ident:
			if dot != nil {
				add(dot.Scope().Lookup(n.Name))
			}
		}
		return true
	})
	for _, pkg := range p.Own {
		for _, f := range pkg.Syntax {
			for _, d := range f.Decls {
				if d, ok := d.(*ast.FuncDecl); ok && d.Recv != nil && d.Name.IsExported() && names[d.Name.Name] {
					add(pkg.Info.Defs[d.Name])
				}
			}
		}
	}
	return fs
}

// declared are the names that a file declares within its functions.
func declared(file *ast.File) map[string]bool {
	names := map[string]bool{}
	add := func(l ...*ast.Ident) {
		for _, id := range l {
			names[id.Name] = true
		}
	}
	exprs := func(l ...ast.Expr) {
		for _, x := range l {
			if id, ok := x.(*ast.Ident); ok {
				add(id)
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			exprs(n.Lhs...)
		case *ast.RangeStmt:
			exprs(n.Key, n.Value)
		case *ast.Field:
			add(n.Names...)
		case *ast.ValueSpec:
			add(n.Names...)
		}
		return true
	})
	return names
}
