package desugar

import (
	"go/ast"
	"go/types"

	"github.com/upstarego/upstarego/internal/diag"
)

// EmbeddedType is the declared type whose name an embedded field has, nil if that is
// a predeclared one's.
func EmbeddedType(f *types.Var) types.Object {
	t := f.Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	switch t := t.(type) {
	case *types.Alias:
		return t.Obj()
	case *types.Named:
		return t.Obj()
	}
	return nil
}

// embedded refuses what would show of the names that local types have got: a field
// that embeds one is called like it, in selectors and literals too. That is taken out
// of type descriptors, but types are compared and methods promoted by what the
// compiler has seen.
func (t *Tree) embedded() {
	var embedded, marked []*types.Var
	ast.Inspect(t.Decl, func(n ast.Node) bool {
		st, ok := n.(*ast.StructType)
		if !ok {
			return true
		}
		s := t.Pkg.Info.TypeOf(st).(*types.Struct)
		for i := range s.NumFields() {
			if f := s.Field(i); f.Embedded() {
				embedded = append(embedded, f)
				if name := t.Scope.Hoisted[EmbeddedType(f)]; name != "" && name != f.Name() {
					marked = append(marked, f)
				}
			}
		}
		return true
	})
	for _, m := range marked {
		if _, ok := m.Type().(*types.Alias); ok {
			t.refuse(diag.EmbeddedName, m.Pos(), "embedded alias "+m.Name(), "the name is declared elsewhere in the package too: the struct would not be the same type as one that embeds the other", "rename it")
		}
		for _, f := range embedded {
			obj, _, _ := types.LookupFieldOrMethod(f.Type(), true, t.Pkg.Types, m.Name())
			if _, ok := obj.(*types.Func); ok && f != m {
				t.refuse(diag.EmbeddedName, m.Pos(), "embedded type "+m.Name(), "the name is declared elsewhere in the package too, and "+f.Name()+" has a method of that name, which the field may hide", "rename it")
				break
			}
		}
	}
}
