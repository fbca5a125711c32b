package colour

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/upstarego/upstarego/rewriter/load"
)

// An index is all own functions and calls, found by walking syntax. Syntax
// decides what exists: SSA leaves dead code out, the rewriter does not.
type index struct {
	prog  *load.Program
	funcs []*function // in source order, dependencies first
	calls []*call     // those at package level too

	bodies []*function // of range statements over functions: what their iterators call back

	computing map[string]bool // foreign packages: see computes

	byNode map[ast.Node]*function
	byObj  map[*types.Func]*function // origins
	byPos  map[token.Pos]*call       // by Lparen, or For of a range statement

	shared map[types.Object]bool // variables: see sharedVars

	ifaceValues []*types.Func // interface methods whose value is taken: `v := i.M`
}

// A function is an own FuncDecl or FuncLit.
type function struct {
	node   ast.Node // *ast.FuncDecl, *ast.FuncLit; *ast.RangeStmt among bodies
	pkg    *load.Package
	obj    *types.Func // origin; nil for literals
	parent *function   // nil for declarations, and literals at package level
	body   *ast.BlockStmt
	name   string
	lits   int

	calls []*call
	parks []park
	loops []*loop

	escapes bool // marked go:uintptrescapes: its caller's frame stays until it returns

	special *park // of a body: see special
	back    *loop // of a body: the loop, whose back-edge is polled in it

	// taken lists the places where its value is used other than by a call.
	taken []use
	kept  bool // at one of these it may be held for longer than the call

	pausable  bool
	recursive bool
	loopy     bool // has a loop of unknown length, or calls own code that has
	waits     bool // it may wait, be it for a moment
	lasting   bool // a goroutine may stay in it: see markLasting
	gate      Gate
	started   bool // by a go statement
	outside   bool // foreign code may call it at any time
	mapped    bool // a frame map calls it or begins a goroutine with it, and may do so later
	why       reason
}

// A use is a place where a function's value is taken.
type use struct {
	pos token.Pos
	arg *call // the call it is an argument of as it stands, or nil
}

// How a call is made.
type manner uint8

const (
	called manner = iota
	deferred
	started // by a go statement
)

// A call is a CallExpr of own code (no conversion, no builtin), or the
// implicit call of a range over a function.
type call struct {
	expr   *ast.CallExpr
	rng    *ast.RangeStmt
	in     *function // nil at package level
	pkg    *load.Package
	manner manner

	static *types.Func // origin of the statically known callee, own or foreign

	own     []*function   // possible own callees
	foreign []*types.Func // possible foreign callees
	unknown string        // why anything else may be called; "" if nothing
	verdict verdict       // of the foreign callees together
	backs   []*function   // own functions that foreign callees may call before they return

	op Op
}

func (c *call) pos() token.Pos {
	if c.expr != nil {
		return c.expr.Pos()
	}
	return c.rng.For
}

// A park is an operation that always parks.
type park struct {
	node ast.Node
	what string
}

func newIndex(p *load.Program) *index {
	x := &index{
		prog:   p,
		byNode: map[ast.Node]*function{},
		byObj:  map[*types.Func]*function{},
		byPos:  map[token.Pos]*call{},
		shared: map[types.Object]bool{},
	}
	for _, pkg := range p.Own {
		w := &walker{x: x, pkg: pkg, info: pkg.Info}
		for _, file := range pkg.Syntax {
			sharedVars(pkg.Info, file, x.shared)
			for _, d := range file.Decls {
				if d, ok := d.(*ast.FuncDecl); ok {
					w.declare(file, d)
				}
			}
		}
	}
	for _, pkg := range p.Own {
		w := &walker{x: x, pkg: pkg, info: pkg.Info, level: pkg.PkgPath + ".init"}
		for _, file := range pkg.Syntax {
			for _, d := range file.Decls {
				switch d := d.(type) {
				case *ast.FuncDecl:
					if d.Body != nil {
						w.function(x.byNode[d])
					}
				case *ast.GenDecl:
					w.walk(d)
				}
			}
		}
	}
	for _, c := range x.calls {
		if c.rng != nil && c.in != nil {
			x.rangeBody(c)
		}
	}
	return x
}

// rangeBody makes a function of what an iterator calls back. Its operations
// stay those of the function around it as well.
func (x *index) rangeBody(c *call) {
	f := c.in
	b := &function{node: c.rng, pkg: f.pkg, parent: f, body: c.rng.Body, name: f.name + ".range"}
	inside := func(n ast.Node) bool { return c.rng.Body.Pos() <= n.Pos() && n.End() <= c.rng.Body.End() }
	for _, d := range f.calls {
		if d.expr != nil && inside(d.expr) || d.rng != nil && inside(d.rng) {
			b.calls = append(b.calls, d)
		}
	}
	for _, p := range f.parks {
		if inside(p.node) {
			b.parks = append(b.parks, p)
		}
	}
	for _, l := range f.loops {
		if inside(l.stmt) {
			b.loops = append(b.loops, l)
		}
		if l.stmt == ast.Stmt(c.rng) {
			b.back = l
		}
	}
	b.special = special(f.pkg.Info, c.rng.Body)
	x.bodies = append(x.bodies, b)
	x.byNode[c.rng] = b
}

// special finds what the body of a range over a function cannot do where it is not
// rewritten with the function around it: defer for that function, or recover.
func special(info *types.Info, body *ast.BlockStmt) (found *park) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.DeferStmt:
			found = &park{n, "defers for the function around its loop"}
		case *ast.CallExpr:
			if id, ok := ast.Unparen(n.Fun).(*ast.Ident); ok {
				if b, ok := info.Uses[id].(*types.Builtin); ok && b.Name() == "recover" {
					found = &park{n, "calls recover in the body of a loop"}
				}
			}
		}
		return found == nil
	})
	return found
}

// all is the nodes of the call graph.
func (x *index) all() []*function { return slices.Concat(x.funcs, x.bodies) }

// A walker goes through one package. It keeps the enclosing nodes.
type walker struct {
	x     *index
	pkg   *load.Package
	info  *types.Info
	fn    *function
	stack []ast.Node
	at    token.Pos // of the node being visited
	level string    // prefix of names of literals at package level
	lits  int
}

func (w *walker) declare(file *ast.File, d *ast.FuncDecl) {
	obj, ok := w.info.Defs[d.Name].(*types.Func)
	if !ok {
		return
	}
	f := &function{node: d, pkg: w.pkg, obj: obj, body: d.Body, name: declName(w.pkg.PkgPath, obj), escapes: load.UintptrEscapes(file, d)}
	w.x.funcs = append(w.x.funcs, f)
	w.x.byNode[d] = f
	w.x.byObj[obj] = f
}

func declName(path string, obj *types.Func) string {
	recv := obj.Signature().Recv()
	if recv == nil {
		return path + "." + obj.Name()
	}
	t, star := recv.Type(), false
	if p, ok := t.(*types.Pointer); ok {
		t, star = p.Elem(), true
	}
	name := "?"
	if n, ok := types.Unalias(t).(*types.Named); ok {
		name = n.Obj().Name()
	}
	if star {
		return path + ".(*" + name + ")." + obj.Name()
	}
	return path + "." + name + "." + obj.Name()
}

// function walks a body with the function as the enclosing one.
func (w *walker) function(f *function) {
	outer, stack := w.fn, w.stack
	w.fn, w.stack = f, []ast.Node{f.node}
	w.walk(f.body)
	f.loops = append(f.loops, backwardGotos(w.info, f.body)...)
	w.fn, w.stack = outer, stack
}

func (w *walker) walk(root ast.Node) {
	ast.PreorderStack(root, w.stack, func(n ast.Node, stack []ast.Node) bool {
		w.stack, w.at = stack, n.Pos()
		return w.visit(n)
	})
}

// visit records one node; it returns whether to go on into it.
func (w *walker) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncLit:
		w.literal(n)
		return false
	case *ast.CallExpr:
		w.call(n)
	case *ast.SendStmt:
		if !w.isComm(n, 0) {
			w.park(n, "sends on a channel")
		}
	case *ast.UnaryExpr:
		if n.Op == token.ARROW && !w.receivesForSelect() {
			w.park(n, "receives from a channel")
		}
	case *ast.SelectStmt:
		if !hasDefault(n) {
			w.park(n, "selects")
		}
	case *ast.ForStmt:
		w.fn.loops = append(w.fn.loops, &loop{stmt: n, body: n.Body})
	case *ast.RangeStmt:
		w.ranges(n)
	case *ast.Ident:
		w.mention(n)
	}
	return true
}

func (w *walker) parent(i int) ast.Node {
	if n := len(w.stack) - 1 - i; n >= 0 {
		return w.stack[n]
	}
	return nil
}

func (w *walker) park(n ast.Node, what string) {
	if w.fn != nil { // an initialiser of a package variable is no function
		w.fn.parks = append(w.fn.parks, park{n, what})
	}
}

// isComm reports whether a statement, whose i-th parent is asked for, is the
// operation of a select case. The select statement is what parks then.
func (w *walker) isComm(s ast.Stmt, i int) bool {
	c, ok := w.parent(i).(*ast.CommClause)
	return ok && c.Comm == s
}

// receivesForSelect reports whether the receive being visited is the operation
// of a select case, `case <-c:` or `case v := <-c:`, and not part of an
// operand.
func (w *walker) receivesForSelect() bool {
	i := 0
	for {
		if _, ok := w.parent(i).(*ast.ParenExpr); !ok {
			break
		}
		i++
	}
	switch s := w.parent(i).(type) {
	case *ast.ExprStmt:
		return w.isComm(s, i+1)
	case *ast.AssignStmt:
		// `case x[<-d] = <-c:` has its operation on the right.
		return w.isComm(s, i+1) && s.Rhs[0].Pos() <= w.at && w.at < s.Rhs[0].End()
	}
	return false
}

func hasDefault(s *ast.SelectStmt) bool {
	for _, c := range s.Body.List {
		if c.(*ast.CommClause).Comm == nil {
			return true
		}
	}
	return false
}

// literal enters a function literal and walks it.
func (w *walker) literal(lit *ast.FuncLit) {
	f := &function{node: lit, pkg: w.pkg, parent: w.fn, body: lit.Body}
	if w.fn != nil {
		w.fn.lits++
		f.name = w.fn.name + ".func" + strconv.Itoa(w.fn.lits)
	} else {
		w.lits++
		f.name = w.level + ".func" + strconv.Itoa(w.lits)
	}
	w.x.funcs = append(w.x.funcs, f)
	w.x.byNode[lit] = f
	if c, callee := w.within(lit); !callee {
		f.taken = append(f.taken, use{lit.Pos(), c})
	}
	w.function(f)
}

// within looks through parentheses, selections and instantiations for the call
// that an expression is the callee of (true), or an argument of as it stands.
func (w *walker) within(e ast.Expr) (c *call, callee bool) {
	for i := 0; ; i++ {
		switch p := w.parent(i).(type) {
		case *ast.ParenExpr:
			e = p
		case *ast.SelectorExpr:
			if p.Sel != e {
				return nil, false
			}
			e = p
		case *ast.IndexExpr:
			if p.X != e {
				return nil, false
			}
			e = p
		case *ast.IndexListExpr:
			if p.X != e {
				return nil, false
			}
			e = p
		case *ast.CallExpr:
			return w.x.byPos[p.Lparen], p.Fun == e
		default:
			return nil, false
		}
	}
}

// mention records that a function's value is taken, if that is what the
// identifier stands for.
func (w *walker) mention(id *ast.Ident) {
	obj, ok := w.info.Uses[id].(*types.Func)
	if !ok {
		return
	}
	c, callee := w.within(id)
	if callee {
		return
	}
	if f := w.x.byObj[obj.Origin()]; f != nil {
		f.taken = append(f.taken, use{id.Pos(), c})
	} else if types.IsInterface(orNever(recvType(obj))) {
		w.x.ifaceValues = append(w.x.ifaceValues, obj)
	}
}

// recvType is the receiver's type of a method, or nil.
func recvType(f *types.Func) types.Type {
	if r := f.Signature().Recv(); r != nil {
		return r.Type()
	}
	return nil
}

func (w *walker) call(n *ast.CallExpr) {
	if tv := w.info.Types[n.Fun]; tv.IsType() || tv.IsBuiltin() {
		return
	}
	c := &call{expr: n, in: w.fn, pkg: w.pkg}
	switch w.parent(0).(type) {
	case *ast.DeferStmt:
		c.manner = deferred
	case *ast.GoStmt:
		c.manner = started
	}
	if f := typeutil.StaticCallee(w.info, n); f != nil {
		c.static = f.Origin()
	}
	w.x.enter(c, n.Lparen)
}

func (x *index) enter(c *call, pos token.Pos) {
	x.calls = append(x.calls, c)
	x.byPos[pos] = c
	if c.in != nil {
		c.in.calls = append(c.in.calls, c)
	}
}

func (w *walker) ranges(n *ast.RangeStmt) {
	switch t := w.info.Types[n.X].Type; core(t).(type) {
	case *types.Chan:
		w.park(n, "receives from a channel")
	case *types.Signature:
		w.x.enter(&call{rng: n, in: w.fn, pkg: w.pkg}, n.For)
	}
	w.fn.loops = append(w.fn.loops, &loop{stmt: n, body: n.Body})
}

// core is the type that all types of a type set have underneath, or nil.
func core(t types.Type) types.Type {
	if _, ok := types.Unalias(t).(*types.TypeParam); !ok {
		return t.Underlying()
	}
	var one types.Type
	ok := true
	for u := range typeSet(t.Underlying().(*types.Interface)) {
		if one == nil {
			one = u.Underlying()
		} else if !types.Identical(one, u.Underlying()) {
			ok = false
		}
	}
	if !ok {
		return nil
	}
	return one
}

// typeSet yields the types that the unions of a constraint name.
func typeSet(i *types.Interface) func(yield func(types.Type) bool) {
	return func(yield func(types.Type) bool) {
		for e := range i.EmbeddedTypes() {
			switch e := types.Unalias(e).(type) {
			case *types.Union:
				for t := range e.Terms() {
					if !yield(t.Type()) {
						return
					}
				}
			default:
				if j, ok := e.Underlying().(*types.Interface); ok {
					for t := range typeSet(j) {
						if !yield(t) {
							return
						}
					}
				} else if !yield(e) {
					return
				}
			}
		}
	}
}
