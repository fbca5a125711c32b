package desugar

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/colour"
)

// function brings one function into normal form.
func (t *Tree) function(fn *Func) {
	fn.Points = []*Point{{N: 0, Pos: fn.Block().Lbrace, What: "entry"}}
	b := &builder{Tree: t, fn: fn}
	if fn.Range == nil && !b.has(fn.Block()) {
		// Only its entry polls: the body stays as it is.
		fn.Body = nil
		fn.Points[0].Live = t.entryLive(fn)
		return
	}
	if t.jumpsBack(fn) {
		b.loop++
	}
	fn.Body = b.into(func() {
		if fn.Range != nil {
			b.rangeBody()
		} else {
			b.stmts(fn.Block().List)
		}
	})
	if fn.HasLog {
		for _, d := range fn.Defers {
			d.Armed = nil
		}
	}
	t.live(fn)
	fn.Points[0].Live = t.entryLive(fn)
}

// entryLive is what a frame at the entry holds: captured variables, receiver,
// parameters.
func (t *Tree) entryLive(fn *Func) []*Var {
	var l []*Var
	l = append(l, fn.Captured...)
	if fn.Recv != nil {
		l = append(l, fn.Recv)
	}
	for _, p := range fn.Params {
		if p != nil {
			l = append(l, p)
		}
	}
	return l
}

func (b *builder) block(list []ast.Stmt) []Stmt {
	return b.into(func() { b.stmts(list) })
}

// verbatim keeps a statement that has no point inside. Its declarations at this
// level are taken apart, because the resume body hoists them.
func (b *builder) verbatim(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		if s.Tok == token.DEFINE {
			b.define(s)
			return
		}
	case *ast.DeclStmt:
		b.decl(s)
		return
	case *ast.EmptyStmt:
		return
	case *ast.ReturnStmt:
		b.ret(s)
		return
	case *ast.BranchStmt:
		if !b.exit(s) {
			b.emit(&Branch{s.Pos(), s})
		}
		return
	}
	b.emit(&Simple{s.Pos(), N(s)})
}

// define turns x, y := … into definitions of variables.
func (b *builder) define(s *ast.AssignStmt) {
	if len(s.Rhs) == 1 {
		b.emit(&Define{P: s.Pos(), Lhs: b.lhs(s.Lhs), Rhs: N(s.Rhs[0])})
		return
	}
	// Parallel: if a value mentions a variable that is set here, or there is
	// only one way to write it, keep it in one statement.
	args := make([]any, 0, len(s.Rhs))
	format := ""
	for i, r := range s.Rhs {
		if i > 0 {
			format += ", "
		}
		format += "%s"
		args = append(args, r)
	}
	b.emit(&Define{P: s.Pos(), Lhs: b.lhs(s.Lhs), Rhs: F(format, args...)})
}

// lhs gives the variables of a := statement.
func (b *builder) lhs(exprs []ast.Expr) []LHS {
	var l []LHS
	for _, e := range exprs {
		id := ast.Unparen(e).(*ast.Ident)
		if id.Name == "_" {
			l = append(l, LHS{})
			continue
		}
		l = append(l, LHS{b.VarOf(id), b.Pkg.Info.Defs[id] != nil})
	}
	return l
}

func (b *builder) decl(s *ast.DeclStmt) {
	g := s.Decl.(*ast.GenDecl)
	if b.Moved(s) {
		return
	}
	for _, sp := range g.Specs {
		vs := sp.(*ast.ValueSpec)
		if len(vs.Values) == 0 {
			for _, n := range vs.Names {
				if v := b.VarOf(n); v != nil {
					b.emit(&Zero{vs.Pos(), v})
				}
			}
			continue
		}
		b.hoist(vs.Values...)
		var l []LHS
		for _, n := range vs.Names {
			if n.Name == "_" {
				l = append(l, LHS{})
			} else {
				l = append(l, LHS{b.VarOf(n), true})
			}
		}
		format, args := "", []any{}
		for i, v := range vs.Values {
			if i > 0 {
				format += ", "
			}
			format += "%s"
			args = append(args, v)
		}
		b.emit(&Define{P: vs.Pos(), Lhs: l, Rhs: F(format, args...), Explicit: vs.Type != nil})
	}
}

func (b *builder) stmt(s ast.Stmt, label string) {
	if s == nil {
		return
	}
	if l, ok := s.(*ast.LabeledStmt); ok {
		b.labeled(l, func(s ast.Stmt) { b.stmt(s, "") })
		return
	}
	if !b.has(s) {
		b.verbatim(s)
		return
	}
	switch s := s.(type) {
	case *ast.BlockStmt:
		b.emit(&Block{s.Pos(), b.block(s.List)})
	case *ast.BranchStmt:
		b.branch(s)
	case *ast.ExprStmt:
		b.exprStmt(s)
	case *ast.SendStmt:
		b.send(s)
	case *ast.IncDecStmt:
		b.events(s.X, false)
		b.emit(&Simple{s.Pos(), N(s)})
	case *ast.AssignStmt:
		b.assign(s)
	case *ast.DeclStmt:
		b.decl(s)
	case *ast.GoStmt:
		exprs := append([]ast.Expr{}, s.Call.Args...)
		if tv := b.Pkg.Info.Types[s.Call.Fun]; !tv.IsBuiltin() {
			exprs = append([]ast.Expr{s.Call.Fun}, exprs...)
		}
		b.hoist(exprs...)
		b.emit(&Simple{s.Pos(), N(s)})
	case *ast.DeferStmt:
		b.deferStmt(s)
	case *ast.ReturnStmt:
		b.ret(s)
	case *ast.IfStmt:
		b.ifStmt(s)
	case *ast.ForStmt:
		b.forStmt(s, label)
	case *ast.RangeStmt:
		b.rangeStmt(s, label)
	case *ast.SwitchStmt:
		b.switchStmt(s, label)
	case *ast.TypeSwitchStmt:
		b.typeSwitch(s, label)
	case *ast.SelectStmt:
		b.selectStmt(s, label)
	default:
		b.refuse(diag.UnknownStatement, s.Pos(), "statement "+b.Text(s), "it is not known to the rewriter", "report it")
	}
}

func (b *builder) exprStmt(s *ast.ExprStmt) {
	e := ast.Unparen(s.X)
	c, isCall := e.(*ast.CallExpr)
	if !b.isPoint(e) || !isCall {
		if u, ok := e.(*ast.UnaryExpr); ok && u.Op == token.ARROW {
			b.events(u.X, false)
			b.assignOp(e, nil)
			return
		}
		b.hoistKids(e)
		if recv := HelperCall(b.Pkg.Info, s); recv != nil {
			b.emit(&Simple{s.Pos(), F(HelperText, recv, Help{})})
			return
		}
		b.emit(&Simple{s.Pos(), F("%s", rootOf{e})})
		return
	}
	b.hoistKids(c)
	if recv := HelperCall(b.Pkg.Info, s); recv != nil && (b.simpleOperand(recv) || b.Subst[recv] != nil) {
		b.emit(&Simple{s.Pos(), F("{ uph := %s; %s }", recv, Help{})})
	}
	b.assignOp(c, nil)
}

// hoistKids makes the operands of e free of points, e itself left to the caller.
func (b *builder) hoistKids(e ast.Expr) { b.kids(ast.Unparen(e), false) }

func (b *builder) send(s *ast.SendStmt) {
	b.hoist(s.Chan, s.Value)
	for _, e := range []ast.Expr{s.Chan, s.Value} {
		if !b.simpleOperand(e) && b.Subst[e] == nil {
			// The value takes the channel's element type at the send.
			if basic, ok := b.Pkg.Info.TypeOf(e).(*types.Basic); ok && basic.Info()&types.IsUntyped != 0 {
				continue
			}
			b.hold(e)
		}
	}
	op := &Op{P: s.Pos(), Kind: OpPark, Send: true, Rhs: F("%s <- %s", s.Chan, s.Value)}
	b.names(op, s.Chan)
	b.point(op, s)
}

// assign handles = , op= and := with points inside.
func (b *builder) assign(s *ast.AssignStmt) {
	// One point as the only value, received by variables: no temporaries.
	if len(s.Rhs) == 1 && (s.Tok == token.DEFINE || s.Tok == token.ASSIGN) {
		root := ast.Unparen(s.Rhs[0])
		if b.isPoint(root) {
			if l, ok := b.varsOf(s); ok {
				b.hoistKids(root)
				b.assignOp(root, l)
				return
			}
			// Several results into places: results first, then the stores.
			if len(s.Lhs) > 1 {
				for _, e := range b.places(s.Lhs) {
					b.events(e, true)
				}
				b.hoistKids(root)
				typ, _ := b.Pkg.Info.TypeOf(root).(*types.Tuple)
				if typ == nil {
					b.refuse(diag.UnknownStatement, s.Pos(), "assignment "+b.Text(s), "its value has no tuple of results", "report it")
					return
				}
				b.hoistNode(root)
				b.storeAll(s)
				return
			}
		}
	}
	if s.Tok == token.DEFINE {
		for _, e := range s.Rhs {
			b.used(nil, e)
		}
		b.hoist(s.Rhs...)
		b.define(s)
		return
	}
	b.hoist(append(b.places(s.Lhs), s.Rhs...)...)
	b.emit(&Simple{s.Pos(), N(s)})
}

// storeAll assigns hoisted results to what stands on the left.
func (b *builder) storeAll(s *ast.AssignStmt) {
	if s.Tok == token.DEFINE {
		b.define(s)
		return
	}
	b.emit(&Simple{s.Pos(), N(s)})
}

// places are the operands that the left sides evaluate.
func (b *builder) places(lhs []ast.Expr) []ast.Expr {
	var l []ast.Expr
	for _, e := range lhs {
		switch e := ast.Unparen(e).(type) {
		case *ast.IndexExpr:
			l = append(l, e.X, e.Index)
		case *ast.SelectorExpr:
			if b.Pkg.Info.Selections[e] != nil {
				l = append(l, e.X)
			}
		case *ast.StarExpr:
			l = append(l, e.X)
		}
	}
	return l
}

// varsOf gives the left sides if all of them are variables of this function or
// blank; plain package variables and places go through temporaries.
func (b *builder) varsOf(s *ast.AssignStmt) ([]LHS, bool) {
	var l []LHS
	for _, e := range s.Lhs {
		id, ok := ast.Unparen(e).(*ast.Ident)
		if !ok {
			return nil, false
		}
		if id.Name == "_" {
			l = append(l, LHS{})
			continue
		}
		v := b.VarOf(id)
		if v == nil {
			return nil, false
		}
		if s.Tok == token.ASSIGN && !types.Identical(v.Type, b.valueType(s, len(l))) {
			return nil, false // an implicit conversion: through a temporary
		}
		l = append(l, LHS{v, b.Pkg.Info.Defs[id] != nil})
	}
	return l, true
}

// valueType is the type of the i-th value that the single right side gives.
func (b *builder) valueType(s *ast.AssignStmt, i int) types.Type {
	typ := b.Pkg.Info.TypeOf(s.Rhs[0])
	if tup, ok := typ.(*types.Tuple); ok {
		return tup.At(i).Type()
	}
	return typ
}

func (b *builder) ret(s *ast.ReturnStmt) {
	b.hoist(s.Results...)
	if b.exit(s) {
		return
	}
	// A point that is the whole result: through temporaries, then return.
	r := &Return{P: s.Pos(), Node: s}
	for _, e := range s.Results {
		r.Results = append(r.Results, N(e))
	}
	b.emit(r)
}

func (b *builder) ifStmt(s *ast.IfStmt) {
	if s.Init != nil {
		b.emit(&Block{s.Pos(), b.into(func() {
			b.stmt(s.Init, "")
			b.ifRest(s)
		})})
		return
	}
	if b.has(s.Cond) {
		b.emit(&Block{s.Pos(), b.into(func() { b.ifRest(s) })})
		return
	}
	b.ifRest(s)
}

func (b *builder) ifRest(s *ast.IfStmt) {
	b.events(s.Cond, false)
	i := &If{P: s.Cond.Pos(), Cond: N(s.Cond)}
	i.Then = b.block(s.Body.List)
	if s.Else != nil {
		i.Else = b.into(func() {
			if blk, ok := s.Else.(*ast.BlockStmt); ok {
				b.stmts(blk.List)
			} else {
				b.stmt(s.Else, "")
			}
		})
	}
	b.emit(i)
}

// deferStmt makes a defer statement one that can be armed again: function value
// and arguments are evaluated here, into variables that frames keep.
func (b *builder) deferStmt(s *ast.DeferStmt) {
	fn := b.fn
	owner := fn // whose end it runs at
	d := &Defer{P: s.Pos(), Loop: b.loop > 0}
	if fn.Range != nil {
		owner = b.Ranges[fn.Range].root
		d.Into, d.Loop = b.roots[owner].at, true
	}
	d.N = len(owner.Defers) + 1
	c := s.Call
	if b.builtin(c) == "recover" {
		if d.Loop {
			// gc calls it by runtime.deferreturn, which is one function too
			// many between it and the panic: it does nothing.
			b.emit(&Simple{s.Pos(), N(s)})
			return
		}
		d.Recover, fn.DefersRecover = true, true
		b.armed(owner, d)
		return
	}
	if d.Loop {
		owner.HasLog = true
	}
	var operands []ast.Expr
	if tv := b.Pkg.Info.Types[c.Fun]; !tv.IsBuiltin() && !tv.IsType() {
		operands = append(operands, b.operandsOfFun(c.Fun)...)
	}
	b.hoist(append(operands, c.Args...)...)
	keep := func(e ast.Expr) *Var {
		v := b.temp(fn, "upd", b.Pkg.Info.TypeOf(e))
		v.Top = !d.Loop
		b.emit(&Define{P: e.Pos(), Lhs: []LHS{{v, d.Loop}}, Rhs: N(e)})
		d.Args = append(d.Args, v)
		return v
	}
	if len(c.Args) == 1 {
		if tup, ok := b.Pkg.Info.TypeOf(c.Args[0]).(*types.Tuple); ok && tup.Len() > 1 {
			b.keepTuple(d, c.Args[0], tup)
		}
	}
	if lit, ok := ast.Unparen(c.Fun).(*ast.FuncLit); ok {
		d.Lit = b.Lits[lit]
		for _, a := range c.Args {
			if len(d.Args) == 0 || b.Subst[a] == nil || len(b.Subst[a]) == 1 {
				keep(a)
			}
		}
	} else {
		b.deferredCall(d, c, keep)
	}
	d.Vars = append(d.Vars, d.Args...)
	if d.Lit != nil {
		for _, v := range d.Lit.Captured {
			if v.Owner == fn {
				if !d.Loop && !b.isParam(v) {
					v.Top = true
				}
			}
			d.Vars = append(d.Vars, v)
		}
	}
	b.armed(owner, d)
}

// armed enters a defer statement, with what says that it has been reached.
func (b *builder) armed(owner *Func, d *Defer) {
	if !d.Loop {
		v := b.temp(b.fn, "updarm", types.Typ[types.Bool])
		v.Top = true
		d.Armed = v
	}
	owner.Defers = append(owner.Defers, d)
	b.emit(d)
}

// keepTuple evaluates the call in defer f(g()) into variables that frames keep.
func (b *builder) keepTuple(d *Defer, arg ast.Expr, tup *types.Tuple) {
	rhs := F("%s", rootOf{arg})
	if hoisted := b.Subst[arg]; hoisted != nil {
		rhs = X{}
		for i, v := range hoisted {
			if i > 0 {
				rhs.Fmt += ", "
			}
			rhs.Fmt += "%s"
			rhs.Args = append(rhs.Args, v)
		}
	}
	var vars []*Var
	var lhs []LHS
	for i := 0; i < tup.Len(); i++ {
		v := b.temp(b.fn, "upd", tup.At(i).Type())
		v.Top = !d.Loop
		vars = append(vars, v)
		lhs = append(lhs, LHS{v, d.Loop})
	}
	b.emit(&Define{P: arg.Pos(), Lhs: lhs, Rhs: rhs})
	b.Subst[arg] = vars
	d.Args = append(d.Args, vars...)
}

// operandsOfFun are the operands that evaluating the function value, or binding
// the receiver, needs: they come before the arguments.
func (b *builder) operandsOfFun(fun ast.Expr) []ast.Expr {
	fun = ast.Unparen(fun)
	switch f := fun.(type) {
	case *ast.FuncLit:
		return nil
	case *ast.SelectorExpr:
		if b.Pkg.Info.Selections[f] != nil {
			return b.operands(f)
		}
	}
	return []ast.Expr{fun}
}

// deferredCall evaluates what is called now and sets the call to make later.
func (b *builder) deferredCall(d *Defer, c *ast.CallExpr, keep func(ast.Expr) *Var) {
	fun := ast.Unparen(c.Fun)
	var operands []any // before the arguments
	if name := b.builtin(c); name != "" {
		d.Fn = T(name)
	} else {
		sel, isSel := fun.(*ast.SelectorExpr)
		s := b.Pkg.Info.Selections[sel]
		at, adopted := X{}, false
		if GroupGo(b.Pkg.Info, c) != nil {
			at, adopted = b.syncObject(sel)
		}
		switch {
		case adopted:
			v := b.temp(b.fn, "upd", s.Obj().(*types.Func).Signature().Recv().Type())
			v.Top = !d.Loop
			b.emit(&Define{P: sel.Pos(), Lhs: []LHS{{v, d.Loop}}, Rhs: at})
			d.Args, operands = append(d.Args, v), []any{v}
			d.Fn = F("%s.GoGroup", Runtime{})
		case isSel && s != nil && s.Kind() == types.MethodVal:
			var args []any
			format := b.bindReceiver(d, sel, s, &args)
			d.Fn = X{format, args}
		case isSel && s == nil, isFuncName(b.Pkg.Info, fun), b.Subst[fun] == nil && isMethodExpr(b.Pkg.Info, fun):
			d.Fn = N(fun)
		default:
			d.Fn = V(keep(fun))
		}
		d.Shim = b.mayRecover(fun)
		sig := under(b.Pkg.Info.TypeOf(fun)).(*types.Signature)
		d.Bare = sig.Params().Len() == 0 && sig.Results().Len() == 0
	}
	args := operands
	var pointers []*Var
	format := "(" + strings.Repeat("%s", len(args))
	for _, e := range c.Args {
		if len(args) > 0 {
			format += ", "
		}
		format += "%s"
		if tv := b.Pkg.Info.Types[e]; tv.Value != nil || tv.IsNil() || tv.IsType() || len(b.Subst[e]) > 1 {
			args = append(args, e)
		} else if p := b.pointerIn(e); p != e && b.Subst[e] == nil {
			format += "(%s)"
			v := keep(p)
			args = append(args, b.Pkg.Info.TypeOf(e), v)
			pointers = append(pointers, v)
		} else {
			args = append(args, keep(e))
		}
	}
	if c.Ellipsis.IsValid() {
		format += "..."
	}
	d.Call = X{format + ")", args}
	if d.Shim || b.promoted(fun) {
		d.Keep = pointers
	}
}

// promoted: the method of a call is an embedded field's.
func (b *builder) promoted(fun ast.Expr) bool {
	sel, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	s := b.Pkg.Info.Selections[sel]
	return s != nil && s.Kind() == types.MethodVal && len(s.Index()) > 1
}

func isMethodExpr(info *types.Info, e ast.Expr) bool {
	sel, ok := e.(*ast.SelectorExpr)
	return ok && info.Selections[sel] != nil && info.Selections[sel].Kind() == types.MethodExpr
}

// bindReceiver evaluates the receiver of a deferred method call where the
// statement stands: a nil interface, or a nil pointer on the way to the
// receiver, panics there.
func (b *builder) bindReceiver(d *Defer, sel *ast.SelectorExpr, s *types.Selection, args *[]any) string {
	hold := func(typ types.Type, x X) *Var {
		v := b.temp(b.fn, "upd", typ)
		v.Top = !d.Loop
		b.emit(&Define{P: sel.Pos(), Lhs: []LHS{{v, d.Loop}}, Rhs: x})
		d.Args = append(d.Args, v)
		*args = append(*args, v)
		return v
	}
	typ := b.Pkg.Info.TypeOf(sel.X)
	method := "%s." + sel.Sel.Name
	sig := s.Obj().(*types.Func).Type().(*types.Signature)
	recvPtr := isPointer(sig.Recv().Type())
	switch {
	case types.IsInterface(typ):
		hold(typ, N(sel.X))
		b.emit(&Simple{sel.Pos(), F("_ = %s.%s", d.Args[len(d.Args)-1], sel.Sel.Name)})
	case len(s.Index()) > 1 && recvPtr && isPointer(typ) && embeddedByValue(s):
		// A frame that holds the pointer can be asked for it; one that holds a method value cannot.
		hold(typ, N(sel.X))
		b.emit(&Simple{sel.Pos(), F("_ = %s.%s", d.Args[len(d.Args)-1], sel.Sel.Name)})
	case len(s.Index()) > 1:
		hold(b.Pkg.Info.TypeOf(sel), N(sel))
		return "%s"
	case recvPtr && isPointer(typ), !recvPtr && !isPointer(typ):
		hold(typ, N(sel.X))
	case recvPtr:
		hold(types.NewPointer(typ), F("&%s", sel.X))
	default:
		hold(under(typ).(*types.Pointer).Elem(), F("*%s", sel.X))
	}
	return method
}

// embeddedByValue: what leads from the receiver to the embedded field whose method is selected
// lies in one object, so that it is the same field whenever it is asked for.
func embeddedByValue(s *types.Selection) bool {
	t := under(s.Recv()).(*types.Pointer).Elem()
	for _, i := range s.Index()[:len(s.Index())-1] {
		st, ok := under(t).(*types.Struct)
		if !ok {
			return false
		}
		t = st.Field(i).Type()
	}
	return !isPointer(t) && !types.IsInterface(t)
}

func isFuncName(info *types.Info, e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	if !ok {
		return false
	}
	_, isFunc := info.Uses[id].(*types.Func)
	return isFunc
}

// mayRecover: the deferred function could call recover itself, which works only
// directly under the deferred call. Own functions that do not mention recover,
// and the standard library's, do not.
func (b *builder) mayRecover(fun ast.Expr) bool {
	var id *ast.Ident
	switch f := fun.(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return true
	}
	fn, ok := b.Pkg.Info.Uses[id].(*types.Func)
	if !ok {
		return true
	}
	if fn.Pkg() == nil {
		return false
	}
	own := b.Prog.OwnPackage(fn.Pkg())
	if own == nil {
		f := b.Prog.Foreign[fn.Pkg().Path()]
		return f == nil || !f.Standard
	}
	if types.IsInterface(recvType(fn)) {
		return true
	}
	for _, file := range own.Syntax {
		for _, d := range file.Decls {
			fd, ok := d.(*ast.FuncDecl)
			if !ok || own.Info.Defs[fd.Name] != fn.Origin() || fd.Body == nil {
				continue
			}
			found := false
			ast.Inspect(fd.Body, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok {
					if bi, ok := own.Info.Uses[id].(*types.Builtin); ok && bi.Name() == "recover" {
						found = true
					}
				}
				return !found
			})
			return found
		}
	}
	return true
}

func recvType(fn *types.Func) types.Type {
	if r := fn.Type().(*types.Signature).Recv(); r != nil {
		return r.Type()
	}
	return types.Typ[types.Invalid]
}

var _ = colour.Plain
