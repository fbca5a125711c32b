package rewriter

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// locals enters what is known of the values of a function's variables at its points: who
// else has them, whether they will change, whether they still are what they began with.
func (d *describer) locals(fn *desugar.Func, f *ledger.Func) {
	for i, v := range body.FrameVars(fn) { // as in f.Frame
		obj, ok := v.Obj.(*types.Var)
		if !ok {
			continue
		}
		l := &f.Frame[i]
		if owner := declaring(fn, obj); owner != fn {
			if owner != nil && d.localOf(owner, obj).still(fn) {
				l.Facts = letters(len(fn.Points), func(int) int { return ledger.Settled })
			}
			continue
		}
		x := d.localOf(fn, obj)
		l.Alone, l.Init = x.alone(), x.init
		if l.Alone && l.Init == "" {
			continue
		}
		l.Facts = letters(len(fn.Points), func(point int) (facts int) {
			if x.owned(point) {
				facts |= ledger.Owned
			}
			if x.settled(point) {
				facts |= ledger.Settled
			}
			if x.init != "" && x.initial(point) {
				facts |= ledger.Initial
			}
			return facts
		})
	}
}

// letters writes facts of points, "" if there is none.
func letters(n int, facts func(point int) int) string {
	b, some := make([]byte, n), false
	for i := range b {
		b[i] = 'a' + byte(facts(i))
		some = some || b[i] != 'a'
	}
	if !some {
		return ""
	}
	return string(b)
}

// declaring is the function that declares a variable: the one that uses it, or one that it
// stands in.
func declaring(fn *desugar.Func, obj *types.Var) *desugar.Func {
	inside := func(n ast.Node) bool { return n != nil && contains(n, obj.Pos()) }
	for f := fn; f != nil; f = f.Parent {
		if f.Range != nil && inside(f.Range) || f.Range == nil && inside(f.Node()) {
			return f
		}
	}
	return nil
}

// A localUse is what a function, and the literals in it, do to one of its variables.
type localUse struct {
	order *order
	decl  token.Pos
	init  string     // see ledger.Field
	sets  []ast.Node // statements of the function itself that give it a value
	lits  []ast.Node // literals, directly in the function, that have it
	// wild: a literal gives it a value, or something has its address. From where on is not
	// asked.
	wild bool
	away []ast.Node // where its address is taken
	jump bool       // the function has goto statements, which order leaves out
}

func (d *describer) localOf(fn *desugar.Func, obj *types.Var) *localUse {
	if d.localUses == nil {
		d.localUses = map[*types.Var]*localUse{}
	}
	if x := d.localUses[obj]; x != nil {
		return x
	}
	if d.orders == nil {
		d.orders = map[*desugar.Func]*order{}
	}
	if d.orders[fn] == nil {
		d.orders[fn] = newOrder(fn)
	}
	x := &localUse{order: d.orders[fn], decl: obj.Pos()}
	d.localUses[obj] = x
	info := fn.Tree.Pkg.Info
	is := func(e ast.Node) bool {
		id, ok := e.(*ast.Ident)
		return ok && (info.Uses[id] == obj || info.Defs[id] == obj)
	}
	root := ast.Node(fn.Block())
	var stack []ast.Node
	ast.Inspect(root, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		switch n := n.(type) {
		case *ast.BranchStmt:
			x.jump = x.jump || n.Tok == token.GOTO
		case *ast.Ident:
			if is(n) {
				x.use(fn, stack)
			}
		}
		return true
	})
	x.init = initial(fn, obj)
	return x
}

// use enters a place where the variable is named; stack leads to it.
func (x *localUse) use(fn *desugar.Func, stack []ast.Node) {
	info := fn.Tree.Pkg.Info
	id := stack[len(stack)-1].(*ast.Ident)
	var literal ast.Node
	for _, n := range stack {
		r, ranges := n.(*ast.RangeStmt)
		if _, lit := n.(*ast.FuncLit); lit || ranges && fn.Tree.Ranges[r] != nil && contains(r.Body, id.Pos()) {
			literal = n
			break
		}
	}
	if literal != nil {
		x.lits = append(x.lits, literal)
	}
	changes, address, at := changed(info, stack)
	switch {
	case address:
		x.wild = true
		x.away = append(x.away, at)
	case changes && literal != nil:
		x.wild = true
	case changes && info.Defs[id] == nil:
		x.sets = append(x.sets, at)
	}
}

// changed reports whether the variable at the end of a stack of nodes, or a part of it, is
// given a value there, or has its address taken, and by which statement or expression.
func changed(info *types.Info, stack []ast.Node) (changes, address bool, at ast.Node) {
	e := stack[len(stack)-1]
	for i := len(stack) - 2; i >= 0; i-- {
		switch p := stack[i].(type) {
		case *ast.ParenExpr:
			e = p
			continue
		case *ast.SelectorExpr:
			if p.X != e {
				return false, false, nil
			}
			s := info.Selections[p]
			if s == nil {
				return false, false, nil
			}
			if s.Kind() != types.FieldVal {
				// A method of the variable itself, called by its address.
				f, _ := s.Obj().(*types.Func)
				_, ptr := types.Unalias(orInvalid(f)).(*types.Pointer)
				_, is := types.Unalias(s.Recv()).Underlying().(*types.Pointer)
				return false, ptr && !is && !s.Indirect(), p
			}
			if s.Indirect() || isPointer(s.Recv()) {
				return false, false, nil // what it leads to
			}
			e = p
			continue
		case *ast.IndexExpr:
			if p.X != e {
				return false, false, nil
			}
			if _, array := info.TypeOf(p.X).Underlying().(*types.Array); !array {
				return false, false, nil
			}
			e = p
			continue
		case *ast.SliceExpr:
			_, array := info.TypeOf(p.X).Underlying().(*types.Array)
			return false, p.X == e && array, p
		case *ast.UnaryExpr:
			return false, p.Op == token.AND, p
		case *ast.IncDecStmt:
			return true, false, p
		case *ast.AssignStmt:
			for _, l := range p.Lhs {
				if l == e {
					return true, false, p
				}
			}
			return false, false, nil
		case *ast.RangeStmt:
			return p.Key == e || p.Value == e, false, p
		default:
			return false, false, nil
		}
	}
	return false, false, nil
}

// orInvalid is the type of a method's receiver.
func orInvalid(f *types.Func) types.Type {
	if f == nil || f.Signature().Recv() == nil {
		return types.Typ[types.Invalid]
	}
	return f.Signature().Recv().Type()
}

// initial is what a variable begins with in the ledger's terms, if that is a constant or its
// zero value; else "".
func initial(fn *desugar.Func, obj *types.Var) string {
	if fn.Sig.Results() != nil {
		for v := range fn.Sig.Results().Variables() {
			if v == obj {
				return ledger.BornZero
			}
		}
	}
	info, init := fn.Tree.Pkg.Info, ""
	ast.Inspect(fn.Block(), func(n ast.Node) bool {
		var names, values []ast.Expr
		switch n := n.(type) {
		case *ast.ValueSpec:
			for _, id := range n.Names {
				names = append(names, id)
			}
			if values = n.Values; values == nil && len(names) > 0 && info.Defs[n.Names[0]] != nil {
				for _, id := range n.Names {
					if info.Defs[id] == obj {
						init = ledger.BornZero
					}
				}
			}
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE {
				return true
			}
			names, values = n.Lhs, n.Rhs
		}
		if len(names) != len(values) {
			return true
		}
		for i, l := range names {
			if id, ok := l.(*ast.Ident); ok && info.Defs[id] == obj {
				if _, basic := obj.Type().Underlying().(*types.Basic); basic {
					init = born(info, values[i], obj.Type())
				}
			}
		}
		return true
	})
	return init
}

func (x *localUse) alone() bool { return len(x.lits) == 0 && len(x.away) == 0 }

// before reports whether what is done at a node may have been done at a point, in an earlier
// turn of a loop if need be.
func (x *localUse) before(n ast.Node, point mark) bool {
	m := x.order.mark(n, false)
	return !m.ok || !point.ok || x.order.comes(m, point) || x.together(n.Pos(), point.pos)
}

// behind reports whether what is done at a node may still be done.
func (x *localUse) behind(n ast.Node, point mark) bool {
	m := x.order.mark(n, false)
	return !m.ok || !point.ok || x.order.comes(point, m) || x.together(n.Pos(), point.pos)
}

// together reports whether two places are in one loop that the variable outlives a turn of.
func (x *localUse) together(a, b token.Pos) bool {
	for _, l := range x.order.loops {
		var inside ast.Node
		switch l := l.(type) {
		case *ast.ForStmt:
			inside = l.Body
		case *ast.RangeStmt:
			inside = l.Body
		}
		if contains(l, a) && contains(l, b) && !contains(inside, x.decl) {
			return true
		}
	}
	return false
}

func (x *localUse) point(i int) mark {
	if i >= len(x.order.points) {
		return mark{}
	}
	return x.order.points[i]
}

// owned: nothing but the function has the variable at a point.
func (x *localUse) owned(point int) bool {
	return !x.jump && !slices.ContainsFunc(x.lits, func(n ast.Node) bool { return x.before(n, x.point(point)) }) &&
		!slices.ContainsFunc(x.away, func(n ast.Node) bool { return x.before(n, x.point(point)) })
}

// settled: nothing gives it another value from there on.
func (x *localUse) settled(point int) bool {
	return !x.jump && !x.wild && !slices.ContainsFunc(x.sets, func(n ast.Node) bool { return x.behind(n, x.point(point)) })
}

// initial: nothing has given it another value.
func (x *localUse) initial(point int) bool {
	return x.owned(point) && !slices.ContainsFunc(x.sets, func(n ast.Node) bool { return x.before(n, x.point(point)) })
}

// still: nothing gives it another value once a literal that has it has been made.
func (x *localUse) still(lit *desugar.Func) bool {
	var node ast.Node = lit.Node()
	if lit.Range != nil {
		return false // its turns are part of the function around it
	}
	m := x.order.mark(node, false)
	return !x.jump && !x.wild && !slices.ContainsFunc(x.sets, func(n ast.Node) bool { return x.behind(n, m) })
}

// closed tells of a literal that uses nothing that the function around it declares what it
// calls packages; "" of any other function.
func closed(fn *desugar.Func) string {
	if fn.Lit == nil || fn.Range != nil {
		return ""
	}
	ok := true
	packages := map[string]bool{"": true}
	ast.Inspect(fn.Lit, func(n ast.Node) bool {
		id, is := n.(*ast.Ident)
		if !is {
			return ok
		}
		o := fn.Tree.Pkg.Info.Uses[id]
		if o == nil || o.Pkg() == nil || o.Pkg() != fn.Tree.Pkg.Types || o.Parent() == o.Pkg().Scope() || contains(fn.Lit, o.Pos()) {
			return ok
		}
		switch o := o.(type) {
		case *types.Var:
			ok = ok && o.IsField()
		case *types.Func:
			ok = ok && o.Signature().Recv() != nil
		case *types.PkgName:
			packages[o.Name()+" is "+o.Imported().Path()] = true
		default:
			ok = false
		}
		return ok
	})
	if !ok {
		return ""
	}
	return "closed" + strings.Join(slices.Sorted(maps.Keys(packages)), "; ")
}
