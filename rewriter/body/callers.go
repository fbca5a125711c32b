package body

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// Own code that asks who called it asks the project's runtime, which leaves out the
// frames that wait below rebuilt ones. Calls and uses as values are replaced alike,
// in every declaration of every own file; the replacements cost as much as the
// originals when the compiler decides what to inline.

// So it is with errors.Is, As and AsType, which look for errors of this release's in what
// foreign code may have kept: see package runtime/older.

// And so it is with calls of (*sync.WaitGroup).Go, whose goroutines the project's runtime
// has to know when an update moves the group: see GoGroup there.

// replaced is the function of another package that an identifier, or a qualified one,
// means, if it is one of those that are replaced, and the package that has another.
func (p *filePrinter) replaced(n ast.Node) (path, name string) {
	id, ok := n.(*ast.Ident)
	if sel, qualified := n.(*ast.SelectorExpr); qualified {
		if x, ok := sel.X.(*ast.Ident); !ok || !p.imported(x) {
			return "", ""
		}
		id = sel.Sel
	} else if !ok {
		return "", ""
	}
	fn, ok := p.info.Uses[id].(*types.Func)
	if !ok || fn.Pkg() == nil || fn.Signature().Recv() != nil {
		return "", ""
	}
	switch name := fn.Name(); fn.Pkg().Path() + "." + name {
	case "runtime.Caller", "runtime.Callers":
		return RuntimePath, name
	case "errors.As", "errors.AsType", "errors.Is":
		return OlderPath, name
	}
	return "", ""
}

func (p *filePrinter) imported(id *ast.Ident) bool {
	_, ok := p.info.Uses[id].(*types.PkgName)
	return ok
}

// replace is the edit of a mention of such a function.
func (p *filePrinter) replace(n ast.Node) (edit, bool) {
	switch path, name := p.replaced(n); path {
	case RuntimePath:
		return edit{n.Pos(), n.End(), p.upstare() + "." + name}, true
	case OlderPath:
		return edit{n.Pos(), n.End(), p.older() + "." + name}, true
	}
	return edit{}, false
}

// groupGo are the edits of a call x.Go(f): GoGroup(&x, f).
func (p *filePrinter) groupGo(n ast.Node) []edit {
	if call, ok := n.(*ast.CallExpr); ok {
		if sel := desugar.GroupGo(p.info, call); sel != nil {
			return p.adopt(call, sel, "GoGroup")
		}
	}
	return nil
}

// onceDo are the edits of a call x.Do(f): OnceDo(&x, f).
func (p *printer) onceDo(n ast.Node) []edit {
	if call, ok := n.(*ast.CallExpr); ok && p.t.Once[call] {
		return p.adopt(call, ast.Unparen(call.Fun).(*ast.SelectorExpr), "OnceDo")
	}
	return nil
}

// adopt makes a call of a method one of the runtime's function. What lies between is left
// out but for its lines.
func (p *filePrinter) adopt(call *ast.CallExpr, sel *ast.SelectorExpr, function string) []edit {
	path, pointer, ok := desugar.Promoted(p.pkg, p.scope, p.info.Selections[sel])
	if !ok {
		return nil
	}
	begin := p.upstare() + "." + function + "("
	if !pointer {
		begin += "&"
	}
	lines := func(from, to token.Pos) string {
		return strings.Repeat("\n", strings.Count(string(p.src[from-p.base:to-p.base]), "\n"))
	}
	return []edit{
		{call.Pos(), sel.X.Pos(), lines(call.Pos(), sel.X.Pos()) + begin},
		{sel.X.End(), call.Lparen + 1, path + ", " + lines(sel.X.End(), call.Lparen+1)},
	}
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
