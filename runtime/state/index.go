package state

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// index is a table from block addresses to extents. It has one array for each of the
// allocator's spans, with a place for each of the span's blocks: neighbours in the heap
// are neighbours here, and most walks follow the order of allocation, where a hash over
// addresses would make a cache miss of every look-up. Where spans begin is found by
// page.
//
// Several hands use it at once while they look around in the heap: places are claimed by
// compare and swap, and new spans are entered under a lock (share).
type index struct {
	all  *spans
	near *[nearRegions]nearRegion // found before
	last *spanIndex               // of the latest look-up
	few  map[uintptr]int32        // instead, when most of the table has gone
}

// spans are all spans of an index.
type spans struct {
	mu      sync.Mutex
	regions map[uintptr]*region
	bytes   uintptr // of all of it
}

// A region is so much address space, and a span is entered at each of its pages.
type region [regionPages]atomic.Pointer[spanIndex]

type nearRegion struct {
	number uintptr
	at     *region
}

// A spanIndex has the extents of one span's blocks.
type spanIndex struct {
	start, size, bytes uintptr // size is a block's
	multiply           uint64  // instead of a division by size: see place
	exts               []int32
	ends               atomic.Pointer[ends] // once somebody has asked
}

const (
	pageBits    = 13
	regionBits  = 22
	regionPages = 1 << (regionBits - pageBits)
	nearRegions = 64
)

// noFew is what few is of an empty table. It is never written to.
var noFew = map[uintptr]int32{}

// place is which block begins at an address in the span, if one does.
func (s *spanIndex) place(key uintptr) (i uintptr, ok bool) {
	off := key - s.start
	i = uintptr(uint64(off) * s.multiply >> 32)
	return i, i*s.size == off
}

// within is which block an address in the span is in, if one is there.
func (s *spanIndex) within(key uintptr) (i uintptr, ok bool) {
	i = uintptr(uint64(key-s.start) * s.multiply >> 32)
	return i, i < uintptr(len(s.exts))
}

// find is the entered span that has the block at key, or nil.
func (x *index) find(key uintptr) *spanIndex {
	if s := x.last; s != nil && key-s.start < s.bytes {
		return s
	}
	s := x.onPage(key)
	switch {
	case s == nil:
		return nil
	case s.bytes == 0: // replaced elsewhere
		if s = x.enter(key); s == nil {
			return nil
		}
	}
	if key-s.start < s.bytes {
		x.last = s
		return s
	}
	return nil
}

// onPage is what has been entered for a page.
func (x *index) onPage(key uintptr) *spanIndex {
	if x.all == nil {
		return nil
	}
	if x.near == nil {
		x.near = new([nearRegions]nearRegion)
	}
	number := key >> regionBits
	n := &x.near[number%nearRegions]
	if n.number != number || n.at == nil {
		x.all.mu.Lock()
		r := x.all.regions[number]
		x.all.mu.Unlock()
		if r == nil {
			return nil
		}
		*n = nearRegion{number, r}
	}
	return n.at[key>>pageBits%regionPages].Load()
}

// get gives the extent entered for key, or 0.
func (x *index) get(key uintptr) int32 {
	if x.few != nil {
		return x.few[key]
	}
	if s := x.find(key); s != nil {
		if i, ok := s.place(key); ok {
			return s.exts[i]
		}
	}
	return 0
}

// put enters an extent for the block at key, which somebody holds.
func (x *index) put(key uintptr, ext int32) {
	if x.few != nil {
		if len(x.few) == 0 {
			x.few = map[uintptr]int32{}
		}
		x.few[key] = ext
		return
	}
	if s := x.find(key); s != nil {
		if i, ok := s.place(key); ok {
			s.exts[i] = ext
			return
		} // else another span has been here
	}
	s := x.enter(key)
	if s == nil {
		panic("state: a block that is not in the heap")
	}
	i, _ := s.place(key)
	s.exts[i] = ext
}

// enter makes an entry for the span that has the block at key; nil if there is none.
func (x *index) enter(key uintptr) *spanIndex {
	_, in, _ := findObject(key, 0, 0)
	if in == nil {
		return nil
	}
	s := newSpanIndex(in.startAddr, in.elemsize, uintptr(in.nelems))
	x.enterSpan(s)
	return s
}

func newSpanIndex(start, size, blocks uintptr) *spanIndex {
	s := &spanIndex{start: start, size: size, bytes: 1, exts: make([]int32, blocks)}
	if blocks > 1 { // else only its beginning is looked for
		s.bytes, s.multiply = size*blocks, uint64(^uint32(0)/uint32(size))+1
	}
	return s
}

// enterSpan takes over what was entered for blocks that s has as well. What else there was
// on its pages has ended, with its objects; the other pages of such spans are of others by
// now, that blocks have been entered for without a look.
func (x *index) enterSpan(s *spanIndex) {
	if x.all == nil {
		x.all = &spans{regions: map[uintptr]*region{}}
	}
	x.all.mu.Lock()
	defer x.all.mu.Unlock()
	x.all.eachPage(s, func(at *atomic.Pointer[spanIndex]) {
		if was := at.Load(); was != nil {
			for i, ext := range was.exts {
				key := was.start + uintptr(i)*was.size
				if to, ok := s.place(key); ext != 0 && ok && key-s.start < s.bytes {
					s.exts[to] = ext
				}
			}
			was.bytes = 0
		}
		at.Store(s)
	})
	x.all.bytes += s.memory()
	x.last = s
}

// enterNew is enter for several hands at once. It is nil as well if something else is
// entered where the span is.
func (x *index) enterNew(key uintptr) *spanIndex {
	_, in, _ := findObject(key, 0, 0)
	if in == nil {
		return nil
	}
	s := newSpanIndex(in.startAddr, in.elemsize, uintptr(in.nelems))
	x.all.mu.Lock()
	defer x.all.mu.Unlock()
	free, same := true, (*spanIndex)(nil)
	x.all.eachPage(s, func(at *atomic.Pointer[spanIndex]) {
		if was := at.Load(); was != nil {
			free = false
			if was.start == s.start && was.size == s.size && was.bytes == s.bytes {
				same = was // another hand was faster
			}
		}
	})
	if free {
		x.all.eachPage(s, func(at *atomic.Pointer[spanIndex]) { at.Store(s) })
		x.all.bytes += s.memory()
		same = s
	}
	if same != nil && key-same.start < same.bytes {
		x.last = same
		return same
	}
	return nil
}

func (s *spanIndex) memory() uintptr {
	return unsafe.Sizeof(*s) + uintptr(len(s.exts))*unsafe.Sizeof(s.exts[0])
}

// eachPage calls f for the pages of a span.
func (a *spans) eachPage(s *spanIndex, f func(*atomic.Pointer[spanIndex])) {
	for page := s.start >> pageBits; page <= (s.start+s.bytes-1)>>pageBits; page++ {
		r := a.regions[page/regionPages]
		if r == nil {
			r = new(region)
			a.regions[page/regionPages] = r
			a.bytes += unsafe.Sizeof(*r)
		}
		f(&r[page%regionPages])
	}
}

// size is how much memory the index takes.
func (x *index) size() uintptr {
	if x.all == nil {
		return 0
	}
	return x.all.bytes
}

// share is another view of the index, for somebody who looks things up at the same time.
func (x *index) share() index { return index{all: x.all} }

// noEnds is what most spans have.
var noEnds ends

// ended reports whether something hangs on the block at base, as far as it is known by
// the time that somebody first asks for one of the span's.
func (s *spanIndex) ended(base uintptr) bool {
	e := s.ends.Load()
	if e == nil {
		e = &noEnds
		if a := attached(base); len(a.finalizers)+len(a.cleanups) != 0 {
			e = &a
		}
		s.ends.Store(e)
	}
	return len(e.finalizers)+len(e.cleanups) != 0 && (in(e.finalizers, base, s.size) || in(e.cleanups, base, s.size))
}
