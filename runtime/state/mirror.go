package state

import (
	"reflect"
	"unsafe"
)

// Functions of a later map may read what a stand-in stands for. So its first release's
// object is converted once more into it, and what that leads to likewise, the nearest
// first. It is what the object was when its own release ended. Pointers to what would be
// too much are nil: who follows one panics, and does not take it for a value.

// mirrored is how many values and entries of maps a round converts once more, at most.
const mirrored = 4096

// mirrors are the stand-ins of one round.
type mirrors struct {
	tokens    []int32 // entries with stand-ins that are to be filled
	budget    int     // values that may be filled still
	mirroring bool
	read      readers
}

// readers tells whether functions of a later map may read stand-ins.
type readers uint8

const (
	readersUnknown readers = iota
	nobodyReads
	somebodyReads
)

func (t *Transfer) isRead() bool {
	if t.read == readersUnknown {
		t.read = nobodyReads
		for x := t.next.Load(); x != nil && t.read == nobodyReads; x = x.next.Load() {
			if x.asks {
				t.read = somebodyReads
			}
		}
	}
	return t.read == somebodyReads
}

// values is how many values an extent has, or how many entries the map.
func (e *extent) values() int {
	switch e.node.special {
	case mapObject:
		return mapLen(e.old)
	case chanObject:
		return 0
	}
	return int(e.hi - e.lo)
}

// far reports whether entry i is led to by a stand-in, has no other successor, and is too
// much to be made one.
func (t *Transfer) far(i int32, e *extent) bool {
	if !t.mirroring || e.values() <= t.budget {
		return false
	}
	j := t.onward[i].j
	x, n := t.hop(e.node, j)
	defer x.lock.Unlock()
	if n != nil {
		return true
	}
	return x.ext(j.ext).old == nil && x.weak[j.ext].p.Value() == nil
}

// mirror fills the stand-ins of this round.
func (t *Transfer) mirror() {
	if len(t.tokens) == 0 || t.mirroring {
		return
	}
	// What is made is nobody's but a map's functions', and failures are theirs to find.
	now, deep, filling, spot, stats := t.now, t.deep, t.filling, t.spot, t.stats
	errs, spots, flaws, patches, words := t.errs, t.spots, t.flaws, t.patches, t.words
	t.mirroring, t.now = true, true
	for len(t.tokens) > 0 {
		i := t.tokens[0]
		t.tokens = t.tokens[1:]
		t.mirrorOne(i)
	}
	t.mirroring, t.now, t.deep, t.filling, t.spot, t.stats = false, now, deep, filling, spot, stats
	t.errs, t.spots, t.flaws, t.patches, t.words = errs, spots, flaws, patches, words
}

func (t *Transfer) mirrorOne(i int32) {
	e := t.ext(i)
	n := e.node
	switch n.special {
	case mapObject:
		t.fillMap(e)
		return
	case chanObject:
		return
	}
	g := t.plan.filling(n)
	for k := e.lo; k < e.hi; k++ {
		if t.isKnown(i, e, k) {
			t.fillValue(g, unsafe.Add(e.old, uintptr(k)*n.size), unsafe.Add(e.new, uintptr(k)*n.newSize))
		}
	}
}

// callAgain is call for a stand-in.
func (t *Transfer) callAgain(c pending) {
	switch pr := c.call.pair; {
	case c.call.sync != nil:
		reflect.NewAt(c.call.sync, c.new).Elem().SetZero() // nobody waits in it
	case c.call.hook != nil:
		c.call.hook(c.old, c.new)
	case pr.Convert != nil:
		t.transform(pr, c)
	}
}
