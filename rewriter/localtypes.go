package rewriter

import (
	"fmt"
	"go/ast"
	"go/types"

	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/load"
)

// localKeys are the ledger's keys of the types that a package declares in functions. They
// name the function: types of one name in others may come and go.
func localKeys(pkg *load.Package) map[*types.TypeName]string {
	keys, count := map[*types.TypeName]string{}, map[string]int{}
	for _, f := range pkg.Syntax {
		for _, d := range f.Decls {
			id := "glob"
			if fd, ok := d.(*ast.FuncDecl); ok {
				id = desugar.DeclID(fd)
			}
			ast.Inspect(d, func(n ast.Node) bool {
				if ts, ok := n.(*ast.TypeSpec); ok {
					if tn, ok := pkg.Info.Defs[ts.Name].(*types.TypeName); ok && tn.Parent() != pkg.Types.Scope() {
						k := id + "·" + tn.Name()
						count[k]++
						keys[tn] = fmt.Sprintf("%s.%s·%d", pkg.Types.Path(), k, count[k])
					}
				}
				return true
			})
		}
	}
	return keys
}

// A registered type is one that a package enters into a release.
type registered struct{ key, name string }

// registeredLocals are those of a declaration's local types that code at package level can
// name once they have moved there. Like those that are declared there, generic ones are entered
// by their instances.
func registeredLocals(pkg *load.Package, keys map[*types.TypeName]string, t *desugar.Tree) (l []registered) {
	for _, d := range t.Locals {
		tn, ok := pkg.Info.Defs[d.Spec.Name].(*types.TypeName)
		if ok && len(t.TypeParams) == 0 && isRegistered(tn) {
			l = append(l, registered{keys[tn], d.Name})
		}
	}
	return l
}

// isRegistered reports whether a type can be what a variable has.
func isRegistered(o *types.TypeName) bool {
	named, ok := o.Type().(*types.Named)
	if o.IsAlias() || o.Name() == "_" || !ok || named.TypeParams().Len() > 0 {
		return false
	}
	it, ok := named.Underlying().(*types.Interface)
	return !ok || it.IsMethodSet()
}
