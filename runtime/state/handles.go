package state

import (
	"reflect"
	"sync"
	"unsafe"
	"weak"
)

// The standard library's types that lead to objects by other than pointers, interfaces
// and the like, and that can be carried over: weak.Pointer, reflect.Value, sync.Pool.

// weakly is what the weak pointer at at points to; it is held from then on.
func weakly(at unsafe.Pointer) unsafe.Pointer {
	return unsafe.Pointer((*weak.Pointer[byte])(at).Value())
}

// followWeak gives the word of the new release's weak pointer. All weak pointers to one
// object have one word.
func (t *Transfer) followWeak(r *ref, at unsafe.Pointer) unsafe.Pointer {
	word := *(*unsafe.Pointer)(at)
	old := weakly(at)
	if old == nil {
		return word
	}
	// r says what it points to: it is followed like a pointer.
	new := t.follow(r, old)
	if new == old {
		return word
	}
	w := weak.Make((*byte)(new))
	return *(*unsafe.Pointer)(unsafe.Pointer(&w))
}

var reflectValue = reflect.TypeFor[reflect.Value]()

// valueWords mirrors reflect.Value.
type valueWords struct {
	typ, p unsafe.Pointer
	flag   uintptr
}

// Flags of reflect.Value.
const (
	valueIndir = 1 << 7 // p points to the value
	valueAddr  = 1 << 8
)

// carried reports whether the new release gets its own value: of a variable, and of what
// has nothing to be called. Whoever holds functions, or a value with methods, calls them
// with arguments of types that he holds as well (net/rpc), all of the release that
// they are from; the old functions hand over.
func (v *valueWords) carried(d *dynamic) bool {
	t := d.node.old
	return v.flag&valueAddr != 0 || t.Kind() != reflect.Func && t.NumMethod() == 0
}

// points reports whether p leads to a variable of the type, rather than being what an
// interface has.
func (v *valueWords) points(d *dynamic) bool {
	return v.flag&valueAddr != 0 || v.flag&valueIndir != 0 && d.direct
}

func (t *Transfer) scanValue(r *ref, v *valueWords) {
	if v.typ == nil {
		return
	}
	d := t.plan.dynamic(r.iface, (*words)(unsafe.Pointer(v)))
	switch {
	case !v.carried(d):
	case d.bad != "":
		t.fail("%s: %s", r.where, d.bad)
	case !v.points(d):
		t.scanInterface(r.iface, (*words)(unsafe.Pointer(v)), r.where)
	case d.box.moved || d.box.walk:
		t.reach(v.p, d.box, d.cnt, 0)
	}
}

// convertValue gives the new release's reflect.Value.
func (t *Transfer) convertValue(r *ref, v *valueWords) valueWords {
	if v.typ == nil {
		return *v
	}
	d := t.plan.dynamic(r.iface, (*words)(unsafe.Pointer(v)))
	to := valueWords{d.word, v.p, v.flag}
	switch old, new := d.node.old, d.node.new; {
	case !v.carried(d):
		if i := t.holder(v.p, noNode); i != 0 && t.ext(i).moves() {
			t.fail("%s: a reflect.Value of a %v, which moves, and whose methods others may hold: it would stay with the old object; give its holder a Convert function", r.where, old)
		}
		return *v
	case old.Kind() != new.Kind() || d.direct != directIface(new):
		t.fail("%s: a reflect.Value of a %v, which is of another kind in the new release; give its holder a Convert function", r.where, old)
	case !v.points(d):
		w := t.convertInterface(r.iface, (*words)(unsafe.Pointer(v)))
		to.typ, to.p = w[0], w[1]
	case d.box.moved || d.box.inside || d.box.insideArray:
		to.p = t.forward(v.p, d.box)
		if to.p == nil && v.p != nil { // too far
			return valueWords{}
		}
	}
	return to
}

var syncPool = reflect.TypeFor[sync.Pool]()

// emptyPool lists the words that let go of what a pool that stays has cached: nobody
// knows where else it is. The runtime goes on with the pool's memory, which has room for
// no processor then.
func (t *Transfer) emptyPool(at unsafe.Pointer) {
	for _, w := range poolSizes {
		if *(*uintptr)(unsafe.Add(at, w)) != 0 {
			t.words = append(t.words, wordPatch{unsafe.Add(at, w), 0})
		}
	}
}
