package rewriter

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

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
	if made, ok := ast.Unparen(c.Fun).(*ast.CallExpr); ok { // what the value holds
		for _, a := range made.Args {
			x.operand(ast.Unparen(a))
		}
	}
	if f, ok := x.t.Pkg.Info.TypeOf(c.Fun).Underlying().(*types.Signature); ok && iterates(f) {
		x.handed(f)
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

// handed is what an iterator hands to whom it calls.
func (x *pinner) handed(iterator *types.Signature) {
	yield := desugar.Under(iterator.Params().At(0).Type()).(*types.Signature)
	for i := range yield.Params().Len() {
		x.reach(x.d.args.apply(yield.Params().At(i).Type()), map[types.Type]bool{})
	}
}

// rangePins is pins for a range over a function: an iterator of foreign code walks over the
// container that it was made from, in the middle of which it stays, and of which no more is
// known here than what it hands to the loop.
func (d *describer) rangePins(fn *desugar.Func, r *ast.RangeStmt, p *ledger.Point) {
	x := &pinner{d: d, t: fn.Tree, p: p}
	x.handed(desugar.Under(x.t.Pkg.Info.TypeOf(r.X)).(*types.Signature))
	x.sort()
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
