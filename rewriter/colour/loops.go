package colour

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
)

// fewTrips is up to which constant a trip count is small.
const fewTrips = 64

// A loop is a for or range statement, or a goto that jumps back.
type loop struct {
	stmt ast.Stmt
	body *ast.BlockStmt // nil for a goto
	poll bool
}

// A kind says how often a loop can go round.
type kind uint8

const (
	endless kind = iota // nothing is known
	counted             // a finite number of trips, fixed by what the loop ranges over
	few                 // at most fewTrips
)

// decideLoops sets poll for every loop of f. final says that the operations of
// calls are decided; before that, a call counts as Plain unless it is Marked.
//
// Leaving a poll out can only make an update wait, it cannot break one: loops
// without a poll are safe, and these rules are about latency alone.
func (x *index) decideLoops(f *function, final bool) {
	for _, l := range f.loops {
		l.poll = x.needsPoll(f, l, final)
	}
}

func (x *index) needsPoll(f *function, l *loop, final bool) bool {
	if l.body == nil {
		return true
	}
	if final && x.pollsEveryTrip(f, l) {
		return false
	}
	if x.parksPerTrip(f, l) {
		return false
	}
	k := x.loopKind(f.pkg.Info, l.stmt)
	if k == endless {
		return true
	}
	return x.longBody(f, l, final)
}

// longBody reports whether one trip of a loop can itself take long: it holds a
// loop, or calls own code that loops, or stops.
func (x *index) longBody(f *function, l *loop, final bool) bool {
	for _, m := range f.loops {
		if m == l || m.stmt.Pos() < l.body.Pos() || m.stmt.End() > l.body.End() {
			continue
		}
		if x.loopKind(f.pkg.Info, m.stmt) != few {
			return true
		}
	}
	for _, c := range f.calls {
		if c.manner != called || c.pos() < perTrip(l.stmt) || c.pos() >= l.stmt.End() {
			continue
		}
		if c.op == Marked || final && c.op != Plain {
			return true
		}
		for _, g := range c.own {
			if g.loopy {
				return true
			}
		}
	}
	return false
}

// perTrip is where the part of a loop begins that runs on each trip.
func perTrip(s ast.Stmt) token.Pos {
	switch s := s.(type) {
	case *ast.RangeStmt:
		return s.Body.Pos()
	case *ast.ForStmt:
		if s.Cond != nil {
			return s.Cond.Pos()
		}
		if s.Post != nil {
			return s.Post.Pos()
		}
		return s.Body.Pos()
	}
	return s.Pos()
}

// loopKind classifies a loop by its own header and the assignments in its body.
func (x *index) loopKind(info *types.Info, s ast.Stmt) kind {
	switch s := s.(type) {
	case *ast.RangeStmt:
		tv := info.Types[s.X]
		switch t := core(tv.Type).(type) {
		case *types.Array:
			return trips(t.Len())
		case *types.Pointer:
			if a, ok := t.Elem().Underlying().(*types.Array); ok {
				return trips(a.Len())
			}
			return endless
		case *types.Slice, *types.Map:
			return counted
		case *types.Signature:
			return counted // as far as this loop goes: the iterator's own loops poll
		case *types.Basic:
			if tv.Value == nil {
				return counted
			}
			if tv.Value.Kind() == constant.String {
				return trips(int64(len(constant.StringVal(tv.Value))))
			}
			if n, ok := constant.Int64Val(constant.ToInt(tv.Value)); ok {
				return trips(n)
			}
			return counted
		}
		return endless // channels
	case *ast.ForStmt:
		return x.forKind(info, s)
	}
	return endless
}

func trips(n int64) kind {
	if n <= fewTrips {
		return few
	}
	return counted
}

// forKind recognises loops that come to an end by what their condition compares:
// `for i := a; i < b; i += c` and `for i, j := a, b; i < j; i, j = i+1, j-1` in their
// variants, and `for x > 0 { x /= c }`, where nothing else assigns what is compared.
// The steps stand in the post statement or in the straight line of the body. Of
// conditions that have to hold at the same time one is enough.
func (x *index) forKind(info *types.Info, s *ast.ForStmt) (k kind) {
	steps, stmts := x.stepsOf(info, s)
	if len(steps) == 0 {
		return endless
	}
	var each func(e ast.Expr)
	each = func(e ast.Expr) {
		if b, ok := ast.Unparen(e).(*ast.BinaryExpr); ok && b.Op == token.LAND {
			each(b.X)
			each(b.Y)
		} else if ok {
			k = max(k, condKind(info, s, b, steps, stmts))
		}
	}
	if s.Cond != nil {
		each(s.Cond)
	}
	return k
}

// condKind is forKind for one comparison.
func condKind(info *types.Info, s *ast.ForStmt, cond *ast.BinaryExpr, steps map[types.Object]step, stmts map[ast.Stmt]bool) kind {
	x, y, op := cond.X, cond.Y, cond.Op
	if stepping(info, steps, x) == nil {
		x, y, op = y, x, mirrored(op)
	}
	v := stepping(info, steps, x)
	if v == nil || !simpleBound(info, y) {
		return endless
	}
	by := steps[v]
	if w := stepping(info, steps, y); w != nil {
		// What counts is how the distance changes.
		other := steps[w]
		if by.shrink || other.shrink {
			return endless
		}
		by.add -= other.add
	} else if mentions(info, y, steps) {
		return endless
	}
	if assigns(info, s, stmts, v, y) {
		return endless
	}
	if by.shrink {
		// Sixty-four halvings leave nothing of an integer; a negative one may stay.
		k, ok := constInt(info, y)
		if ok && (op == token.GTR && k >= 0 || op == token.GEQ && k > 0 || op == token.NEQ && k == 0 && by.toZero) {
			return few
		}
		return endless
	}
	ok := false
	switch op {
	case token.LSS, token.LEQ:
		ok = by.add > 0
	case token.GTR:
		ok = by.add < 0
	case token.GEQ:
		// An unsigned one is never less than zero.
		k, known := constInt(info, y)
		ok = by.add < 0 && (!unsigned(v) || known && k > 0)
	case token.NEQ:
		ok = by.add == 1 || by.add == -1
	}
	if !ok {
		return endless
	}
	start, ok1 := startOf(info, s.Init, v)
	end, ok2 := constInt(info, y)
	if ok1 && ok2 {
		n := (end - start) / by.add
		if n >= 0 {
			return trips(n)
		}
	}
	return counted
}

// A step is what each trip surely does to an integer variable.
type step struct {
	add    int64
	shrink bool // divided by two at least
	toZero bool // and it ends at zero, whatever it was
}

// stepsOf reads what a loop's trips do to integer variables, each by one statement:
// the post statement, or one that no continue passes by. stmts are these statements.
// A variable that others can set as well has none.
func (x *index) stepsOf(info *types.Info, s *ast.ForStmt) (steps map[types.Object]step, stmts map[ast.Stmt]bool) {
	steps, stmts = map[types.Object]step{}, map[ast.Stmt]bool{}
	read := func(st ast.Stmt) {
		one := map[types.Object]step{}
		switch st := st.(type) {
		case *ast.IncDecStmt:
			add := int64(1)
			if st.Tok == token.DEC {
				add = -1
			}
			if v := intVar(info, st.X); v != nil {
				one[v] = step{add: add}
			}
		case *ast.AssignStmt:
			if len(st.Lhs) != len(st.Rhs) {
				return
			}
			for i, l := range st.Lhs {
				v := intVar(info, l)
				if v == nil {
					return
				}
				by, ok := stepBy(info, v, st.Tok, st.Rhs[i])
				if !ok {
					return
				}
				one[v] = by
			}
		}
		for v := range one {
			if _, twice := steps[v]; twice || x.shared[v] || v.Parent() == v.Pkg().Scope() {
				return // if it is the second one, assigns sees it
			}
		}
		for v, by := range one {
			steps[v], stmts[st] = by, true
		}
	}
	if s.Post != nil {
		read(s.Post)
	}
	for _, st := range s.Body.List {
		if mayContinue(st) {
			break
		}
		read(st)
	}
	return steps, stmts
}

// stepBy reads `v tok rhs`.
func stepBy(info *types.Info, v types.Object, tok token.Token, rhs ast.Expr) (step, bool) {
	if tok == token.ASSIGN {
		b, ok := ast.Unparen(rhs).(*ast.BinaryExpr)
		if !ok || intVar(info, b.X) != v {
			return step{}, false
		}
		rhs = b.Y
		switch b.Op {
		case token.ADD:
			tok = token.ADD_ASSIGN
		case token.SUB:
			tok = token.SUB_ASSIGN
		case token.QUO:
			tok = token.QUO_ASSIGN
		case token.SHR:
			tok = token.SHR_ASSIGN
		}
	}
	c, ok := constInt(info, rhs)
	if !ok || c <= 0 && tok != token.ADD_ASSIGN && tok != token.SUB_ASSIGN {
		return step{}, false
	}
	switch tok {
	case token.ADD_ASSIGN:
		return step{add: c}, c != 0
	case token.SUB_ASSIGN:
		return step{add: -c}, c != 0
	case token.QUO_ASSIGN:
		return step{shrink: true, toZero: true}, c >= 2
	case token.SHR_ASSIGN:
		return step{shrink: true, toZero: unsigned(v)}, true
	}
	return step{}, false
}

func unsigned(v types.Object) bool {
	return v.Type().Underlying().(*types.Basic).Info()&types.IsUnsigned != 0
}

// mentions reports whether an expression has a variable with a step.
func mentions(info *types.Info, e ast.Expr, steps map[types.Object]step) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			_, ok := steps[info.Uses[id]]
			found = found || ok
		}
		return !found
	})
	return found
}

// intVar is the integer variable that an expression is, or nil.
func intVar(info *types.Info, e ast.Expr) types.Object {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return nil
	}
	v, ok := info.Uses[id].(*types.Var)
	if !ok {
		return nil
	}
	if b, ok := v.Type().Underlying().(*types.Basic); !ok || b.Info()&types.IsInteger == 0 {
		return nil
	}
	return v
}

// stepping is the variable that an expression is, if it has a step.
func stepping(info *types.Info, steps map[types.Object]step, e ast.Expr) types.Object {
	if v := intVar(info, e); v != nil {
		if _, ok := steps[v]; ok {
			return v
		}
	}
	return nil
}

func mirrored(op token.Token) token.Token {
	switch op {
	case token.LSS:
		return token.GTR
	case token.LEQ:
		return token.GEQ
	case token.GTR:
		return token.LSS
	case token.GEQ:
		return token.LEQ
	}
	return op
}

// sharedVars adds the variables of a file that may be set where a loop over them does
// not show it, or parts of them: by a literal that captures them, through a pointer, or
// because they are the package's.
func sharedVars(info *types.Info, file *ast.File, into map[types.Object]bool) {
	var lits []*ast.FuncLit
	target := func(e ast.Expr, always bool) {
		if sel, ok := ast.Unparen(e).(*ast.SelectorExpr); ok {
			if v := valueIn(info, sel); v != nil && (always || len(lits) > 0 && v.Pos() < lits[len(lits)-1].Pos()) {
				into[v] = true
			}
		}
		v, ok := info.Uses[identOf(e)].(*types.Var)
		if ok && !v.IsField() && (always || v.Pkg() != nil && v.Parent() == v.Pkg().Scope() || len(lits) > 0 && v.Pos() < lits[len(lits)-1].Pos()) {
			into[v] = true
		}
	}
	var visit func(n ast.Node) bool
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			lits = append(lits, n)
			ast.Inspect(n.Body, visit)
			lits = lits[:len(lits)-1]
			return false
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				target(l, false)
			}
		case *ast.IncDecStmt:
			target(n.X, false)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				target(n.Key, false)
				if n.Value != nil {
					target(n.Value, false)
				}
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				target(n.X, true)
			}
		case *ast.SelectorExpr:
			// A method with a pointer receiver takes the address, too.
			if m := info.Selections[n]; m != nil && m.Kind() == types.MethodVal {
				if _, pointer := types.Unalias(m.Obj().(*types.Func).Signature().Recv().Type()).(*types.Pointer); pointer {
					target(n.X, true)
				}
			}
		}
		return true
	}
	ast.Inspect(file, visit)
}

// identOf is the identifier that an expression is, or that a package's is called by; else nil.
func identOf(e ast.Expr) *ast.Ident {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return e.Sel
	}
	return nil
}

// startOf reads `i := c` or `i = c`, also among several variables.
func startOf(info *types.Info, init ast.Stmt, v types.Object) (int64, bool) {
	a, ok := init.(*ast.AssignStmt)
	if !ok || len(a.Lhs) != len(a.Rhs) {
		return 0, false
	}
	for i, l := range a.Lhs {
		if id, ok := l.(*ast.Ident); ok && (info.Defs[id] == v || info.Uses[id] == v) {
			return constInt(info, a.Rhs[i])
		}
	}
	return 0, false
}

func constInt(info *types.Info, e ast.Expr) (int64, bool) {
	tv := info.Types[e]
	if tv.Value == nil {
		return 0, false
	}
	i := constant.ToInt(tv.Value)
	if i.Kind() != constant.Int {
		return 0, false
	}
	return constant.Int64Val(i)
}

// simpleBound reports whether a bound is made of constants, variables, fields,
// len and cap, and arithmetic on these.
func simpleBound(info *types.Info, e ast.Expr) bool {
	if info.Types[e].Value != nil {
		return true
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return simpleBound(info, e.X)
	case *ast.StarExpr:
		return simpleBound(info, e.X)
	case *ast.IndexExpr:
		return simpleBound(info, e.X) && simpleBound(info, e.Index)
	case *ast.BinaryExpr:
		return simpleBound(info, e.X) && simpleBound(info, e.Y)
	case *ast.CallExpr:
		tv := info.Types[e.Fun]
		if tv.IsType() {
			return simpleBound(info, e.Args[0])
		}
		if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok && tv.IsBuiltin() {
			switch id.Name {
			case "len", "cap", "min", "max":
				for _, a := range e.Args {
					if !simpleBound(info, a) {
						return false
					}
				}
				return true
			}
		}
	}
	return false
}

// assigns reports whether a loop, but for its steps, assigns v or a variable or field of
// the bound (fields by their object, whatever they are selected from), or takes the
// address of one of them.
func assigns(info *types.Info, s *ast.ForStmt, steps map[ast.Stmt]bool, v types.Object, bound ast.Expr) bool {
	watched := map[types.Object]bool{v: true}
	ast.Inspect(bound, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if o, ok := info.Uses[id].(*types.Var); ok {
				watched[o] = true
			}
		}
		return true
	})
	found := false
	target := func(e ast.Expr) {
		switch e := ast.Unparen(e).(type) {
		case *ast.Ident:
			found = found || watched[info.Uses[e]]
		case *ast.SelectorExpr:
			found = found || watched[info.Uses[e.Sel]]
		}
	}
	look := func(n ast.Node) bool {
		if st, ok := n.(ast.Stmt); ok && steps[st] {
			return false
		}
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				target(l)
			}
		case *ast.IncDecStmt:
			target(n.X)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				target(n.Key)
				if n.Value != nil {
					target(n.Value)
				}
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				target(n.X)
			}
		}
		return !found
	}
	ast.Inspect(s.Body, look)
	if s.Post != nil {
		ast.Inspect(s.Post, look)
	}
	return found
}

// parksPerTrip reports whether every trip parks by the loop's header: a range
// over a channel.
func (x *index) parksPerTrip(f *function, l *loop) bool {
	r, ok := l.stmt.(*ast.RangeStmt)
	if !ok {
		return false
	}
	_, ok = core(f.pkg.Info.Types[r.X].Type).(*types.Chan)
	return ok
}

// pollsEveryTrip reports whether every trip of a loop surely meets a poll: in
// its condition or post statement, or in the straight line of its body before
// anything that could go on with the next trip.
func (x *index) pollsEveryTrip(f *function, l *loop) bool {
	if s, ok := l.stmt.(*ast.ForStmt); ok {
		if s.Cond != nil && x.pollsAlways(f, s.Cond) {
			return true
		}
	}
	for _, s := range l.body.List {
		if x.stmtPolls(f, s) {
			return true
		}
		if mayContinue(s) {
			return false
		}
	}
	if s, ok := l.stmt.(*ast.ForStmt); ok && s.Post != nil {
		return x.stmtPolls(f, s.Post)
	}
	return false
}

// mayContinue reports whether a statement may end the trip early. A continue
// or goto of any target counts, one of an inner loop too: being wrong costs a
// poll.
func mayContinue(s ast.Stmt) bool { return branches(s, token.CONTINUE, token.GOTO) }

// branches reports whether a statement has one of some branches.
func branches(s ast.Stmt, toks ...token.Token) bool {
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.BranchStmt:
			found = found || slices.Contains(toks, n.Tok)
		}
		return !found
	})
	return found
}

// stmtPolls reports whether executing a statement surely meets a poll.
func (x *index) stmtPolls(f *function, s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.ExprStmt:
		return x.pollsAlways(f, s.X)
	case *ast.SendStmt:
		return true
	case *ast.IncDecStmt:
		return x.pollsAlways(f, s.X)
	case *ast.AssignStmt:
		for _, e := range s.Lhs {
			if x.pollsAlways(f, e) {
				return true
			}
		}
		for _, e := range s.Rhs {
			if x.pollsAlways(f, e) {
				return true
			}
		}
	case *ast.DeclStmt:
		if d, ok := s.Decl.(*ast.GenDecl); ok && d.Tok == token.VAR {
			return x.pollsAlways(f, d)
		}
	case *ast.SelectStmt:
		return !hasDefault(s)
	case *ast.IfStmt:
		if s.Init != nil && x.stmtPolls(f, s.Init) || x.pollsAlways(f, s.Cond) {
			return true
		}
		return s.Else != nil && x.branchPolls(f, s.Body.List) && x.branchPolls(f, []ast.Stmt{s.Else})
	case *ast.SwitchStmt:
		return s.Init != nil && x.stmtPolls(f, s.Init) || s.Tag != nil && x.pollsAlways(f, s.Tag) || x.clausesPoll(f, s.Body)
	case *ast.TypeSwitchStmt:
		return s.Init != nil && x.stmtPolls(f, s.Init) || x.stmtPolls(f, s.Assign) || x.clausesPoll(f, s.Body)
	case *ast.RangeStmt:
		return x.pollsAlways(f, s.X)
	case *ast.ForStmt:
		return s.Init != nil && x.stmtPolls(f, s.Init) || s.Cond != nil && x.pollsAlways(f, s.Cond)
	case *ast.BlockStmt:
		for _, t := range s.List {
			if x.stmtPolls(f, t) {
				return true
			}
			if mayContinue(t) {
				return false
			}
		}
	case *ast.LabeledStmt:
		return x.stmtPolls(f, s.Stmt)
	case *ast.GoStmt:
		return x.operandsPoll(f, s.Call)
	case *ast.DeferStmt:
		return x.operandsPoll(f, s.Call)
	}
	return false
}

// branchPolls reports whether executing one branch of a statement surely meets a poll. A
// break may leave no more than the statement, so that it counts as one that does not.
func (x *index) branchPolls(f *function, list []ast.Stmt) bool {
	for _, s := range list {
		if x.stmtPolls(f, s) {
			return true
		}
		if branches(s, token.CONTINUE, token.GOTO, token.BREAK, token.FALLTHROUGH) {
			return false
		}
	}
	return false
}

// clausesPoll is branchPolls for a switch, one of whose clauses is surely executed.
func (x *index) clausesPoll(f *function, body *ast.BlockStmt) bool {
	all := false
	for _, c := range body.List {
		c := c.(*ast.CaseClause)
		if !x.branchPolls(f, c.Body) {
			return false
		}
		all = all || c.List == nil
	}
	return all
}

// operandsPoll is for calls that the statement itself does not make.
func (x *index) operandsPoll(f *function, c *ast.CallExpr) bool {
	if x.pollsAlways(f, c.Fun) {
		return true
	}
	for _, a := range c.Args {
		if x.pollsAlways(f, a) {
			return true
		}
	}
	return false
}

// pollsAlways reports whether evaluating an expression surely meets a poll.
func (x *index) pollsAlways(f *function, n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.BinaryExpr:
			if n.Op == token.LAND || n.Op == token.LOR {
				found = found || x.pollsAlways(f, n.X)
				return false
			}
		case *ast.UnaryExpr:
			found = found || n.Op == token.ARROW
		case *ast.CallExpr:
			if c := x.byPos[n.Lparen]; c != nil {
				found = found || c.op == Call || c.op == Marked
			}
		}
		return !found
	})
	return found
}

// backwardGotos finds gotos whose label stands before them.
func backwardGotos(info *types.Info, body *ast.BlockStmt) (loops []*loop) {
	if body == nil {
		return nil
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.BranchStmt:
			if n.Tok == token.GOTO {
				if l := info.Uses[n.Label]; l != nil && l.Pos() < n.Pos() {
					loops = append(loops, &loop{stmt: n})
				}
			}
		}
		return true
	})
	return loops
}
