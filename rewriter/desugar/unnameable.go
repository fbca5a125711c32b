package desugar

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/load"
)

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

// unnameable returns a name inside typ that package-level code of this package
// cannot write, or nil: of a type, or of an unexported field or method.
func (t *Tree) unnameable(typ types.Type) types.Object {
	var bad types.Object
	seen := map[types.Type]bool{}
	var walk func(types.Type)
	member := func(o types.Object) {
		if bad == nil && !o.Exported() && o.Pkg() != nil && o.Pkg() != t.Pkg.Types {
			bad = o
		}
		walk(o.Type())
	}
	walk = func(typ types.Type) {
		if bad != nil || seen[typ] {
			return
		}
		seen[typ] = true
		switch x := typ.(type) {
		case *types.Alias:
			if !t.written(x.Obj()) {
				walk(types.Unalias(x))
				return
			}
			for i := range x.TypeArgs().Len() {
				walk(x.TypeArgs().At(i))
			}
		case *types.Named:
			if !t.written(x.Obj()) {
				bad = x.Obj()
				return
			}
			for i := range x.TypeArgs().Len() {
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
			for i := range x.NumFields() {
				member(x.Field(i))
			}
		case *types.Signature:
			walk(x.Params())
			walk(x.Results())
		case *types.Tuple:
			for i := range x.Len() {
				walk(x.At(i).Type())
			}
		case *types.Interface:
			for i := range x.NumExplicitMethods() {
				member(x.ExplicitMethod(i))
			}
			for i := range x.NumEmbeddeds() {
				walk(x.EmbeddedType(i))
			}
		}
	}
	walk(typ)
	return bad
}

// written reports whether package-level code of this package can write a type's
// name.
func (t *Tree) written(o *types.TypeName) bool {
	switch {
	case o.Pkg() == nil:
		return true
	case o.Pkg() == t.Pkg.Types:
		return o.Parent() == o.Pkg().Scope() || t.Scope != nil && t.Scope.Hoisted[o] != ""
	}
	return o.Exported() && (o.Parent() == nil || o.Parent() == o.Pkg().Scope()) && t.mayImport(o.Pkg())
}

// mayImport reports whether the package may import another one: one that it imports
// already, as tests in a package of their own may their package's, or one that is not
// internal to other trees.
func (t *Tree) mayImport(pkg *types.Package) bool {
	return slices.Contains(t.Pkg.Types.Imports(), pkg) || load.MayImport(t.Pkg.Types.Path(), pkg.Path())
}

// Unwritable reports whether a declaration of package pkg cannot write the type;
// scope may be nil.
func Unwritable(pkg *types.Package, scope *Scope, typ types.Type) bool {
	t := &Tree{Pkg: &load.Package{Types: pkg}, Scope: scope}
	return t.unnameable(typ) != nil
}

// Unnameable reports whether what is generated for the tree cannot write the type.
// Zero gives the text of a value of it even so.
func (t *Tree) Unnameable(typ types.Type) bool { return typ != nil && t.unnameable(typ) != nil }

func (t *Tree) refuseType(p token.Pos, what string, bad types.Object, why string) {
	reason := ", which is not exported"
	if bad.Exported() {
		reason = ", which this package may not import"
	}
	t.refuse(diag.UnnameableType, p, what+" has a type with "+bad.Pkg().Path()+"."+bad.Name()+reason, why, "give the variable an interface or an exported type")
}

// refuseTypes refuses what has neither a type that can be written nor a witness.
func (t *Tree) refuseTypes(fn *Func) {
	if fn.Range != nil {
		r := t.Ranges[fn.Range]
		for i := range r.yield.Params().Len() {
			typ := r.yield.Params().At(i).Type()
			bad := t.unnameable(typ)
			if bad == nil {
				continue
			}
			// The adapter's type arguments are inferred from the iterator.
			_, named := types.Unalias(under(t.Pkg.Info.TypeOf(fn.Range.X)).(*types.Signature).Params().At(0).Type()).(*types.Named)
			taken := []*Var{r.key, r.val}[i] != nil
			if named || taken && t.lacking(typ) != nil || !t.since("go1.18") {
				t.refuseType(fn.Range.Pos(), "what the iterator yields", bad, "the loop's body stops and becomes a function, whose parameters have to be written or inferred")
				return
			}
		}
	}
	for _, v := range fn.Locals {
		if v.Type == nil {
			continue
		}
		if bad := t.lacking(v.Type); bad != nil {
			pos, name := fn.Block().Pos(), "a value"
			if v.Obj != nil {
				pos, name = v.Obj.Pos(), v.Obj.Name()
			}
			t.refuseType(pos, name, bad, "frame records cannot get it from another expression of the function either")
		}
	}
}

// lacking is the name that keeps a type from being written where it has no witness
// either, else nil.
func (t *Tree) lacking(typ types.Type) types.Object {
	bad := t.unnameable(typ)
	if bad == nil {
		return nil
	}
	if _, ok := t.witness(typ); ok {
		return nil
	}
	return bad
}

// ConstLike finds a constant at package level that has the type of k and from which
// an expression without the type's name can make k: any number or truth value, a
// string that k begins with.
func ConstLike(pkg *load.Package, k *types.Const) *types.Const {
	var found *types.Const
	at := token.NoPos
	for id, obj := range pkg.Info.Uses {
		c, ok := obj.(*types.Const)
		if !ok || c.Pkg() == nil || c.Parent() != c.Pkg().Scope() || !types.Identical(c.Type(), k.Type()) {
			continue
		}
		if c.Val().Kind() == constant.String && !strings.HasPrefix(constant.StringVal(k.Val()), constant.StringVal(c.Val())) {
			continue
		}
		if found == nil || id.Pos() < at {
			found, at = c, id.Pos()
		}
	}
	return found
}

// refuseConsts refuses constants inside functions that cannot be printed by value.
func (t *Tree) refuseConsts() {
	ast.Inspect(t.Decl, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		if !ok {
			return true
		}
		k, ok := t.Pkg.Info.Defs[id].(*types.Const)
		if !ok || k.Parent() == t.Pkg.Types.Scope() {
			return true
		}
		if bad := t.unnameable(k.Type()); bad != nil && ConstLike(t.Pkg, k) == nil {
			t.refuseType(id.Pos(), id.Name, bad, "functions that stop have their constants by value, with the type written")
		}
		return true
	})
}
