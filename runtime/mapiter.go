package runtime

import "unsafe"

// A MapIter walks a map by Go's own iterator, which unlike a range statement can
// be copied into a frame record and go on from there. Its fields mirror
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
}

//go:linkname mapIterStart runtime.mapIterStart
//go:noescape
func mapIterStart(typ, m unsafe.Pointer, it *MapIter)

//go:linkname mapIterNext runtime.mapIterNext
//go:noescape
func mapIterNext(it *MapIter)

// Start begins a walk over m, a map.
func (it *MapIter) Start(m any) {
	e := (*[2]unsafe.Pointer)(unsafe.Pointer(&m))
	mapIterStart(e[0], e[1], it)
}

// More reports whether the iterator stands on an entry.
func (it *MapIter) More() bool { return it.key != nil }

// Next goes on to the next entry.
func (it *MapIter) Next() { mapIterNext(it) }

// Key and Elem point to copies or to the entry itself: read at once.
func (it *MapIter) Key() unsafe.Pointer  { return it.key }
func (it *MapIter) Elem() unsafe.Pointer { return it.elem }

// RangeState panics as a range over a function does whose iterator calls the body
// when it must not, or keeps a panic of the body to itself.
//
//go:linkname RangeState runtime.panicrangestate
func RangeState(state int)
