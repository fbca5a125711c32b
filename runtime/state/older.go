package state

import (
	"reflect"
	"unsafe"
)

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

// Reached is Successor for an object that the transfer has reached and converted: ok is
// false of any other.
func (t *Transfer) Reached(old unsafe.Pointer, typ reflect.Type) (new unsafe.Pointer, ok bool) {
	if typ.Kind() == reflect.Array {
		return nil, false // of which a part may have been reached
	}
	i := t.look(old, t.plan.nodeOf(typ))
	if i == 0 || t.ext(i).flags&(failed|loosened) != 0 {
		return nil, false
	}
	return t.Successor(old, typ)
}

// Has reports whether a value whose type is of the old release has come from there, as far
// as that can be seen: it leads to an object that has been reached, by itself or by what
// its object holds. New code that has the object may be writing to it, so only single
// words are read of that.
func (t *Transfer) Has(v reflect.Value) bool {
	if t.leadsTo(v) {
		return true
	}
	switch v.Kind() {
	case reflect.Pointer:
		return !v.IsNil() && t.holds(v.Elem())
	case reflect.Slice:
		return t.elements(v)
	}
	return t.holds(v)
}

const mostLooked = 64 // elements

// elements is holds for the first elements of a slice or an array.
func (t *Transfer) elements(v reflect.Value) bool {
	for i := range min(v.Len(), mostLooked) {
		if t.holds(v.Index(i)) {
			return true
		}
	}
	return false
}

// holds is Has for the words of a value itself.
func (t *Transfer) holds(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if t.holds(v.Field(i)) {
				return true
			}
		}
		return false
	case reflect.Array:
		return t.elements(v)
	}
	return t.leadsTo(v)
}

// leadsTo reports whether the object that a value is the handle of has been reached. Of what
// stays where it is the table forgets that; then it is noted for all updates, and a later
// one may have looked at it since: to bring it once more changes nothing.
func (t *Transfer) leadsTo(v reflect.Value) bool {
	var n *node
	cnt := 1
	switch k := v.Kind(); k {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Chan:
		if old, _ := t.plan.Mentions(v.Type()); !old || v.IsNil() {
			return false
		}
		if k == reflect.Map || k == reflect.Chan {
			n = t.plan.object(v.Type())
			break
		}
		lt, _ := leaf(v.Type().Elem())
		n = t.plan.nodeOf(lt)
		if k == reflect.Slice {
			cnt = min(v.Cap(), mostLooked)
		}
	default:
		return false
	}
	if t.look(v.UnsafePointer(), n) != 0 {
		return true
	}
	if n.moved || n.size == 0 || cnt == 0 {
		return false
	}
	_, some := t.stays.has(v.UnsafePointer(), uintptr(cnt)*n.size, t.release)
	return some
}

// look is holder for who does not follow what is found.
func (t *Transfer) look(p unsafe.Pointer, n *node) int32 {
	t.looking = true
	defer func() { t.looking = false }()
	return t.holder(p, n)
}
