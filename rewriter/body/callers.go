package body

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// Own code that asks who called it asks the project's runtime, which leaves out the
// frames that wait below rebuilt ones. Calls and uses as values are replaced alike,
// in every declaration of every own file; the replacements cost as much as the
// originals when the compiler decides what to inline.

// asksCallers is the name of the function of package runtime that an identifier,
// or a qualified one, means, if it is one of those that are replaced.
func (p *filePrinter) asksCallers(n ast.Node) string {
	id, ok := n.(*ast.Ident)
	if sel, qualified := n.(*ast.SelectorExpr); qualified {
		if x, ok := sel.X.(*ast.Ident); !ok || !p.imported(x) {
			return ""
		}
		id = sel.Sel
	} else if !ok {
		return ""
	}
	fn, ok := p.info.Uses[id].(*types.Func)
	if !ok || fn.Pkg() == nil || fn.Pkg().Path() != "runtime" || fn.Signature().Recv() != nil {
		return ""
	}
	switch fn.Name() {
	case "Caller", "Callers":
		return fn.Name()
	}
	return ""
}

func (p *filePrinter) imported(id *ast.Ident) bool {
	_, ok := p.info.Uses[id].(*types.PkgName)
	return ok
}

// callersEdit replaces a mention of such a function.
func (p *filePrinter) callersEdit(n ast.Node) (edit, bool) {
	name := p.asksCallers(n)
	if name == "" {
		return edit{}, false
	}
	return edit{n.Pos(), n.End(), p.upstare() + "." + name}, true
}

// pending is where a call stands that has not returned: where its arguments begin,
// which is another line than that of what is called if that is a literal.
func pending(s *desugar.Op) token.Pos {
	for _, a := range s.Rhs.Args {
		if n, ok := desugar.RootNode(a); ok {
			if call, ok := ast.Unparen(n).(*ast.CallExpr); ok {
				return call.Lparen
			}
		}
	}
	return s.P
}
