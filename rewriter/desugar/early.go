package desugar

import (
	"go/ast"
	"go/types"
)

// parametric reports whether a type has a type parameter in it.
func parametric(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Named:
		for a := range t.TypeArgs().Types() {
			if parametric(a) {
				return true
			}
		}
	case *types.Map:
		return parametric(t.Key()) || parametric(t.Elem())
	case interface{ Elem() types.Type }: // pointers, slices, arrays, channels
		return parametric(t.Elem())
	case *types.Struct:
		for f := range t.Fields() {
			if parametric(f.Type()) {
				return true
			}
		}
	case *types.Signature:
		return parametric(t.Params()) || parametric(t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			if parametric(v.Type()) {
				return true
			}
		}
	}
	return false
}

// pointerShaped reports whether values of the type are one word that is a pointer. Of a
// type parameter that is not known.
func (b *builder) pointerShaped(t types.Type) bool {
	pointers, known := holdsPointers(t)
	return pointers && known && b.Prog.Sizes.Sizeof(t) == b.Prog.Sizes.Sizeof(types.Typ[types.UnsafePointer])
}

// holdsPointers tells whether values of a type have pointers in them, if that is known.
func holdsPointers(t types.Type) (pointers, known bool) {
	if _, ok := types.Unalias(t).(*types.TypeParam); ok {
		return false, false
	}
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Kind() == types.UnsafePointer || t.Info()&types.IsString != 0, true
	case *types.Array:
		pointers, known = holdsPointers(t.Elem())
		return pointers && t.Len() > 0, known
	case *types.Struct:
		for f := range t.Fields() {
			p, k := holdsPointers(f.Type())
			if !k {
				return false, false
			}
			pointers = pointers || p
		}
		return pointers, true
	case *types.Tuple: // a value and whether there is one
		return false, false
	}
	return true, true
}

func (b *builder) isBasic(e ast.Expr, kind types.BasicKind) bool {
	t, ok := under(b.Pkg.Info.TypeOf(e)).(*types.Basic)
	return ok && t.Kind() == kind
}

// pointerIn is what keeps an argument's object alive: p of uintptr(p), which
// the compiler treats apart where it stands in a call (syscall.Syscall and
// functions marked go:uintptrescapes), else the argument itself.
func (b *builder) pointerIn(arg ast.Expr) ast.Expr {
	c, ok := ast.Unparen(arg).(*ast.CallExpr)
	if ok && len(c.Args) == 1 && b.Pkg.Info.Types[c.Fun].IsType() && b.isBasic(c, types.Uintptr) && b.isBasic(c.Args[0], types.UnsafePointer) {
		return c.Args[0]
	}
	return arg
}

// copiedEarly: gc copies an argument before later calls if it becomes an
// interface value by address and has none: it is no variable, and neither a number of
// two, four or eight bytes nor a string or slice.
func (b *builder) copiedEarly(c *ast.CallExpr, arg ast.Expr) bool {
	tv := b.Pkg.Info.Types[arg]
	if tv.Value != nil || tv.IsNil() || tv.Addressable() || b.simpleOperand(arg) || tv.Type == nil || types.IsInterface(tv.Type) {
		return false
	}
	if param := b.param(c, arg); param == nil || !types.IsInterface(param) {
		return false
	}
	t := tv.Type
	if u, ok := under(t).(*types.Basic); ok && u.Info()&types.IsUntyped != 0 {
		t = types.Default(u)
	}
	pointers, known := holdsPointers(t)
	if !known {
		return true
	}
	size := b.Prog.Sizes.Sizeof(t)
	if align := b.Prog.Sizes.Alignof(t); size == align && (size == 2 || (size == 4 || size == 8) && !pointers) {
		return false
	}
	switch u := under(sole(t)).(type) {
	case *types.Basic:
		return u.Info()&types.IsString == 0
	case *types.Slice:
		return false
	}
	return true
}

// sole is what a value of a type consists of, if that is one thing.
func sole(t types.Type) types.Type {
	switch u := under(t).(type) {
	case *types.Struct:
		if u.NumFields() == 1 {
			return sole(u.Field(0).Type())
		}
	case *types.Array:
		if u.Len() == 1 {
			return sole(u.Elem())
		}
	}
	return t
}

// param is the type of the parameter that an argument of a call is for; nil of builtins
// and conversions.
func (b *builder) param(c *ast.CallExpr, arg ast.Expr) types.Type {
	tv := b.Pkg.Info.Types[c.Fun]
	sig, ok := under(tv.Type).(*types.Signature)
	if !ok || tv.IsBuiltin() || tv.IsType() {
		return nil
	}
	for i, a := range c.Args {
		switch {
		case a != arg:
		case sig.Variadic() && i >= sig.Params().Len()-1 && !c.Ellipsis.IsValid():
			return sig.Params().At(sig.Params().Len() - 1).Type().(*types.Slice).Elem()
		case i < sig.Params().Len():
			return sig.Params().At(i).Type()
		}
	}
	return nil
}
