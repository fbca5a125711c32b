package rewriter

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// taken enters the package variables that somebody may have a pointer to, or into. Nobody
// comes to what another variable holds but by its name: when its release has been
// superseded, nobody comes there any more.
func (d *describer) taken() map[types.Object]bool {
	taken, outside := map[types.Object]bool{}, map[string]bool{}
	for _, f := range d.prog.Foreign {
		for _, path := range f.Imports {
			outside[path] = true
		}
	}
	for _, pkg := range d.prog.Own {
		scope := pkg.Types.Scope()
		for _, name := range scope.Names() {
			if o := scope.Lookup(name); len(pkg.Extra) > 0 || o.Exported() && outside[pkg.PkgPath] {
				taken[o] = true // by assembly, or foreign code
			}
		}
		for _, f := range pkg.Syntax {
			variables(pkg.Info, f, func(v *types.Var, stack []ast.Node) {
				if !taken[v] && pointed(pkg.Info, stack) {
					taken[v] = true
				}
			})
			for name := range linknames(f) {
				taken[scope.Lookup(name)] = true
			}
		}
	}
	return taken
}

// linknames are the names of the package that go:linkname directives of a file are about.
func linknames(f *ast.File) map[string]bool {
	names := map[string]bool{}
	for _, g := range f.Comments {
		for _, c := range g.List {
			if rest, ok := strings.CutPrefix(c.Text, "//go:linkname "); ok {
				name, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
				names[name] = true
			}
		}
	}
	return names
}

// variables calls f for each use of a package variable in a file; stack leads from the file
// to the identifier.
func variables(info *types.Info, file *ast.File, f func(v *types.Var, stack []ast.Node)) {
	var stack []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		if id, ok := n.(*ast.Ident); ok {
			if v, ok := info.Uses[id].(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
				f(v, stack)
			}
		}
		return true
	})
}

// pointed looks at a use of a variable from the inside out, and reports whether it makes a
// pointer to it or into it. What is not known to make none is taken to make one.
func pointed(info *types.Info, stack []ast.Node) bool {
	i := len(stack) - 1
	x := stack[i].(ast.Expr)
	if sel, ok := stack[i-1].(*ast.SelectorExpr); ok && sel.Sel == x { // pkg.Name
		x, i = sel, i-1
	}
	for i--; i >= 0; i-- {
		switch p := stack[i].(type) {
		case *ast.ParenExpr:
			x = p
			continue
		case *ast.SelectorExpr:
			s := info.Selections[p]
			if s == nil {
				return true
			}
			if _, led := info.TypeOf(x).Underlying().(*types.Pointer); led {
				return false // what it holds leads there
			}
			switch {
			case s.Kind() == types.MethodVal:
				_, ptr := s.Obj().Type().(*types.Signature).Recv().Type().Underlying().(*types.Pointer)
				return ptr // of an embedded field, perhaps, and through a pointer there
			case s.Kind() != types.FieldVal:
				return true
			case s.Indirect():
				return false
			}
			x = p
			continue
		case *ast.IndexExpr:
			if _, array := info.TypeOf(x).Underlying().(*types.Array); array && p.X == x {
				x = p
				continue
			}
			return false
		case *ast.SliceExpr:
			_, array := info.TypeOf(x).Underlying().(*types.Array)
			return array && p.X == x
		case *ast.UnaryExpr:
			return p.Op == token.AND
		case *ast.StarExpr, *ast.BinaryExpr, *ast.CallExpr, *ast.AssignStmt, *ast.IncDecStmt, *ast.RangeStmt, *ast.ReturnStmt,
			*ast.IfStmt, *ast.ForStmt, *ast.SwitchStmt, *ast.CaseClause, *ast.SendStmt, *ast.KeyValueExpr, *ast.CompositeLit,
			*ast.ValueSpec, *ast.TypeAssertExpr, *ast.ExprStmt:
			return false // its value is read, or set
		}
		return true
	}
	return true
}
