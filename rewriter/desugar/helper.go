package desugar

import (
	"go/ast"
	"go/token"
	"go/types"
)

// A test helper's t.Helper() notes its caller by name, so that t's messages give
// the line of the function that called the helper. A resume body has another name
// than its function, and may be what goes on to call t.Error: where a function
// says that it is a helper, it says so for its resume body as well.

// Help stands for the statement that does that with the variable uph.
type Help struct{}

// HelperText replaces the statement x.Helper(); its arguments are x and Help.
const HelperText = "{ uph := %s; uph.Helper(); %s }"

var helper = func() *types.Interface {
	sig := types.NewSignatureType(nil, nil, nil, nil, nil, false)
	return types.NewInterfaceType([]*types.Func{types.NewFunc(token.NoPos, nil, "Helper", sig)}, nil).Complete()
}()

// HelperCall gives the x of a statement x.Helper() that calls package testing's
// method, directly or through an interface, and nil for others.
func HelperCall(info *types.Info, s ast.Stmt) ast.Expr {
	es, ok := s.(*ast.ExprStmt)
	if !ok {
		return nil
	}
	call, ok := ast.Unparen(es.X).(*ast.CallExpr)
	if !ok || len(call.Args) > 0 {
		return nil
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "Helper" {
		return nil
	}
	s2 := info.Selections[sel]
	if s2 == nil || s2.Kind() != types.MethodVal || !types.Implements(s2.Recv(), helper) {
		return nil
	}
	if types.IsInterface(s2.Recv()) || s2.Obj().Pkg() != nil && s2.Obj().Pkg().Path() == "testing" {
		return sel.X
	}
	return nil
}
