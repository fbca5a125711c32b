package body

import (
	"go/ast"
	"go/types"
	"go/version"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// The operand of an assertion, or of a type switch, is brought up to the release that the
// code is of if it may be of an earlier release's type: package runtime/older says when
// that is, and why it stands there. Here it is decided where it cannot be. What is asked
// for must be what an update can change, a type of the program's own or one that is made
// of such, or an interface, which such a type may satisfy; and of a conversion's operand
// whose type is no interface it is known what it is.

// assertions finds the operands.
func (p *filePrinter) assertions() {
	p.brought = map[ast.Expr]string{}
	ast.Inspect(p.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeAssertExpr:
			if n.Type != nil {
				p.asked(n.X, n.Type)
			}
		case *ast.TypeSwitchStmt:
			x := desugar.Operand(n)
			for _, cl := range n.Body.List {
				p.asked(x, cl.(*ast.CaseClause).List...)
			}
		case ast.Expr:
			return p.info.Types[n].Value == nil // len(x.([2]T)) is a constant
		}
		return true
	})
}

func (p *filePrinter) asked(x ast.Expr, want ...ast.Expr) {
	is := p.info.TypeOf(x)
	if p.brought[x] != "" || is == nil || p.known(x) {
		return
	}
	for _, t := range want {
		if t := p.info.TypeOf(t); t == nil || !p.mayChange(t) {
			continue
		}
		switch {
		case types.Identical(is, types.NewInterfaceType(nil, nil)):
			p.brought[x] = "Any"
		case p.pkg.GoVersion == "" || version.Compare(p.pkg.GoVersion, "go1.18") >= 0:
			p.brought[x] = "Up"
		case types.Identical(is, types.Universe.Lookup("error").Type()):
			p.brought[x] = "Error" // there are no type arguments
		}
		return
	}
}

// known reports whether what an operand holds is a value of this release, because it
// becomes an interface value there.
func (p *filePrinter) known(x ast.Expr) bool {
	c, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok || len(c.Args) != 1 || !p.info.Types[c.Fun].IsType() {
		return false
	}
	t := p.info.TypeOf(c.Args[0])
	if tp, ok := types.Unalias(t).(*types.TypeParam); ok {
		return listed(tp.Constraint().Underlying().(*types.Interface))
	}
	return !types.IsInterface(t)
}

// listed reports whether a constraint lists the types that satisfy it, of which none is
// an interface then.
func listed(c *types.Interface) bool {
	is := func(t types.Type) bool {
		it, ok := t.Underlying().(*types.Interface)
		return !ok || listed(it)
	}
	for t := range c.EmbeddedTypes() {
		u, ok := t.(*types.Union)
		if !ok {
			if is(t) {
				return true
			}
			continue
		}
		all := true
		for term := range u.Terms() {
			all = all && is(term.Type())
		}
		if all {
			return true
		}
	}
	return false
}

// mayChange reports whether an update can change a type, or make a type satisfy it.
func (p *filePrinter) mayChange(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Named:
		if it, ok := t.Underlying().(*types.Interface); ok {
			return !it.Empty()
		}
		for i := range t.TypeArgs().Len() {
			if p.leads(t.TypeArgs().At(i)) {
				return true
			}
		}
		return p.isOwn(t.Obj().Pkg())
	case *types.Interface:
		return !t.Empty()
	}
	return p.leads(t)
}

// leads is mayChange for what a type is made of, in which an interface of the library
// stays what it is.
func (p *filePrinter) leads(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Named:
		for i := range t.TypeArgs().Len() {
			if p.leads(t.TypeArgs().At(i)) {
				return true
			}
		}
		return p.isOwn(t.Obj().Pkg())
	case *types.Pointer:
		return p.leads(t.Elem())
	case *types.Slice:
		return p.leads(t.Elem())
	case *types.Array:
		return p.leads(t.Elem())
	case *types.Chan:
		return p.leads(t.Elem())
	case *types.Map:
		return p.leads(t.Key()) || p.leads(t.Elem())
	case *types.Signature:
		return p.leads(t.Params()) || p.leads(t.Results())
	case *types.Tuple:
		for i := range t.Len() {
			if p.leads(t.At(i).Type()) {
				return true
			}
		}
	case *types.Struct:
		for i := range t.NumFields() {
			if p.leads(t.Field(i).Type()) {
				return true
			}
		}
	case *types.Interface:
		for i := range t.NumMethods() {
			if p.leads(t.Method(i).Type()) {
				return true
			}
		}
	}
	return false
}

func (p *filePrinter) isOwn(pkg *types.Package) bool {
	return pkg != nil && p.prog.IsOwn(pkg)
}

// bringUp are the edits of an assertion whose operand is brought up.
func (p *filePrinter) bringUp(n ast.Node) []edit {
	a, ok := n.(*ast.TypeAssertExpr)
	if !ok || p.brought[a.X] == "" {
		return nil
	}
	return []edit{{a.X.Pos(), a.X.Pos(), p.bringer(a.X) + "("}, {a.X.End(), a.X.End(), ")"}}
}

func (p *filePrinter) bringer(x ast.Expr) string {
	return p.older() + "." + p.brought[x]
}

// subject is the operand of a type switch.
func (p *printer) subject(c *context, s *desugar.TypeSwitch) string {
	x := p.x(c, s.X)
	if n := desugar.Operand(s.Node.(*ast.TypeSwitchStmt)); p.brought[n] != "" {
		x = p.bringer(n) + "(" + x + ")"
	}
	return x
}
