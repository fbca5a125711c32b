package rewriter

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/upstarego/upstarego/rewriter/load"
)

// takers says who may have a pointer to package variables, or into them.
type takers struct {
	d *describer
	// anybody may; without an entry, and one in lent, nobody comes to what a variable holds but
	// by its name.
	anybody map[types.Object]bool
	// lent are the methods that are called for a variable, and those that they call for it in
	// turn; lenders are who calls them. The frames of these have pointers to it, and nothing else.
	lent, lenders map[types.Object]map[*types.Func]bool
	decls         map[*types.Func]method
	known         map[*types.Func]*lending
}

type method struct {
	pkg  *load.Package
	decl *ast.FuncDecl
}

// A lending is what a method does with the pointer that it is called with.
type lending struct {
	leaks bool                 // it may be anywhere afterwards
	calls map[*types.Func]bool // methods that it is lent to
}

func (d *describer) takers() *takers {
	t := &takers{d: d, anybody: map[types.Object]bool{}, lent: map[types.Object]map[*types.Func]bool{}, lenders: map[types.Object]map[*types.Func]bool{}, decls: map[*types.Func]method{}, known: map[*types.Func]*lending{}}
	outside := map[string]bool{}
	for _, f := range d.prog.Foreign {
		for _, path := range f.Imports {
			outside[path] = true
		}
	}
	for _, pkg := range d.prog.Own {
		for _, f := range pkg.Syntax {
			for _, decl := range f.Decls {
				if fd, ok := decl.(*ast.FuncDecl); ok {
					if obj, ok := pkg.Info.Defs[fd.Name].(*types.Func); ok {
						t.decls[obj] = method{pkg, fd}
					}
				}
			}
		}
	}
	for _, pkg := range d.prog.Own {
		scope := pkg.Types.Scope()
		for _, name := range scope.Names() {
			if o := scope.Lookup(name); len(pkg.Extra) > 0 || o.Exported() && outside[pkg.PkgPath] {
				t.anybody[o] = true // assembly, or foreign code
			}
		}
		for _, f := range pkg.Syntax {
			variables(pkg.Info, f, func(v *types.Var, stack []ast.Node) {
				to, leaks := t.pointed(pkg.Info, stack)
				if leaks {
					t.anybody[v] = true
				} else if to != nil {
					if t.lent[v] == nil {
						t.lent[v], t.lenders[v] = map[*types.Func]bool{}, map[*types.Func]bool{}
					}
					t.lend(to, t.lent[v])
					if fd, ok := stack[1].(*ast.FuncDecl); ok {
						t.lenders[v][pkg.Info.Defs[fd.Name].(*types.Func)] = true
					}
				}
			})
			for _, name := range load.Linknames(f) {
				t.anybody[scope.Lookup(name)] = true
			}
		}
	}
	return t
}

// lend enters a method and those that it lends its receiver to.
func (t *takers) lend(m *types.Func, all map[*types.Func]bool) {
	if all[m] {
		return
	}
	all[m] = true
	for to := range t.receiver(m).calls {
		t.lend(to, all)
	}
}

// keys are those of functions in the ledger.
func (t *takers) keys(fs map[*types.Func]bool) (keys []string) {
	for m := range fs {
		keys = append(keys, declKey(t.decls[m].pkg, t.decls[m].decl))
	}
	slices.Sort(keys)
	return keys
}

// receiver looks at a method. One that calls itself, by others perhaps, leaks nothing by that.
func (t *takers) receiver(m *types.Func) *lending {
	if r := t.known[m]; r != nil {
		return r
	}
	r := &lending{calls: map[*types.Func]bool{}}
	t.known[m] = r
	of, own := t.decls[m]
	switch {
	case !own || of.decl.Body == nil:
		r.leaks = true
		return r
	case len(of.decl.Recv.List[0].Names) == 0:
		return r
	}
	recv := of.pkg.Info.Defs[of.decl.Recv.List[0].Names[0]]
	inspect(of.decl.Body, func(id *ast.Ident, stack []ast.Node) {
		if recv == nil || of.pkg.Info.Uses[id] != recv || r.leaks {
			return
		}
		to, leaks := t.used(of.pkg.Info, stack)
		r.leaks = leaks || slices.ContainsFunc(stack, func(n ast.Node) bool { _, lit := n.(*ast.FuncLit); return lit })
		if to != nil {
			r.calls[to] = true
			r.leaks = r.leaks || t.receiver(to).leaks
		}
	})
	return r
}

// used looks at a use of a receiver, which is a pointer.
func (t *takers) used(info *types.Info, stack []ast.Node) (to *types.Func, leaks bool) {
	i := len(stack) - 1
	x := stack[i].(ast.Expr)
	for i--; i >= 0; i-- {
		switch p := stack[i].(type) {
		case *ast.ParenExpr:
			x = p
			continue
		case *ast.BinaryExpr:
			return nil, false // it is compared
		case *ast.StarExpr:
			return t.part(info, stack[:i], p)
		case *ast.SelectorExpr:
			s := info.Selections[p]
			switch {
			case s == nil:
				return nil, true
			case s.Kind() == types.MethodVal:
				return t.called(s, p, stack[:i], x)
			case s.Kind() != types.FieldVal:
				return nil, true
			case throughEmbedded(s):
				return nil, false
			}
			return t.part(info, stack[:i], p)
		}
		break
	}
	return nil, true
}

// throughEmbedded reports whether a pointer that is embedded leads to a field.
func throughEmbedded(s *types.Selection) bool {
	t := s.Recv()
	for k, i := range s.Index() {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			if k > 0 {
				return true
			}
			t = p.Elem()
		}
		st, ok := t.Underlying().(*types.Struct)
		if !ok {
			return false
		}
		t = st.Field(i).Type()
	}
	return false
}

// called looks at the use of a method for x.
func (t *takers) called(s *types.Selection, sel *ast.SelectorExpr, stack []ast.Node, x ast.Expr) (to *types.Func, leaks bool) {
	m := s.Obj().(*types.Func).Origin()
	if _, ptr := m.Type().(*types.Signature).Recv().Type().Underlying().(*types.Pointer); !ptr {
		return nil, false // a copy
	}
	if call, ok := stack[len(stack)-1].(*ast.CallExpr); !ok || call.Fun != sel {
		return nil, true
	}
	if p := m.Pkg(); p != nil && (p.Path() == "sync" || p.Path() == "sync/atomic") {
		return nil, false // it keeps no pointer to its receiver, but for who waits there
	}
	if len(s.Index()) > 1 { // of what is embedded
		return nil, true
	}
	return m, t.receiver(m).leaks
}

// variables calls f for each use of a package variable in a file; stack leads from the file
// to the identifier.
func variables(info *types.Info, file *ast.File, f func(v *types.Var, stack []ast.Node)) {
	inspect(file, func(id *ast.Ident, stack []ast.Node) {
		if v, ok := info.Uses[id].(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
			f(v, stack)
		}
	})
}

// inspect calls f for each identifier; stack leads from root to it.
func inspect(root ast.Node, f func(id *ast.Ident, stack []ast.Node)) {
	ast.PreorderStack(root, nil, func(n ast.Node, stack []ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			f(id, append(stack, id))
		}
		return true
	})
}

// pointed looks at a use of a variable, and says whether it makes a pointer to it or into it:
// to is the method that alone gets it. What is not known to make none is taken to make one.
func (t *takers) pointed(info *types.Info, stack []ast.Node) (to *types.Func, leaks bool) {
	i := len(stack) - 1
	x := stack[i].(ast.Expr)
	if sel, ok := stack[i-1].(*ast.SelectorExpr); ok && sel.Sel == x { // pkg.Name
		x, i = sel, i-1
	}
	return t.part(info, stack[:i], x)
}

// part looks from the inside out at what x, which stands below stack, is used for: it is a
// variable, or a part of one.
func (t *takers) part(info *types.Info, stack []ast.Node, x ast.Expr) (to *types.Func, leaks bool) {
	for i := len(stack) - 1; i >= 0; i-- {
		switch p := stack[i].(type) {
		case *ast.ParenExpr:
			x = p
			continue
		case *ast.SelectorExpr:
			s := info.Selections[p]
			if s == nil {
				return nil, true
			}
			if _, led := info.TypeOf(x).Underlying().(*types.Pointer); led {
				return nil, false // what it holds leads there
			}
			switch {
			case s.Kind() == types.MethodVal:
				return t.called(s, p, stack[:i], x)
			case s.Kind() != types.FieldVal:
				return nil, true
			case s.Indirect():
				return nil, false
			}
			x = p
			continue
		case *ast.IndexExpr:
			if _, array := info.TypeOf(x).Underlying().(*types.Array); array && p.X == x {
				x = p
				continue
			}
			return nil, false
		case *ast.SliceExpr:
			_, array := info.TypeOf(x).Underlying().(*types.Array)
			return nil, array && p.X == x
		case *ast.UnaryExpr:
			return nil, p.Op == token.AND
		case *ast.StarExpr, *ast.BinaryExpr, *ast.CallExpr, *ast.AssignStmt, *ast.IncDecStmt, *ast.RangeStmt, *ast.ReturnStmt,
			*ast.IfStmt, *ast.ForStmt, *ast.SwitchStmt, *ast.CaseClause, *ast.SendStmt, *ast.KeyValueExpr, *ast.CompositeLit,
			*ast.ValueSpec, *ast.TypeAssertExpr, *ast.ExprStmt:
			return nil, false // its value is read, or set
		}
		break
	}
	return nil, true
}
