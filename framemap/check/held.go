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
)

// A frame record holds the locals that are live at its point; in the mirror that a rule's
// function reads, the others are zero. held looks at every field that such a function
// reads of an old frame, and at the points at which it may come to that place: conditions
// on Stack.Point, and on the point that Inner and Outer give, are followed, of others
// nothing is known.
//
// Not held at any of these points is an error. So is following a pointer, unconditionally,
// that is not held at one of them. What is read where it is only sometimes there is told
// as a warning: the value may not be wanted there.
func (c *checker) held(l []Resolved) {
	byKey := map[string]*Resolved{}
	for i := range l {
		byKey[l[i].Old] = &l[i]
	}
	ast.Inspect(c.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name, _ := c.vocabulary(call)
		if name != "Locals" && name != "At" {
			return true
		}
		key := constantText(c.info, call.Args[1])
		o := c.Old.Func(key)
		body, typ := c.bodyOf(call.Args[len(call.Args)-1])
		if o == nil || body == nil || byKey[key] == nil {
			return true
		}
		h := &reads{c: c, rule: name, l: byKey, frames: map[types.Object]*readFrame{}, points: map[types.Object]*readFrame{}, said: map[string]bool{}}
		var at []int
		if name == "At" {
			at = []int{pointOf(c.info, call.Args[2])}
		} else {
			for i := range o.Points {
				if _, other := c.rules.ats[key][i]; !other && (i > 0 || o.Gate) && !slices.Contains(byKey[key].Never, i) {
					at = append(at, i)
				}
			}
		}
		h.own = &readFrame{o, c.was.Frame(key), at}
		params := typ.Params.List
		if len(params) < 2 || len(params[0].Names) != 1 || len(params[1].Names) != 1 {
			return true
		}
		h.stack = c.info.Defs[params[0].Names[0]]
		h.frames[c.info.Defs[params[1].Names[0]]] = h.own
		h.block(body.List, nil)
		return true
	})
}

func constantText(info *types.Info, x ast.Expr) string {
	if v := info.Types[x].Value; v != nil && v.Kind() == constant.String {
		return constant.StringVal(v)
	}
	return ""
}

func pointOf(info *types.Info, x ast.Expr) int {
	if v := info.Types[x].Value; v != nil {
		if n, ok := constant.Int64Val(constant.ToInt(v)); ok {
			return int(n)
		}
	}
	return -1
}

// reads is the walk over one rule's function.
type reads struct {
	c      *checker
	rule   string
	l      map[string]*Resolved
	own    *readFrame
	stack  types.Object
	frames map[types.Object]*readFrame // variables that lead to old frames
	points map[types.Object]*readFrame // and what point these stand at
	said   map[string]bool
}

// A readFrame is an old frame that the function can read, and where it may stand.
type readFrame struct {
	f      *ledger.Func
	mirror string
	at     []int
}

// A condition must hold for a place to be come to: what eval says of it must be want.
// One without an expression is unknown.
type condition struct {
	x    ast.Expr
	tag  ast.Expr   // of a switch: x is one of its values
	none []ast.Expr // of a default: none of these
	want bool
}

// block walks statements that follow each other.
func (h *reads) block(list []ast.Stmt, conds []condition) {
	for _, s := range list {
		h.node(s, conds)
		if s, ok := s.(*ast.IfStmt); ok {
			if returns(s.Body) {
				conds = with(conds, condition{x: s.Cond})
			}
			if e, ok := s.Else.(*ast.BlockStmt); ok && returns(e) {
				conds = with(conds, condition{x: s.Cond, want: true})
			}
		}
	}
}

func with(conds []condition, more ...condition) []condition {
	return append(slices.Clip(conds), more...)
}

func (h *reads) node(n ast.Node, conds []condition) {
	switch n := n.(type) {
	case nil:
		return
	case *ast.BlockStmt:
		h.block(n.List, conds)
	case *ast.FuncLit:
		h.block(n.Body.List, conds)
	case *ast.AssignStmt:
		h.assign(n, conds)
	case *ast.IfStmt:
		if n.Init != nil {
			h.node(n.Init, conds)
		}
		h.node(n.Cond, conds)
		h.block(n.Body.List, with(conds, condition{x: n.Cond, want: true}))
		if n.Else != nil {
			h.node(n.Else, with(conds, condition{x: n.Cond}))
		}
	case *ast.ForStmt, *ast.RangeStmt, *ast.SelectStmt, *ast.TypeSwitchStmt:
		h.children(n, with(conds, condition{}))
	case *ast.SwitchStmt:
		if n.Init != nil {
			h.node(n.Init, conds)
		}
		if n.Tag != nil {
			h.node(n.Tag, conds)
		}
		var before []ast.Expr
		for _, s := range n.Body.List {
			clause := s.(*ast.CaseClause)
			for _, x := range clause.List {
				h.node(x, conds)
			}
			before = append(before, clause.List...)
		}
		for _, s := range n.Body.List {
			clause := s.(*ast.CaseClause)
			is := condition{tag: n.Tag, none: before, want: true}
			switch {
			case len(clause.List) == 1:
				is = condition{x: clause.List[0], tag: n.Tag, want: true}
			case len(clause.List) > 1:
				is = condition{tag: n.Tag, none: clause.List}
			}
			h.block(clause.Body, with(conds, is))
		}
	case *ast.BinaryExpr:
		h.binary(n, conds)
	case *ast.SelectorExpr:
		if h.field(n.X) != nil {
			s := h.c.info.Selections[n]
			h.read(ast.Unparen(n.X).(*ast.SelectorExpr), conds, s == nil || s.Kind() == types.FieldVal)
		} else if h.field(n) != nil {
			h.read(n, conds, false)
		} else {
			h.node(n.X, conds)
		}
	case *ast.StarExpr:
		h.through(n.X, conds)
	case *ast.IndexExpr:
		h.through(n.X, conds)
		h.node(n.Index, conds)
	default:
		h.children(n, conds)
	}
}

// through is a read whose value is followed.
func (h *reads) through(x ast.Expr, conds []condition) {
	if h.field(x) != nil {
		h.read(ast.Unparen(x).(*ast.SelectorExpr), conds, true)
	} else {
		h.node(x, conds)
	}
}

func (h *reads) children(n ast.Node, conds []condition) {
	self := true
	ast.Inspect(n, func(child ast.Node) bool {
		if self {
			self = false
			return true
		}
		if child != nil {
			h.node(child, conds)
		}
		return false
	})
}

// binary: the second operand is not always come to; and comparing a field with nil asks
// whether it is there.
func (h *reads) binary(n *ast.BinaryExpr, conds []condition) {
	switch n.Op {
	case token.LAND, token.LOR:
		h.node(n.X, conds)
		h.node(n.Y, with(conds, condition{x: n.X, want: n.Op == token.LAND}))
		return
	case token.EQL, token.NEQ:
		if h.c.info.Types[n.Y].IsNil() && h.field(n.X) != nil || h.c.info.Types[n.X].IsNil() && h.field(n.Y) != nil {
			return
		}
	}
	h.node(n.X, conds)
	h.node(n.Y, conds)
}

// assign notes variables that lead to frames; assigning to an old frame reads nothing.
func (h *reads) assign(n *ast.AssignStmt, conds []condition) {
	for _, x := range n.Rhs {
		h.node(x, conds)
	}
	for _, x := range n.Lhs {
		if h.field(x) == nil {
			h.node(x, conds)
		}
	}
	if len(n.Rhs) != 1 || len(n.Lhs) != 2 {
		return
	}
	call, ok := ast.Unparen(n.Rhs[0]).(*ast.CallExpr)
	if !ok {
		return
	}
	name, _ := h.c.vocabulary(call)
	if name != "Inner" && name != "Outer" {
		return
	}
	key := constantText(h.c.info, call.Args[1])
	o := h.c.Old.Func(key)
	if o == nil {
		return
	}
	f := &readFrame{f: o, mirror: h.c.was.Frame(key)}
	for i := 1; i < len(o.Points); i++ { // who waits at the entry has called nobody, and nobody has called him
		if r := h.l[key]; (name == "Inner" || o.Points[i].Kind == "call") && (r == nil || !slices.Contains(r.Never, i)) {
			f.at = append(f.at, i)
		}
	}
	for k, to := range []map[types.Object]*readFrame{h.frames, h.points} {
		if id, ok := n.Lhs[k].(*ast.Ident); ok {
			if v := h.c.object(id); v != nil {
				to[v] = f
			}
		}
	}
}

func (c *checker) object(id *ast.Ident) types.Object {
	if o := c.info.Defs[id]; o != nil {
		return o
	}
	return c.info.Uses[id]
}

// field is the frame that an expression reads a field of, or nil.
func (h *reads) field(x ast.Expr) *readFrame {
	sel, ok := ast.Unparen(x).(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	id, ok := ast.Unparen(sel.X).(*ast.Ident)
	if !ok {
		return nil
	}
	return h.frames[h.c.info.Uses[id]]
}

// read judges one place that reads a field. follows: through a pointer.
func (h *reads) read(sel *ast.SelectorExpr, conds []condition, follows bool) {
	f := h.field(sel)
	i := slices.IndexFunc(f.f.Frame, func(v ledger.Field) bool { return h.c.was.Field(f.mirror, v.Name) == sel.Sel.Name })
	if i < 0 {
		return
	}
	v := f.f.Frame[i]
	_, pointer := h.c.info.Types[sel].Type.Underlying().(*types.Pointer)
	if v.Source == "" && !pointer {
		return // the rewriter's own: that it is zero says that the operation was not come to
	}
	follows = follows && pointer
	var without []int
	some, certain := false, true
	for _, p := range f.at {
		reached, known := true, true
		for _, c := range conds {
			is, ok := h.eval(c, f, p)
			if !ok && f != h.own {
				is, ok = h.ever(c)
			}
			switch {
			case !ok && h.asks(c, sel):
				return // it is asked for itself
			case !ok:
				known = false
			case is != c.want:
				reached = false
			}
		}
		switch {
		case !reached:
		case slices.Contains(f.f.Points[p].Live, v.Name):
			some = true
		default:
			without = append(without, p)
			certain = certain && known
		}
	}
	if len(without) == 0 {
		return
	}
	what := fmt.Sprintf("%s is read of frames of %s", h.name(v, sel), f.f.Key)
	why := "at no point at which this is come to is it held: it is not used any more there, or not yet, and zero is read"
	do := "take it from a frame or an object that holds it (framemap.Outer, framemap.Inner), or do without"
	list := diag.List{}
	switch {
	case !some:
		list.Add(diag.NotHeld, h.c.fset.Position(sel.Pos()), what+", which do not hold it", why, do)
	case follows && certain:
		list.Add(diag.NotHeld, h.c.fset.Position(sel.Pos()), fmt.Sprintf("%s and followed, also at %s, where they do not hold it", what, h.list(f.f, without)),
			"it is nil there: the function would panic", "ask for the point, or whether it is nil, first")
	default:
		if without = slices.DeleteFunc(without, func(p int) bool { return p == 0 }); len(without) == 0 {
			return // at the entry the new frame has no locals that could want it
		}
		list.Add(diag.NotHeld, h.c.fset.Position(sel.Pos()), fmt.Sprintf("%s, also at %s, where they do not hold it", what, h.list(f.f, without)),
			"zero is read there", "if that matters, ask for the point first")
	}
	d := list[0]
	if h.said[d.What] {
		return
	}
	h.said[d.What] = true
	if !some || follows && certain {
		h.c.diags = append(h.c.diags, d)
	} else {
		h.c.warnings = append(h.c.warnings, d)
	}
}

func (h *reads) name(v ledger.Field, sel *ast.SelectorExpr) string {
	if v.Source != "" {
		return "local " + v.Source
	}
	return sel.Sel.Name
}

// list names points with their lines.
func (h *reads) list(f *ledger.Func, points []int) string {
	var l []string
	for _, p := range points {
		what := "the entry"
		if p > 0 {
			what = fmt.Sprintf("point %d (old line %d: `%s`)", p, f.Points[p].Line, f.Points[p].What)
		}
		l = append(l, what)
	}
	return strings.Join(l, ", ")
}

// asks reports whether a condition is about the field itself.
func (h *reads) asks(c condition, sel *ast.SelectorExpr) (found bool) {
	f := h.field(sel)
	for _, x := range append(slices.Clone(c.none), c.x, c.tag) {
		if x == nil {
			continue
		}
		ast.Inspect(x, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && h.field(s) == f && s.Sel.Name == sel.Sel.Name {
				found = true
			}
			return true
		})
	}
	return found
}

// eval says whether a condition is fulfilled when frame f stands at point p, if that can
// be told.
func (h *reads) eval(c condition, f *readFrame, p int) (is, ok bool) {
	switch {
	case c.none != nil && (c.tag != nil || c.x == nil):
		is = true // none of them
		for _, x := range c.none {
			if one, known := h.equal(c.tag, x, f, p); !known {
				return false, false
			} else if one {
				is = false
			}
		}
		return is, true
	case c.x == nil:
		return false, false
	case c.tag != nil:
		return h.equal(c.tag, c.x, f, p)
	}
	return h.truth(c.x, f, p)
}

// ever says of a condition on where the rule's own frame stands whether it is fulfilled at
// one of its points.
func (h *reads) ever(c condition) (is, ok bool) {
	for _, p := range h.own.at {
		if is, ok = h.eval(c, h.own, p); !ok || is == c.want {
			return is, ok
		}
	}
	return is, ok
}

// equal is x == tag; without a tag it is x.
func (h *reads) equal(tag, x ast.Expr, f *readFrame, p int) (is, ok bool) {
	if tag == nil {
		return h.truth(x, f, p)
	}
	a, ok1 := h.number(tag, f, p)
	b, ok2 := h.number(x, f, p)
	return a == b, ok1 && ok2
}

func (h *reads) truth(x ast.Expr, f *readFrame, p int) (is, ok bool) {
	x = ast.Unparen(x)
	if v := h.c.info.Types[x].Value; v != nil && v.Kind() == constant.Bool {
		return constant.BoolVal(v), true
	}
	switch x := x.(type) {
	case *ast.UnaryExpr:
		if x.Op == token.NOT {
			is, ok = h.truth(x.X, f, p)
			return !is, ok
		}
	case *ast.BinaryExpr:
		switch x.Op {
		case token.LAND, token.LOR:
			a, ok1 := h.truth(x.X, f, p)
			b, ok2 := h.truth(x.Y, f, p)
			or := x.Op == token.LOR
			switch {
			case ok1 && a == or, ok2 && b == or:
				return or, true
			}
			return !or, ok1 && ok2
		}
		if is, ok := h.present(x, f); ok {
			return is, true
		}
		a, ok1 := h.number(x.X, f, p)
		b, ok2 := h.number(x.Y, f, p)
		if ok1 && ok2 {
			return constant.Compare(constant.MakeInt64(int64(a)), x.Op, constant.MakeInt64(int64(b))), isComparison(x.Op)
		}
	}
	return false, false
}

func isComparison(op token.Token) bool {
	switch op {
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		return true
	}
	return false
}

// present compares the frame that is read with nil, which it is not.
func (h *reads) present(x *ast.BinaryExpr, f *readFrame) (is, ok bool) {
	if x.Op != token.EQL && x.Op != token.NEQ {
		return false, false
	}
	for _, side := range [][2]ast.Expr{{x.X, x.Y}, {x.Y, x.X}} {
		if id, plain := ast.Unparen(side[0]).(*ast.Ident); plain && h.frames[h.c.info.Uses[id]] == f && h.c.info.Types[side[1]].IsNil() {
			return x.Op == token.NEQ, true
		}
	}
	return false, false
}

// number is a constant, or the point that frame f stands at.
func (h *reads) number(x ast.Expr, f *readFrame, p int) (n int, ok bool) {
	x = ast.Unparen(x)
	if v := h.c.info.Types[x].Value; v != nil {
		if n, exact := constant.Int64Val(constant.ToInt(v)); exact {
			return int(n), true
		}
		return 0, false
	}
	switch x := x.(type) {
	case *ast.Ident:
		return p, h.points[h.c.info.Uses[x]] == f
	case *ast.CallExpr:
		if sel, method := x.Fun.(*ast.SelectorExpr); method && f == h.own && sel.Sel.Name == "Point" {
			id, plain := ast.Unparen(sel.X).(*ast.Ident)
			return p, plain && h.c.info.Uses[id] == h.stack
		}
	}
	return 0, false
}
