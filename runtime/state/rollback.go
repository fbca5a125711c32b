package state

import (
	"maps"
	"slices"
)

// A round after commit that fails is taken back: the table is what it was after the
// last Apply, which the rounds to come go on from.

// A keptExtent is an extent of an earlier round before this one changed it.
type keptExtent struct {
	extent
	known []uint64
}

// A head is what the index had for a block.
type head struct {
	base  uintptr
	first int32
}

// keep must be called before an extent is changed.
func (t *Transfer) keep(i int32, e *extent) {
	if i >= t.sealed {
		return
	}
	if _, ok := t.kept[i]; ok {
		return
	}
	if t.kept == nil {
		t.kept = map[int32]keptExtent{}
	}
	t.kept[i] = keptExtent{*e, slices.Clone(t.known[i])}
}

// rollback takes back what was done since the last Apply.
func (t *Transfer) rollback() {
	for i, k := range t.kept {
		*t.ext(i) = k.extent
		if k.known == nil {
			delete(t.known, i)
		} else {
			t.known[i] = k.known
		}
	}
	for _, h := range slices.Backward(t.heads) {
		t.idx.put(h.base, h.first)
	}
	fresh := func(i int32) bool { return i >= t.sealed }
	for _, page := range t.touched {
		t.pages[page] = slices.DeleteFunc(t.pages[page], fresh)
	}
	for i := t.sealed; i < t.exts; i++ {
		*t.ext(i) = extent{}
	}
	maps.DeleteFunc(t.known, func(i int32, _ []uint64) bool { return fresh(i) })
	maps.DeleteFunc(t.flawed, func(i int32, _ flaw) bool { return fresh(i) })
	t.exts = t.sealed
	t.kept, t.heads, t.touched = nil, nil, nil
	if t.settled != nil {
		t.settled.Drop()
	}
	t.syncs, t.settled = nil, nil
	t.roots, t.tasks, t.calls, t.checks, t.patches, t.words, t.iters, t.errs, t.flaws = nil, nil, nil, nil, nil, nil, nil, nil, nil
	t.looked, t.apart, t.lookedApart, t.early = 0, nil, 0, early{}
	t.now, t.deep, t.ran = false, false, false
}
