package body

import (
	"go/constant"
	"go/types"
	"strconv"
	"strings"
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
	switch b, ok := k.Type().(*types.Basic); {
	case !ok || b.Info()&types.IsUntyped == 0:
		return p.typ(k.Type()) + "(" + s + ")"
	case b.Kind() == types.UntypedRune:
		return "('\\x00' + " + s + ")"
	}
	return s
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
