package desugar

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/upstarego/upstarego/rewriter/colour"
)

// A builder turns the statements of one function into normal form.
type builder struct {
	*Tree
	fn   *Func
	out  *[]Stmt
	loop int // nesting of loops, for defers

	late map[ast.Expr]bool // assertions that are made where their value is used
}

func (b *builder) emit(s Stmt) { *b.out = append(*b.out, s) }

// into runs f with its output collected aside.
func (b *builder) into(f func()) []Stmt {
	var list []Stmt
	old := b.out
	b.out = &list
	f()
	b.out = old
	return list
}

// isPoint reports whether evaluating this one node is an update point.
func (b *builder) isPoint(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		if op, ok := b.Col.Calls[n]; ok && op != colour.Plain {
			return true
		}
		return b.isRecover(n)
	case *ast.UnaryExpr:
		return n.Op == token.ARROW
	}
	return false
}

func (b *builder) isRecover(c *ast.CallExpr) bool { return b.builtin(c) == "recover" }

// builtin returns the name of the builtin that a call calls, or "".
func (b *builder) builtin(c *ast.CallExpr) string {
	if id, ok := ast.Unparen(c.Fun).(*ast.Ident); ok {
		if bi, ok := b.Pkg.Info.Uses[id].(*types.Builtin); ok {
			return bi.Name()
		}
	}
	return ""
}

// has reports whether a subtree has a point outside of literals.
func (b *builder) has(n ast.Node) bool {
	if n == nil {
		return false
	}
	found := false
	ast.Inspect(n, func(m ast.Node) bool {
		if found || m == nil {
			return false
		}
		switch m := m.(type) {
		case *ast.FuncLit:
			return false
		case *ast.GoStmt:
			// The call itself runs elsewhere; its operands are evaluated here.
			for _, a := range m.Call.Args {
				found = found || b.has(a)
			}
			found = found || b.has(m.Call.Fun)
			return false
		case *ast.DeferStmt:
			found = true // a defer is normal form's own business
		case *ast.SendStmt:
			found = true
		case *ast.SelectStmt:
			if !hasDefault(m) {
				found = true
			}
		case *ast.RangeStmt:
			if b.Col.Loops[m] {
				found = true
			}
			switch under(b.Pkg.Info.TypeOf(m.X)).(type) {
			case *types.Chan:
				found = true
			case *types.Signature:
				if b.Col.Ranges[m] != colour.Plain || b.Ranges[m] != nil {
					found = true
				}
			}
		case *ast.ForStmt:
			if b.Col.Loops[m] {
				found = true
			}
		case *ast.BranchStmt:
			if b.Col.Loops[m] {
				found = true
			}
		case ast.Expr:
			if b.isPoint(m) {
				found = true
			}
		}
		return !found
	})
	return found
}

func hasDefault(s *ast.SelectStmt) bool {
	for _, c := range s.Body.List {
		if c.(*ast.CommClause).Comm == nil {
			return true
		}
	}
	return false
}

// hoist makes the given expressions, evaluated in order, free of points: every
// event up to the last point becomes a temporary.
func (b *builder) hoist(exprs ...ast.Expr) {
	last := -1
	for i, e := range exprs {
		if b.has(e) {
			last = i
		}
	}
	for i := 0; i < last; i++ {
		b.events(exprs[i], true)
	}
	if last >= 0 {
		b.events(exprs[last], false)
	}
}

// events hoists the events of e in order of evaluation: all of them if all is
// set, else those up to the last point.
func (b *builder) events(e ast.Expr, all bool) {
	if e == nil || b.Subst[e] != nil {
		return
	}
	if tv, ok := b.Pkg.Info.Types[e]; ok && (tv.Value != nil || tv.IsType()) {
		return
	}
	if !all && !b.has(e) {
		return
	}
	if lit, ok := e.(*ast.CompositeLit); ok && b.has(lit) {
		if m, ok := under(b.Pkg.Info.TypeOf(lit)).(*types.Map); ok {
			b.mapLit(lit, m)
			return
		}
	}
	if bin, ok := e.(*ast.BinaryExpr); ok && (bin.Op == token.LAND || bin.Op == token.LOR) {
		b.shortCircuit(bin, all)
		return
	}
	event := b.isEvent(e)
	b.kids(e, all && !event)
	if event && (all || b.isPoint(e)) {
		b.hoistNode(e)
	}
}

// kids hoists the events of e's operands: all of them if all is set, else those up to
// the last point.
func (b *builder) kids(e ast.Expr, all bool) {
	kids := b.operands(e)
	// The operand with the last point: what comes before it is hoisted whole,
	// what comes after it is evaluated in place.
	last := -1
	for i, k := range kids {
		if b.has(k) {
			last = i
		}
	}
	for i, k := range kids {
		switch {
		case i < last:
			b.used(e, k)
			b.events(k, true)
			if c, ok := e.(*ast.CallExpr); ok && b.Subst[k] == nil && b.copiedEarly(c, k) {
				b.hold(k)
			}
		case i == last:
			b.used(e, k)
			b.events(k, all)
		case all:
			b.used(e, k)
			b.events(k, true)
		}
	}
}

// operands are the expressions that e evaluates, in order.
func (b *builder) operands(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return []ast.Expr{e.X}
	case *ast.SelectorExpr:
		if b.Pkg.Info.Selections[e] == nil {
			return nil // a package's name
		}
		return []ast.Expr{e.X}
	case *ast.IndexExpr:
		if tv := b.Pkg.Info.Types[e.Index]; tv.IsType() {
			return []ast.Expr{e.X}
		}
		return []ast.Expr{e.X, e.Index}
	case *ast.IndexListExpr:
		return []ast.Expr{e.X}
	case *ast.SliceExpr:
		return nonNil(e.X, e.Low, e.High, e.Max)
	case *ast.StarExpr:
		return []ast.Expr{e.X}
	case *ast.TypeAssertExpr:
		return []ast.Expr{e.X}
	case *ast.UnaryExpr:
		return []ast.Expr{e.X}
	case *ast.BinaryExpr:
		return []ast.Expr{e.X, e.Y}
	case *ast.KeyValueExpr:
		return []ast.Expr{e.Key, e.Value}
	case *ast.CompositeLit:
		var l []ast.Expr
		_, isStruct := under(deref(b.Pkg.Info.TypeOf(e))).(*types.Struct)
		for _, x := range e.Elts {
			if kv, ok := x.(*ast.KeyValueExpr); ok {
				if !isStruct {
					l = append(l, kv.Key)
				}
				l = append(l, kv.Value)
				continue
			}
			l = append(l, x)
		}
		return l
	case *ast.CallExpr:
		var l []ast.Expr
		if tv := b.Pkg.Info.Types[e.Fun]; !tv.IsType() && !tv.IsBuiltin() {
			l = append(l, e.Fun)
		}
		return append(l, e.Args...)
	}
	return nil
}

func deref(t types.Type) types.Type {
	if p, ok := under(t).(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

func nonNil(l ...ast.Expr) []ast.Expr {
	out := l[:0]
	for _, e := range l {
		if e != nil {
			out = append(out, e)
		}
	}
	return out
}

// isEvent reports whether gc evaluates e at its place in the order of calls.
// Conversions are not events: gc makes them where their value is used. One of a
// call's uintptr to a pointer is, together with the call: as a uintptr the
// address keeps nothing alive. One of a string to a slice is, because it copies.
// An assertion is none where used says so.
func (b *builder) isEvent(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CallExpr:
		if !b.Pkg.Info.Types[e.Fun].IsType() {
			return true // constants were left out before
		}
		if _, slice := under(b.Pkg.Info.TypeOf(e)).(*types.Slice); slice {
			s, ok := under(b.Pkg.Info.TypeOf(e.Args[0])).(*types.Basic)
			return ok && s.Info()&types.IsString != 0
		}
		from, ok := ast.Unparen(e.Args[0]).(*ast.CallExpr)
		return ok && b.isBasic(e, types.UnsafePointer) && b.isBasic(from, types.Uintptr) && !b.isPoint(from)
	case *ast.UnaryExpr:
		return e.Op == token.ARROW
	case *ast.TypeAssertExpr:
		return !b.late[e]
	case *ast.SliceExpr:
		return true
	case *ast.CompositeLit:
		_, ok := under(b.Pkg.Info.TypeOf(e)).(*types.Map)
		return ok && e.Type != nil // else it is an element, whose type the literal around it has
	}
	return false
}

// used notes that k is what e uses. If that is an assertion whose value is a single
// pointer, and stays one, gc makes it where e is evaluated, behind the calls; not so with
// the race detector. The same goes, with or without that, for one to what has a type
// parameter in it.
func (b *builder) used(e, k ast.Expr) {
	x, ok := ast.Unparen(k).(*ast.TypeAssertExpr)
	if !ok {
		return
	}
	typ := b.Pkg.Info.TypeOf(x)
	if !parametric(typ) && (b.Prog.Race || !b.pointerShaped(typ)) {
		return
	}
	stays := false
	switch e := e.(type) {
	case nil, *ast.SelectorExpr, *ast.StarExpr:
		stays = true
	case *ast.IndexExpr:
		stays = k == e.X
	case *ast.CallExpr:
		param := b.param(e, k)
		stays = k == e.Fun || param != nil && (types.Identical(param, typ) || !types.IsInterface(param))
	}
	if stays {
		if b.late == nil {
			b.late = map[ast.Expr]bool{}
		}
		b.late[x] = true
	}
}

// shortCircuit hoists x && y or x || y, whose right operand is not always
// evaluated.
func (b *builder) shortCircuit(e *ast.BinaryExpr, all bool) {
	if !b.has(e.Y) {
		b.events(e.X, all)
		if all {
			// Later points must not change what was decided here.
			v := b.temp(b.fn, "upt", b.Pkg.Info.TypeOf(e))
			b.emit(&Define{P: e.Pos(), Lhs: []LHS{{v, true}}, Rhs: F("%s", rootOf{e}), Explicit: true})
			b.Subst[e] = []*Var{v}
		}
		return
	}
	b.events(e.X, false)
	v := b.temp(b.fn, "upt", b.Pkg.Info.TypeOf(e))
	b.emit(&Define{P: e.Pos(), Lhs: []LHS{{v, true}}, Rhs: N(e.X), Explicit: true})
	cond := V(v)
	if e.Op == token.LOR {
		cond = F("!%s", v)
	}
	then := b.into(func() {
		b.events(e.Y, false)
		b.emit(&Define{P: e.Y.Pos(), Lhs: []LHS{{v, false}}, Rhs: N(e.Y)})
	})
	b.emit(&If{P: e.Pos(), Cond: cond, Then: then})
	b.Subst[e] = []*Var{v}
}

// mapLit makes a map as gc does: constant entries at once, then one entry after
// the other, each stored before the next is evaluated.
func (b *builder) mapLit(e *ast.CompositeLit, m *types.Map) {
	v := b.temp(b.fn, "upm", b.Pkg.Info.TypeOf(e))
	var static []any
	format := ""
	for _, x := range e.Elts {
		if kv := x.(*ast.KeyValueExpr); b.constant(kv.Key) && b.constant(kv.Value) {
			if format != "" {
				format += ", "
			}
			format += "%s"
			static = append(static, kv)
		}
	}
	b.emit(&Define{P: e.Pos(), Lhs: []LHS{{v, true}}, Rhs: X{"%s{" + format + "}", append([]any{v.Type}, static...)}})
	for _, x := range e.Elts {
		kv := x.(*ast.KeyValueExpr)
		if b.constant(kv.Key) && b.constant(kv.Value) {
			continue
		}
		b.hoist(kv.Key, kv.Value)
		b.emit(&Simple{kv.Pos(), F("%s[%s] = %s", v, b.typed(kv.Key, m.Key()), b.typed(kv.Value, m.Elem()))})
	}
	b.Subst[e] = []*Var{v}
}

// typed is an element of a composite literal with the type it may leave out.
func (b *builder) typed(e ast.Expr, t types.Type) X {
	if lit, ok := e.(*ast.CompositeLit); ok && lit.Type == nil && b.Subst[e] == nil {
		if p, ok := under(t).(*types.Pointer); ok {
			return F("&%s%s", p.Elem(), e)
		}
		return F("%s%s", t, e)
	}
	return N(e)
}

// constant: gc puts the expression into the static part of a map literal.
func (b *builder) constant(e ast.Expr) bool {
	if tv := b.Pkg.Info.Types[e]; tv.Value != nil || tv.IsNil() {
		return true
	}
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return false
	}
	switch under(b.Pkg.Info.TypeOf(lit)).(type) {
	case *types.Struct, *types.Array:
	default:
		return false
	}
	for _, x := range lit.Elts {
		if kv, ok := x.(*ast.KeyValueExpr); ok {
			x = kv.Value
		}
		if !b.constant(x) {
			return false
		}
	}
	return true
}

// hoistNode evaluates one node, whose operands are done, into temporaries.
func (b *builder) hoistNode(e ast.Expr) {
	typ := b.Pkg.Info.TypeOf(e)
	var ts []types.Type
	if tup, ok := typ.(*types.Tuple); ok {
		for i := 0; i < tup.Len(); i++ {
			ts = append(ts, tup.At(i).Type())
		}
	} else {
		ts = []types.Type{typ}
	}
	var vars []*Var
	var lhs []LHS
	for _, t := range ts {
		v := b.temp(b.fn, "upt", t)
		vars = append(vars, v)
		lhs = append(lhs, LHS{v, true})
	}
	b.assignOp(e, lhs)
	b.Subst[e] = vars
}

// assignOp evaluates e, whose operands are done, into lhs: as an Op if it is a
// point, else as a plain definition.
func (b *builder) assignOp(e ast.Expr, lhs []LHS) {
	e = ast.Unparen(e)
	x := F("%s", rootOf{e})
	if !b.isPoint(e) {
		b.emit(&Define{P: e.Pos(), Lhs: lhs, Rhs: x})
		return
	}
	op := &Op{P: e.Pos(), Lhs: lhs, Rhs: x}
	var after []Stmt
	switch e := e.(type) {
	case *ast.UnaryExpr:
		op.Kind = OpPark
		if b.receive(op, e) {
			after = b.receivedLater(op)
		}
	case *ast.CallExpr:
		if b.isRecover(e) {
			op.Kind = OpRecover
			b.fn.HasRecover = true
			break
		}
		switch b.Col.Calls[e] {
		case colour.Call:
			op.Kind = OpCall
			b.via(op)
		case colour.Marked:
			op.Kind = OpPark
			op.Rhs = b.bindOperands(e)
			op.Park = b.waitsFor(e)
			op.Once = b.adoptsOnce(e)
		case colour.Lock:
			op.Kind = OpLock
			b.lock(op, e)
		}
	}
	op.Types = b.resultTypes(e)
	b.point(op, e)
	for _, s := range after {
		b.emit(s)
	}
}

// via makes the temporaries for what a call sets that other frames have too.
func (b *builder) via(op *Op) {
	for i, l := range op.Lhs {
		if l.Var == nil || l.New || !l.Var.Boxed {
			continue
		}
		if op.Via == nil {
			op.Via = make([]*Var, len(op.Lhs))
		}
		op.Via[i] = b.temp(b.fn, "upvia", l.Var.Type)
	}
}

func (b *builder) resultTypes(e ast.Expr) []types.Type {
	typ := b.Pkg.Info.TypeOf(e)
	switch t := typ.(type) {
	case *types.Tuple:
		var ts []types.Type
		for i := 0; i < t.Len(); i++ {
			ts = append(ts, t.At(i).Type())
		}
		return ts
	case nil:
		return nil
	}
	return []types.Type{typ}
}

// point numbers an operation.
func (b *builder) point(op *Op, n ast.Node) {
	p := &Point{N: len(b.fn.Points), Pos: n.Pos(), What: b.Text(n), Op: op}
	b.fn.Points = append(b.fn.Points, p)
	op.Point = p
	b.emit(op)
}

// rootOf marks a node that is printed itself although something stands for it.
type rootOf struct{ Node ast.Expr }

// RootNode gives the node of a rootOf argument to the printer.
func RootNode(a any) (ast.Expr, bool) {
	r, ok := a.(rootOf)
	return r.Node, ok
}

// bindOperands makes sure that a marked call's operands are evaluated before
// the mark: loads that can panic or that run own code would run marked.
// Constants, variables, function literals and addresses of variables stay.
func (b *builder) bindOperands(c *ast.CallExpr) X {
	// The receiver of a method call, or the function value.
	var callee ast.Expr
	switch fun := ast.Unparen(c.Fun).(type) {
	case *ast.SelectorExpr:
		if s := b.Pkg.Info.Selections[fun]; s != nil {
			callee = fun
			if s.Kind() == types.MethodVal {
				callee = fun.X
			}
		}
	case *ast.Ident, *ast.FuncLit:
	default:
		if b.Pkg.Info.Types[fun].IsValue() {
			callee = fun
		}
	}
	// Calls first, in order, then loads: as gc does it.
	if callee != nil {
		b.used(nil, callee)
		b.events(callee, true)
	}
	for _, a := range c.Args {
		if a = b.pointerIn(a); !b.simpleOperand(a) {
			b.used(c, a)
			b.events(a, true)
		}
	}
	if callee != nil && !b.simpleOperand(callee) && b.Subst[callee] == nil {
		if t := b.Pkg.Info.TypeOf(callee); callee != receiverOf(c) || types.IsInterface(t) || isPointer(t) {
			b.hold(callee)
		}
	}
	for _, a := range c.Args {
		if a = b.pointerIn(a); b.simpleOperand(a) || b.Subst[a] != nil {
			continue
		}
		typ := b.Pkg.Info.TypeOf(a)
		if !b.holdable(typ) {
			continue
		}
		if basic, ok := typ.(*types.Basic); ok && basic.Info()&types.IsUntyped != 0 {
			continue
		}
		b.hold(a)
	}
	return F("%s", rootOf{c})
}

// receiverOf is what a method is selected from, if a call is one of a method or
// field.
func receiverOf(c *ast.CallExpr) ast.Expr {
	if sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr); ok {
		return sel.X
	}
	return nil
}

// holdable reports whether a value of the type can be put into a variable.
func (b *builder) holdable(t types.Type) bool {
	if basic, ok := t.(*types.Basic); ok && basic.Kind() == types.UntypedNil {
		return false
	}
	return t != nil
}

func isPointer(t types.Type) bool {
	_, ok := under(t).(*types.Pointer)
	return ok
}

// hold evaluates an operand into a temporary.
func (b *builder) hold(e ast.Expr) {
	v := b.temp(b.fn, "upt", b.Pkg.Info.TypeOf(e))
	b.emit(&Define{P: e.Pos(), Lhs: []LHS{{v, true}}, Rhs: F("%s", rootOf{e})})
	b.Subst[e] = []*Var{v}
}

// simpleOperand: evaluating it neither panics nor runs own code.
func (b *builder) simpleOperand(e ast.Expr) bool {
	e = ast.Unparen(e)
	if tv := b.Pkg.Info.Types[e]; tv.Value != nil || tv.IsNil() || tv.IsType() {
		return true
	}
	switch e := e.(type) {
	case *ast.Ident, *ast.FuncLit, *ast.BasicLit:
		return true
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			_, ok := ast.Unparen(e.X).(*ast.Ident)
			return ok
		}
	case *ast.SelectorExpr:
		// A package's member, or a field of a variable.
		if b.Pkg.Info.Selections[e] == nil {
			return true
		}
		s := b.Pkg.Info.Selections[e]
		return s.Kind() == types.FieldVal && !s.Indirect() && b.simpleOperand(e.X) && !isPointer(b.Pkg.Info.TypeOf(e.X))
	}
	return false
}
