package state

import (
	"slices"
	"unsafe"
)

// An extent is an array of slots of one type within one block of old memory.
type extent struct {
	old   unsafe.Pointer // slot 0; nil once it is only known weakly
	new   unsafe.Pointer // slot 0 of the new array, or the new map or channel; nil: stays in place
	node  *node          // nil: taken over by an enclosing extent
	slots uint32
	// Known slots lie in [lo, hi); all of them unless sparse.
	lo, hi uint32
	next   int32 // of the same block
	flags  extentFlags
}

type extentFlags uint16

const (
	sparse   extentFlags = 1 << iota // Transfer.known says which slots are known
	given                            // new memory came from Forward
	boxed                            // an interface's box outside the heap: copied, never patched
	rebuilt                          // a map whose keys hash differently, a channel that goroutines leave
	static                           // not in the heap
	failed                           // its conversion failed late: Transfer.flawed says why
	partly                           // some of it has been looked at before, in an earlier round
	loosened                         // Transfer.onward says where it leads, instead of new
	standIn                          // its key stands for what has ended
)

func (e *extent) moves() bool { return e.node.moved || e.flags&(boxed|rebuilt|given) != 0 }

const chunkBits = 5 // few: a table that is almost empty stays as long as the process

func (t *Transfer) ext(i int32) *extent {
	return &t.chunks[i>>chunkBits][i&(1<<chunkBits-1)]
}

func (t *Transfer) newExt() (int32, *extent) {
	if t.exts == 0 {
		t.exts = 1 // 0 says none
	}
	i := t.exts
	if int(i>>chunkBits) == len(t.chunks) {
		t.chunks = append(t.chunks, make([]extent, 1<<chunkBits))
	}
	t.exts++
	return i, t.ext(i)
}

// slots is how many entries there is memory for.
func (t *Transfer) slots() int {
	if len(t.chunks) == 0 {
		return 0
	}
	return (len(t.chunks)-1)<<chunkBits + len(t.chunks[len(t.chunks)-1])
}

// narrow gives back what no entry is in: most tables wait as long as the process runs, for
// one goroutine or for none.
func (t *Transfer) narrow() {
	if n := len(t.chunks); n > 0 {
		t.chunks = slices.Clone(t.chunks)
		t.chunks[n-1] = slices.Clone(t.chunks[n-1][:(t.exts-1)&(1<<chunkBits-1)+1])
	}
}

// widen makes room again. It moves entries: nobody may hold a pointer to one.
func (t *Transfer) widen() {
	if n := len(t.chunks); n > 0 && len(t.chunks[n-1]) < 1<<chunkBits {
		t.chunks[n-1] = append(make([]extent, 0, 1<<chunkBits), t.chunks[n-1]...)[:1<<chunkBits]
	}
}

// onPage enters an extent that lies outside the heap.
func (t *Transfer) onPage(page uintptr, i int32) {
	if t.pages == nil {
		t.pages = map[uintptr][]int32{}
	}
	t.pages[page] = append(t.pages[page], i)
}

func (t *Transfer) isWeak(i int32) bool {
	_, ok := t.weak[i]
	return ok
}

func (t *Transfer) setWeak(i int32, w weakRef) {
	if t.weak == nil {
		t.weak = map[int32]weakRef{}
	}
	t.weak[i] = w
}

// isKnown reports whether some reference has shown slot k.
func (t *Transfer) isKnown(i int32, e *extent, k uint32) bool {
	if k < e.lo || k >= e.hi {
		return false
	}
	return e.flags&sparse == 0 || t.known[i][k/64]&(1<<(k%64)) != 0
}

// areKnown reports whether references have shown cnt slots from k on.
func (t *Transfer) areKnown(i int32, e *extent, k, cnt uintptr) bool {
	if k < uintptr(e.lo) || k+cnt > uintptr(e.hi) {
		return false
	}
	if e.flags&sparse != 0 {
		for s := uint32(k); s < uint32(k+cnt); s++ {
			if !t.isKnown(i, e, s) {
				return false
			}
		}
	}
	return true
}

// know enters [lo, hi) and lists what is new of it as tasks.
func (t *Transfer) know(i int32, e *extent, lo, hi uint32) {
	if e.flags&sparse != 0 || lo < e.lo || hi > e.hi {
		t.keep(i, e)
	}
	switch {
	case e.flags&sparse != 0:
	case e.hi == e.lo:
		e.lo, e.hi = lo, hi
		t.tasks = append(t.tasks, task{i, lo, hi})
		return
	case lo >= e.lo && hi <= e.hi:
		return
	case lo <= e.hi && hi >= e.lo: // they meet
		if lo < e.lo {
			t.tasks = append(t.tasks, task{i, lo, e.lo})
			e.lo = lo
		}
		if hi > e.hi {
			t.tasks = append(t.tasks, task{i, e.hi, hi})
			e.hi = hi
		}
		return
	default:
		t.makeSparse(i, e)
	}
	bits := t.known[i]
	for k := lo; k < hi; {
		if bits[k/64]&(1<<(k%64)) != 0 {
			k++
			continue
		}
		from := k
		for ; k < hi && bits[k/64]&(1<<(k%64)) == 0; k++ {
			bits[k/64] |= 1 << (k % 64)
		}
		t.tasks = append(t.tasks, task{i, from, k})
	}
	e.lo, e.hi = min(e.lo, lo), max(e.hi, hi)
}

func (t *Transfer) makeSparse(i int32, e *extent) {
	if e.flags&sparse != 0 {
		return
	}
	e.flags |= sparse
	bits := make([]uint64, (e.slots+63)/64)
	for k := e.lo; k < e.hi; k++ {
		bits[k/64] |= 1 << (k % 64)
	}
	if t.known == nil {
		t.known = map[int32][]uint64{}
	}
	t.known[i] = bits
}

// forget hands the slots of e that lie in [from, to) over to an enclosing
// extent.
func (t *Transfer) forget(i int32, e *extent, from, to uintptr) {
	t.keep(i, e)
	t.early.disturbed = true
	a, size := uintptr(e.old), e.node.size
	if from <= a+uintptr(e.lo)*size && a+uintptr(e.hi)*size <= to {
		e.node = nil
		return
	}
	t.makeSparse(i, e)
	first := e.lo
	if from > a {
		first = max(first, uint32((from-a+size-1)/size))
	}
	for k := first; k < e.hi && a+uintptr(k)*size < to; k++ {
		t.known[i][k/64] &^= 1 << (k % 64)
	}
}

// vacant reports whether no slot of e is left.
func (t *Transfer) vacant(i int32, e *extent) bool {
	if e.node == nil || e.lo == e.hi {
		return true
	}
	if e.flags&sparse == 0 {
		return false
	}
	for _, w := range t.known[i] {
		if w != 0 {
			return false
		}
	}
	return true
}

// meets reports whether a known slot of e shares a byte with [from, to).
func (t *Transfer) meets(i int32, e *extent, from, to uintptr) bool {
	a, size := uintptr(e.old), e.node.size
	if e.lo == e.hi || size == 0 || to <= a+uintptr(e.lo)*size || from >= a+uintptr(e.hi)*size {
		return false
	}
	if e.flags&sparse == 0 {
		return true
	}
	first := uint32(0)
	if from > a {
		first = uint32((from - a) / size)
	}
	for k := max(first, e.lo); k < e.hi && a+uintptr(k)*size < to; k++ {
		if t.isKnown(i, e, k) {
			return true
		}
	}
	return false
}

// holder finds the extent that has p in a known slot; moved ones first.
func (t *Transfer) holder(p unsafe.Pointer, n *node) (found int32) {
	see := func(i int32) bool {
		e := t.live(i)
		if e == nil || !t.meets(i, e, uintptr(p), uintptr(p)+1) || (e.node.special != plain || n.special != plain) && e.node != n {
			return false
		}
		if found == 0 || e.moves() {
			found = i
		}
		return e.moves()
	}
	base, _ := block(p)
	if base == 0 {
		for _, i := range t.pages[uintptr(p)>>pageBits] {
			if see(i) {
				break
			}
		}
		return found
	}
	for i := t.idx.get(base); i != 0; i = t.ext(i).next {
		if see(i) {
			break
		}
	}
	return found
}
