package rewriter

import (
	"fmt"
	"go/types"
	"strings"
)

// A substitution gives type parameters their arguments.
type substitution map[*types.TypeParam]types.Type

func (s substitution) apply(t types.Type) types.Type {
	if len(s) == 0 || t == nil {
		return t
	}
	args := make([]string, len(s))
	for p, a := range s {
		args[p.Index()] = keyText(a)
	}
	m := mapper{func(p *types.TypeParam) types.Type { return s[p] }, map[string]*types.Named{}, "[" + strings.Join(args, ",") + "]"}
	return m.mapped(t)
}

// A mapper replaces every type parameter by what f gives for it, unless that is
// nil.
type mapper struct {
	f     func(*types.TypeParam) types.Type
	local map[string]*types.Named // types declared inside a generic function
	args  string                  // what their names get
}

func (m mapper) mapped(t types.Type) types.Type {
	again := m.mapped
	switch t := t.(type) {
	case *types.Alias:
		return again(types.Unalias(t))
	case *types.TypeParam:
		if to := m.f(t); to != nil {
			return to
		}
	case *types.Named:
		if t.TypeArgs().Len() == 0 {
			return m.localType(t)
		}
		if o := t.Obj(); o.Pkg() != nil && o.Parent() != nil && o.Parent() != o.Pkg().Scope() {
			return m.localType(t)
		}
		args, changed := make([]types.Type, t.TypeArgs().Len()), false
		for i := range args {
			args[i] = again(t.TypeArgs().At(i))
			changed = changed || args[i] != t.TypeArgs().At(i)
		}
		if !changed {
			return t
		}
		if n, err := types.Instantiate(nil, t.Origin(), args, false); err == nil {
			return n
		}
	case *types.Pointer:
		if e := again(t.Elem()); e != t.Elem() {
			return types.NewPointer(e)
		}
	case *types.Slice:
		if e := again(t.Elem()); e != t.Elem() {
			return types.NewSlice(e)
		}
	case *types.Array:
		if e := again(t.Elem()); e != t.Elem() {
			return types.NewArray(e, t.Len())
		}
	case *types.Map:
		if k, e := again(t.Key()), again(t.Elem()); k != t.Key() || e != t.Elem() {
			return types.NewMap(k, e)
		}
	case *types.Chan:
		if e := again(t.Elem()); e != t.Elem() {
			return types.NewChan(t.Dir(), e)
		}
	case *types.Struct:
		fields, tags, changed := make([]*types.Var, t.NumFields()), make([]string, t.NumFields()), false
		for i := range fields {
			old := t.Field(i)
			fields[i], tags[i] = old, t.Tag(i)
			if e := again(old.Type()); e != old.Type() {
				fields[i] = types.NewField(old.Pos(), old.Pkg(), old.Name(), e, old.Embedded())
				changed = true
			}
		}
		if changed {
			return types.NewStruct(fields, tags)
		}
	case *types.Tuple:
		if l, changed := m.tuple(t); changed {
			return l
		}
	case *types.Signature:
		in, a := m.tuple(t.Params())
		out, b := m.tuple(t.Results())
		if a || b {
			return types.NewSignatureType(nil, nil, nil, in, out, t.Variadic())
		}
	case *types.Interface:
		methods, changed := make([]*types.Func, t.NumMethods()), false
		for i := range methods {
			old := t.Method(i)
			methods[i] = old
			if m := again(old.Type()); m != old.Type() {
				methods[i] = types.NewFunc(old.Pos(), old.Pkg(), old.Name(), m.(*types.Signature))
				changed = true
			}
		}
		if changed {
			return types.NewInterfaceType(methods, nil).Complete()
		}
	}
	return t
}

// localType copies a type declared inside a function, which may mention the
// function's type parameters. Of a generic one it copies an instance, under the
// name that the instance has at package level.
func (m mapper) localType(t *types.Named) types.Type {
	o := t.Obj()
	if o.Pkg() == nil || o.Parent() == o.Pkg().Scope() || t.TypeParams().Len() > t.TypeArgs().Len() {
		return t
	}
	name := o.Name() + m.args
	if n := t.TypeArgs().Len(); n > 0 {
		args := make([]string, n)
		for i := range args {
			args[i] = keyText(m.mapped(t.TypeArgs().At(i)))
		}
		own := strings.Join(args, ",") + "]"
		if m.args == "" {
			name += "[" + own
		} else {
			name = name[:len(name)-1] + "," + own
		}
	}
	key := fmt.Sprint(o.Pos(), name)
	if n := m.local[key]; n != nil {
		return n
	}
	n := types.NewNamed(types.NewTypeName(o.Pos(), o.Pkg(), name, nil), nil, nil)
	m.local[key] = n
	n.SetUnderlying(m.mapped(t.Underlying()))
	return n
}

func (m mapper) tuple(t *types.Tuple) (*types.Tuple, bool) {
	vars, changed := make([]*types.Var, t.Len()), false
	for i := range vars {
		old := t.At(i)
		vars[i] = old
		if e := m.mapped(old.Type()); e != old.Type() {
			vars[i] = types.NewVar(old.Pos(), old.Pkg(), old.Name(), e)
			changed = true
		}
	}
	if !changed {
		return t, false
	}
	return types.NewTuple(vars...), true
}
