package body

import (
	"go/types"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// What the register ABI of amd64 hands over in registers; what is in no way sure to be there
// is not counted on.
const (
	intRegisters   = 9
	floatRegisters = 15
)

// Registers reports whether a function that has a gate gets all of its arguments in registers:
// a number that is of another size in another release is in the same one then, and so is
// what comes behind it.
func Registers(fn *desugar.Func) bool {
	if !HasEntry(fn) || fn.Deferred || len(fn.Tree.TypeParams) > 0 {
		return false
	}
	var r registers
	if recv := fn.Sig.Recv(); recv != nil {
		r.add(recv.Type())
	}
	for v := range fn.Sig.Params().Variables() {
		r.add(v.Type())
	}
	return !r.stack && r.ints <= intRegisters && r.floats <= floatRegisters
}

// registers counts those that arguments take.
type registers struct {
	ints, floats int
	stack        bool
}

func (r *registers) add(t types.Type) {
	switch t := t.Underlying().(type) {
	case *types.Basic:
		switch {
		case t.Info()&types.IsComplex != 0:
			r.floats += 2
		case t.Info()&types.IsFloat != 0:
			r.floats++
		case t.Info()&types.IsString != 0:
			r.ints += 2
		default:
			r.ints++
		}
	case *types.Interface:
		r.ints += 2
		r.stack = r.stack || !t.IsMethodSet()
	case *types.Slice:
		r.ints += 3
	case *types.Struct:
		for f := range t.Fields() {
			r.add(f.Type())
		}
	case *types.Array:
		if t.Len() > 0 {
			r.add(t.Elem())
		}
		r.stack = r.stack || t.Len() > 1
	default:
		r.ints++
	}
}
