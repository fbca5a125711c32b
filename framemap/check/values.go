package check

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
	"github.com/upstarego/upstarego/rewriter/mirror"
)

// frames checks the frames that a function makes of an old one: what each needs at
// its point must come from the old frame by the same name and type, or be set.
func (c *checker) frames(x ast.Expr, pos token.Pos, old string, at int) {
	fn, _ := c.bodyOf(x)
	if fn == nil {
		c.bad(diag.NotConstant, x.Pos(), "which frames are made cannot be told", "it is neither a function literal nor a function of this file", "write the function here")
		return
	}
	type made struct {
		call *ast.CallExpr
		n    *ledger.Func
		pt   int
	}
	var l []made
	var of places
	ast.Inspect(fn, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name, id := c.vocabulary(call)
		of.takes = of.takes || name == "Inner"
		if name != "Frame" || len(call.Args) != 3 {
			return true
		}
		key, ok1 := c.key(call.Args[1], c.New.Func, "function", true)
		pt, ok2 := c.point(call.Args[2])
		if ok1 && ok2 {
			c.mirrored(call, id, 0, c.is.Frame(key), key)
			if f := c.New.Func(key); c.inRange(call.Args[2].Pos(), key, pt, len(f.Points)) {
				l = append(l, made{call, f, pt})
			}
		}
		return true
	})
	if len(l) == 0 {
		c.noneLeft(pos, c.Old.Func(old), at)
	}
	lost := match.Lost(c.Old.Func(old), nil, at, nil, c.rules.drops[old])
	for i, m := range l {
		var successor *match.Relation
		if m.n == c.successor(old) {
			successor = c.relate(c.Old.Func(old), m.n)
		}
		moves := Carries(c.Old.Func(old), m.n, at, m.pt, successor)
		lost = slices.DeleteFunc(lost, func(call string) bool {
			return !slices.Contains(match.Lost(c.Old.Func(old), m.n, at, moves, nil), call)
		})
		c.rules.leads[old][at] = append(c.rules.leads[old][at], Lead{m.n.Key, m.pt, moves})
		var outer *made
		for k := range l[:i] {
			if follows(fn, l[k].call, m.call) {
				outer = &l[k]
			}
		}
		c.returnsTo(m.call, m.n, func() (string, string, bool) {
			if outer == nil {
				o := c.Old.Func(old)
				if s := c.successor(old); s != nil && c.rules.turns[old] != nil {
					return s.Results, "the function of framemap.Results waits", true
				}
				return o.Results, "callers of " + old + " wait", o.Gate || o.Base
			}
			return outer.n.Points[outer.pt].Results, fmt.Sprintf("point %d of %s waits", outer.pt, outer.n.Key), true
		})
		set := c.kept(fn, m.call)
		innermost := true
		for _, later := range l[i+1:] {
			innermost = innermost && !follows(fn, m.call, later.call)
		}
		if outer == nil {
			of.outermost = append(of.outermost, place{m.n, m.pt, m.call.Pos()})
		}
		if innermost {
			of.innermost = append(of.innermost, place{m.n, m.pt, m.call.Pos()})
		}
		unfilled := Unfilled(c.Old.Func(old), m.n, at, m.pt, innermost, moves)
		for _, f := range c.unasked(m.n, unfilled, unfilled, set) {
			if !set.has(c.is, c.is.Frame(m.n.Key), f) {
				c.bad(diag.MissingLocal, m.call.Pos(), fmt.Sprintf("local %s of %s has no value at point %d", field(m.n, f), m.n.Key, m.pt),
					"the old frame does not hold it by the same name and type", "set it in the frame that framemap.Frame returns")
			}
		}
	}
	if c.rules.places[old] == nil {
		c.rules.places[old] = map[int]places{}
	}
	c.rules.places[old][at] = of
	for _, call := range lost {
		c.bad(diag.LostDefer, pos, fmt.Sprintf("`%s` may be deferred at point %d of %s, and no frame that is made there has it deferred", call, at, old),
			"it would not be made", "say so with framemap.DropDefer, or keep the point free with framemap.Never")
	}
}

// noneLeft checks a point of which no frame is made: if it is of a goroutine's outermost
// function, or of one that foreign code has called, what it has called takes its place.
func (c *checker) noneLeft(pos token.Pos, o *ledger.Func, at int) {
	if !o.Gate && !o.Base {
		return
	}
	p := &o.Points[at]
	switch {
	case p.Kind != "call":
		c.bad(diag.UnmappedPoint, pos, fmt.Sprintf("nothing may be left of a goroutine that has begun with %s", o.Key), fmt.Sprintf("no frame is made of its point %d, which has called nobody", at), "make a frame")
	case bare(p.Results) != bare(o.Results):
		c.bad(diag.OtherResults, pos, fmt.Sprintf("point %d of %s waits for (%s), callers of %s for (%s)", at, o.Key, ledger.Plain(p.Results), o.Key, ledger.Plain(bare(o.Results))),
			"no frame is made of it, so the one inside it returns to them", "make a frame that returns what they wait for")
	}
}

// successor is the new function that an old one's frames become by themselves.
func (c *checker) successor(old string) *ledger.Func {
	if rule := c.rules.funcs[old]; rule != nil {
		return c.New.Func(rule.new)
	}
	if m := c.oldFuncs[old]; m != nil {
		return m.New
	}
	return nil
}

// Carries says which field of an old frame at point i each field of a frame of n made
// by framemap.Frame at point j has its value from. If frames of o become frames of n by
// themselves, successor is what the two have in common; else it is nil. Another function's variables go by name and type,
// and what the rewriter has added by what it is for, too.
func Carries(o, n *ledger.Func, i, j int, successor *match.Relation) map[string]string {
	if successor != nil {
		points := successor.Alignment()
		points[i] = j
		return successor.Moves(points)
	}
	old := map[string]ledger.Field{}
	for _, f := range o.Frame {
		old[f.Name] = f
	}
	role := func(f ledger.Field, at int) string {
		rest, _ := strings.CutPrefix(f.Role, fmt.Sprintf("@%d ", at))
		return rest
	}
	moves := map[string]string{}
	for _, f := range n.Frame {
		was, ok := old[f.Name]
		if ok && was.Type == f.Type && was.Boxed == f.Boxed && was.Source == f.Source && (f.Source != "" || role(was, i) == role(f, j)) {
			moves[f.Name] = f.Name
		}
	}
	return moves
}

// returnsTo checks that a frame returns what the one outside it, or who called the
// old function, waits for: on return nothing could be done about it.
func (c *checker) returnsTo(call *ast.CallExpr, n *ledger.Func, outer func() (results, who string, known bool)) {
	results, who, known := outer()
	if known && bare(results) != bare(n.Results) {
		c.bad(diag.OtherResults, call.Pos(), fmt.Sprintf("%s returns %s, %s for (%s)", n.Key, ledger.Plain(n.Results), who, ledger.Plain(bare(results))), "", "make another frame, or keep the point free with framemap.Never")
	}
}

// follows reports whether b, which stands behind a, may run after it in one run of a
// function: they are not in different branches of a statement, and a is in none that
// returns.
func follows(fn ast.Node, a, b ast.Node) bool {
	in := func(n ast.Node) map[ast.Node]bool {
		m := map[ast.Node]bool{}
		ast.Inspect(fn, func(x ast.Node) bool {
			switch x.(type) {
			case *ast.BlockStmt, *ast.CaseClause:
				if x.Pos() <= n.Pos() && n.End() <= x.End() {
					m[x] = true
				}
			}
			return true
		})
		return m
	}
	literals := map[ast.Node]bool{} // bodies
	ast.Inspect(fn, func(x ast.Node) bool {
		if lit, ok := x.(*ast.FuncLit); ok {
			literals[lit.Body] = true
		}
		return true
	})
	var only int
	ia, ib := in(a), in(b)
	for n := range ia {
		if !ib[n] {
			only |= 1
			if returns(n) && !literals[n] {
				return false
			}
		}
	}
	for n := range ib {
		if !ia[n] {
			only |= 2
		}
	}
	return only != 3
}

// returns reports whether a block ends with a return, and no other way leads out of it.
func returns(block ast.Node) bool {
	var l []ast.Stmt
	switch b := block.(type) {
	case *ast.BlockStmt:
		l = b.List
	case *ast.CaseClause:
		l = b.Body
	}
	if len(l) == 0 {
		return false
	}
	_, ok := l[len(l)-1].(*ast.ReturnStmt)
	ast.Inspect(block, func(n ast.Node) bool {
		if _, leads := n.(*ast.BranchStmt); leads {
			ok = false
		}
		return ok
	})
	return ok
}

// Unfilled lists the fields that a frame of n made by framemap.Frame for point i of
// o needs at point j and that moves does not give it from the old frame. A frame that has others
// inside gets what it called for when these return.
func Unfilled(o, n *ledger.Func, i, j int, innermost bool, moves map[string]string) []string {
	var l []string
	for _, f := range n.Frame {
		if !slices.Contains(n.Points[j].Live, f.Name) || !innermost && returned(n, j, f) {
			continue
		}
		from, ok := moves[f.Name]
		// What the old point's call returns is not in its frame yet, but in the frame
		// inside it, which may become a part of this one.
		k := slices.IndexFunc(o.Frame, func(v ledger.Field) bool { return v.Name == from })
		one := ok && k >= 0 && match.Shared(&o.Frame[k], &f, i, j)
		waits := slices.ContainsFunc(o.Frame, func(v ledger.Field) bool { return v.Name == from && returned(o, i, v) })
		if !ok || one || !slices.Contains(o.Points[i].Live, from) || waits && !returned(n, j, f) {
			l = append(l, f.Name)
		}
	}
	return l
}

// returned reports whether a field is set by what point j's call returns.
func returned(n *ledger.Func, j int, f ledger.Field) bool {
	p := n.Points[j]
	if p.Kind != "call" {
		return false
	}
	_, right, ok := strings.Cut(f.Decl, ":= ")
	return strings.HasPrefix(f.Role, fmt.Sprintf("@%d result", j)) || ok && strings.HasPrefix(right, p.What)
}

// kept finds what is set in the frame that a call of framemap.Frame returns.
func (c *checker) kept(fn ast.Node, call *ast.CallExpr) fieldSet {
	s := fieldSet{fields: map[string]bool{}, other: map[string]bool{}}
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if len(n.Lhs) == 1 && len(n.Rhs) == 1 && ast.Unparen(n.Rhs[0]) == call {
				if id, ok := n.Lhs[0].(*ast.Ident); ok {
					o := c.info.Defs[id]
					if o == nil {
						o = c.info.Uses[id]
					}
					s = c.assigned(fn, o)
				} else {
					s.all = true // kept elsewhere
				}
			}
		case *ast.SelectorExpr: // framemap.Frame(…).F = …
			if n.X == call {
				s.fields[n.Sel.Name], s.other[n.Sel.Name] = true, true
			}
		case *ast.CallExpr:
			for _, a := range n.Args {
				if a == call {
					s.all = true
				}
			}
		}
		return true
	})
	return s
}

// bodyOf is the body of a function literal, or of a function of this file that is
// named.
func (c *checker) bodyOf(x ast.Expr) (*ast.BlockStmt, *ast.FuncType) {
	x = ast.Unparen(x)
	if i, ok := x.(*ast.IndexExpr); ok {
		x = i.X
	}
	switch x := x.(type) {
	case *ast.FuncLit:
		return x.Body, x.Type
	case *ast.Ident:
		for _, d := range c.file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil && c.info.Uses[x] != nil && c.info.Uses[x] == c.info.Defs[fn.Name] {
				return fn.Body, fn.Type
			}
		}
	}
	return nil, nil
}

// sets finds the fields that a function gives values to through its last
// parameter. Any statement that does counts, in conditions too: which of them run
// is the developer's business.
func (c *checker) sets(fn ast.Expr) fieldSet {
	s := fieldSet{fields: map[string]bool{}, other: map[string]bool{}}
	body, typ := c.bodyOf(fn)
	if body == nil || len(typ.Params.List) == 0 {
		s.all = true
		return s
	}
	last := typ.Params.List[len(typ.Params.List)-1]
	if len(last.Names) == 0 {
		return s
	}
	return c.assigned(body, c.info.Defs[last.Names[len(last.Names)-1]])
}

// assigned finds the fields that are given values to through a pointer variable.
func (c *checker) assigned(body ast.Node, param types.Object) fieldSet {
	s := fieldSet{fields: map[string]bool{}, other: map[string]bool{}}
	isParam := func(x ast.Expr) bool {
		id, ok := ast.Unparen(x).(*ast.Ident)
		return ok && param != nil && c.info.Uses[id] == param
	}
	var field func(x, value ast.Expr) // x is assigned, or its address is taken
	field = func(x, value ast.Expr) {
		switch x := ast.Unparen(x).(type) {
		case *ast.SelectorExpr:
			if isParam(x.X) {
				s.fields[x.Sel.Name] = true
				s.other[x.Sel.Name] = s.other[x.Sel.Name] || !c.isFalse(value)
				return
			}
			field(x.X, nil)
		case *ast.IndexExpr:
			field(x.X, nil)
		case *ast.StarExpr:
			if isParam(x.X) {
				s.all = true
			}
		}
	}
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if len(n.Lhs) == len(n.Rhs) && n.Tok == token.ASSIGN {
					field(l, n.Rhs[i])
				} else {
					field(l, nil)
				}
			}
		case *ast.IncDecStmt:
			field(n.X, nil)
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				field(n.X, nil)
			}
		case *ast.CallExpr:
			for _, a := range n.Args {
				if isParam(a) {
					s.all = true // handed on
				}
			}
		}
		return true
	})
	return s
}

// isFalse reports whether a value is false, or still to be decided.
func (c *checker) isFalse(x ast.Expr) bool {
	if x == nil {
		return false
	}
	v := c.info.Types[x].Value
	return isDecide(x) || v != nil && v.Kind() == constant.Bool && !constant.BoolVal(v)
}

func (s fieldSet) has(names *mirror.Names, mirror, field string) bool {
	return s.all || s.fields[names.Field(mirror, field)]
}
