package link

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"hash"
)

// What package variables begin with. A package that the process has is not initialised again,
// and its variables stay where their types do. Code of a changed package would go on with what
// the old one's initialisers have made: a parser with the tables of another grammar.

// initials finds what variables begin with in one package.
type initials struct {
	info  *types.Info
	pkg   *types.Package
	decls map[types.Object]ast.Node // of functions, and what variables are made from
}

// initial enters what the package's variables begin with, and what it writes to.
func (found *packageShapes) initial(path string, pkg *types.Package, files []*ast.File, info *types.Info, paths map[string]string) {
	x := &initials{info: info, pkg: pkg, decls: map[types.Object]ast.Node{}}
	for _, f := range files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && info.Defs[fn.Name] != nil {
				x.decls[info.Defs[fn.Name]] = fn
			}
		}
	}
	several := map[types.Object]bool{} // made by one call
	for _, in := range info.InitOrder {
		for _, v := range in.Lhs {
			x.decls[v] = in.Rhs
			several[v] = len(in.Lhs) > 1
		}
	}
	for _, n := range pkg.Scope().Names() {
		v, ok := pkg.Scope().Lookup(n).(*types.Var)
		if !ok {
			continue
		}
		s := found.Vars[path+"."+n]
		s.Failure = types.Identical(v.Type(), types.Universe.Lookup("error").Type())
		if x.decls[v] == nil {
			s.Init, s.Static = "zero", true
			found.Vars[path+"."+n] = s
			continue
		}
		h := sha256.New()
		x.write(h, v, map[types.Object]bool{})
		s.Init = hex.EncodeToString(h.Sum(nil)[:10])
		s.Static = !several[v] && x.static(x.decls[v].(ast.Expr))
		found.Vars[path+"."+n] = s
	}
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			for _, e := range x.written(n) {
				if v := x.root(e); v != nil {
					if of, ours := paths[v.Pkg().Path()]; ours {
						found.Writes = append(found.Writes, of+"."+v.Name())
					}
				}
			}
			return true
		})
	}
}

// write writes all that an object of the package is made from: its text, with the values of
// constants in it, and the text of what it uses of the package.
func (x *initials) write(h hash.Hash, o types.Object, seen map[types.Object]bool) {
	if seen[o] || x.decls[o] == nil {
		return
	}
	seen[o] = true
	var uses []types.Object
	ast.Inspect(x.decls[o], func(n ast.Node) bool {
		switch n := n.(type) {
		case nil:
			fmt.Fprint(h, ")")
			return false
		case *ast.CommentGroup:
			return false
		case *ast.Ident:
			fmt.Fprintf(h, "(%s", n.Name)
			if u := x.info.Uses[n]; u != nil {
				if c, ok := u.(*types.Const); ok {
					fmt.Fprintf(h, "=%s", c.Val().ExactString())
				}
				if u.Pkg() == x.pkg {
					uses = append(uses, u)
				}
			}
		case *ast.BasicLit:
			fmt.Fprintf(h, "(%s", n.Value)
		case *ast.BinaryExpr:
			fmt.Fprintf(h, "(%s", n.Op)
		case *ast.UnaryExpr:
			fmt.Fprintf(h, "(%s", n.Op)
		case *ast.AssignStmt:
			fmt.Fprintf(h, "(%s", n.Tok)
		case *ast.IncDecStmt:
			fmt.Fprintf(h, "(%s", n.Tok)
		case *ast.BranchStmt:
			fmt.Fprintf(h, "(%s", n.Tok)
		default:
			fmt.Fprintf(h, "(%T", n)
		}
		return true
	})
	for _, u := range uses {
		if f, ok := u.(*types.Func); ok {
			u = f.Origin()
		}
		x.write(h, u, seen)
	}
}

// static reports whether the linker makes a value: constants, and arrays, slices and structs of
// such. What the compiler makes of others is for an init function.
func (x *initials) static(e ast.Expr) bool {
	t := x.info.Types[e]
	if t.Value != nil || t.IsNil() {
		return true
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		var elem func(i int) types.Type
		switch t := types.Unalias(t.Type).Underlying().(type) {
		case *types.Array:
			elem = func(int) types.Type { return t.Elem() }
		case *types.Slice:
			elem = func(int) types.Type { return t.Elem() }
		case *types.Struct:
			elem = func(i int) types.Type { return t.Field(i).Type() }
		default:
			return false
		}
		for i, v := range e.Elts {
			typ := elem(i)
			if kv, ok := v.(*ast.KeyValueExpr); ok {
				v = kv.Value
				if id, ok := kv.Key.(*ast.Ident); ok && x.info.Uses[id] != nil && isField(x.info.Uses[id]) {
					typ = x.info.Uses[id].Type()
				}
			}
			if types.IsInterface(typ) || !x.static(v) {
				return false
			}
		}
		return true
	case *ast.UnaryExpr:
		_, lit := ast.Unparen(e.X).(*ast.CompositeLit)
		return e.Op == token.AND && lit && x.static(e.X)
	}
	return false
}

func isField(o types.Object) bool {
	v, ok := o.(*types.Var)
	return ok && v.IsField()
}

// written are the expressions that a statement or an operation may change, or may let others
// change.
func (x *initials) written(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	case *ast.SliceExpr:
		if t := x.info.TypeOf(n.X); t != nil && types.Identical(t.Underlying(), types.Typ[types.String]) {
			return nil
		}
		return []ast.Expr{n.X}
	case *ast.CallExpr:
		return x.handed(n)
	}
	return nil
}

// handed are what a call is given that leads to memory which it could write to.
func (x *initials) handed(c *ast.CallExpr) (l []ast.Expr) {
	if x.info.Types[c.Fun].IsType() {
		return nil
	}
	if x.info.Types[c.Fun].IsBuiltin() {
		if id, ok := ast.Unparen(c.Fun).(*ast.Ident); ok && (id.Name == "len" || id.Name == "cap") {
			return nil
		}
	}
	leads := func(t types.Type) bool {
		switch t := types.Unalias(t).Underlying().(type) {
		case *types.Pointer, *types.Map, *types.Slice, *types.Chan:
			return true
		case *types.Interface:
			return t.NumMethods() == 0
		}
		return false
	}
	for _, a := range c.Args {
		if t := x.info.TypeOf(a); t != nil && leads(t) {
			l = append(l, a)
		}
	}
	if sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr); ok {
		if s := x.info.Selections[sel]; s != nil && s.Kind() == types.MethodVal {
			recv := s.Obj().(*types.Func).Signature().Recv()
			if recv != nil && leads(recv.Type()) {
				l = append(l, sel.X)
			}
		}
	}
	return l
}

// root is the variable of a package that an expression is, or is a part of.
func (x *initials) root(e ast.Expr) *types.Var {
	for {
		switch y := e.(type) {
		case *ast.ParenExpr:
			e = y.X
		case *ast.StarExpr:
			e = y.X
		case *ast.IndexExpr:
			e = y.X
		case *ast.SelectorExpr:
			if v, ok := x.info.Uses[y.Sel].(*types.Var); ok && !v.IsField() {
				e = y.Sel // of another package
				continue
			}
			e = y.X
		case *ast.Ident:
			v, ok := x.info.Uses[y].(*types.Var)
			if !ok || v.IsField() || v.Pkg() == nil || v.Parent() != v.Pkg().Scope() {
				return nil
			}
			return v
		default:
			return nil
		}
	}
}
