package desugar

import (
	"go/ast"
	"go/types"
)

// Under is the underlying type; of a type parameter, the one that all types of
// its type set have, or its constraint if there is none.
func Under(t types.Type) types.Type {
	tp, ok := types.Unalias(t).(*types.TypeParam)
	if !ok {
		return t.Underlying()
	}
	iface := tp.Constraint().Underlying().(*types.Interface)
	core := types.Type(nil)
	same := true
	var walk func(types.Type)
	walk = func(t types.Type) {
		switch u := t.Underlying().(type) {
		case *types.Interface:
			for i := range u.NumEmbeddeds() {
				switch e := types.Unalias(u.EmbeddedType(i)).(type) {
				case *types.Union:
					for j := range e.Len() {
						walk(e.Term(j).Type())
					}
				default:
					walk(e)
				}
			}
		default:
			switch c := commonChan(core, u); {
			case core == nil || types.Identical(core, u):
				core = u
			case c != nil:
				core = c
			default:
				same = false
			}
		}
	}
	walk(iface)
	if core == nil || !same {
		return iface
	}
	return core
}

// commonChan is the channel type that two which differ by direction alone have in
// common: the one that only receives or only sends.
func commonChan(a, b types.Type) types.Type {
	x, ok := a.(*types.Chan)
	y, ok2 := b.(*types.Chan)
	if !ok || !ok2 || !types.Identical(x.Elem(), y.Elem()) {
		return nil
	}
	switch {
	case y.Dir() == types.SendRecv:
		return x
	case x.Dir() == types.SendRecv:
		return y
	}
	return nil
}

func under(t types.Type) types.Type { return Under(t) }

// typeParams gives the declaration's type parameters names of their own: what is
// generated for its functions has them too, and must see past them what the
// package declares.
func (t *Tree) typeParams() {
	d, ok := t.Decl.(*ast.FuncDecl)
	if !ok {
		return
	}
	sig := t.Pkg.Info.Defs[d.Name].Type().(*types.Signature)
	for _, list := range []*types.TypeParamList{sig.TypeParams(), sig.RecvTypeParams()} {
		for i := range list.Len() {
			tp := list.At(i)
			name := tp.Obj().Name()
			if name == "_" {
				name = "upT"
			}
			t.Scope.Hoisted[tp.Obj()] = t.unique(name)
			t.TypeParams = append(t.TypeParams, tp)
		}
	}
	if len(t.TypeParams) > 0 {
		for _, l := range t.Locals {
			t.Scope.Params[t.Pkg.Info.Defs[l.Spec.Name]] = t.TypeParams
		}
	}
}

// localTypeParams gives the parameters of generic types that are declared inside
// functions names of their own: at package level they stand beside the function's.
func (t *Tree) localTypeParams() {
	for _, l := range t.Locals {
		if l.Spec.TypeParams == nil {
			continue
		}
		for _, f := range l.Spec.TypeParams.List {
			for _, n := range f.Names {
				name := n.Name
				if name == "_" {
					name = "upT"
				}
				t.Scope.Hoisted[t.Pkg.Info.Defs[n]] = t.unique(name)
			}
		}
	}
}
