package rewriter

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/upstarego/upstarego/rewriter/load"
)

// Initial knows in what order package variables of own code are initialised, and what
// their initial values are made from.
type Initial struct {
	// Order is every variable with an initialiser, as an import path and a name; who
	// comes first is initialised first.
	Order []string

	value map[types.Object]ast.Expr
	info  map[types.Object]*types.Info // of the package that declares it
	funcs map[types.Object]*ast.FuncDecl
	vars  map[string]types.Object
}

// NewInitial reads a program.
func NewInitial(prog *load.Program) *Initial {
	in := &Initial{value: map[types.Object]ast.Expr{}, info: map[types.Object]*types.Info{}, funcs: map[types.Object]*ast.FuncDecl{}, vars: map[string]types.Object{}}
	for _, pkg := range prog.Own {
		scope := pkg.Types.Scope()
		for _, name := range scope.Names() {
			// What no expression makes depends on nothing.
			if v, ok := scope.Lookup(name).(*types.Var); ok {
				if _, ok := prog.Given(v); ok {
					key := pkg.PkgPath + "." + name
					in.Order = append(in.Order, key)
					in.vars[key] = v
				}
			}
		}
		for _, i := range pkg.Info.InitOrder {
			for _, v := range i.Lhs {
				if _, ok := prog.Given(v); ok {
					continue
				}
				key := pkg.PkgPath + "." + v.Name()
				in.Order = append(in.Order, key)
				in.vars[key], in.value[v], in.info[v] = v, i.Rhs, pkg.Info
			}
		}
		for _, f := range pkg.Syntax {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					o := pkg.Info.Defs[fn.Name]
					in.funcs[o], in.info[o] = fn, pkg.Info
				}
			}
		}
	}
	return in
}

// Pos is where a variable is declared.
func (in *Initial) Pos(key string) token.Pos { return in.vars[key].Pos() }

// Uses reports whether a variable's initial value may be made from another variable:
// its initialiser mentions it, or a function does that the initialiser may call. A
// function that is put into a table is not called for that.
func (in *Initial) Uses(key string, of func(key string) bool) (used string, ok bool) {
	seen := map[types.Object]bool{}
	var visit func(o types.Object)
	walk := func(n ast.Node, info *types.Info) {
		if n == nil {
			return
		}
		ast.Inspect(n, func(n ast.Node) bool {
			if id, is := n.(*ast.Ident); is && !ok {
				visit(info.Uses[id])
			}
			return !ok
		})
	}
	visit = func(o types.Object) {
		switch x := o.(type) {
		case *types.Func:
			o = x.Origin()
		case *types.Var:
		default:
			return
		}
		if seen[o] || ok || o.Pkg() == nil {
			return
		}
		seen[o] = true
		if fn := in.funcs[o]; fn != nil && fn.Body != nil {
			walk(fn.Body, in.info[o])
		} else if v, is := o.(*types.Var); is && v.Parent() == v.Pkg().Scope() {
			if k := v.Pkg().Path() + "." + v.Name(); of(k) {
				used, ok = k, true
			}
		}
	}
	if o := in.vars[key]; o != nil {
		for _, x := range parts(in.value[o], in.info[o]) {
			walk(x, in.info[o])
		}
	}
	return used, ok
}

// parts are the expressions of a literal, however deep, but for functions.
func parts(x ast.Expr, info *types.Info) []ast.Expr {
	switch x := x.(type) {
	case *ast.CompositeLit:
		var l []ast.Expr
		for _, e := range x.Elts {
			l = append(l, parts(e, info)...)
		}
		return l
	case *ast.KeyValueExpr:
		return append(parts(x.Key, info), parts(x.Value, info)...)
	case *ast.ParenExpr:
		return parts(x.X, info)
	case *ast.UnaryExpr:
		if x.Op == token.AND {
			return parts(x.X, info)
		}
	case *ast.FuncLit:
		return nil
	case *ast.Ident:
		if _, is := info.Uses[x].(*types.Func); is {
			return nil
		}
	case *ast.SelectorExpr:
		if _, is := info.Uses[x.Sel].(*types.Func); is {
			return parts(x.X, info) // of a method value, its receiver
		}
	}
	return []ast.Expr{x}
}
