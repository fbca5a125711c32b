package rewriter

import (
	"go/ast"
	"go/token"
	"go/types"
)

// unchanging finds the structs of own packages whose objects nobody changes once they are made,
// nor tells apart by their addresses: whoever has a pointer to one can do no more to it than who
// has a copy. They have no methods, so that nobody knows them by an interface.
type unchanging struct {
	d       *describer
	changed map[*types.TypeName]bool
}

func (d *describer) unchanging() *unchanging {
	u := &unchanging{d, map[*types.TypeName]bool{}}
	for _, pkg := range d.prog.Own {
		for _, f := range pkg.Syntax {
			ast.Inspect(f, func(n ast.Node) bool {
				u.node(pkg.Info, n)
				return true
			})
		}
	}
	return u
}

// is reports whether a type is one of them.
func (u *unchanging) is(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	if !ok || n.TypeArgs().Len() > 0 || n.NumMethods() > 0 || u.changed[n.Obj()] || u.d.fieldUses.may[n.Obj()] {
		return false
	}
	s, ok := n.Underlying().(*types.Struct)
	for i := 0; ok && i < s.NumFields(); i++ {
		ok = !s.Field(i).Embedded() // whose methods are promoted
	}
	return ok && u.d.prog.IsOwn(n.Obj().Pkg())
}

func (u *unchanging) node(info *types.Info, n ast.Node) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			for _, x := range n.Lhs {
				u.put(info, x)
			}
		}
	case *ast.IncDecStmt:
		u.put(info, n.X)
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			u.put(info, n.Key)
			u.put(info, n.Value)
		}
	case *ast.UnaryExpr:
		if _, lit := ast.Unparen(n.X).(*ast.CompositeLit); n.Op == token.AND && !lit {
			u.put(info, n.X)
		}
	case *ast.SliceExpr:
		u.put(info, n.X)
	case *ast.SelectorExpr:
		if s := info.Selections[n]; s != nil && s.Kind() == types.MethodVal {
			u.put(info, n.X) // it may have a pointer receiver
		}
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			if !info.Types[n.X].IsNil() && !info.Types[n.Y].IsNil() {
				u.mark(deref(info.TypeOf(n.X)))
				u.mark(deref(info.TypeOf(n.Y)))
			}
		}
	case *ast.SwitchStmt:
		if n.Tag != nil {
			u.mark(deref(info.TypeOf(n.Tag)))
		}
	case *ast.MapType:
		u.mark(deref(info.TypeOf(n.Key)))
	}
}

// put enters what an expression is part of that something is put into, or whose address is
// taken.
func (u *unchanging) put(info *types.Info, x ast.Expr) {
	if x == nil {
		return
	}
	u.mark(info.TypeOf(x))
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.SelectorExpr:
			s := info.Selections[e]
			if s == nil || s.Kind() != types.FieldVal {
				return
			}
			t := s.Recv()
			for _, i := range s.Index() {
				u.mark(deref(t))
				st := structOf(t)
				if st == nil {
					return
				}
				t = st.Field(i).Type()
			}
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		default:
			return
		}
	}
}

// mark enters a type, and all that its values have in them.
func (u *unchanging) mark(t types.Type) {
	if t == nil {
		return
	}
	if n := namedStruct(t); n != nil {
		if u.changed[n] {
			return
		}
		u.changed[n] = true
	}
	switch t := t.Underlying().(type) {
	case *types.Struct:
		for f := range t.Fields() {
			u.mark(f.Type())
		}
	case *types.Array:
		u.mark(t.Elem())
	}
}
