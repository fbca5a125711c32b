package body

import (
	"go/constant"
	"go/types"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// constant is the text of a constant declared inside a function: its value, as
// an expression of the same kind, typed or not.
func (p *filePrinter) constant(k *types.Const) string {
	v := k.Val()
	if b, ok := k.Type().Underlying().(*types.Basic); ok {
		switch {
		case b.Info()&types.IsFloat != 0:
			v = constant.ToFloat(v) // 2.0 may be held as an integer
		case b.Info()&types.IsComplex != 0:
			v = constant.ToComplex(v)
		}
	}
	s := valueText(v)
	if desugar.Unwritable(p.pkg.Types, p.scope, k.Type()) {
		return p.constantLike(k, s)
	}
	switch b, ok := k.Type().(*types.Basic); {
	case !ok || b.Info()&types.IsUntyped == 0:
		return p.typ(k.Type()) + "(" + s + ")"
	case b.Kind() == types.UntypedRune:
		return "('\\x00' + " + s + ")"
	}
	return s
}

// constantLike is the text of a constant of a type that cannot be written.
func (p *filePrinter) constantLike(k *types.Const, value string) string {
	like := desugar.ConstLike(p.pkg, k)
	name := like.Name()
	if like.Pkg() != p.pkg.Types {
		name = p.importName(like.Pkg()) + "." + name
	}
	switch k.Val().Kind() {
	case constant.Bool:
		if constant.BoolVal(k.Val()) {
			return "(" + name + " || true)"
		}
		return "(" + name + " && false)"
	case constant.String:
		return "(" + name + " + " + strconv.Quote(strings.TrimPrefix(constant.StringVal(k.Val()), constant.StringVal(like.Val()))) + ")"
	}
	return "(" + name + "*0 + " + value + ")"
}

func valueText(v constant.Value) string {
	switch v.Kind() {
	case constant.String:
		return strconv.Quote(constant.StringVal(v))
	case constant.Int:
		return "(" + v.ExactString() + ")"
	case constant.Float:
		num, den := constant.Num(v), constant.Denom(v)
		if num.Kind() == constant.Int && den.Kind() == constant.Int {
			return "(" + num.ExactString() + ".0 / " + den.ExactString() + ".0)"
		}
		s := v.ExactString()
		if !strings.ContainsAny(s, ".pe") {
			s += ".0"
		}
		return s
	case constant.Complex:
		return "(" + valueText(constant.ToFloat(constant.Real(v))) + " + " + valueText(constant.ToFloat(constant.Imag(v))) + "*1i)"
	}
	return v.ExactString()
}
