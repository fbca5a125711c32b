package rewriter

import (
	"go/ast"
	values "go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/load"
)

// effects enters what a function does besides its points' operations, as far as it may
// matter to what comes after it or to others, and which locks it holds at its points.
// A function that has no points needs little: its frames are never carried over on the
// way, and whoever calls it has the call as an effect.
func (d *describer) effects(fn *desugar.Func, f *ledger.Func) {
	x := newEffector(d, fn)
	x.all()
	f.Effects, f.Calls = x.list, x.calls
	if !fn.Pausable() {
		f.Effects = x.followed()
		return
	}
	x.order.held(x.locks, f)
}

type effector struct {
	d  *describer
	fn *desugar.Func
	scope
	order *order
	given map[*types.Var][]ast.Stmt // where local variables get values
	list  []ledger.Effect
	calls []ledger.Call
	locks []lockOp
}

func newEffector(d *describer, fn *desugar.Func) *effector {
	return &effector{d: d, fn: fn, scope: scope{d, fn.Tree.Pkg, fn.Node()}, order: newOrder(fn), given: map[*types.Var][]ast.Stmt{}}
}

// all finds what the function does.
func (x *effector) all() {
	x.gives(x.fn.Block())
	x.walk(x.fn.Block())
}

// followed are the effects that are followed from function to function.
func (x *effector) followed() []ledger.Effect {
	return slices.DeleteFunc(x.list, func(e ledger.Effect) bool { return !ledger.Followed(e.Kind) })
}

// add enters an effect that is there when end has been evaluated, in the node of at.
func (x *effector) add(kind, what, key string, at ast.Node, within *ast.BlockStmt) {
	pos := x.fn.Tree.Prog.Fset.Position(at.Pos())
	if key == what {
		key = ""
	}
	x.list = append(x.list, ledger.Effect{Kind: kind, What: what, Key: key, Line: pos.Line, Col: pos.Column, Places: x.order.places(at, within)})
}

// walk goes through a function's statements, and not into its literals or into bodies
// of loops that have become literals.
func (x *effector) walk(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.RangeStmt:
			x.leads(n, n.X)
			if _, literal := x.fn.Tree.Ranges[n]; literal {
				x.walk(n.X)
				return false
			}
		case *ast.DeferStmt:
			for _, a := range n.Call.Args {
				x.walk(a)
			}
			x.deferred(n)
			return false
		case *ast.SelectStmt:
			if !slices.ContainsFunc(n.Body.List, func(c ast.Stmt) bool { return c.(*ast.CommClause).Comm == nil }) {
				for _, c := range n.Body.List {
					for _, s := range c.(*ast.CommClause).Body {
						x.walk(s) // what is chosen is the point's operation
					}
				}
				return false
			}
		case *ast.IfStmt:
			x.branch(n)
		case *ast.SwitchStmt:
			x.clauses(n, n.Body, n.Tag)
		case *ast.TypeSwitchStmt:
			x.clauses(n, n.Body, n.Assign)
		case *ast.GoStmt:
			x.add(ledger.Go, x.text(n), x.key(n), n, nil)
			x.leads(n.Call, n)
			for _, a := range n.Call.Args {
				x.walk(a)
			}
			return false
		case *ast.SendStmt:
			x.add(ledger.Send, x.text(n), x.key(n), n, nil)
		case *ast.UnaryExpr:
			if n.Op == token.ARROW {
				x.add(ledger.Receive, x.text(n), x.key(n), n, nil)
			}
		case *ast.IncDecStmt:
			x.counter(n, n.X, n.Tok == token.INC)
		case *ast.AssignStmt:
			x.assign(n)
		case *ast.CallExpr:
			x.call(n)
		}
		return true
	})
}

// branch enters an if that leaves.
func (x *effector) branch(s *ast.IfStmt) {
	t := x.fn.Tree
	end := ""
	if !x.leaves(s.Body.List, s) {
		block, ok := s.Else.(*ast.BlockStmt)
		if !ok || !x.leaves(block.List, s) {
			return
		}
		end = " … else"
	}
	what, key := oneLine(header(t, s)), x.keyOf(s.Pos(), s.Body.Pos())
	// A condition over locals alone says nothing by itself.
	if b := x.origin(s.Cond); b != nil && s.Init == nil {
		what, key = x.text(b)+"; "+what, x.key(b)+"; "+key
	}
	x.add(ledger.Check, what+end, key+end, s.Cond, nil)
	x.list[len(x.list)-1].Unless = x.unless(s.Cond, end == "")
}

// gives notes which statements give local variables their values.
func (x *effector) gives(body *ast.BlockStmt) {
	ast.Inspect(body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok {
			for _, l := range a.Lhs {
				if id, ok := l.(*ast.Ident); ok {
					if v, ok := x.pkg.Info.ObjectOf(id).(*types.Var); ok {
						x.given[v] = append(x.given[v], a)
					}
				}
			}
		}
		return true
	})
}

// origin is the last statement before a condition that gives one of its variables a
// value, if the condition asks about local variables and nothing else: no field, no
// call, nothing of the package.
func (x *effector) origin(cond ast.Expr) (last ast.Stmt) {
	only := true
	ast.Inspect(cond, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr, *ast.CallExpr, *ast.StarExpr, *ast.IndexExpr:
			only = false
		case *ast.Ident:
			v, ok := x.pkg.Info.Uses[n].(*types.Var)
			if ok && !x.local(v) {
				only = false
			}
			for _, s := range x.given[v] {
				if s.End() <= cond.Pos() && (last == nil || s.Pos() > last.Pos()) {
					last = s
				}
			}
		}
		return only
	})
	if !only {
		return nil
	}
	return last
}

// clauses enters those of a switch that leave it, and what is behind it.
func (x *effector) clauses(s ast.Stmt, body *ast.BlockStmt, tag ast.Node) {
	t := x.fn.Tree
	for _, c := range body.List {
		cc := c.(*ast.CaseClause)
		if !x.leaves(cc.Body, s) {
			continue
		}
		at := tag
		if e, ok := tag.(ast.Expr); ok && e == nil || tag == nil {
			at = nil
		}
		switch {
		case at == nil && len(cc.List) > 0:
			at = cc.List[0]
		case at == nil && len(body.List[0].(*ast.CaseClause).List) > 0:
			at = body.List[0].(*ast.CaseClause).List[0]
		case at == nil:
			continue // a default alone
		}
		what := oneLine(header(t, s)) + ": " + oneLine(string(t.Src[cc.Pos()-t.Base:cc.Colon-t.Base]))
		x.add(ledger.Check, what, x.keyOf(s.Pos(), body.Pos())+": "+x.keyOf(cc.Pos(), cc.Colon), at, body)
	}
}

// leaves reports whether statements end by leaving what the statement around them, an
// if or a switch, stands in.
func (x *effector) leaves(l []ast.Stmt, around ast.Stmt) bool {
	if len(l) == 0 {
		return false
	}
	switch s := l[len(l)-1].(type) {
	case *ast.ReturnStmt:
		return true
	case *ast.BranchStmt:
		if _, branch := around.(*ast.IfStmt); s.Tok == token.BREAK && s.Label == nil && !branch {
			return false // of the switch
		}
		return s.Tok != token.FALLTHROUGH && (s.Tok == token.GOTO || x.fn.Tree.Target[s] != around)
	case *ast.BlockStmt:
		return x.leaves(s.List, around)
	case *ast.ExprStmt:
		call, ok := s.X.(*ast.CallExpr)
		return ok && !mayReturn(x.pkg.Info, call)
	}
	return false
}

func mayReturn(info *types.Info, call *ast.CallExpr) bool {
	switch f := typeutil.Callee(info, call).(type) {
	case *types.Builtin:
		return f.Name() != "panic"
	case *types.Func:
		switch f.FullName() {
		case "os.Exit", "runtime.Goexit", "log.Fatal", "log.Fatalf", "log.Fatalln", "log.Panic", "log.Panicf", "log.Panicln":
			return false
		}
	}
	return true
}

func (x *effector) counter(at ast.Node, what ast.Expr, up bool) {
	if x.own(what) {
		x.add(ledger.Assign, x.text(at), x.key(at), at, nil)
		return
	}
	kind := ledger.Uncount
	if up {
		kind = ledger.Count
	}
	x.addOf(kind, x.text(at), x.key(what), x.everywhere(what), at)
}

// addOf enters something that is done to a lock, a counter or a channel.
func (x *effector) addOf(kind, what, key, of string, at ast.Node) {
	x.add(kind, what, key, at, nil)
	x.list[len(x.list)-1].Of = of
}

func (x *effector) assign(s *ast.AssignStmt) {
	switch {
	case s.Tok == token.ADD_ASSIGN && x.number(s.Lhs[0]):
		x.counter(s, s.Lhs[0], true)
	case s.Tok == token.SUB_ASSIGN:
		x.counter(s, s.Lhs[0], false)
	case s.Tok == token.DEFINE:
	case slices.ContainsFunc(s.Lhs, func(l ast.Expr) bool { id, ok := l.(*ast.Ident); return !ok || id.Name != "_" }):
		x.add(ledger.Assign, x.text(s), x.key(s), s, nil)
	}
}

func (x *effector) number(e ast.Expr) bool {
	b, ok := desugar.Under(x.pkg.Info.TypeOf(e)).(*types.Basic)
	return ok && b.Info()&types.IsNumeric != 0
}

func (x *effector) call(c *ast.CallExpr) {
	info := x.pkg.Info
	x.leads(c, c)
	f, _ := typeutil.Callee(info, c).(*types.Func)
	switch kind, of := x.operation(c); kind {
	case "":
	case ledger.Lock, ledger.Unlock:
		x.locking(c, x.key(of), x.everywhere(of), reader(f), kind == ledger.Lock)
	case ledger.Count, ledger.Uncount:
		x.addOf(kind, x.text(c), x.key(of)+group(f), x.everywhere(of)+group(f), c)
	case ledger.Close:
		x.closes(c)
	default:
		if !x.left(c) {
			x.add(kind, x.text(c), x.key(c), c, nil)
		}
	}
}

func (x *effector) locking(c *ast.CallExpr, key, of, end string, take bool) {
	kind := ledger.Unlock
	if take {
		kind = ledger.Lock
	}
	x.locks = append(x.locks, lockOp{c, key + end, take})
	x.addOf(kind, x.text(c), key+end, of+end, c)
}

// left enters what is left of a function that is called, if there is something: its
// locks and counts.
func (x *effector) left(c *ast.CallExpr) bool {
	deeds := x.deeds(c)
	for _, n := range deeds {
		key := n.rest
		if n.within != nil {
			key = strings.TrimLeft(x.key(n.within), "&*(") + key
		}
		of := strings.TrimSuffix(n.of, n.end)
		for range min(max(n.by, -n.by), 3) {
			switch {
			case n.lock:
				x.locking(c, key, of, n.end, n.by > 0)
			case n.by > 0:
				x.addOf(ledger.Count, x.text(c), key+n.end, n.of, c)
			default:
				x.addOf(ledger.Uncount, x.text(c), key+n.end, n.of, c)
			}
			x.list[len(x.list)-1].By = x.d.ofNode[x.body(c)]
		}
	}
	return len(deeds) > 0
}

// body is the declaration of the own function that a call names.
func (x *effector) body(c *ast.CallExpr) ast.Node {
	s, _ := x.d.body(typeutil.StaticCallee(x.pkg.Info, c))
	return s.node
}

func (x *effector) closes(c *ast.CallExpr) {
	x.addOf(ledger.Close, x.text(c), x.key(c), x.everywhere(c.Args[0]), c)
}

// everywhere names a field or a variable of a package alike in all functions, and a local
// variable by its type if that is a struct; "" if an expression is none of these.
func (x scope) everywhere(e ast.Expr) string {
	switch e := ast.Unparen(e).(type) {
	case *ast.StarExpr:
		return x.everywhere(e.X)
	case *ast.UnaryExpr:
		return x.everywhere(e.X)
	case *ast.Ident:
		if v, ok := x.pkg.Info.Uses[e].(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
			return v.Pkg().Path() + "." + v.Name()
		} else if ok {
			if t, named := types.Unalias(deref(v.Type())).(*types.Named); named && structOf(t) != nil {
				return types.TypeString(t.Origin(), nil) // what is embedded in it
			}
		}
	case *ast.SelectorExpr:
		s := x.pkg.Info.Selections[e]
		if s == nil {
			return x.everywhere(e.Sel)
		}
		t := s.Recv()
		for _, i := range s.Index()[:len(s.Index())-1] { // fields that it is promoted through
			t = structOf(t).Field(i).Type()
		}
		t = deref(t)
		if n, ok := types.Unalias(t).(*types.Named); ok {
			t = n.Origin()
		}
		return types.TypeString(t, nil) + "." + s.Obj().Name()
	}
	return ""
}

func deref(t types.Type) types.Type {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// structOf is the struct that a type is or points to, nil if it is another type.
func structOf(t types.Type) *types.Struct {
	s, _ := deref(t).Underlying().(*types.Struct)
	return s
}

// leads enters what a call, or a range over a function, may call; at is where it does: the
// call, the statement of a goroutine that begins with it, what is ranged over.
func (x *effector) leads(call, at ast.Node) {
	if callees := x.d.callees(call); callees != nil {
		x.leadsTo(callees, x.order.pointOf(at), at)
		if c, ok := call.(*ast.CallExpr); ok {
			_, lit := ast.Unparen(c.Fun).(*ast.FuncLit)
			_, named := typeutil.Callee(x.pkg.Info, c).(*types.Func)
			x.calls[len(x.calls)-1].Value = !lit && !named
		}
	} else if c, ok := call.(*ast.CallExpr); ok {
		x.hands(c)
	}
	if r, ok := call.(*ast.RangeStmt); ok && x.fn.Tree.Ranges[r] != nil {
		x.leadsTo([]string{x.d.ofNode[r]}, x.order.pointOf(at), at) // whoever calls it back
	}
}

// hands enters own functions that foreign code is given, as they stand: it may call them.
func (x *effector) hands(c *ast.CallExpr) {
	info := x.pkg.Info
	f, _ := typeutil.Callee(info, c).(*types.Func)
	if f == nil {
		return
	}
	for _, a := range c.Args {
		key := ""
		switch a := ast.Unparen(a).(type) {
		case *ast.FuncLit:
			key = x.d.ofNode[a]
		case *ast.Ident, *ast.SelectorExpr:
			if g, ok := typeutil.Callee(info, &ast.CallExpr{Fun: a}).(*types.Func); ok {
				s, _ := x.d.body(g)
				key = x.d.ofNode[s.node]
			}
		}
		if key == "" {
			continue
		}
		callees := []string{"", key}
		if name := f.FullName(); name == "(*sync.Once).Do" || name == "(*sync.WaitGroup).Go" {
			callees = callees[1:] // it is done, now or before
		}
		x.leadsTo(callees, x.order.pointOf(c), c)
	}
}

func (x *effector) leadsTo(callees []string, point int, at ast.Node) {
	line := x.fn.Tree.Prog.Fset.Position(at.Pos()).Line
	x.calls = append(x.calls, ledger.Call{Callees: callees, Point: point, Line: line, Places: x.order.places(at, nil)})
}

// deferred enters what a deferred call does, as far as it is followed from function to
// function: it is ahead, once it has been armed. That it is armed is a flag of the frame.
func (x *effector) deferred(s *ast.DeferStmt) {
	effects, calls := len(x.list), len(x.calls)
	x.leads(s.Call, s.Call)
	if kind, _ := x.operation(s.Call); kind == ledger.Close {
		x.closes(s.Call)
	}
	ahead := strings.NewReplacer(string(ledger.Done), string(ledger.Ahead), string(ledger.Over), string(ledger.Ahead))
	for i := range x.list[effects:] {
		e := &x.list[effects+i]
		e.Places = ahead.Replace(e.Places)
	}
	for i := range x.calls[calls:] {
		c := &x.calls[calls+i]
		c.Places = ahead.Replace(c.Places)
	}
}

// A scope is what operations are judged in: a function of a package.
type scope struct {
	d    *describer
	pkg  *load.Package
	node ast.Node // the function
}

// local reports whether a variable belongs to the function alone.
func (x scope) local(v *types.Var) bool {
	return !v.IsField() && v.Pos() >= x.node.Pos() && v.Pos() < x.node.End()
}

// own reports whether memory that an expression stands for is part of a local variable.
func (x scope) own(e ast.Expr) bool {
	for {
		switch y := ast.Unparen(e).(type) {
		case *ast.Ident:
			v, ok := x.pkg.Info.ObjectOf(y).(*types.Var)
			return y.Name == "_" || ok && x.local(v)
		case *ast.SelectorExpr:
			if t := x.pkg.Info.TypeOf(y.X); t == nil || isPointer(t) {
				return false
			}
			e = y.X
		case *ast.IndexExpr:
			if _, ok := desugar.Under(x.pkg.Info.TypeOf(y.X)).(*types.Array); !ok {
				return false
			}
			e = y.X
		default:
			return false
		}
	}
}

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

// operation says what kind of effect a call has, "" if none, and for locks and counters
// what it is about.
func (x scope) operation(c *ast.CallExpr) (kind string, of ast.Expr) {
	info := x.pkg.Info
	if tv, ok := info.Types[c.Fun]; ok && tv.IsType() {
		return "", nil // a conversion
	}
	sel, _ := ast.Unparen(c.Fun).(*ast.SelectorExpr)
	switch f := typeutil.Callee(info, c).(type) {
	case *types.Builtin:
		switch f.Name() {
		case "close":
			return ledger.Close, nil
		case "delete", "clear", "copy":
			return ledger.CallOf, nil
		}
		return "", nil
	case *types.Func:
		recv := f.Signature().Recv() != nil
		if f.Pkg() == nil {
			return "", nil // error.Error
		}
		switch path := f.Pkg().Path(); {
		case path == "sync" && recv && sel != nil:
			switch f.Name() {
			case "Lock", "RLock", "TryLock", "TryRLock":
				return ledger.Lock, sel.X
			case "Unlock", "RUnlock":
				return ledger.Unlock, sel.X
			case "Add":
				return direction(info, c.Args[0]), sel.X
			case "Go":
				return ledger.Count, sel.X
			case "Done":
				return ledger.Uncount, sel.X
			case "Load", "RLocker":
				return "", nil
			}
		case path == "sync/atomic" && strings.HasPrefix(f.Name(), "Add"):
			if recv && sel != nil {
				return direction(info, c.Args[0]), sel.X
			}
			if at, ok := ast.Unparen(c.Args[0]).(*ast.UnaryExpr); ok && len(c.Args) == 2 {
				return direction(info, c.Args[1]), at.X
			}
		case path == "sync/atomic" && strings.HasPrefix(f.Name(), "Load"):
			return "", nil
		case x.d.prog.IsOwn(f.Pkg()):
			if !x.d.matters(f.Origin()) {
				return "", nil
			}
		case without(f, recv) && !(recv && sel != nil && !x.own(sel.X) && changes(f)):
			return "", nil
		}
	}
	return ledger.CallOf, nil
}

func direction(info *types.Info, n ast.Expr) string {
	if v := info.Types[n].Value; v != nil && values.Sign(v) < 0 {
		return ledger.Uncount
	}
	return ledger.Count
}

// changes reports whether a method may change its receiver.
func changes(f *types.Func) bool { return isPointer(f.Signature().Recv().Type()) }

// without reports whether a function of another package has no effect but on what it
// is a method of. Packages that are not listed are taken to have some.
func without(f *types.Func, method bool) bool {
	name := f.Name()
	switch f.Pkg().Path() {
	case "strings", "bytes", "strconv", "unicode", "unicode/utf8", "unicode/utf16", "errors", "math", "math/bits", "math/big", "cmp", "path", "path/filepath",
		"reflect", "regexp", "unsafe", "encoding/hex", "encoding/base64", "crypto/subtle", "crypto/sha256", "crypto/sha1", "crypto/md5", "net/netip", "net/url", "html", "runtime":
		return true
	case "fmt":
		return method || strings.HasPrefix(name, "Sprint") || name == "Errorf" || strings.HasPrefix(name, "Append")
	case "time":
		switch name {
		case "Now", "Since", "Until", "Unix", "UnixMilli", "Date", "Parse", "ParseDuration", "Sleep", "LoadLocation":
			return true
		}
		return method && !changes(f) // of a Time or a Duration, not of a Timer
	case "slices", "maps":
		return !strings.HasPrefix(name, "Sort") && !strings.HasPrefix(name, "Delete") && !strings.HasPrefix(name, "Copy") && name != "Reverse"
	case "context":
		return !strings.HasPrefix(name, "With")
	case "net":
		return name == "RemoteAddr" || name == "LocalAddr" || name == "JoinHostPort" || name == "SplitHostPort" || name == "ParseIP"
	case "os":
		return name == "Getenv" || name == "Args" || name == "Getpid"
	}
	return name == "String" || name == "Error"
}

// body is the declaration of a function of own code.
func (d *describer) body(f *types.Func) (scope, bool) {
	if d.bodies == nil {
		d.bodies = map[*types.Func]scope{}
		for _, pkg := range d.prog.Own {
			for _, file := range pkg.Syntax {
				for _, decl := range file.Decls {
					if fd, ok := decl.(*ast.FuncDecl); ok {
						if o, ok := pkg.Info.Defs[fd.Name].(*types.Func); ok {
							d.bodies[o] = scope{d, pkg, fd}
						}
					}
				}
			}
		}
	}
	s, ok := d.bodies[f.Origin()]
	return s, ok
}

// matters reports whether a function of own code may have an effect on anything but
// its own variables.
func (d *describer) matters(f *types.Func) bool {
	if m, known := d.mattering[f]; known {
		return m
	}
	if d.mattering == nil {
		d.mattering = map[*types.Func]bool{}
	}
	d.mattering[f] = false // of a function that calls itself
	s, ok := d.body(f)
	if !ok || s.node.(*ast.FuncDecl).Body == nil {
		d.mattering[f] = true // of an interface, or in assembly
		return true
	}
	m := false
	outside := func(e ast.Expr) bool { return !s.own(e) }
	ast.Inspect(s.node.(*ast.FuncDecl).Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt, *ast.SendStmt, *ast.DeferStmt, *ast.SelectStmt:
			m = true
		case *ast.UnaryExpr:
			m = m || n.Op == token.ARROW
		case *ast.IncDecStmt:
			m = m || outside(n.X)
		case *ast.AssignStmt:
			m = m || n.Tok != token.DEFINE && slices.ContainsFunc(n.Lhs, outside)
		case *ast.CallExpr:
			kind, _ := s.operation(n)
			m = m || kind != "" || !mayReturn(s.pkg.Info, n)
		}
		return !m
	})
	d.mattering[f] = m
	return m
}

// text is a node's source in one line.
func (x *effector) text(n ast.Node) string { return oneLine(x.fn.Tree.Text(n)) }

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// key is a node's text with the types of local variables in place of their names.
func (x *effector) key(n ast.Node) string {
	t := x.fn.Tree
	end := n.End()
	if i := strings.IndexByte(string(t.Source(n)), '\n'); i >= 0 {
		end = n.Pos() + token.Pos(i)
	}
	return x.keyOf(n.Pos(), end)
}

func (x *effector) keyOf(from, to token.Pos) string {
	t := x.fn.Tree
	ids := x.order.idents
	i, _ := slices.BinarySearchFunc(ids, from, func(id *ast.Ident, p token.Pos) int { return int(id.Pos() - p) })
	var b strings.Builder
	at := from
	for ; i < len(ids) && ids[i].Pos() < to; i++ {
		v, ok := x.pkg.Info.ObjectOf(ids[i]).(*types.Var)
		if !ok || v.IsField() || v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
			continue
		}
		b.Write(t.Src[at-t.Base : ids[i].Pos()-t.Base])
		b.WriteString("‹" + types.TypeString(v.Type(), (*types.Package).Name) + "›")
		at = ids[i].End()
	}
	b.Write(t.Src[at-t.Base : to-t.Base])
	return oneLine(b.String())
}
