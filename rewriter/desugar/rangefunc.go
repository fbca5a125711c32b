package desugar

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/colour"
)

// A range over a function with points in its body or its iterator becomes what
// cmd/compile/internal/rangefunc makes of it: a call of the iterator with a
// literal, here an ordinary one with frames of its own.
//
//	for k, v := range f { body }
//
//	upstate := 1 // ready
//	f(func(k K, v V) bool {
//		was := upstate
//		upstate = 2 // running; stays so if the body panics, or the next line
//		if was != 1 { panic: called again }
//		body
//		upstate = 1
//		return true
//	})
//	if upstate == 2 { panic: the iterator swallowed a panic }
//	upstate = 3 // over
//
// continue is { upstate = 1; return true }, break { upstate = 0; return false }.
// What leaves more than this loop says so in upexit and is carried on behind the
// call: by a return false in the literal of the next loop outwards, or by the
// branch or return itself in the function that the loops stand in. Results wait
// in that function's named results, or in variables made for them.
const (
	stateDone = iota
	stateReady
	stateRunning
	stateOver
	stateMissing
)

// A defer in the body belongs to the function that the loops stand in. That one
// makes a place among its deferred calls before its loop, to which the body's are
// moved (runtime/rangedefer.go). Both enter them into one log, from which a rebuilt
// frame of the function arms them again.

const exitReturn = -1

// A Leaving is what stands in place of a branch or return in a loop body that has
// become a literal.
type Leaving struct {
	Stmts []X
	More  bool // the literal's result: go on iterating
}

// A rangeFunc is what one such loop needs.
type rangeFunc struct {
	stmt  *ast.RangeStmt
	body  *Func // the literal
	in    *Func // the function that calls the iterator
	root  *Func // the function whose statement it is
	state *Var
	key   *Var // parameters that are not the loop's variables, nil if they are
	val   *Var
	yield *types.Signature // what the iterator calls
	exits []exit

	// inside: an exit leaves this loop or one inside it. The outermost loop
	// declares what exits set.
	inside bool
	defers bool // its body, or that of a loop inside it, defers
}

// An exit leaves at least the loop.
type exit struct {
	node ast.Stmt
	code int
	to   ast.Stmt // the loop, switch or select that a branch means
}

// rootRange is what all loops of one function share.
type rootRange struct {
	next  *Var   // upexit
	at    *Var   // what the function's log of deferred calls is to the bodies
	rets  []*Var // results of a return inside a loop body
	codes map[string]int
	means []string // what code 1, 2, … asks for, in words
}

// Exits is the variable in which bodies of loops over functions say how they leave the
// function's loops, and what each of its values above zero means; nil if none does.
func (f *Func) Exits() (v *Var, means []string) {
	if root := f.Tree.roots[f]; root != nil {
		return root.next, root.means
	}
	return nil, nil
}

// rangeLiteral makes the literal of a loop's body.
func (t *Tree) rangeLiteral(s *ast.RangeStmt, parent *Func, n int) *Func {
	sig := under(under(t.Pkg.Info.TypeOf(s.X)).(*types.Signature).Params().At(0).Type()).(*types.Signature)
	lit := &ast.FuncLit{Type: &ast.FuncType{Func: s.For}, Body: s.Body}
	fn := &Func{Lit: lit, Range: s, Tree: t, Sig: sig, Parent: parent, Info: &colour.Info{Pausable: true, Gate: colour.Full}}
	fn.Key = fmt.Sprintf("%s.range%d", parent.Key, n)
	fn.ID = fmt.Sprintf("%s_range%d", parent.ID, n)
	t.Ranges[s] = &rangeFunc{stmt: s, body: fn, in: parent, yield: sig}
	return fn
}

// rangeParams gives the literals their parameters: the loop's variables, or an empty
// interface for what has a type that cannot be written. Which ones those are is known
// when the function's own types have their places.
func (t *Tree) rangeParams() {
	for _, fn := range t.Funcs {
		if fn.Range == nil {
			continue
		}
		s, yield := fn.Range, t.Ranges[fn.Range].yield
		params := &ast.FieldList{Opening: s.For, Closing: s.For}
		vars := []ast.Expr{s.Key, s.Value}
		var taken []*types.Var
		for i := range yield.Params().Len() {
			f := &ast.Field{}
			typ := yield.Params().At(i).Type()
			if t.Unnameable(typ) {
				typ = types.NewInterfaceType(nil, nil)
			} else if id, ok := vars[i].(*ast.Ident); ok && s.Tok == token.DEFINE {
				f.Names = []*ast.Ident{id}
			}
			params.List = append(params.List, f)
			taken = append(taken, types.NewParam(s.For, t.Pkg.Types, "", typ))
		}
		fn.Lit.Type.Params = params
		fn.Sig = types.NewSignatureType(nil, nil, nil, types.NewTuple(taken...), yield.Results(), false)
	}
}

// becomesLiteral reports whether a range statement's body is taken apart.
func (t *Tree) becomesLiteral(s *ast.RangeStmt) bool {
	if _, ok := under(t.Pkg.Info.TypeOf(s.X)).(*types.Signature); !ok {
		return false
	}
	b := &builder{Tree: t}
	return t.Col.Ranges[s] != colour.Plain || t.Col.Loops[s] || b.has(s.Body)
}

// rangeVars makes the variables of loops that become literals, and finds what
// their bodies' branches and returns turn into.
func (t *Tree) rangeVars() {
	for _, fn := range t.Funcs {
		if fn.Range == nil {
			continue
		}
		r := t.Ranges[fn.Range]
		r.root = fn.Parent
		for r.root.Range != nil {
			r.root = r.root.Parent
		}
		root := t.roots[r.root]
		if root == nil {
			root = &rootRange{codes: map[string]int{}}
			root.next = t.boxed(r.root, "upexit", types.Typ[types.Int])
			if t.keepsResults(r.root) {
				for i := range r.root.Sig.Results().Len() {
					r.root.Results = append(r.root.Results, t.temp(r.root, "upres", r.root.Sig.Results().At(i).Type()))
				}
				r.root.OwnResults = true
			}
			root.rets = r.root.Results
			if len(root.rets) == 0 {
				for i := range r.root.Sig.Results().Len() {
					root.rets = append(root.rets, t.boxed(r.root, "upret", r.root.Sig.Results().At(i).Type()))
				}
			}
			t.roots[r.root] = root
		}
		r.state = t.boxed(r.in, "upstate", types.Typ[types.Int])
		for i, e := range []ast.Expr{fn.Range.Key, fn.Range.Value} {
			if i >= fn.Sig.Params().Len() {
				break
			}
			if e == nil || isBlank(e) || fn.Params[i] != nil {
				continue
			}
			if fn.Range.Tok == token.DEFINE {
				t.newVar(fn, t.Pkg.Info.Defs[e.(*ast.Ident)].(*types.Var))
			}
			v := t.temp(fn, "upv", fn.Sig.Params().At(i).Type())
			fn.Params[i] = v
			if i == 0 {
				r.key = v
			} else {
				r.val = v
			}
		}
	}
	for _, fn := range t.Funcs {
		if fn.Range != nil {
			t.inspectOwn(fn, func(n ast.Node) { t.findExit(fn, n) })
		}
	}
}

// keepsResults reports whether what a return inside a loop has set must be the
// function's results at once, though they have no names: the iterator may panic
// afterwards, and a deferred call of the function recover.
func (t *Tree) keepsResults(fn *Func) bool {
	if len(fn.Results) > 0 || fn.Sig.Results().Len() == 0 {
		return false
	}
	defers, returns := false, false
	var visit func(n ast.Node, in bool) bool
	visit = func(n ast.Node, in bool) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.DeferStmt:
			defers = true
		case *ast.ReturnStmt:
			returns = returns || in
		case *ast.RangeStmt:
			if !in && t.Ranges[n] != nil {
				ast.Inspect(n.Body, func(m ast.Node) bool { return visit(m, true) })
			}
		}
		return true
	}
	ast.Inspect(fn.Block(), func(n ast.Node) bool { return visit(n, false) })
	return defers && returns
}

func (t *Tree) boxed(fn *Func, name string, typ types.Type) *Var {
	v := t.temp(fn, name, typ)
	v.Boxed = true
	return v
}

func (t *Tree) findExit(fn *Func, n ast.Node) {
	r := t.Ranges[fn.Range]
	root := t.roots[r.root]
	switch n := n.(type) {
	case *ast.DeferStmt:
		if root.at == nil {
			log := types.NewPointer(defersType())
			root.at = t.temp(r.root, "updefersat", log)
			r.root.HasLog, r.root.Log = true, t.temp(r.root, "updefers", log)
			r.root.Log.Top = true
		}
		for o := r; ; o = t.Ranges[o.in.Range] {
			o.defers = true
			if o.in.Range == nil {
				break
			}
		}
	case *ast.ReturnStmt:
		x := Leaving{}
		if len(n.Results) > 0 {
			format, args := "", []any{}
			for i, v := range root.rets {
				if i > 0 {
					format += ", "
				}
				format += "%s"
				args = append(args, v)
			}
			format += " = "
			for i, e := range n.Results {
				if i > 0 {
					format += ", "
				}
				format += "%s"
				args = append(args, e)
			}
			x.Stmts = append(x.Stmts, X{format, args})
		}
		t.leave(fn, &x, exit{node: n, code: exitReturn})
		t.Exits[n] = x
	case *ast.BranchStmt:
		var to ast.Stmt
		label := ""
		switch n.Tok {
		case token.FALLTHROUGH:
			return
		case token.GOTO:
			obj := t.Pkg.Info.Uses[n.Label]
			if within(fn.Range.Body, obj.Pos()) {
				return
			}
			label = n.Label.Name
		default:
			to = t.Target[n]
			if to != ast.Stmt(fn.Range) && within(fn.Range.Body, to.Pos()) {
				return
			}
		}
		x := Leaving{}
		switch {
		case to == ast.Stmt(fn.Range) && n.Tok == token.CONTINUE:
			x.More = true
			x.Stmts = append(x.Stmts, F("%s = %s", r.state, itoa(stateReady)))
		case to == ast.Stmt(fn.Range):
			x.Stmts = append(x.Stmts, F("%s = %s", r.state, itoa(stateDone)))
		default:
			key := n.Tok.String() + " " + label
			if to != nil {
				key += fmt.Sprint(to.Pos())
			}
			if root.codes[key] == 0 {
				root.codes[key] = len(root.codes) + 1
				means := strings.TrimSpace(n.Tok.String() + " " + label)
				if to != nil {
					means += " of " + t.Text(to)
				}
				root.means = append(root.means, means)
			}
			t.leave(fn, &x, exit{node: n, code: root.codes[key], to: to})
		}
		t.Exits[n] = x
	}
}

func within(n ast.Node, p token.Pos) bool { return n.Pos() <= p && p < n.End() }

// leave makes an exit from a loop that is left by more than a break: it is
// carried on behind the iterator's call, of this loop and of those around it.
func (t *Tree) leave(fn *Func, x *Leaving, e exit) {
	r := t.Ranges[fn.Range]
	root := t.roots[r.root]
	x.Stmts = append(x.Stmts, F("%s = %s", root.next, fmt.Sprint(e.code)), F("%s = %s", r.state, itoa(stateDone)))
	for o := r; ; o = t.Ranges[o.in.Range] {
		o.inside = true
		if o.in.Range == nil {
			break
		}
	}
	for {
		known := false
		for _, o := range r.exits {
			known = known || o.code == e.code
		}
		if !known {
			r.exits = append(r.exits, e)
		}
		if r.in.Range == nil || e.code != exitReturn && t.endsIn(r.in, e) {
			return
		}
		r = t.Ranges[r.in.Range]
	}
}

// endsIn reports whether a branch ends in the loop body fn, or at its loop.
func (t *Tree) endsIn(fn *Func, e exit) bool {
	if e.to != nil {
		return within(fn.Range, e.to.Pos())
	}
	return within(fn.Range.Body, t.Pkg.Info.Uses[e.node.(*ast.BranchStmt).Label].Pos())
}

// rangeCaptures adds what loop bodies capture without mentioning it.
func (t *Tree) rangeCaptures() {
	for _, fn := range t.Funcs {
		if fn.Range == nil {
			continue
		}
		r := t.Ranges[fn.Range]
		vars := []*Var{r.state}
		if r.defers {
			vars = append(vars, t.roots[r.root].at)
		}
		if len(r.exits) > 0 {
			vars = append(vars, t.roots[r.root].next)
			for _, e := range r.exits {
				if e.code == exitReturn {
					vars = append(vars, t.roots[r.root].rets...)
				}
			}
		}
		for f := fn; f != r.root; f = f.Parent {
			for _, v := range vars {
				if v.Owner != f && !v.Owner.within(f) && !contains(f.Captured, v) {
					f.Captured = append(f.Captured, v)
				}
			}
		}
	}
}

func contains(l []*Var, v *Var) bool {
	for _, o := range l {
		if o == v {
			return true
		}
	}
	return false
}

// rangeFunc calls the iterator.
func (b *builder) rangeFunc(s *ast.RangeStmt, label string) {
	r := b.Ranges[s]
	if r == nil {
		b.refuse(diag.UnknownStatement, s.Pos(), "range over a function with update points", "it stands where nothing is instrumented", "report it")
		return
	}
	root := b.roots[r.root]
	b.emit(&Block{s.Pos(), b.into(func() {
		b.events(s.X, false)
		f := b.temp(b.fn, "upf", b.Pkg.Info.TypeOf(s.X))
		b.emit(&Define{P: s.X.Pos(), Lhs: []LHS{{f, true}}, Rhs: N(s.X)})
		if r.inside && b.fn == r.root {
			b.emit(&Zero{s.Pos(), root.next})
			if len(r.root.Results) == 0 && r.returns() {
				for _, v := range root.rets {
					b.emit(&Zero{s.Pos(), v})
				}
			}
		}
		if r.defers && b.fn == r.root {
			b.emit(&Define{P: s.Pos(), Lhs: []LHS{{root.at, true}}, Rhs: F("%s.Begin(%s.DeferRange())", b.fn.Log, Runtime{})})
			b.emit(&Define{P: s.Pos(), Lhs: []LHS{{b.fn.Log, false}}, Rhs: V(root.at)})
		}
		b.emit(&Define{P: s.Pos(), Lhs: []LHS{{r.state, true}}, Rhs: T(itoa(stateReady)), Explicit: true})
		call := F("%s(%s)", f, r.body)
		if adapter := b.yieldAdapter(r); adapter != "" {
			call = F("%s(%s(%s, %s))", f, adapter, f, r.body)
		}
		switch b.Col.Ranges[s] {
		case colour.Plain: // it does not call the body, or that does not stop
			b.emit(&Simple{s.Pos(), call})
		case colour.Call:
			b.point(&Op{P: s.Pos(), Kind: OpCall, Rhs: call}, s.X)
		default:
			b.point(&Op{P: s.Pos(), Kind: OpPark, Rhs: call}, s.X)
		}
		b.emit(&Simple{s.Pos(), X{"if %s == %s {\n%s.RangeState(%s)\n}\n%s = %s", []any{r.state, itoa(stateRunning), Runtime{}, itoa(stateMissing), r.state, itoa(stateOver)}}})
		for _, e := range r.exits {
			b.carryOn(s, r, root, e)
		}
	})})
}

// yieldAdapter is the name of a function that makes what the iterator calls of the
// loop's literal, if not all that is yielded has a type that can be written: the
// literal takes those values as empty interfaces. "" if it needs none. What it makes
// only calls on, so that it does not matter to a frame that is rebuilt without it.
func (b *builder) yieldAdapter(r *rangeFunc) string {
	n := r.yield.Params().Len()
	all := typeParams("A", n)
	var in, args, takes []string
	odd := false
	for i, a := range all {
		arg := fmt.Sprintf("upa%d", i)
		in, args = append(in, arg+" "+a), append(args, arg)
		if b.Unnameable(r.yield.Params().At(i).Type()) {
			a, odd = "interface{}", true
		}
		takes = append(takes, a)
	}
	if !odd {
		return ""
	}
	list := func(l []string) string { return strings.Join(l, ", ") }
	return b.generic(&b.Adapters, fmt.Sprintf("[%s interface{}](_ func(func(%[1]s) bool), body func(%[2]s) bool) func(%[1]s) bool {\nreturn func(%[3]s) bool { return body(%[4]s) }\n}",
		list(all), list(takes), list(in), list(args)))
}

// returns reports whether a return in the loop leaves the function.
func (r *rangeFunc) returns() bool {
	for _, e := range r.exits {
		if e.code == exitReturn {
			return true
		}
	}
	return false
}

// carryOn does behind the iterator's call what the loop's body asked for.
func (b *builder) carryOn(s *ast.RangeStmt, r *rangeFunc, root *rootRange, e exit) {
	var then []Stmt
	add := func(st Stmt) { then = append(then, st) }
	set := func(v *Var, n int) { add(&Simple{s.Pos(), F("%s = %s", v, fmt.Sprint(n))}) }
	leave := func(more string) { add(&Return{P: s.Pos(), Results: []X{T(more)}}) }
	outer := b.fn.Range
	switch {
	case e.code == exitReturn && outer == nil:
		ret := &Return{P: s.Pos()}
		if len(r.root.Results) == 0 {
			for _, v := range root.rets {
				ret.Results = append(ret.Results, V(v))
			}
		}
		add(ret)
	case e.code == exitReturn, outer != nil && !b.endsIn(b.fn, e):
		set(b.Ranges[outer].state, stateDone)
		leave("false")
	case outer != nil && e.to == ast.Stmt(outer):
		set(root.next, 0)
		if e.node.(*ast.BranchStmt).Tok == token.CONTINUE {
			set(b.Ranges[outer].state, stateReady)
			leave("true")
		} else {
			set(b.Ranges[outer].state, stateDone)
			leave("false")
		}
	default:
		set(root.next, 0)
		add(&Branch{s.Pos(), e.node.(*ast.BranchStmt)})
	}
	b.emit(&If{P: s.Pos(), Cond: F("%s == %s", root.next, fmt.Sprint(e.code)), Then: then})
}

// rangeBody is the body of a loop's literal.
func (b *builder) rangeBody() {
	s := b.fn.Range
	r := b.Ranges[s]
	b.emit(&Simple{s.Pos(), X{"if uprs := %s; uprs != %s {\n%s = %s\n%s.RangeState(uprs)\n}\n%s = %s", []any{r.state, itoa(stateReady), r.state, itoa(stateRunning), Runtime{}, r.state, itoa(stateRunning)}}})
	var to []ast.Expr
	var from []any
	for i, v := range []*Var{r.key, r.val} {
		if v == nil {
			continue
		}
		x := V(v)
		if typ := r.yield.Params().At(i).Type(); b.Unnameable(typ) {
			x = F("%s.As(%s, %s)", Runtime{}, v, b.Zero(typ))
		}
		e := []ast.Expr{s.Key, s.Value}[i]
		if s.Tok == token.DEFINE {
			b.emit(&Define{P: s.Pos(), Lhs: []LHS{{b.VarOf(e.(*ast.Ident)), true}}, Rhs: x})
			continue
		}
		to, from = append(to, e), append(from, x)
	}
	b.hoist(b.places(to)...)
	switch len(to) {
	case 1:
		b.emit(&Simple{s.Pos(), F("%s = %s", to[0], from[0])})
	case 2:
		b.emit(&Simple{s.Pos(), F("%s, %s = %s, %s", to[0], to[1], from[0], from[1])})
	}
	b.backEdge(s)
	b.stmts(s.Body.List)
	b.emit(&Simple{s.Body.Rbrace, F("%s = %s", r.state, itoa(stateReady))})
	b.emit(&Return{P: s.Body.Rbrace, Results: []X{T("true")}})
}

// exit emits what stands for a branch or return, if it leaves a loop body that
// has become a literal.
func (b *builder) exit(s ast.Stmt) bool {
	x, ok := b.Exits[s]
	if !ok || b.fn.Range == nil {
		return false
	}
	for _, st := range x.Stmts {
		b.emit(&Simple{s.Pos(), st})
	}
	b.emit(&Return{P: s.Pos(), Results: []X{T(fmt.Sprint(x.More))}})
	return true
}

// defersType is runtime.Defers, which frames hold. It has the fields, because the
// ledger asks for its size.
func defersType() types.Type {
	pkg := types.NewPackage(RuntimePath, "runtime")
	field := func(name string, typ types.Type) *types.Var {
		return types.NewField(token.NoPos, pkg, name, typ, false)
	}
	armed := types.NewStruct([]*types.Var{field("N", types.Typ[types.Int]), field("Data", types.NewSlice(types.NewInterfaceType(nil, nil)))}, nil)
	defers := types.NewStruct([]*types.Var{
		field("Log", types.NewSlice(armed)),
		field("place", types.NewPointer(types.Typ[types.Byte])),
		field("taken", types.NewPointer(types.Typ[types.Bool])),
	}, nil)
	return types.NewNamed(types.NewTypeName(token.NoPos, pkg, "Defers", nil), defers, nil)
}
