package body

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// initialisers prints, for every package variable of the file that has an
// initialiser of its own, a function that gives the initial value. The process
// runs a package's init once: a variable that a later release adds, or whose
// initial value changed, gets its value from here.
func (p *filePrinter) initialisers(trees map[ast.Decl]*desugar.Tree) (text, register string) {
	var t, r strings.Builder
	for _, d := range p.file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		pr := &printer{filePrinter: p, t: trees[d]}
		for _, s := range g.Specs {
			vs := s.(*ast.ValueSpec)
			if len(vs.Values) != len(vs.Names) {
				continue
			}
			for i, n := range vs.Names {
				obj, ok := p.info.Defs[n].(*types.Var)
				if !ok || n.Name == "_" || desugar.Unwritable(p.pkg.Types, obj.Type()) {
					continue
				}
				value := string(p.src[vs.Values[i].Pos()-p.base : vs.Values[i].End()-p.base])
				if pr.t != nil {
					value = pr.node(&context{}, vs.Values[i], nil)
				}
				fmt.Fprintf(&t, "\n//line %s\nfunc upstareInit_%s() %s {\nreturn %s\n}\n",
					p.where(vs.Values[i].Pos()), n.Name, p.typ(obj.Type()), value)
				fmt.Fprintf(&r, "r.AddInit(%q, upstareInit_%s)\n", p.pkg.PkgPath+"."+n.Name, n.Name)
			}
		}
	}
	return t.String(), r.String()
}
