package state

import (
	"errors"
	"reflect"
	"unsafe"
)

// Back makes, at dst, the value of the old release's type typ that becomes the value of
// the new one's at src, which new code has made. It serves old code that waits for what
// new code returns and does nothing with it before it is converted itself: what the value
// leads to are stand-ins, which are never read, and which the table leads to the new
// objects. Types of both releases must have the same words. It comes after Apply, and
// not within a round of late conversions.
func (t *Transfer) Back(dst, src unsafe.Pointer, typ reflect.Type) error {
	n := t.plan.nodeOf(typ)
	switch {
	case t.sealed == 0 || t.ran:
		return errors.New("state: Back called before Apply")
	case n.bad != "":
		return errors.New(n.bad)
	}
	typedmemmove(rtype(typ), dst, src)
	t.widen()
	first := t.exts
	t.back(t.plan.filling(n), dst)
	if err := errors.Join(t.errs...); err != nil {
		t.rollback()
		return err
	}
	t.seal() // without a look at the tasks: what they are about is the new release's
	for i := first; i < t.exts; i++ {
		t.weakenOne(i)
	}
	t.forgetEnds()
	return nil
}

// back puts stand-ins in the place of what the references in a value lead to.
func (t *Transfer) back(g *program, at unsafe.Pointer) {
	for i := range g.refs {
		r := &g.refs[i]
		if r.so != r.do {
			t.fail("%s: does not lie where it did", r.where)
			return
		}
		p := (*unsafe.Pointer)(unsafe.Add(at, r.so))
		if *p == nil {
			continue
		}
		switch cnt := r.cnt; r.kind {
		case refSlice:
			if cnt *= (*sliceHeader)(unsafe.Pointer(p)).cap; cnt == 0 {
				continue
			}
			fallthrough
		case refPointer:
			switch {
			case r.node.size == 0:
			case r.node.moved && r.node.bad == "":
				*p = t.standIn(unsafeNewArray(rtype(r.node.old), int(cnt)), *p, r.node, cnt)
			case r.node.walk:
				t.reach(*p, r.node, cnt, 0)
			}
		case refHandle:
			switch r.node.special {
			case mapObject:
				*p = t.standIn(reflect.MakeMap(r.node.old).UnsafePointer(), *p, r.node, 1)
			case chanObject:
				*p = t.standIn(reflect.MakeChan(reflect.ChanOf(reflect.BothDir, r.node.old.Elem()), 0).UnsafePointer(), *p, r.node, 1)
			}
		case refBad, refUnsafe, refSyncMap, refWeak, refValue, refIter:
			t.fail("%s: cannot be handed back to the release before", r.where)
		}
	}
	for i := range g.loops {
		l := &g.loops[i]
		if l.so != l.do || l.ss != l.ds {
			t.fail("an array does not lie where it did")
			return
		}
		for k := range l.n {
			t.back(l.body, unsafe.Add(at, l.so+uintptr(k)*l.ss))
		}
	}
}

// standIn enters old memory as what has become new.
func (t *Transfer) standIn(old, new unsafe.Pointer, n *node, cnt uintptr) unsafe.Pointer {
	base, _ := block(old)
	if base == 0 || cnt > 1<<32-1 {
		t.fail("%v: %d of them cannot have a stand-in", n.old, cnt)
		return old
	}
	first := t.idx.get(base) // of objects that are gone, or share the block
	i, e := t.newExt()
	*e = extent{old: old, new: new, node: n, slots: uint32(cnt), next: first}
	t.heads = append(t.heads, head{base, first})
	t.idx.put(base, i)
	t.know(i, e, 0, uint32(cnt))
	return old
}

// Keep says that foreign calls that are under way may hand values of the old type typ to
// own code long after Apply, having found them in what has been patched: what becomes of
// them is known to New for as long as it lives. It is called before Apply.
func (p *Plan) Keep(typ reflect.Type) {
	switch typ.Kind() {
	case reflect.Map, reflect.Chan:
		p.keepHandles = true
	case reflect.Pointer, reflect.Slice:
		t, _ := leaf(typ.Elem())
		put(&p.kept, t, true)
	}
}

// keeps reports whether a kept value may lie in a value of n.
func (p *Plan) keeps(n *node) bool {
	if n.special != plain {
		return p.keepHandles
	}
	return p.keepsIn(n.old)
}

func (p *Plan) keepsIn(t reflect.Type) bool {
	if k, ok := p.kept[t]; ok {
		return k
	}
	k := false
	switch t.Kind() {
	case reflect.Array:
		k = p.keepsIn(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			k = k || p.keepsIn(t.Field(i).Type)
		}
	}
	put(&p.kept, t, k)
	return k
}

// New reports whether p is where something lies that has been carried over, and that was
// to be kept: a value of the new release, or of a later one, whatever type somebody takes
// it to be of.
func (t *Transfer) New(p unsafe.Pointer) bool {
	if t.made == nil {
		t.made = map[uintptr]bool{}
	}
	for i := max(t.noted, 1); i < t.sealed; i++ {
		if e := t.ext(i); e.node != nil && e.old != nil && e.new != nil { // else it is kept
			t.made[blockOf(e.new)] = true
		}
	}
	t.noted = t.sealed
	if t.made[blockOf(p)] {
		return true
	}
	all, _ := t.stays.has(p, wordSize, t.release)
	return all
}

// keepNew has what becomes of an extent known outside the table, as what stays is: the table
// forgets it with the old object.
func (t *Transfer) keepNew(e *extent) {
	delete(t.made, blockOf(e.new))
	if size := uintptr(e.slots) * e.node.newSize; size != 0 && t.plan.keeps(e.node) {
		t.stays.raise(e.new, size, t.release, false)
	}
}

// blockOf tells blocks apart; a variable is one by itself.
func blockOf(p unsafe.Pointer) uintptr {
	if base, _ := block(p); base != 0 {
		return base
	}
	return uintptr(p)
}
