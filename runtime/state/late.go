package state

import (
	"unsafe"
	"weak"
)

// A weakRef stands in for extent.old.
type weakRef struct{ p weak.Pointer[byte] }

// live gives extent i, or nil when it has been taken over, or its memory is gone
// and its address may name something else.
func (t *Transfer) live(i int32) *extent {
	e := t.ext(i)
	if e.node == nil {
		return nil
	}
	if e.old == nil {
		p := t.weak[i].p.Value()
		if p == nil {
			t.drop(i, e)
			return nil
		}
		e.old = unsafe.Pointer(p)
		delete(t.weak, i)
	}
	return e
}

func (t *Transfer) drop(i int32, e *extent) {
	e.node, e.old, e.new = nil, nil, nil
	delete(t.weak, i)
	delete(t.known, i)
	delete(t.flawed, i)
}

// Weaken lets go of old objects that only the forwarding table still holds. It
// costs about a microsecond for each, runs beside the program after Apply, and
// looks at no more than limit extents; more tells whether any are left. An
// object's successor lives at least as long as the old object.
func (t *Transfer) Weaken(limit int) (more bool) {
	if t.weak == nil {
		t.weak = map[int32]*weakRef{}
	}
	for i := int32(1); i < t.sealed; i++ {
		e := t.ext(i)
		if e.node == nil || e.old == nil || e.flags&static != 0 {
			continue
		}
		if limit == 0 {
			return true
		}
		limit--
		t.weakenOne(i)
	}
	return false
}

func (t *Transfer) weakenOne(i int32) {
	if e := t.ext(i); e.node != nil && e.old != nil && e.flags&static == 0 {
		t.weak[i] = &weakRef{weak.Make((*byte)(e.old))}
		e.old = nil
	}
}

// Sweep drops the entries of old objects that are gone, and with them the
// table's hold on their successors. It tells how many entries are left.
func (t *Transfer) Sweep() (left int) {
	for i, w := range t.weak {
		if w.p.Value() == nil {
			t.drop(i, t.ext(i))
		}
	}
	for i := int32(1); i < t.exts; i++ {
		if t.ext(i).node != nil {
			left++
		}
	}
	return left
}
