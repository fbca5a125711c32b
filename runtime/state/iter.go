package state

import (
	"reflect"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// A goroutine that stands in a range over a map has Go's own iterator in its frame, which
// knows places in the map's memory. If the map gets new memory, what is left of the walk is
// a list of keys: of those that the old iterator would still come to, as they are in the new
// map. The entry of each is looked up when its turn comes, so that keys which are deleted
// until then are passed over, as the language has it, and elements are what they are by then.
//
// Whose elements stay where they are, and can be nothing but looked up, goes on with the
// iterator that there is.

// iterWords are the first words of both kinds of iterators.
type iterWords struct {
	key, elem unsafe.Pointer
	typ, m    unsafe.Pointer
}

var (
	ownIter = reflect.TypeFor[runtime.MapIter]()
	goIter  = func() reflect.Type { // what reflect.MapIter has
		f, _ := reflect.TypeFor[reflect.MapIter]().FieldByName("hiter")
		return f.Type
	}()
)

// An iterMove is an iterator that is to be made new when all maps have been.
type iterMove struct {
	ref    *ref
	at, to unsafe.Pointer // to == at: in place
	spot   spot
}

// A walk is where an iterator stands.
type walk struct {
	typ  reflect.Type
	is   reflect.Type // what becomes of it
	m    unsafe.Pointer
	rest *runtime.MapRest // of an earlier update's
	own  bool             // there is room for one
}

// walkAt looks at an iterator. ok is false if its walk is over, or leads to nothing that
// the plan minds.
func (t *Transfer) walkAt(r *ref, at unsafe.Pointer) (w walk, ok bool) {
	words := (*iterWords)(at)
	w.own = r.cnt == ownIter.Size()
	if w.own {
		w.rest = (*runtime.MapIter)(at).Rest
	}
	typ := words.typ
	switch w.m = words.m; {
	case w.rest != nil:
		if typ, w.m = w.rest.Typ, w.rest.Map; w.rest.At == w.rest.Len {
			return w, false
		}
	case words.key == nil:
		return w, false
	}
	w.typ = typeAt(typ)
	n := t.plan.nodeOf(w.typ)
	w.is = n.new
	return w, n.walk || n.moved || w.is != w.typ
}

// typeAt is the type whose descriptor is at p.
func typeAt(p unsafe.Pointer) reflect.Type {
	var v any
	(*words)(unsafe.Pointer(&v))[0] = p
	return reflect.TypeOf(v)
}

func (t *Transfer) scanIter(r *ref, at unsafe.Pointer) {
	w, ok := t.walkAt(r, at)
	if !ok {
		return
	}
	n := t.plan.object(w.typ)
	t.reach(w.m, n, 1, 0)
	if w.rest == nil {
		return
	}
	// They may have been deleted, or the map be a stand-in.
	kg, eg := t.plan.entryScan(n.key), t.plan.entryScan(n.elem)
	for i := w.rest.At; i < w.rest.Len && t.goOn(); i++ {
		if kg != nil {
			t.scan(kg, w.rest.Key(i))
		}
		if eg != nil && w.rest.Elems != nil && w.rest.Elems[i] != nil {
			t.scan(eg, w.rest.Elems[i])
		}
	}
}

// moveIters makes iterators new. All maps have been made, and filled.
func (t *Transfer) moveIters() {
	for _, p := range t.iters {
		if t.stopped {
			return
		}
		t.filling, t.spot = 0, p.spot
		t.moveIter(p)
	}
	t.iters = nil
}

func (t *Transfer) moveIter(p iterMove) {
	w, ok := t.walkAt(p.ref, p.at)
	if !ok {
		return
	}
	n := t.plan.object(w.typ)
	m := t.follow(&ref{kind: refHandle, node: n, where: p.ref.where}, w.m)
	odd := w.own && n.elem.walk && irreflexive(w.typ.Key())
	if w.rest == nil && m == w.m && !odd {
		if w.is != w.typ { // the next update knows it by that
			t.setWord(p, unsafe.Offsetof(iterWords{}.typ), rtype(w.is))
		}
		return
	}
	if !w.own {
		t.fail("%s: a walk over a %v, which gets new memory: it would go on in the old one; walk to the end of it before the update, or say that its point is to be kept free (Never)", p.ref.where, w.typ)
		return
	}
	rest := t.restOfWalk(p.at, w, n, m)
	if rest == nil {
		return
	}
	if p.to != p.at {
		*(*runtime.MapIter)(p.to) = runtime.MapIter{Rest: rest}
		return
	}
	for i := range ownIter.NumField() {
		if f := ownIter.Field(i); f.Type.Kind() == reflect.UnsafePointer {
			t.setWord(p, f.Offset, nil)
		}
	}
	t.setWord(p, unsafe.Offsetof(runtime.MapIter{}.Rest), unsafe.Pointer(rest))
}

// setWord sets a pointer of the new iterator.
func (t *Transfer) setWord(p iterMove, off uintptr, val unsafe.Pointer) {
	if at := unsafe.Add(p.to, off); p.to == p.at {
		t.patches = append(t.patches, patch{at, val})
	} else {
		*(*unsafe.Pointer)(at) = val
	}
}

// restOfWalk lists the keys that are left of a walk, as they are in the new map m. Nil: the
// Run is over.
func (t *Transfer) restOfWalk(at unsafe.Pointer, w walk, n *node, m unsafe.Pointer) *runtime.MapRest {
	keys, elems := t.left(at, w)
	rt := rtype(n.key.new)
	if !t.take(uintptr(len(keys))*n.key.newSize + unsafe.Sizeof(runtime.MapRest{})) {
		return nil
	}
	rest := &runtime.MapRest{Typ: rtype(w.is), Map: m, Size: n.key.newSize, Len: len(keys)}
	rest.Keys = unsafeNewArray(rt, len(keys))
	for i, key := range keys {
		if !t.goOn() {
			return nil
		}
		to := rest.Key(i)
		t.atOnce(n.key, key, to, true)
		v := reflect.NewAt(n.key.new, to).Elem()
		switch itself := !irreflexive(v.Type()) || v.Equal(v); {
		case !itself:
			if rest.Elems == nil {
				rest.Elems = make([]unsafe.Pointer, len(keys))
			}
			if elems[i] != nil {
				rest.Elems[i] = unsafeNew(n.elem.newRT)
				t.atOnce(n.elem, elems[i], rest.Elems[i], false)
			}
		case t.sealed == 0 && w.rest == nil && !reflect.NewAt(w.is, unsafe.Pointer(&m)).Elem().MapIndex(v).IsValid():
			t.fail("%v: a key has become two, one in the map and one in a range over it that a goroutine stands in: make the keys' Convert function give the same for the same", w.is)
			return nil
		}
	}
	return rest.Begin()
}

// left lists what an iterator would still come to. elems has those of a walk without rest,
// and of keys that cannot be looked up.
func (t *Transfer) left(at unsafe.Pointer, w walk) (keys, elems []unsafe.Pointer) {
	if w.rest != nil {
		// A late walk's map may be a stand-in, with nothing in it.
		gone := w.rest.Elems == nil || t.sealed == 0 && w.rest.Cleared()
		for i := w.rest.At; i < w.rest.Len; i++ {
			keys = append(keys, w.rest.Key(i))
			if gone {
				elems = append(elems, nil)
			} else {
				elems = append(elems, w.rest.Elems[i])
			}
		}
		return keys, elems
	}
	it := *(*runtime.MapIter)(at)
	for it.Next(); it.More() && t.goOn(); it.Next() {
		keys, elems = append(keys, it.Key()), append(elems, it.Elem())
	}
	return keys, elems
}

// irreflexive reports whether a key of type t may differ from itself.
func irreflexive(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128, reflect.Interface:
		return true
	case reflect.Array:
		return irreflexive(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if irreflexive(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}
