package rewriter

import (
	"go/ast"
	exact "go/constant"
	"go/token"
	"go/types"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/upstarego/upstarego/rewriter/load"
)

// counted are the fields that own code counts, by a constant each time, and gives no other
// values but zero and those of the same field elsewhere.
func (d *describer) counted() map[*types.Var]bool {
	if d.counters != nil {
		return d.counters
	}
	d.counters = map[*types.Var]bool{}
	other := map[*types.Var]bool{}
	for _, pkg := range d.prog.Own {
		for _, file := range pkg.Syntax {
			var stack []ast.Node
			ast.Inspect(file, func(n ast.Node) bool {
				if n == nil {
					stack = stack[:len(stack)-1]
					return true
				}
				stack = append(stack, n)
				switch n := n.(type) {
				case *ast.SelectorExpr:
					if s := pkg.Info.Selections[n]; s != nil && s.Kind() == types.FieldVal {
						f := s.Obj().(*types.Var).Origin()
						switch counts(pkg, stack, f) {
						case 1:
							d.counters[f] = true
						case -1:
							other[f] = true
						}
					}
				case *ast.CompositeLit:
					s, ok := orNone(pkg.Info.TypeOf(n)).(*types.Struct)
					for i, e := range n.Elts {
						kv, keyed := e.(*ast.KeyValueExpr)
						var f *types.Var
						v := e
						if keyed {
							id, _ := kv.Key.(*ast.Ident)
							f, _ = pkg.Info.Uses[id].(*types.Var)
							v = kv.Value
						} else if ok && i < s.NumFields() {
							f = s.Field(i)
						}
						if f != nil && !copies(pkg.Info, v, f.Origin()) {
							other[f.Origin()] = true
						}
					}
				}
				return true
			})
		}
	}
	for f := range other {
		delete(d.counters, f)
	}
	return d.counters
}

// counts says what is done with a field at the end of a stack of nodes: 1 if it is counted, -1
// if it is given something else, or something may do that; 0 if it is read.
func counts(pkg *load.Package, stack []ast.Node, f *types.Var) int {
	e, info := stack[len(stack)-1], pkg.Info
	constant := func(e ast.Expr) bool { return info.Types[e].Value != nil }
	for i := len(stack) - 2; i >= 0; i-- {
		switch p := stack[i].(type) {
		case *ast.ParenExpr:
			e = p
			continue
		case *ast.IncDecStmt:
			return 1
		case *ast.AssignStmt:
			for k, l := range p.Lhs {
				switch {
				case l != e:
				case (p.Tok == token.ADD_ASSIGN || p.Tok == token.SUB_ASSIGN) && constant(p.Rhs[0]):
					return 1
				case p.Tok == token.ASSIGN && len(p.Lhs) == len(p.Rhs) && copies(info, p.Rhs[k], f):
					return 0
				default:
					return -1
				}
			}
			return 0
		case *ast.UnaryExpr:
			if p.Op != token.AND {
				return 0
			}
			call, ok := stack[max(0, i-1)].(*ast.CallExpr)
			fn, _ := typeutil.Callee(info, orCall(call)).(*types.Func)
			if !ok || fn == nil || pkgPathOf(fn) != "sync/atomic" {
				return -1
			}
			switch name := fn.Name(); {
			case strings.HasPrefix(name, "Load"):
				return 0
			case strings.HasPrefix(name, "Add") && len(call.Args) == 2 && constant(call.Args[1]):
				return 1
			case strings.HasPrefix(name, "Store") && len(call.Args) == 2 && copies(info, call.Args[1], f):
				return 0
			}
			return -1
		case *ast.RangeStmt:
			if p.Key == e || p.Value == e {
				return -1
			}
			return 0
		default:
			return 0
		}
	}
	return 0
}

func orCall(c *ast.CallExpr) *ast.CallExpr {
	if c == nil {
		return &ast.CallExpr{Fun: &ast.BadExpr{}}
	}
	return c
}

// copies reports whether a value is zero, or that of the same field.
func copies(info *types.Info, e ast.Expr, f *types.Var) bool {
	e = ast.Unparen(e)
	if v := info.Types[e].Value; v != nil {
		return (v.Kind() == exact.Int || v.Kind() == exact.Float) && exact.Sign(v) == 0
	}
	if call, ok := e.(*ast.CallExpr); ok {
		e = loaded(info, call)
	}
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || info.Selections[sel] == nil {
		return false
	}
	g, ok := info.Selections[sel].Obj().(*types.Var)
	return ok && g.Origin() == f
}

// loaded is what a call of package sync/atomic loads, nil if it is no such call.
func loaded(info *types.Info, call *ast.CallExpr) ast.Expr {
	fn, _ := typeutil.Callee(info, call).(*types.Func)
	if fn == nil || pkgPathOf(fn) != "sync/atomic" || !strings.HasPrefix(fn.Name(), "Load") || len(call.Args) != 1 {
		return nil
	}
	if and, ok := ast.Unparen(call.Args[0]).(*ast.UnaryExpr); ok && and.Op == token.AND {
		return ast.Unparen(and.X)
	}
	return nil
}
