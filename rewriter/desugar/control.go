package desugar

import (
	"go/ast"
	"go/token"
	"go/types"
	"go/version"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/colour"
)

// targets finds what every break and continue leaves.
func (t *Tree) targets() {
	for _, fn := range t.Funcs {
		if fn.Range != nil {
			continue // part of the function around it
		}
		t.branchTargets(fn.Block(), nil, nil, map[string]ast.Stmt{}, "")
	}
}

// branchTargets walks statements with the innermost statement that break and
// continue mean, and the labels in force.
func (t *Tree) branchTargets(n ast.Node, brk, cont ast.Stmt, labels map[string]ast.Stmt, label string) {
	visit := func(c ast.Node, brk, cont ast.Stmt) {
		t.branchTargets(c, brk, cont, labels, "")
	}
	named := func(s ast.Stmt) func() {
		if label == "" {
			return func() {}
		}
		old, had := labels[label]
		labels[label] = s
		return func() {
			if had {
				labels[label] = old
			} else {
				delete(labels, label)
			}
		}
	}
	switch n := n.(type) {
	case nil, *ast.FuncLit:
		return
	case *ast.LabeledStmt:
		t.branchTargets(n.Stmt, brk, cont, labels, n.Label.Name)
	case *ast.BranchStmt:
		switch {
		case n.Tok == token.GOTO || n.Tok == token.FALLTHROUGH:
		case n.Label != nil:
			t.Target[n] = labels[n.Label.Name]
		case n.Tok == token.BREAK:
			t.Target[n] = brk
		case n.Tok == token.CONTINUE:
			t.Target[n] = cont
		}
	case *ast.ForStmt:
		defer named(n)()
		visit(n.Body, n, n)
	case *ast.RangeStmt:
		defer named(n)()
		visit(n.Body, n, n)
	case *ast.SwitchStmt:
		defer named(n)()
		visit(n.Body, n, cont)
	case *ast.TypeSwitchStmt:
		defer named(n)()
		visit(n.Body, n, cont)
	case *ast.SelectStmt:
		defer named(n)()
		visit(n.Body, n, cont)
	case *ast.BlockStmt:
		for _, s := range n.List {
			visit(s, brk, cont)
		}
	case *ast.IfStmt:
		visit(n.Body, brk, cont)
		if n.Else != nil {
			visit(n.Else, brk, cont)
		}
	case *ast.CaseClause:
		for _, s := range n.Body {
			visit(s, brk, cont)
		}
	case *ast.CommClause:
		for _, s := range n.Body {
			visit(s, brk, cont)
		}
	}
}

func (b *builder) forStmt(s *ast.ForStmt, label string) {
	if as, ok := s.Init.(*ast.AssignStmt); ok && as.Tok == token.DEFINE {
		if !b.has(as) {
			b.forRest(s, label, as)
			return
		}
		// Values first, so that the header still declares the variables: they
		// are copied for every iteration.
		b.emit(&Block{s.Pos(), b.into(func() {
			b.hoist(as.Rhs...)
			b.forRest(s, label, as)
		})})
		return
	}
	if s.Init != nil && b.has(s.Init) {
		b.emit(&Block{s.Pos(), b.into(func() {
			b.stmt(s.Init, "")
			b.forRest(s, label, nil)
		})})
		return
	}
	b.forRest(s, label, s.Init)
}

func (b *builder) forRest(s *ast.ForStmt, label string, init ast.Stmt) {
	l := &Loop{P: s.Pos(), Node: s, Label: label, Init: init}
	if init != nil {
		l.InitIR = b.into(func() { b.verbatim(init) })
		if as, ok := init.(*ast.AssignStmt); ok && as.Tok == token.DEFINE && b.perIteration() {
			for _, e := range as.Lhs {
				if v := b.VarOf(e.(*ast.Ident)); v != nil {
					l.Iter = append(l.Iter, v)
				}
			}
		}
	}
	b.loop++
	defer func() { b.loop-- }()
	if s.Cond != nil {
		x := N(s.Cond)
		l.CondPre = b.into(func() { b.events(s.Cond, false) })
		l.Cond = &x
	}
	if s.Post != nil {
		if b.has(s.Post) {
			// It runs at the head of the next iteration, after the variables
			// have been copied for that.
			l.First = b.temp(b.fn, "upnext", types.Typ[types.Bool])
			l.PostIR = b.into(func() { b.stmt(s.Post, "") })
		} else {
			l.Post = s.Post
		}
	}
	l.Body = b.into(func() {
		b.backEdge(s)
		b.stmts(s.Body.List)
	})
	b.emit(l)
}

// backEdge polls at the head of a loop's body, where every way round passes.
func (b *builder) backEdge(s ast.Stmt) {
	if b.Col.Loops[s] {
		op := &Op{P: s.Pos(), Kind: OpPoll}
		p := &Point{N: len(b.fn.Points), Pos: s.Pos(), What: b.Text(s), Op: op}
		b.fn.Points = append(b.fn.Points, p)
		op.Point = p
		b.emit(op)
	}
}

func (b *builder) rangeStmt(s *ast.RangeStmt, label string) {
	typ := b.Pkg.Info.TypeOf(s.X)
	switch u := under(typ).(type) {
	case *types.Chan:
		b.rangeChan(s, label, u)
		return
	case *types.Signature:
		b.rangeFunc(s, label)
		return
	}
	if types.IsInterface(under(typ)) {
		b.refuse(diag.UnknownStatement, s.Pos(), "range over "+typ.String(), "the types that it stands for have nothing in common", "report it")
		return
	}
	b.emit(&Block{s.Pos(), b.into(func() {
		r := &Range{P: s.Pos(), Node: s, Label: label}
		var store func()
		b.events(s.X, false)
		xt := typ
		x := N(s.X)
		switch u := under(typ).(type) {
		case *types.Slice:
			r.Kind = RangeSlice
		case *types.Array:
			r.Kind = RangeArray
			if s.Value == nil {
				// Only the length counts; the operand need not be copied, but
				// it is evaluated.
				r.Kind = RangeArray
			}
		case *types.Pointer:
			r.Kind = RangeArrayPtr
		case *types.Map:
			r.Kind = RangeMap
		case *types.Basic:
			switch {
			case u.Info()&types.IsString != 0:
				r.Kind = RangeString
			default:
				r.Kind = RangeInt
				if u.Info()&types.IsUntyped != 0 {
					xt = types.Typ[types.Int]
					if s.Key != nil {
						xt = b.Pkg.Info.TypeOf(s.Key)
					}
				}
			}
		}
		r.X = b.temp(b.fn, "upx", xt)
		b.emit(&Define{P: s.X.Pos(), Lhs: []LHS{{r.X, true}}, Rhs: x, Explicit: true})
		it := types.Type(types.Typ[types.Int])
		if r.Kind == RangeInt {
			it = r.X.Type
		}
		if r.Kind == RangeMap {
			it = nil // upstare.MapIter
			r.Idx = b.temp(b.fn, "upit", nil)
		} else {
			r.Idx = b.temp(b.fn, "upi", it)
		}
		if s.Tok == token.DEFINE {
			r.Key, r.Val = b.rangeVar(s.Key), b.rangeVar(s.Value)
			if !b.perIteration() && (r.Key != nil && r.Key.Var.Boxed || r.Val != nil && r.Val.Var.Boxed) {
				// One variable for all iterations: declared before the loop.
				r.KeyX, r.ValX = b.shared(s, r.Key), b.shared(s, r.Val)
				r.Key, r.Val = nil, nil
			}
		} else if b.has(s.Key) || s.Value != nil && b.has(s.Value) {
			r.Key, r.Val, store = b.rangeStore(s)
		} else {
			if s.Key != nil && !isBlank(s.Key) {
				k := N(s.Key)
				r.KeyX = &k
			}
			if s.Value != nil && !isBlank(s.Value) {
				v := N(s.Value)
				r.ValX = &v
			}
		}
		b.loop++
		r.Body = b.into(func() {
			if store != nil {
				store()
			}
			b.backEdge(s)
			b.stmts(s.Body.List)
		})
		b.loop--
		b.emit(r)
	})})
}

// rangeStore: key and value are received by variables, and assigned in the body
// to places that calls find, once per iteration.
func (b *builder) rangeStore(s *ast.RangeStmt) (key, val *LHS, store func()) {
	kt, vt := rangeTypes(b.Pkg.Info.TypeOf(s.X))
	var to []ast.Expr
	var from []any
	receive := func(e ast.Expr, t types.Type) *LHS {
		if e == nil || isBlank(e) {
			return nil
		}
		if t == nil {
			t = b.Pkg.Info.TypeOf(e) // of an integer constant
		}
		v := b.temp(b.fn, "upv", t)
		to, from = append(to, e), append(from, v)
		return &LHS{v, true}
	}
	key, val = receive(s.Key, kt), receive(s.Value, vt)
	return key, val, func() {
		b.hoist(b.places(to)...)
		if len(to) == 1 {
			b.emit(&Simple{s.Pos(), F("%s = %s", to[0], from[0])})
		} else {
			b.emit(&Simple{s.Pos(), F("%s, %s = %s, %s", to[0], to[1], from[0], from[1])})
		}
	}
}

// rangeTypes are the types of what ranging over t gives.
func rangeTypes(t types.Type) (key, val types.Type) {
	switch u := under(t).(type) {
	case *types.Slice:
		return types.Typ[types.Int], u.Elem()
	case *types.Array:
		return types.Typ[types.Int], u.Elem()
	case *types.Pointer:
		return types.Typ[types.Int], under(u.Elem()).(*types.Array).Elem()
	case *types.Map:
		return u.Key(), u.Elem()
	case *types.Basic:
		if u.Info()&types.IsString != 0 {
			return types.Typ[types.Int], types.Typ[types.Rune]
		}
		if u.Info()&types.IsUntyped != 0 {
			return nil, nil
		}
		return t, nil
	}
	return nil, nil
}

// perIteration reports whether each iteration of a loop has variables of its own.
func (t *Tree) perIteration() bool { return t.since("go1.22") }

// since reports whether the language version of the file is at least v.
func (t *Tree) since(v string) bool {
	is := t.Pkg.Info.FileVersions[t.File]
	if is == "" {
		is = t.Pkg.GoVersion
	}
	return is == "" || version.Compare(is, v) >= 0
}

// shared declares a range variable before its loop and gives its text.
func (b *builder) shared(s *ast.RangeStmt, l *LHS) *X {
	if l == nil {
		return nil
	}
	b.emit(&Zero{s.Pos(), l.Var})
	x := V(l.Var)
	return &x
}

func isBlank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "_"
}

func (b *builder) rangeVar(e ast.Expr) *LHS {
	if e == nil || isBlank(e) {
		return nil
	}
	v := b.VarOf(e.(*ast.Ident))
	if v == nil {
		return nil
	}
	return &LHS{v, true}
}

// rangeChan: for { v, ok := <-c; if !ok { break }; … }
func (b *builder) rangeChan(s *ast.RangeStmt, label string, ch *types.Chan) {
	b.emit(&Block{s.Pos(), b.into(func() {
		b.events(s.X, false)
		c := b.temp(b.fn, "upc", b.Pkg.Info.TypeOf(s.X))
		b.emit(&Define{P: s.X.Pos(), Lhs: []LHS{{c, true}}, Rhs: N(s.X)})
		l := &Loop{P: s.Pos(), Node: s, Label: label}
		b.loop++
		l.Body = b.into(func() {
			lhs := []LHS{{}, {}}
			ok := b.temp(b.fn, "upopen", types.Typ[types.Bool])
			lhs[1] = LHS{ok, true}
			var store *X
			if s.Key != nil && !isBlank(s.Key) {
				if s.Tok == token.DEFINE {
					if v := b.VarOf(s.Key.(*ast.Ident)); v != nil {
						lhs[0] = LHS{v, true}
					}
				} else {
					v := b.temp(b.fn, "upv", ch.Elem())
					lhs[0] = LHS{v, true}
					x := F("%s = %s", s.Key, v)
					store = &x
				}
			}
			op := &Op{P: s.Pos(), Kind: OpPark, Lhs: lhs, Rhs: F("<-%s", c), Types: []types.Type{ch.Elem(), types.Typ[types.Bool]}}
			b.names(op, c)
			b.point(op, s.X)
			b.emit(&If{P: s.Pos(), Cond: F("!%s", ok), Then: []Stmt{&Exit{s.Pos(), s}}})
			if store != nil {
				b.emit(&Simple{s.Pos(), *store})
			}
			b.stmts(s.Body.List)
		})
		b.loop--
		b.emit(l)
	})})
}

func (b *builder) switchStmt(s *ast.SwitchStmt, label string) {
	b.emit(&Block{s.Pos(), b.into(func() {
		if s.Init != nil {
			b.stmt(s.Init, "")
		}
		sw := &Switch{P: s.Pos(), Node: s, Label: label}
		casePoints := false
		for _, c := range s.Body.List {
			for _, e := range c.(*ast.CaseClause).List {
				casePoints = casePoints || b.has(e)
			}
		}
		var index *Var
		if s.Tag != nil {
			b.events(s.Tag, false)
			x := N(s.Tag)
			if casePoints {
				v := b.temp(b.fn, "uptag", b.Pkg.Info.TypeOf(s.Tag))
				b.emit(&Define{P: s.Tag.Pos(), Lhs: []LHS{{v, true}}, Rhs: x, Explicit: true})
				x = V(v)
			}
			sw.Tag = &x
		}
		if casePoints {
			index = b.chooseCase(s, sw.Tag)
			x := V(index)
			sw.Tag = &x
		}
		for i, c := range s.Body.List {
			c := c.(*ast.CaseClause)
			cl := &Clause{P: c.Pos(), Default: c.List == nil}
			switch {
			case c.List == nil:
			case index != nil:
				cl.Cases = []X{T(itoa(i + 1))}
			default:
				for _, e := range c.List {
					cl.Cases = append(cl.Cases, N(e))
				}
			}
			cl.Body = b.block(c.Body)
			sw.Clauses = append(sw.Clauses, cl)
		}
		b.emit(sw)
	})})
}

// chooseCase evaluates case expressions that have points, in order, until one
// matches; the switch is then over its number.
func (b *builder) chooseCase(s *ast.SwitchStmt, tag *X) *Var {
	index := b.temp(b.fn, "upcase", types.Typ[types.Int])
	b.emit(&Zero{s.Pos(), index})
	var chain func(i, j int)
	chain = func(i, j int) {
		for i < len(s.Body.List) && j >= len(s.Body.List[i].(*ast.CaseClause).List) {
			i, j = i+1, 0
		}
		if i >= len(s.Body.List) {
			return
		}
		e := s.Body.List[i].(*ast.CaseClause).List[j]
		b.events(e, false)
		cond := N(e)
		if tag != nil {
			cond = F("%s == (%s)", *tag, e)
		}
		b.emit(&If{P: e.Pos(), Cond: cond,
			Then: []Stmt{&Define{P: e.Pos(), Lhs: []LHS{{index, false}}, Rhs: T(itoa(i + 1))}},
			Else: b.into(func() { chain(i, j+1) })})
	}
	chain(0, 0)
	return index
}

func (b *builder) typeSwitch(s *ast.TypeSwitchStmt, label string) {
	b.emit(&Block{s.Pos(), b.into(func() {
		if s.Init != nil {
			b.stmt(s.Init, "")
		}
		ts := &TypeSwitch{P: s.Pos(), Node: s, Label: label}
		x := Operand(s)
		b.events(x, false)
		ts.X = N(x)
		for _, c := range s.Body.List {
			c := c.(*ast.CaseClause)
			cl := &Clause{P: c.Pos(), Types: c.List, Default: c.List == nil}
			if obj := b.Pkg.Info.Implicits[c]; obj != nil && b.mentions(c, obj) {
				cl.Var = b.Vars[obj]
				ts.Sym = cl.Var.Fast
			}
			cl.Body = b.block(c.Body)
			ts.Clauses = append(ts.Clauses, cl)
		}
		b.topClauses(ts)
		b.emit(ts)
	})})
}

// Operand is what a type switch asks about.
func Operand(s *ast.TypeSwitchStmt) ast.Expr {
	switch a := s.Assign.(type) {
	case *ast.AssignStmt:
		return a.Rhs[0].(*ast.TypeAssertExpr).X
	default:
		return a.(*ast.ExprStmt).X.(*ast.TypeAssertExpr).X
	}
}

// topClauses gives a type switch's symbol a name of its own if a deferred literal
// captures a clause's variable: that one is declared at the function's top, under its
// own name and with its own type, and set where the clause begins.
func (b *builder) topClauses(ts *TypeSwitch) {
	sym := ""
	for _, cl := range ts.Clauses {
		if cl.Var != nil && cl.Var.Top {
			sym = b.unique(cl.Var.Obj.Name())
			break
		}
	}
	if sym == "" {
		return
	}
	ts.Sym = sym
	for _, cl := range ts.Clauses {
		switch {
		case cl.Var == nil:
		case cl.Var.Top:
			cl.Var.Fast = cl.Var.Name
		default:
			cl.Var.Fast = sym
		}
	}
}

func (b *builder) mentions(n ast.Node, obj types.Object) bool {
	found := false
	ast.Inspect(n, func(m ast.Node) bool {
		if id, ok := m.(*ast.Ident); ok && b.Pkg.Info.Uses[id] == obj {
			found = true
		}
		return !found
	})
	return found
}

// selectStmt: operands once and in order, a select that stores which case was
// taken, a poll, and a switch.
func (b *builder) selectStmt(s *ast.SelectStmt, label string) {
	b.emit(&Block{s.Pos(), b.into(func() {
		op := &Op{P: s.Pos(), Kind: OpSelect}
		sw := &Switch{P: s.Pos(), Node: s, Label: label}
		var bodies []func()
		for i, c := range s.Body.List {
			c := c.(*ast.CommClause)
			cm, first := b.comm(c)
			op.Comms = append(op.Comms, cm)
			cl := &Clause{P: c.Pos(), Cases: []X{T(itoa(i + 1))}}
			sw.Clauses = append(sw.Clauses, cl)
			bodies = append(bodies, func() {
				cl.Body = b.into(func() {
					if first != nil {
						first()
					}
					b.stmts(c.Body)
				})
			})
		}
		op.Index = b.temp(b.fn, "upcase", types.Typ[types.Int])
		b.emit(&Zero{s.Pos(), op.Index})
		for _, c := range op.Comms {
			if !c.Send && c.Value != nil {
				b.emit(&Zero{s.Pos(), c.Value})
			}
			if c.OK != nil {
				b.emit(&Zero{s.Pos(), c.OK})
			}
		}
		if hasDefault(s) {
			b.emit(op) // never waits: no mark, no poll
		} else {
			var chans []any
			for _, c := range op.Comms {
				chans = append(chans, c.Chan)
			}
			b.names(op, chans...)
			b.point(op, s)
		}
		x := V(op.Index)
		sw.Tag = &x
		for _, f := range bodies {
			f()
		}
		b.emit(sw)
	})})
}

// comm evaluates the operands of one case. What it gives back is run first in
// the case's body: the assignment of what was received.
func (b *builder) comm(c *ast.CommClause) (Comm, func()) {
	hold := func(e ast.Expr, typ types.Type, name string) *Var {
		b.events(e, false)
		v := b.temp(b.fn, name, typ)
		b.emit(&Define{P: e.Pos(), Lhs: []LHS{{v, true}}, Rhs: N(e), Explicit: true})
		return v
	}
	switch s := c.Comm.(type) {
	case nil:
		return Comm{Default: true}, nil
	case *ast.SendStmt:
		ct := b.Pkg.Info.TypeOf(s.Chan)
		ch := hold(s.Chan, ct, "upc")
		v := hold(s.Value, under(ct).(*types.Chan).Elem(), "upv")
		return Comm{Send: true, Chan: ch, Value: v}, nil
	case *ast.ExprStmt:
		x := ast.Unparen(s.X).(*ast.UnaryExpr).X
		return Comm{Chan: hold(x, b.Pkg.Info.TypeOf(x), "upc")}, nil
	case *ast.AssignStmt:
		x := ast.Unparen(s.Rhs[0]).(*ast.UnaryExpr).X
		ct := b.Pkg.Info.TypeOf(x)
		cm := Comm{Chan: hold(x, ct, "upc")}
		vals := []types.Type{under(ct).(*types.Chan).Elem(), types.Typ[types.Bool]}
		var stores []Stmt
		for i, l := range s.Lhs {
			if isBlank(l) {
				continue
			}
			v := b.temp(b.fn, "upv", vals[i])
			if i == 0 {
				cm.Value = v
			} else {
				cm.OK = v
			}
			if s.Tok == token.DEFINE {
				stores = append(stores, &Define{P: l.Pos(), Lhs: b.lhs([]ast.Expr{l}), Rhs: V(v)})
			}
		}
		return cm, func() {
			for _, st := range stores {
				b.emit(st)
			}
			if s.Tok == token.DEFINE {
				return
			}
			b.hoist(b.places(s.Lhs)...)
			i := 0
			var l, r []any
			for k, e := range s.Lhs {
				if isBlank(e) {
					continue
				}
				v := cm.Value
				if k == 1 {
					v = cm.OK
				}
				l, r = append(l, e), append(r, v)
				i++
			}
			switch i {
			case 1:
				b.emit(&Simple{s.Pos(), F("%s = %s", l[0], r[0])})
			case 2:
				b.emit(&Simple{s.Pos(), F("%s, %s = %s, %s", l[0], l[1], r[0], r[1])})
			}
		}
	}
	return Comm{}, nil
}

func itoa(i int) string {
	if i >= 10 {
		return itoa(i/10) + string(rune('0'+i%10))
	}
	return string(rune('0' + i))
}

var _ = colour.Plain
