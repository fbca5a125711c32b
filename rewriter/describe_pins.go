package rewriter

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// pins notes what memory of own code a foreign call may write to or read from
// while it is in flight. If an update moves such memory the call would go on with
// the old object while new code uses the new one: the call has to be over first.
func (d *describer) pins(fn *desugar.Func, c *ast.CallExpr, p *ledger.Point) {
	x := &pinner{d: d, t: fn.Tree, p: p}
	if sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr); ok {
		if s := x.t.Pkg.Info.Selections[sel]; s != nil && s.Kind() == types.MethodVal {
			switch x.t.Pkg.Info.TypeOf(sel.X).Underlying().(type) {
			case *types.Pointer, *types.Interface:
			default:
				x.within(sel.X) // the method gets its address
			}
		}
	}
	for _, a := range c.Args {
		x.operand(ast.Unparen(a))
	}
	if f, ok := x.t.Pkg.Info.TypeOf(c.Fun).Underlying().(*types.Signature); ok && iterates(f) {
		x.iterator(c.Fun, f)
	}
	x.sort()
}

// iterates reports whether functions of a signature may be ranged over.
func iterates(f *types.Signature) bool {
	if f.Params().Len() != 1 || f.Results().Len() != 0 {
		return false
	}
	yield, ok := f.Params().At(0).Type().Underlying().(*types.Signature)
	return ok && yield.Results().Len() == 1 && types.Identical(yield.Results().At(0).Type().Underlying(), types.Typ[types.Bool])
}

// rangePins is pins for a range over a function.
func (d *describer) rangePins(fn *desugar.Func, r *ast.RangeStmt, p *ledger.Point) {
	x := &pinner{d: d, t: fn.Tree, p: p}
	x.iterator(r.X, desugar.Under(x.t.Pkg.Info.TypeOf(r.X)).(*types.Signature))
	x.sort()
}

// iterator notes what an iterator of foreign code stands in the middle of. Pointers that it has
// are brought up when it hands them over, but it goes on in the memory that it was made from.
// Of the standard library's that is known; of others no more than what they hand over.
func (x *pinner) iterator(e ast.Expr, f *types.Signature) {
	if made, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		by := typeutil.StaticCallee(x.t.Pkg.Info, made)
		known := by != nil && colour.WalksInMemory(by.Origin())
		for _, a := range made.Args {
			if known {
				x.container(x.d.args.apply(x.t.Pkg.Info.TypeOf(a)))
			} else {
				x.operand(ast.Unparen(a))
			}
		}
		if known {
			return
		}
	}
	yield := desugar.Under(f.Params().At(0).Type()).(*types.Signature)
	for i := range yield.Params().Len() {
		x.reach(x.d.args.apply(yield.Params().At(i).Type()), map[types.Type]bool{})
	}
}

// container notes when a slice or map gets other memory: when what lies in it does, or is part of
// what does, or when keys hash by the addresses of what does.
func (x *pinner) container(t types.Type) {
	switch u := t.Underlying().(type) {
	case *types.Slice:
		x.p.Into = append(x.p.Into, x.d.typ(u.Elem()))
		x.value(u.Elem())
	case *types.Map:
		x.reach(u.Key(), map[types.Type]bool{})
		x.value(u.Elem())
	}
}

// value notes the own structs that a value has in it, or is.
func (x *pinner) value(t types.Type) {
	x.add(t)
	switch u := t.Underlying().(type) {
	case *types.Array:
		x.value(u.Elem())
	case *types.Struct:
		for i := range u.NumFields() {
			x.value(u.Field(i).Type())
		}
	}
}

func (x *pinner) sort() {
	for _, l := range []*[]string{&x.p.Pins, &x.p.Within, &x.p.Into} {
		slices.Sort(*l)
		*l = slices.Compact(*l)
	}
}

type pinner struct {
	d *describer
	t *desugar.Tree
	p *ledger.Point
}

func (x *pinner) operand(a ast.Expr) {
	info := x.t.Pkg.Info
	if x.made(a) {
		return
	}
	switch e := a.(type) {
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			if id, ok := ast.Unparen(e.X).(*ast.Ident); ok {
				if v := x.t.VarOf(id); v != nil && !x.captured(v) {
					return // the frame's own variable: it is converted when the call returns
				}
			}
			x.within(e.X)
		}
	case *ast.SliceExpr:
		x.within(e.X)
		if _, array := info.TypeOf(e.X).Underlying().(*types.Array); array {
			return
		}
	}
	if typ := x.d.args.apply(info.TypeOf(a)); typ != nil {
		x.reach(typ, map[types.Type]bool{})
	}
}

func (x *pinner) captured(v *desugar.Var) bool {
	for _, f := range x.t.Funcs {
		if slices.Contains(f.Captured, v) {
			return true
		}
	}
	return false
}

// made reports whether a slice is of memory that was made for a variable of this function,
// and has elements that no update changes. Unlike what a struct has in an array it is part
// of nothing that could move.
func (x *pinner) made(a ast.Expr) bool {
	for {
		s, ok := a.(*ast.SliceExpr)
		if !ok {
			break
		}
		a = ast.Unparen(s.X)
	}
	id, ok := a.(*ast.Ident)
	if !ok {
		return false
	}
	v, ok := x.t.Pkg.Info.Uses[id].(*types.Var)
	if !ok {
		return false
	}
	s, ok := types.Unalias(v.Type()).(*types.Slice)
	if !ok {
		return false
	}
	if _, ok := types.Unalias(s.Elem()).(*types.Basic); !ok {
		return false
	}
	declared, only := false, true
	assigned := func(to ast.Expr, value ast.Expr) {
		if id, ok := ast.Unparen(to).(*ast.Ident); ok && x.t.Pkg.Info.ObjectOf(id) == v {
			only = only && value != nil && x.makes(value, v)
		}
	}
	ast.Inspect(x.t.Decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, to := range n.Lhs {
				if id, ok := to.(*ast.Ident); ok && x.t.Pkg.Info.Defs[id] == v {
					declared = true
				}
				if len(n.Lhs) == len(n.Rhs) {
					assigned(to, n.Rhs[i])
				} else {
					assigned(to, nil)
				}
			}
		case *ast.ValueSpec:
			for i, id := range n.Names {
				if x.t.Pkg.Info.Defs[id] != v {
					continue
				}
				declared = true
				switch len(n.Values) {
				case 0:
				case len(n.Names):
					assigned(id, n.Values[i])
				default:
					assigned(id, nil)
				}
			}
		case *ast.RangeStmt:
			for _, to := range []ast.Expr{n.Key, n.Value} {
				if to != nil {
					assigned(to, nil)
				}
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				assigned(n.X, nil) // somebody else may
			}
		}
		return true
	})
	return declared && only // else it is a parameter, or a package's
}

// makes reports whether a value is memory of its own, or of the variable's.
func (x *pinner) makes(e ast.Expr, v *types.Var) bool {
	info := x.t.Pkg.Info
	its := func(e ast.Expr) bool {
		id, ok := ast.Unparen(e).(*ast.Ident)
		return ok && info.Uses[id] == v
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.CompositeLit:
		return true
	case *ast.SliceExpr:
		return its(e.X)
	case *ast.Ident:
		return info.Types[e].IsNil()
	case *ast.CallExpr:
		fun := info.Types[e.Fun]
		switch id, _ := ast.Unparen(e.Fun).(*ast.Ident); {
		case fun.IsType():
			from, ok := info.TypeOf(e.Args[0]).Underlying().(*types.Basic)
			return ok && from.Info()&types.IsString != 0
		case fun.IsBuiltin() && id != nil && id.Name == "make":
			return true
		case fun.IsBuiltin() && id != nil && id.Name == "append":
			return its(e.Args[0])
		}
	}
	return false
}

// within notes the structs that the memory of an addressable expression is part of.
func (x *pinner) within(e ast.Expr) {
	for {
		switch y := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			typ := x.t.Pkg.Info.TypeOf(y.X)
			if typ == nil {
				return // a package's name
			}
			typ = x.d.args.apply(typ)
			if p, ok := typ.Underlying().(*types.Pointer); ok {
				x.add(p.Elem())
				return
			}
			x.add(typ)
			e = y.X
		case *ast.IndexExpr:
			e = y.X
		default:
			return
		}
	}
}

func (x *pinner) add(t types.Type) {
	if n, ok := types.Unalias(t).(*types.Named); ok {
		if k := x.d.key(n); k != "" {
			x.p.Within = append(x.p.Within, k)
		}
	}
}

// reach notes what can be got at through a value: named own types whole, and of
// anything else what pointers and slices lead to.
func (x *pinner) reach(t types.Type, seen map[types.Type]bool) {
	if seen[t] {
		return
	}
	seen[t] = true
	switch u := types.Unalias(t).(type) {
	case *types.Named:
		if k := x.d.key(u); k != "" {
			x.p.Pins = append(x.p.Pins, k)
		}
	case *types.Pointer:
		x.memory(u.Elem(), seen)
	case *types.Slice:
		x.memory(u.Elem(), seen)
	case *types.Map:
		x.reach(u.Key(), seen)
		x.reach(u.Elem(), seen)
	case *types.Array:
		x.reach(u.Elem(), seen)
	case *types.Struct:
		for i := range u.NumFields() {
			x.reach(u.Field(i).Type(), seen)
		}
	}
}

func (x *pinner) memory(elem types.Type, seen map[types.Type]bool) {
	if n, ok := types.Unalias(elem).(*types.Named); !ok || x.d.key(n) == "" {
		x.p.Into = append(x.p.Into, x.d.typ(elem))
	}
	x.reach(elem, seen)
}

// key is an own type's key in the ledger, "" for types of foreign packages.
func (d *describer) key(n *types.Named) string {
	if o := n.Obj(); o.Pkg() == nil || !d.prog.IsOwn(o.Pkg()) {
		return ""
	}
	k := d.typ(n)
	return strings.TrimSuffix(strings.TrimPrefix(k, "‹"), "›")
}
