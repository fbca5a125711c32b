package desugar

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/upstarego/upstarego/rewriter/load"
)

// standIns gives variables of unexported foreign types, which no frame can name,
// an interface type with the methods of theirs in place. It holds the same
// dynamic type, so that only uses that see the static type could tell; variables
// with such uses are left alone and refused later.
func (t *Tree) standIns() {
	candidate := map[*Var]*types.Interface{}
	for _, v := range t.Vars {
		if v.Boxed || v.Type == nil || t.isParam(v) {
			continue
		}
		bad := t.unnameable(v.Type)
		if bad == nil || bad.Pkg() == t.Pkg.Types {
			continue
		}
		if i := t.methodsOf(v.Type); i != nil {
			candidate[v] = i
		}
	}
	if len(candidate) == 0 {
		return
	}
	var stack []ast.Node
	ast.Inspect(t.Decl, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		if id, ok := n.(*ast.Ident); ok {
			if v := t.VarOf(id); v != nil && candidate[v] != nil && !t.standInUse(stack, candidate[v]) {
				delete(candidate, v)
			}
		}
		return true
	})
	for v, i := range candidate {
		v.Type = i
	}
}

func (t *Tree) isParam(v *Var) bool {
	if v == v.Owner.Recv || isResult(v) {
		return true
	}
	for _, p := range v.Owner.Params {
		if p == v {
			return true
		}
	}
	return false
}

// methodsOf is an interface with the methods of a type that can be written down.
func (t *Tree) methodsOf(typ types.Type) *types.Interface {
	set := types.NewMethodSet(typ)
	var methods []*types.Func
	for i := range set.Len() {
		m := set.At(i).Obj().(*types.Func)
		sig := set.At(i).Type().(*types.Signature)
		if !m.Exported() || t.unnameable(sig) != nil {
			continue
		}
		methods = append(methods, types.NewFunc(token.NoPos, m.Pkg(), m.Name(), types.NewSignatureType(nil, nil, nil, sig.Params(), sig.Results(), sig.Variadic())))
	}
	if len(methods) == 0 {
		return nil
	}
	return types.NewInterfaceType(methods, nil).Complete()
}

// standInUse reports whether a use of a variable, last on the stack, means the
// same if its type is an interface with methods i.
func (t *Tree) standInUse(stack []ast.Node, i *types.Interface) bool {
	id := stack[len(stack)-1].(*ast.Ident)
	info := t.Pkg.Info
	up := len(stack) - 2
	for up > 0 {
		if _, ok := stack[up].(*ast.ParenExpr); !ok {
			break
		}
		up--
	}
	switch p := stack[up].(type) {
	case *ast.SelectorExpr:
		s := info.Selections[p]
		if s == nil || s.Kind() != types.MethodVal {
			return false
		}
		obj, _, _ := types.LookupFieldOrMethod(i, false, s.Obj().Pkg(), s.Obj().Name())
		return obj != nil
	case *ast.AssignStmt:
		// Declared or set; as a value it would lend its type to a variable.
		for _, l := range p.Lhs {
			if l == id {
				return len(p.Lhs) == 1 || info.Defs[id] == nil || len(p.Rhs) == len(p.Lhs)
			}
		}
		return false
	case *ast.ValueSpec:
		for _, n := range p.Names {
			if n == id {
				return p.Type == nil
			}
		}
		return false
	case *ast.CallExpr:
		sig, ok := under(info.TypeOf(p.Fun)).(*types.Signature)
		if !ok || p.Ellipsis.IsValid() {
			return false
		}
		for k, a := range p.Args {
			if ast.Unparen(a) != id {
				continue
			}
			last := sig.Params().Len() - 1
			param := sig.Params().At(min(k, last)).Type()
			if sig.Variadic() && k >= last {
				param = param.(*types.Slice).Elem()
			}
			return types.IsInterface(param)
		}
	}
	return false
}

// unnameable returns a type name inside typ that package-level code of this
// package cannot write, or nil.
func (t *Tree) unnameable(typ types.Type) *types.TypeName {
	var bad *types.TypeName
	seen := map[types.Type]bool{}
	var walk func(types.Type)
	walk = func(typ types.Type) {
		if bad != nil || seen[typ] {
			return
		}
		seen[typ] = true
		switch x := typ.(type) {
		case *types.Alias:
			walk(types.Unalias(x))
		case *types.Named:
			o := x.Obj()
			if o.Pkg() != nil {
				if o.Pkg() == t.Pkg.Types {
					if o.Parent() != t.Pkg.Types.Scope() && t.Scope.Hoisted[o] == "" {
						bad = o
						return
					}
				} else if !o.Exported() {
					bad = o
					return
				}
			}
			for i := 0; i < x.TypeArgs().Len(); i++ {
				walk(x.TypeArgs().At(i))
			}
		case *types.Pointer:
			walk(x.Elem())
		case *types.Slice:
			walk(x.Elem())
		case *types.Array:
			walk(x.Elem())
		case *types.Chan:
			walk(x.Elem())
		case *types.Map:
			walk(x.Key())
			walk(x.Elem())
		case *types.Struct:
			for i := 0; i < x.NumFields(); i++ {
				walk(x.Field(i).Type())
			}
		case *types.Signature:
			walk(x.Params())
			walk(x.Results())
		case *types.Tuple:
			for i := 0; i < x.Len(); i++ {
				walk(x.At(i).Type())
			}
		case *types.Interface:
			for i := 0; i < x.NumExplicitMethods(); i++ {
				walk(x.ExplicitMethod(i).Type())
			}
			for i := 0; i < x.NumEmbeddeds(); i++ {
				walk(x.EmbeddedType(i))
			}
		}
	}
	walk(typ)
	return bad
}

// Unwritable reports whether a declaration of package pkg cannot write the type.
func Unwritable(pkg *types.Package, typ types.Type) bool {
	t := &Tree{Pkg: &load.Package{Types: pkg}}
	return t.unnameable(typ) != nil
}
