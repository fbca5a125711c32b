package runtime

import "unsafe"

// A MapIter walks a map by Go's own iterator, which unlike a range statement can
// be copied into a frame record and go on from there. Its fields up to Rest mirror
// internal/runtime/maps.Iter; mapiter_test.go notices when that changes.
//
// It needs the linker flag -checklinkname=0.
type MapIter struct {
	key, elem   unsafe.Pointer
	typ, m      unsafe.Pointer
	entryOffset uint64
	dirOffset   uint64
	clearSeq    uint64
	globalDepth uint8
	dirIdx      int
	tab         unsafe.Pointer
	group       unsafe.Pointer
	entryIdx    uint64

	// Rest, if there is one, is what is left of the walk, and the fields above say only
	// where it stands.
	Rest *MapRest
}

// A MapRest is what is left of a walk over a map that an update has given new memory: Go's
// iterator knows places in the old map. It is made by package state.
type MapRest struct {
	Typ, Map unsafe.Pointer
	Keys     unsafe.Pointer // an array
	Size     uintptr        // of a key
	Len, At  int
	// Elems are those of keys that do not equal themselves, which cannot be looked up, nor
	// be deleted but by clear. Nil if there is no such key.
	Elems []unsafe.Pointer
	seq   uint64 // how often the map had been cleared
}

// Key is the key at i.
func (r *MapRest) Key(i int) unsafe.Pointer { return unsafe.Add(r.Keys, uintptr(i)*r.Size) }

// Begin makes a Rest of what its fields say now.
func (r *MapRest) Begin() *MapRest {
	r.seq, _ = cleared(r.Typ, r.Map)
	return r
}

// Cleared reports whether the map has been cleared since.
func (r *MapRest) Cleared() bool {
	seq, empty := cleared(r.Typ, r.Map)
	return seq != r.seq || empty
}

// cleared tells how often a map has been cleared; empty says that there is nothing in it.
func cleared(typ, m unsafe.Pointer) (seq uint64, empty bool) {
	var it MapIter
	mapIterStart(typ, m, &it)
	return it.clearSeq, it.key == nil
}

//go:linkname mapIterStart runtime.mapIterStart
//go:noescape
func mapIterStart(typ, m unsafe.Pointer, it *MapIter)

//go:linkname mapIterNext runtime.mapIterNext
//go:noescape
func mapIterNext(it *MapIter)

//go:linkname mapaccess2 runtime.mapaccess2
//go:noescape
func mapaccess2(typ, m, key unsafe.Pointer) (elem unsafe.Pointer, ok bool)

// Start begins a walk over m, a map.
func (it *MapIter) Start(m any) {
	e := (*[2]unsafe.Pointer)(unsafe.Pointer(&m))
	mapIterStart(e[0], e[1], it)
}

// More reports whether the iterator stands on an entry.
func (it *MapIter) More() bool { return it.key != nil }

// Next goes on to the next entry, if there is no Rest.
func (it *MapIter) Next() { mapIterNext(it) }

// GoOn is Next for an iterator that may have been in a frame.
func (it *MapIter) GoOn() {
	if it.Rest == nil {
		mapIterNext(it)
		return
	}
	it.goOn(it.Rest)
}

// goOn goes on to the next key that is still in the map.
func (it *MapIter) goOn(r *MapRest) {
	it.key, it.elem = nil, nil
	for r.At < r.Len && it.key == nil {
		key := r.Key(r.At)
		if elem, ok := mapaccess2(r.Typ, r.Map, key); ok {
			it.key, it.elem = key, elem
		} else if r.Elems != nil && r.Elems[r.At] != nil && !r.Cleared() {
			it.key, it.elem = key, r.Elems[r.At]
		}
		r.At++
	}
}

// Key and Elem point to copies or to the entry itself: read at once.
func (it *MapIter) Key() unsafe.Pointer  { return it.key }
func (it *MapIter) Elem() unsafe.Pointer { return it.elem }

// RangeState panics as a range over a function does whose iterator calls the body
// when it must not, or keeps a panic of the body to itself.
//
//go:linkname RangeState runtime.panicrangestate
func RangeState(state int)
