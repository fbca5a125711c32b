package state

import (
	"reflect"
	"sync"
	"unsafe"
)

func mapLen(m unsafe.Pointer) int { return int(*(*uint64)(m)) } // as the compiler's len

// entries calls f with the slots of each entry of the map at m of type t.
func entries(t reflect.Type, m unsafe.Pointer, f func(key, elem unsafe.Pointer) bool) {
	if mapLen(m) == 0 {
		return
	}
	var it mapIter
	for mapiterinit(rtype(t), m, &it); it.key != nil && f(it.key, it.elem); mapiternext(&it) {
	}
}

func (t *Transfer) scanMap(e *extent) {
	n := e.node
	kg, eg := t.plan.entryScan(n.key), t.plan.entryScan(n.elem)
	t.stats.Walked += mapLen(e.old)
	if kg == nil && eg == nil {
		return
	}
	entries(n.old, e.old, func(key, elem unsafe.Pointer) bool {
		if !t.goOn() {
			return false
		}
		if kg != nil {
			t.scan(kg, key)
		}
		if eg != nil {
			t.scan(eg, elem)
		}
		return true
	})
}

// decide makes the new maps: for those whose entries move, and for those with a
// key that is going to hash differently.
func (t *Transfer) decide() {
	var move []task // together
	t.eachLoose(0, func(i int32, e *extent) bool {
		if e.node == nil || e.node.special != mapObject {
			return true
		}
		n := e.node
		if !n.moved {
			if !n.key.walk {
				return true
			}
			g := t.plan.patching(n.key)
			entries(n.old, e.old, func(key, _ unsafe.Pointer) bool {
				if t.probe(g, key) {
					e.flags |= rebuilt
				}
				return e.flags&rebuilt == 0 && t.goOn()
			})
			if e.flags&rebuilt == 0 {
				return true
			}
		} else if t.crowded(t.stats.Walked) {
			move = append(move, task{ext: i})
			return true
		}
		t.stats.Maps++
		if !t.take(mapBytes(n.new, mapLen(e.old))) {
			return false
		}
		e.new = reflect.MakeMapWithSize(n.new, mapLen(e.old)).UnsafePointer()
		return true
	})
	if !t.stopped && len(move) > 0 {
		t.mapsTogether(move, (*hand).makeMap)
	}
}

func (t *Transfer) fillMap(e *extent) {
	n := e.node
	if e.new == nil {
		if n.elem.walk {
			g := t.plan.patching(n.elem)
			entries(n.old, e.old, func(_, elem unsafe.Pointer) bool {
				t.patchValue(g, elem)
				return t.goOn()
			})
		}
		return
	}
	same := !n.key.moved && !n.key.walk
	scratch := reflect.New(n.key.new)
	entries(n.old, e.old, func(key, elem unsafe.Pointer) bool {
		if !t.goOn() {
			return false
		}
		if !same {
			scratch.Elem().SetZero()
			t.atOnce(n.key, key, scratch.UnsafePointer(), true)
			key = scratch.UnsafePointer()
		}
		// The next assignment may move the slot.
		t.atOnce(n.elem, elem, mapassign(n.newRT, e.new, key), false)
		return true
	})
	t.stats.Converted += mapLen(e.old)
	if mapLen(e.new) != mapLen(e.old) && !t.stopped {
		t.fail("%v: %d of its keys became equal by conversion: entries would be lost; make the keys' Convert function keep them apart", n.new, mapLen(e.old)-mapLen(e.new))
	}
}

// buffered calls f with the slots of a channel's buffer, oldest first.
func buffered(h *hchan, f func(slot unsafe.Pointer)) {
	for k := range h.Qcount {
		f(unsafe.Add(h.Buf, uintptr((h.Recvx+k)%h.Dataqsiz)*uintptr(h.Elemsize)))
	}
}

func (t *Transfer) scanChan(e *extent) {
	h := (*hchan)(e.old)
	changes := t.plan.Counterpart(e.node.elem.old) != e.node.elem.old
	switch {
	case h.Recvq.Empty() && h.Sendq.Empty():
	case t.leaving[e.old]:
		if changes || !h.Sendq.Empty() {
			e.flags |= rebuilt
		}
	case changes:
		t.fail("%v: goroutines are parked on a channel of it, not all of them in own code: they would exchange values of two releases; they must leave before the update", e.node.old)
	case !h.Sendq.Empty():
		t.fail("%v: a goroutine is parked sending on a channel of it in foreign code: its value cannot be seen; it must leave before the update", e.node.old)
	}
	g := t.plan.scanning(e.node.elem)
	t.stats.Walked += int(h.Qcount)
	buffered(h, func(slot unsafe.Pointer) { t.scan(g, slot) })
}

func (t *Transfer) makeChan(e *extent) {
	h := (*hchan)(e.old)
	if !t.take(96 + uintptr(h.Dataqsiz)*e.node.elem.newSize) {
		return
	}
	c := reflect.MakeChan(reflect.ChanOf(reflect.BothDir, e.node.elem.new), int(h.Dataqsiz))
	e.new = c.UnsafePointer()
	t.stats.Chans++
}

func (t *Transfer) fillChan(e *extent) {
	h := (*hchan)(e.old)
	if e.new == nil {
		g := t.plan.patching(e.node.elem)
		buffered(h, func(slot unsafe.Pointer) { t.patchValue(g, slot) })
		return
	}
	nh := (*hchan)(e.new)
	g := t.plan.filling(e.node.elem)
	buffered(h, func(slot unsafe.Pointer) {
		t.fillValue(g, slot, unsafe.Add(nh.Buf, uintptr(nh.Qcount)*uintptr(nh.Elemsize)))
		nh.Qcount++
	})
	if nh.Dataqsiz > 0 {
		nh.Sendx = nh.Qcount % nh.Dataqsiz
	}
	nh.Closed = h.Closed
	t.stats.Converted += int(h.Qcount)
}

// syncMapEntry is about what an entry of a sync.Map takes.
const syncMapEntry = 256

// copySyncMap fills the empty map to with the converted entries of from.
func (t *Transfer) copySyncMap(i *iface, from, to *sync.Map) {
	var kv [2]any
	from.Range(func(k, v any) bool {
		if !t.goOn() || !t.take(syncMapEntry) {
			return false
		}
		old := [2]any{k, v}
		deep := t.deep
		t.deep = true
		*(*words)(unsafe.Pointer(&kv[0])) = t.convertInterface(i, (*words)(unsafe.Pointer(&old[0])))
		t.deep = deep
		*(*words)(unsafe.Pointer(&kv[1])) = t.convertInterface(i, (*words)(unsafe.Pointer(&old[1])))
		to.Store(kv[0], kv[1])
		return true
	})
}

// patchSyncMap builds the map anew when an entry changes, and lists the words
// that put the new tree in place of the old one.
func (t *Transfer) patchSyncMap(i *iface, m *sync.Map) {
	if !syncMapKnown {
		t.fail("sync.Map is not as expected: this Go version has not been audited; build with the lineage's Go version")
		return
	}
	changed := false
	m.Range(func(k, v any) bool {
		kv := [2]any{k, v}
		changed = t.changes(i, (*words)(unsafe.Pointer(&kv[0]))) || t.shallowChange(i, (*words)(unsafe.Pointer(&kv[1])))
		return !changed
	})
	// A box whose contents are patched in place keeps its words.
	if !changed {
		return
	}
	fresh := new(sync.Map)
	t.copySyncMap(i, m, fresh)
	t.stats.Maps++
	t.patches = append(t.patches, patch{unsafe.Add(unsafe.Pointer(m), syncMapRoot), *(*unsafe.Pointer)(unsafe.Add(unsafe.Pointer(fresh), syncMapRoot))})
	t.words = append(t.words, wordPatch{unsafe.Add(unsafe.Pointer(m), syncMapSeed), *(*uintptr)(unsafe.Add(unsafe.Pointer(fresh), syncMapSeed))})
}

func (t *Transfer) shallowChange(i *iface, at *words) bool { return t.convertInterface(i, at) != *at }
