package state

import "reflect"

// Mentions reports whether t is a type of the old release that the new one changes, or
// is made of such types, and the same of the new release's types. It may be called from
// any goroutine once Apply was called: pairs stay what they are then.
func (p *Plan) Mentions(t reflect.Type) (old, new bool) {
	return p.mentions(t, nil)
}

// A kin is a type that is being looked into.
type kin struct {
	t  reflect.Type
	in *kin
}

func (p *Plan) mentions(t reflect.Type, in *kin) (old, new bool) {
	if p.pairs[t] != nil || p.newTypes[t] {
		return p.pairs[t] != nil, p.newTypes[t]
	}
	if t.Name() != "" {
		// An instance that no pair shows is of the release that its arguments are of.
		if _, plain := generic(t); plain {
			return false, false
		}
		for k := in; k != nil; k = k.in {
			if k.t == t {
				return false, false
			}
		}
	}
	see := func(c reflect.Type) {
		o, n := p.mentions(c, &kin{t, in})
		old, new = old || o, new || n
	}
	switch t.Kind() {
	case reflect.Map:
		see(t.Key())
		see(t.Elem())
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan:
		see(t.Elem())
	case reflect.Func:
		for i := range t.NumIn() {
			see(t.In(i))
		}
		for i := range t.NumOut() {
			see(t.Out(i))
		}
	case reflect.Struct:
		for i := range t.NumField() {
			see(t.Field(i).Type)
		}
	}
	return old, new
}

// Has reports whether a pointer, map or channel of the old release leads to an object that
// has been reached.
func (t *Transfer) Has(v reflect.Value) bool {
	var n *node
	switch v.Kind() {
	case reflect.Pointer:
		lt, _ := leaf(v.Type().Elem())
		n = t.plan.nodeOf(lt)
	case reflect.Map, reflect.Chan:
		n = t.plan.object(v.Type())
	default:
		return false
	}
	return !v.IsNil() && t.holder(v.UnsafePointer(), n) != 0
}
