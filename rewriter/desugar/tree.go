package desugar

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/load"
)

// A Tree is one top-level declaration: its functions share one set of names, so
// that a literal's body can be printed outside its parent.
type Tree struct {
	Prog *load.Program
	Pkg  *load.Package
	Col  *colour.Result
	File *ast.File
	Src  []byte
	Base token.Pos // position of Src[0]
	Decl ast.Decl

	Funcs  []*Func // parents before their literals
	Scope  *Scope
	Locals []LocalType // what moves to package level

	// TypeParams are those of the declaration, or of its receiver; everything
	// generated for its functions has the same ones.
	TypeParams []*types.TypeParam
	Lits       map[*ast.FuncLit]*Func
	Vars       map[types.Object]*Var

	// Subst says what stands for a node that was hoisted.
	Subst map[ast.Node][]*Var

	// Once are the calls of (*sync.Once).Do that become calls of OnceDo.
	Once map[*ast.CallExpr]bool

	// Target is what a break or continue leaves: the loop, switch or select.
	Target map[*ast.BranchStmt]ast.Stmt

	// Lifted are the labels that gotos jump to and that stand in normal form.
	Lifted map[types.Object]string

	// Ranges are the range statements whose bodies have become literals; Exits
	// is what replaces branches and returns inside those.
	Ranges map[*ast.RangeStmt]*rangeFunc
	Exits  map[ast.Stmt]Leaving
	roots  map[*Func]*rootRange

	Diags *diag.List

	witnesses []witness
	helpers   map[string]string // text of a generic function's declaration, without its name → name
	Helpers   []string          // declarations of what witnesses call
	Adapters  []string          // and of what stands between iterators and loops' literals

	jumped map[types.Object]bool // labels with gotos
	named  map[types.Object]bool // labels with breaks or continues

	taken map[string]bool
	temps int
}

// Build brings one declaration into normal form. It returns nil if nothing in it
// is instrumented.
func Build(p *load.Program, pkg *load.Package, scope *Scope, col *colour.Result, file int, decl ast.Decl, key func(*ast.FuncDecl) string, diags *diag.List) *Tree {
	f := pkg.Syntax[file]
	t := &Tree{
		Prog: p, Pkg: pkg, Col: col, File: f, Src: pkg.Src[file],
		Base:   p.Fset.File(f.FileStart).Pos(0),
		Decl:   decl,
		Scope:  scope,
		Lits:   map[*ast.FuncLit]*Func{},
		Vars:   map[types.Object]*Var{},
		Subst:  map[ast.Node][]*Var{},
		Once:   map[*ast.CallExpr]bool{},
		Target: map[*ast.BranchStmt]ast.Stmt{},
		Lifted: map[types.Object]string{},
		Ranges: map[*ast.RangeStmt]*rangeFunc{},
		Exits:  map[ast.Stmt]Leaving{},
		roots:  map[*Func]*rootRange{},
		jumped: map[types.Object]bool{},
		named:  map[types.Object]bool{},
		Diags:  diags,
		taken:  map[string]bool{},
	}
	t.collect(decl, key)
	any := false
	for _, fn := range t.Funcs {
		any = any || fn.Rewrite
	}
	if !any {
		return nil
	}
	t.locals()
	t.rangeParams()
	t.embedded()
	t.reserve()
	t.typeParams()
	t.localTypeParams()
	t.declareVars()
	t.targets()
	t.labels()
	t.rangeVars()
	for _, fn := range t.Funcs {
		t.captures(fn)
	}
	t.rangeCaptures()
	t.boxes()
	t.refuseConsts()
	for _, fn := range t.Funcs {
		if fn.Rewrite {
			t.function(fn)
		}
	}
	return t
}

func (t *Tree) pos(p token.Pos) token.Position { return t.Prog.Fset.Position(p) }

func (t *Tree) refuse(code string, p token.Pos, what, why, do string) {
	t.Diags.Add(code, t.pos(p), what, why, do)
}

// Source is the source text of a node.
func (t *Tree) Source(n ast.Node) []byte { return t.Src[n.Pos()-t.Base : n.End()-t.Base] }

// Text is the source text of a node, shortened to one line.
func (t *Tree) Text(n ast.Node) string {
	s := string(t.Src[n.Pos()-t.Base : n.End()-t.Base])
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' {
			s = s[:i] + " …"
			break
		}
	}
	return s
}

// collect finds the declaration's functions and numbers them.
func (t *Tree) collect(decl ast.Decl, key func(*ast.FuncDecl) string) {
	var stack []*Func
	count, ranges := map[*Func]int{}, map[*Func]int{}
	glob := 0
	deferred := map[*ast.FuncLit]bool{}
	var visit func(n ast.Node) bool
	enter := func(fn *Func, body ast.Node) {
		t.Funcs = append(t.Funcs, fn)
		stack = append(stack, fn)
		if body != nil {
			ast.Inspect(body, visit)
		}
		stack = stack[:len(stack)-1]
	}
	visit = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeferStmt:
			if lit, ok := ast.Unparen(n.Call.Fun).(*ast.FuncLit); ok {
				deferred[lit] = true
			}
		case *ast.RangeStmt:
			if len(stack) == 0 || !stack[len(stack)-1].Rewrite || !t.becomesLiteral(n) {
				return true
			}
			p := stack[len(stack)-1]
			ranges[p]++
			fn := t.rangeLiteral(n, p, ranges[p])
			t.classify(fn)
			for _, e := range []ast.Expr{n.Key, n.Value, n.X} {
				if e != nil {
					ast.Inspect(e, visit)
				}
			}
			enter(fn, n.Body)
			return false
		case *ast.FuncLit:
			fn := &Func{Lit: n, Tree: t, Sig: t.Pkg.Info.Types[n].Type.(*types.Signature), Info: t.Col.Funcs[n], Deferred: deferred[n]}
			if len(stack) > 0 {
				p := stack[len(stack)-1]
				fn.Parent = p
				count[p]++
				fn.Key = fmt.Sprintf("%s.func%d", p.Key, count[p])
				fn.ID = fmt.Sprintf("%s_func%d", p.ID, count[p])
			} else {
				glob++
				name := globName(decl, n)
				fn.Key = fmt.Sprintf("%s.glob.%s.func%d", t.Pkg.PkgPath, name, glob)
				fn.ID = fmt.Sprintf("glob_%s_func%d", name, glob)
			}
			t.Lits[n] = fn
			t.classify(fn)
			enter(fn, n.Body)
			return false
		}
		return true
	}
	if d, ok := decl.(*ast.FuncDecl); ok {
		fn := &Func{Decl: d, Tree: t, Key: key(d), ID: DeclID(d), Info: t.Col.Funcs[d]}
		fn.Sig = t.Pkg.Info.Defs[d.Name].Type().(*types.Signature)
		t.classify(fn)
		if d.Body == nil {
			return
		}
		enter(fn, d.Body)
		return
	}
	ast.Inspect(decl, visit)
}

// globName is the variable whose initialiser holds a literal.
func globName(decl ast.Decl, lit *ast.FuncLit) string {
	if g, ok := decl.(*ast.GenDecl); ok {
		for _, s := range g.Specs {
			if vs, ok := s.(*ast.ValueSpec); ok && vs.Pos() <= lit.Pos() && lit.End() <= vs.End() {
				return vs.Names[0].Name
			}
		}
	}
	return "x"
}

// DeclID names a declared function within its package, as a part of identifiers.
func DeclID(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return d.Name.Name
	}
	x := d.Recv.List[0].Type
	for {
		switch y := x.(type) {
		case *ast.StarExpr:
			x = y.X
			continue
		case *ast.ParenExpr:
			x = y.X
			continue
		case *ast.IndexExpr:
			x = y.X
			continue
		case *ast.IndexListExpr:
			x = y.X
			continue
		case *ast.Ident:
			return y.Name + "_" + d.Name.Name
		}
		return d.Name.Name
	}
}

func (t *Tree) classify(fn *Func) {
	if fn.Info == nil {
		return
	}
	if fn.Decl != nil && fn.Decl.Recv == nil && fn.Decl.Name.Name == "init" {
		// Package initialisers run before the first release starts: no update
		// can be asked for. Literals inside them are instrumented.
		return
	}
	if fn.Decl != nil && fn.Decl.Body == nil {
		return
	}
	fn.Rewrite = fn.Info.Pausable || fn.Info.Gate != colour.None || fn.Deferred
	fn.Base = fn.Decl != nil && fn.Info.Pausable && load.UintptrEscapes(t.File, fn.Decl)
}

// reserve marks the names that locals must not take: whatever the declaration
// or generated code may mean by them.
func (t *Tree) reserve() {
	for _, n := range []string{"upok", "upf", "uppt", "upd", "uprec", "upgate", "upentered", "upv", "upa", "upi", "uprecovers", "uprs", "upnew", "upr", "uptaken", "uponce"} {
		t.taken[n] = true
	}
	for _, n := range types.Universe.Names() {
		t.taken[n] = true
	}
	for _, n := range t.Pkg.Types.Scope().Names() {
		t.taken[n] = true
	}
	for _, d := range t.Locals {
		t.taken[d.Name] = true
	}
	for _, imp := range t.File.Imports {
		if obj := t.Pkg.Info.Implicits[imp]; obj != nil {
			t.taken[obj.Name()] = true
		}
		if imp.Name != nil {
			t.taken[imp.Name.Name] = true
		}
	}
}

func (t *Tree) unique(name string) string {
	if !t.taken[name] {
		t.taken[name] = true
		return name
	}
	for i := 2; ; i++ {
		n := fmt.Sprintf("%s_%d", name, i)
		if !t.taken[n] {
			t.taken[n] = true
			return n
		}
	}
}

// declareVars makes a Var of every local variable of the tree, in source order.
func (t *Tree) declareVars() {
	add := func(fn *Func, id *ast.Ident) *Var {
		if id == nil || id.Name == "_" {
			return nil
		}
		obj, ok := t.Pkg.Info.Defs[id].(*types.Var)
		if !ok || obj.IsField() || obj.Parent() == t.Pkg.Types.Scope() {
			return nil
		}
		return t.newVar(fn, obj)
	}
	for _, fn := range t.Funcs {
		if fn.Decl != nil && fn.Decl.Recv != nil {
			if names := fn.Decl.Recv.List[0].Names; len(names) == 1 {
				fn.Recv = add(fn, names[0])
			}
		}
		for _, f := range fn.Type().Params.List {
			for _, n := range f.Names {
				fn.Params = append(fn.Params, add(fn, n))
			}
			if len(f.Names) == 0 {
				fn.Params = append(fn.Params, nil)
			}
		}
		if r := fn.Type().Results; r != nil {
			for _, f := range r.List {
				for _, n := range f.Names {
					v := add(fn, n)
					if v == nil { // a blank result
						obj := t.Pkg.Info.Defs[n].(*types.Var)
						v = &Var{Obj: obj, Name: t.unique("upres"), Type: obj.Type(), Owner: fn}
						v.Fast = v.Name
						t.Vars[obj] = v
						fn.Locals = append(fn.Locals, v)
					}
					fn.Results = append(fn.Results, v)
				}
			}
		}
		t.inspectOwn(fn, func(n ast.Node) {
			switch n := n.(type) {
			case *ast.Ident:
				add(fn, n)
			case *ast.CaseClause:
				if obj, ok := t.Pkg.Info.Implicits[n].(*types.Var); ok {
					t.newVar(fn, obj)
				}
			}
		})
	}
	// Type switch symbols keep one name in the fast body.
	for _, fn := range t.Funcs {
		t.inspectOwn(fn, func(n ast.Node) {
			ts, ok := n.(*ast.TypeSwitchStmt)
			if !ok {
				return
			}
			fast := ""
			for _, c := range ts.Body.List {
				if v := t.Vars[t.Pkg.Info.Implicits[c]]; v != nil {
					if fast == "" {
						fast = v.Name
					}
					v.Fast = fast
				}
			}
		})
	}
}

// inspectOwn walks a function's body without its literals' bodies.
func (t *Tree) inspectOwn(fn *Func, f func(ast.Node)) {
	ast.Inspect(fn.Block(), func(n ast.Node) bool {
		if n == nil {
			return false
		}
		if lit, ok := n.(*ast.FuncLit); ok {
			f(lit)
			return false
		}
		f(n)
		if r, ok := n.(*ast.RangeStmt); ok && t.Ranges[r] != nil {
			// Key and value are the literal's parameters, or set inside it.
			t.inspectExpr(r.X, f)
			return false
		}
		return true
	})
}

func (t *Tree) inspectExpr(e ast.Expr, f func(ast.Node)) {
	ast.Inspect(e, func(n ast.Node) bool {
		if n != nil {
			f(n)
		}
		_, lit := n.(*ast.FuncLit)
		return n != nil && !lit
	})
}

func (t *Tree) newVar(fn *Func, obj *types.Var) *Var {
	if v := t.Vars[obj]; v != nil {
		return v
	}
	v := &Var{Obj: obj, Name: t.unique(obj.Name()), Type: obj.Type(), Owner: fn}
	v.Fast = v.Name
	t.Vars[obj] = v
	fn.Locals = append(fn.Locals, v)
	return v
}

// temp makes a temporary of fn.
func (t *Tree) temp(fn *Func, prefix string, typ types.Type) *Var {
	if typ != nil {
		typ = types.Default(typ)
	}
	v := &Var{Name: t.unique(prefix), Type: typ, Owner: fn}
	v.Fast = v.Name
	fn.Locals = append(fn.Locals, v)
	return v
}

// VarOf returns the local variable that an identifier means, or nil.
func (t *Tree) VarOf(id *ast.Ident) *Var {
	obj := t.Pkg.Info.Uses[id]
	if obj == nil {
		obj = t.Pkg.Info.Defs[id]
	}
	if obj == nil {
		return nil
	}
	return t.Vars[obj]
}

// captures lists the variables of enclosing functions that fn's text mentions.
func (t *Tree) captures(fn *Func) {
	if fn.Lit == nil {
		return
	}
	seen := map[*Var]bool{}
	if fn.Range != nil && fn.Range.Tok == token.ASSIGN {
		for _, e := range []ast.Expr{fn.Range.Key, fn.Range.Value} {
			if e != nil {
				t.capture(fn, e, seen)
			}
		}
	}
	t.capture(fn, fn.Lit, seen)
}

func (t *Tree) capture(fn *Func, n ast.Node, seen map[*Var]bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		if v := t.VarOf(id); v != nil && v.Owner != fn && !v.Owner.within(fn) && !seen[v] {
			seen[v] = true
			fn.Captured = append(fn.Captured, v)
		}
		return true
	})
}

// within reports whether f is a literal somewhere inside g.
func (f *Func) within(g *Func) bool {
	for p := f.Parent; p != nil; p = p.Parent {
		if p == g {
			return true
		}
	}
	return false
}

// boxes decides which variables frames hold by pointer: those whose address is
// taken, and those that a literal captures and that are assigned more than once.
func (t *Tree) boxes() {
	captured := map[*Var]bool{}
	for _, fn := range t.Funcs {
		for _, v := range fn.Captured {
			captured[v] = true
		}
	}
	assigned := map[*Var]bool{} // after its declaration
	mark := func(e ast.Expr) {
		if id, ok := ast.Unparen(e).(*ast.Ident); ok {
			if v := t.VarOf(id); v != nil && t.Pkg.Info.Defs[id] == nil {
				assigned[v] = true
			}
			return
		}
		// An element or field of a variable is assigned with it.
		if v := t.rootVar(e); v != nil {
			assigned[v] = true
		}
	}
	info := t.Pkg.Info
	ast.Inspect(t.Decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				mark(l)
			}
		case *ast.IncDecStmt:
			mark(n.X)
		case *ast.RangeStmt:
			// Before Go 1.22 all iterations share the variables, and assign them.
			shared := n.Tok == token.DEFINE && !t.perIteration()
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok && shared {
					if v := t.VarOf(id); v != nil {
						assigned[v] = true
					}
				} else if e != nil && n.Tok == token.ASSIGN {
					mark(e)
				}
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				t.box(n.X)
			}
		case *ast.SliceExpr:
			if _, ok := under(info.TypeOf(n.X)).(*types.Array); ok {
				t.box(n.X)
			}
		case *ast.SelectorExpr:
			// A method with a pointer receiver takes the address, also through
			// embedded fields.
			if s := info.Selections[n]; s != nil && (s.Kind() == types.MethodVal) {
				if fn, ok := s.Obj().(*types.Func); ok {
					sig := fn.Type().(*types.Signature)
					if sig.Recv() != nil {
						_, ptr := sig.Recv().Type().(*types.Pointer)
						_, isPtr := under(info.TypeOf(n.X)).(*types.Pointer)
						if ptr && !isPtr {
							t.box(n.X)
						}
					}
				}
			}
		}
		return true
	})
	for v := range captured {
		if assigned[v] || isResult(v) {
			v.Boxed = true
		}
	}
}

func isResult(v *Var) bool {
	for _, r := range v.Owner.Results {
		if r == v {
			return true
		}
	}
	return false
}

// rootVar is the variable that holds the memory of an addressable expression,
// nil if it lies behind a pointer, slice or map.
func (t *Tree) rootVar(e ast.Expr) *Var {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.Ident:
			return t.VarOf(x)
		case *ast.SelectorExpr:
			s := t.Pkg.Info.Selections[x]
			if s == nil {
				return nil
			}
			if s.Indirect() {
				return nil
			}
			if _, ptr := under(t.Pkg.Info.TypeOf(x.X)).(*types.Pointer); ptr {
				return nil
			}
			e = x.X
		case *ast.IndexExpr:
			if _, arr := under(t.Pkg.Info.TypeOf(x.X)).(*types.Array); !arr {
				return nil
			}
			e = x.X
		default:
			return nil
		}
	}
}

// box boxes the variable whose address an expression's address lies in.
func (t *Tree) box(e ast.Expr) {
	if v := t.rootVar(e); v != nil {
		v.Boxed = true
	}
}
