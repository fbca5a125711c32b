package rewriter

import (
	"go/ast"
	exact "go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/ast/astutil"
	"golang.org/x/tools/go/types/typeutil"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// What a field begins with often decides whether a check is made: one that a release adds asks
// about a field that it adds, too. The ledger says of a check which facts on fields keep it
// from leaving; package check knows which facts held for all objects as long as the old
// release ran.

// facts are alternatives; each is facts that have to hold together, sorted. An empty one
// always holds.
type facts [][]string

// most is how many alternatives there are, and how many facts in one: what takes more is not
// looked at.
const mostFacts = 4

// either is what one of two facts says.
func either(a, b facts) facts {
	l := slices.Clone(a)
	for _, alt := range b {
		// What holds with fewer facts holds with more.
		if !slices.ContainsFunc(l, func(have []string) bool {
			return !slices.ContainsFunc(have, func(fact string) bool { return !slices.Contains(alt, fact) })
		}) {
			l = append(l, alt)
		}
	}
	return l[:min(len(l), mostFacts)]
}

// both is what two facts say together.
func both(a, b facts) (l facts) {
	for _, x := range a {
		for _, y := range b {
			alt := slices.Concat(x, y)
			slices.Sort(alt)
			if alt = slices.Compact(alt); len(alt) <= mostFacts && !contradict(alt) {
				l = either(l, facts{alt})
			}
		}
	}
	return l
}

// contradict reports whether facts, which are sorted, give one field two values.
func contradict(alt []string) bool {
	for i := 1; i < len(alt); i++ {
		a, _, _ := strings.Cut(alt[i-1], "=")
		if b, _, _ := strings.Cut(alt[i], "="); a == b {
			return true
		}
	}
	return false
}

// texts writes facts into the ledger.
func (l facts) texts() (texts []string) {
	for _, alt := range l {
		if len(alt) > 0 {
			texts = append(texts, strings.Join(alt, ledger.And))
		}
	}
	return texts
}

// unless says which facts keep a check from leaving: its condition is never what leaves, or
// it is never come to.
func (x *effector) unless(cond ast.Expr, leaves bool) []string {
	if x.fn.Range != nil || x.fn.Tree.File == nil {
		return nil
	}
	path, _ := astutil.PathEnclosingInterval(x.fn.Tree.File, cond.Pos(), cond.End())
	return either(x.never(cond, leaves, 0), x.around(path, 0)).texts()
}

// around says which facts keep the innermost node of a path from being come to within its
// function.
func (x scope) around(path []ast.Node, depth int) (l facts) {
	for i := 1; i < len(path) && path[i-1] != x.node; i++ {
		in := path[i-1]
		switch n := path[i].(type) {
		case *ast.BlockStmt:
			l = either(l, x.behind(n.List, in, depth))
		case *ast.CaseClause:
			l = either(l, x.behind(n.Body, in, depth))
		case *ast.FuncLit:
			if n != x.node {
				return nil
			}
		case *ast.IfStmt:
			if in == n.Body {
				l = either(l, x.never(n.Cond, true, depth))
			} else if in == n.Else {
				l = either(l, x.never(n.Cond, false, depth))
			}
		case *ast.ForStmt:
			if in == n.Body && n.Cond != nil {
				l = either(l, x.never(n.Cond, true, depth))
			}
		case *ast.RangeStmt:
			if in == n.Body {
				l = either(l, x.zero(n.X))
			}
		case *ast.BinaryExpr:
			if in == n.Y && (n.Op == token.LAND || n.Op == token.LOR) {
				l = either(l, x.never(n.X, n.Op == token.LAND, depth))
			}
		}
	}
	return l
}

// behind says which facts keep one of some statements from being come to: an if before it
// that returns.
func (x scope) behind(l []ast.Stmt, at ast.Node, depth int) (f facts) {
	for _, s := range l {
		if _, label := s.(*ast.LabeledStmt); label {
			f = nil // a goto may have left out what stands before it
		}
		if s == at {
			return f
		}
		c, ok := s.(*ast.IfStmt)
		if !ok || c.Else != nil || len(c.Body.List) == 0 {
			continue
		}
		if _, returns := c.Body.List[len(c.Body.List)-1].(*ast.ReturnStmt); returns {
			f = either(f, x.never(c.Cond, false, depth))
		}
	}
	return nil // it is none of them: the list of a clause
}

// never says which facts keep an expression from ever being want.
func (x scope) never(e ast.Expr, want bool, depth int) facts {
	e = ast.Unparen(e)
	info := x.pkg.Info
	if v := info.Types[e].Value; v != nil && v.Kind() == exact.Bool {
		if exact.BoolVal(v) != want {
			return facts{{}}
		}
		return nil
	}
	switch e := e.(type) {
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			return x.never(e.X, !want, depth)
		}
	case *ast.BinaryExpr:
		switch e.Op {
		case token.LAND, token.LOR:
			a, b := x.never(e.X, want, depth), x.never(e.Y, want, depth)
			if want == (e.Op == token.LAND) {
				return either(a, b) // both would have to be want
			}
			return both(a, b)
		}
		return either(x.compared(e.X, e.Op, e.Y, want), x.compared(e.Y, turned[e.Op], e.X, want))
	case *ast.SelectorExpr:
		if f := x.field(e); f != "" {
			if want {
				return facts{{f + "=" + ledger.BornZero}}
			}
			return facts{{f + "=true"}}
		}
	case *ast.CallExpr:
		return x.neverReturns(e, want, depth)
	}
	return nil
}

// turned is the operator with its operands exchanged.
var turned = map[token.Token]token.Token{token.EQL: token.EQL, token.NEQ: token.NEQ, token.LSS: token.GTR, token.GTR: token.LSS, token.LEQ: token.GEQ, token.GEQ: token.LEQ}

// compared says which facts keep a comparison, whose left side they are about, from being
// want.
func (x scope) compared(left ast.Expr, op token.Token, right ast.Expr, want bool) (l facts) {
	info := x.pkg.Info
	tv := info.Types[right]
	if tv.IsNil() {
		if want == (op == token.NEQ) {
			return x.zero(left)
		}
		return nil
	}
	t, ok := info.TypeOf(left).Underlying().(*types.Basic)
	if !ok {
		return nil
	}
	if tv.Value == nil {
		return x.bounded(left, op, right, t, want)
	}
	if zero := zeroOf(t); zero != nil && zero.Kind() != exact.Unknown && comparable(zero, tv.Value) && exact.Compare(zero, op, tv.Value) != want {
		l = x.zero(left)
	}
	if f := x.field(left); f != "" && want == (op == token.NEQ) && (op == token.EQL || op == token.NEQ) {
		if c := constantText(tv.Value, t); c != "" && c != ledger.BornZero {
			l = either(l, facts{{f + "=" + c}})
		}
	}
	return l
}

// bounded: a limit that is the largest number of its type is never passed, nor reached by a
// signed counter of 64 bits, in any time there is; an unsigned one that is counted down from
// zero is there at once. Zero is not passed from below.
func (x scope) bounded(limit ast.Expr, op token.Token, other ast.Expr, t *types.Basic, want bool) facts {
	f := x.field(limit)
	if f == "" || t.Info()&types.IsInteger == 0 {
		return nil
	}
	bits := uint(x.d.sizes.Sizeof(t)) * 8
	if t.Info()&types.IsUnsigned == 0 {
		bits--
	}
	largest := exact.BinaryOp(exact.Shift(exact.MakeInt64(1), token.SHL, bits), token.SUB, exact.MakeInt64(1))
	switch {
	case op == token.LSS && want, op == token.GEQ && !want, // limit < other
		(op == token.LEQ && want || op == token.GTR && !want) && bits == 63 && x.counter(other):
		return facts{{f + "=" + constantText(largest, t)}}
	case t.Info()&types.IsUnsigned != 0 && (op == token.GTR && want || op == token.LEQ && !want): // limit > other
		return facts{{f + "=" + ledger.BornZero}}
	}
	return nil
}

// counter reports whether an expression is the value of a field that own code only counts.
func (x scope) counter(e ast.Expr) bool {
	e = ast.Unparen(e)
	if call, ok := e.(*ast.CallExpr); ok {
		if e = loaded(x.pkg.Info, call); e == nil {
			return false
		}
	}
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok || x.pkg.Info.Selections[sel] == nil {
		return false
	}
	f, ok := x.pkg.Info.Selections[sel].Obj().(*types.Var)
	return ok && x.d.counted()[f.Origin()]
}

// zeroOf is the zero value of a type.
func zeroOf(t *types.Basic) exact.Value {
	switch i := t.Info(); {
	case i&types.IsBoolean != 0:
		return exact.MakeBool(false)
	case i&types.IsString != 0:
		return exact.MakeString("")
	case i&types.IsNumeric != 0 && i&types.IsComplex == 0:
		return exact.MakeInt64(0)
	}
	return nil
}

// comparable reports whether constants can be compared, and are no strings or booleans
// beside numbers.
func comparable(a, b exact.Value) bool {
	kind := func(v exact.Value) exact.Kind {
		if v.Kind() == exact.Int || v.Kind() == exact.Float {
			return exact.Float
		}
		return v.Kind()
	}
	return kind(a) == kind(b) && kind(a) != exact.Complex
}

// zero says by which facts an expression has its zero value, or no length.
func (x scope) zero(e ast.Expr) facts {
	e = ast.Unparen(e)
	info := x.pkg.Info
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 1 {
		id, _ := ast.Unparen(call.Fun).(*ast.Ident)
		length := id != nil && id.Name == "len" && info.Types[call.Fun].IsBuiltin()
		number := false
		if tv := info.Types[call.Fun]; tv.IsType() {
			to, ok1 := tv.Type.Underlying().(*types.Basic)
			from, ok2 := info.TypeOf(call.Args[0]).Underlying().(*types.Basic)
			number = ok1 && ok2 && to.Info()&from.Info()&types.IsNumeric != 0
		}
		if length || number {
			return x.zero(call.Args[0])
		}
		return nil
	}
	if f := x.field(e); f != "" {
		return facts{{f + "=" + ledger.BornZero}}
	}
	return nil
}

// field is the field that an expression selects, as facts name it; "" if it is none of an
// own named struct.
func (x scope) field(e ast.Expr) string {
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	s := x.pkg.Info.Selections[sel]
	if s == nil || s.Kind() != types.FieldVal {
		return ""
	}
	t := s.Recv()
	for _, i := range s.Index()[:len(s.Index())-1] {
		t = structOf(t).Field(i).Type()
	}
	named, ok := types.Unalias(deref(t)).(*types.Named)
	if !ok || named.TypeArgs().Len() > 0 || named.TypeParams().Len() > 0 || named.Obj().Pkg() == nil || !x.d.prog.IsOwn(named.Obj().Pkg()) {
		return ""
	}
	key := strings.Trim(x.d.typ(named), "‹›")
	return strings.TrimSuffix(ledger.Fact(key, s.Obj().Name(), ""), "=")
}

// deepest is how many calls are followed.
const deepest = 3

// neverReturns says which facts keep a call of an own function from returning want: all of
// its return statements have something else, or are not come to.
func (x scope) neverReturns(call *ast.CallExpr, want bool, depth int) facts {
	f := typeutil.StaticCallee(x.pkg.Info, call)
	if f == nil || depth >= deepest || f.Signature().Results().Len() != 1 || f.Signature().TypeParams() != nil || f.Signature().RecvTypeParams() != nil {
		return nil
	}
	s, ok := x.d.body(f)
	if !ok || s.node.(*ast.FuncDecl).Body == nil {
		return nil
	}
	l := facts{{}}
	var stack []ast.Node
	ast.Inspect(s.node, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		switch n := n.(type) {
		case *ast.FuncLit:
			stack = stack[:len(stack)-1]
			return false
		case *ast.ReturnStmt:
			if len(n.Results) != 1 {
				l = nil // by its name
				return true
			}
			path := slices.Clone(stack)
			slices.Reverse(path)
			l = both(l, either(s.never(n.Results[0], want, depth+1), s.around(path, depth+1)))
		}
		return true
	})
	return l
}
