package state

import (
	"maps"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"unsafe"
)

// A goroutine that has waited for many updates holds an object of its release, and with it
// all that this leads to. If each table on the way held the object's successor, there would
// be one more of everything with each update. Instead a table lets go of a successor that
// a later table has carried further, and holds that table's entry, whose key may end then.
// The entry of an object that has ended, and whose own successor has been carried further,
// goes as well: what holds it holds the next one. So there are two entries for an object
// that somebody waits with, the first and the last, whatever lies between.
//
// When it comes back, a stand-in is made for each object that has ended, as the tables are
// asked in turn: memory of the right type and size, which nothing else leads to, and which
// the next table knows. All that is to be known of it is where it leads. What the
// functions of a later map may read in it is made of the first object once more (mirror).

// A joint is what entries of earlier tables hold instead of a successor: an entry of a
// later one. It belongs to the lock of that entry's table. What lay between is not kept: it
// follows from the type which tables have moved such objects, but for those that have made a
// map or a channel anew for another reason.
type joint struct {
	t     atomic.Pointer[Transfer]
	ext   int32
	refs  int32  // entries that hold it
	shift uint32 // the slot of ext that is slot 0 of what it stands for
	anew  atomic.Pointer[transfers]
	next  *joint // of the same entry
}

// transfers are a set of them, by their numbers. It is not changed.
type transfers []uint64

func (s *transfers) has(n uint32) bool {
	return s != nil && int(n/64) < len(*s) && (*s)[n/64]&(1<<(n%64)) != 0
}

func (s *transfers) with(n uint32) *transfers {
	var one transfers = make([]uint64, n/64+1)
	one[n/64] |= 1 << (n % 64)
	return one.and(s)
}

func (s *transfers) and(o *transfers) *transfers {
	switch {
	case s == nil || s == o:
		return o
	case o == nil:
		return s
	case len(*s) < len(*o):
		s, o = o, s
	}
	all := slices.Clone(*s)
	for i, w := range *o {
		all[i] |= w
	}
	return &all
}

// onward is what an entry has in the place of new.
type onward struct {
	j    *joint
	slot uint32
}

// A chain is what a transfer has to do with those of later updates.
type chain struct {
	lock sync.Locker // whoever uses the transfer has it
	wake func()      // tells that there are entries again that may go
	next atomic.Pointer[Transfer]
	asks bool // functions of the map may read objects late

	onward map[int32]onward // by entry: loosened ones
	joints map[int32]*joint // by entry, what earlier tables hold of it

	age   uint64  // when it had a round last, or an entry was made for an earlier one
	asked uint64  // later ones have been looked through that were no younger; 0: none
	pass  []later // what is being looked through
	began uint64  // the pass
	at    int32   // the entry that is looked at next; 0: none
}

// A later is a table of a later update, and what the types of successors have become before
// it, by updates that left their values where they were.
type later struct {
	t      *Transfer
	became map[reflect.Type]reflect.Type
}

// ages counts what makes tables know more than before.
var ages atomic.Uint64

// Share says which lock the callers of t hold; tables of earlier updates take it after
// their own. wake is called under it when there is something for Weaken and Sweep again.
// asks says that functions of the update's map may read what late values lead to.
func (t *Transfer) Share(lock sync.Locker, wake func(), asks bool) {
	t.lock, t.wake, t.asks = lock, wake, asks
}

// Before says that next is the transfer of the next update that has one. It has been
// applied, and nobody has used it since.
func (t *Transfer) Before(next *Transfer) {
	next.grow() // it is younger than any pass that has not seen it
	t.next.Store(next)
}

// enter locks the table that a joint leads to.
func (j *joint) enter() *Transfer {
	for {
		t := j.t.Load()
		t.lock.Lock()
		if j.t.Load() == t {
			return t
		}
		t.lock.Unlock()
	}
}

// join adds j to the joints of its entry.
func (t *Transfer) join(j *joint) {
	if t.joints == nil {
		t.joints = map[int32]*joint{}
	}
	j.next = t.joints[j.ext]
	t.joints[j.ext] = j
}

// leave is called when an entry of an earlier table no longer holds j.
func (t *Transfer) leave(j *joint) {
	if j.refs--; j.refs > 0 {
		return
	}
	if t.joints[j.ext] == j {
		if t.joints[j.ext] = j.next; j.next == nil {
			delete(t.joints, j.ext)
			if t.keyless(j.ext) {
				t.drop(j.ext, t.ext(j.ext))
			}
		}
		return
	}
	for k := t.joints[j.ext]; k != nil; k = k.next {
		if k.next == j {
			k.next = j.next
			return
		}
	}
}

// keyless reports whether entry i is held by earlier tables alone.
func (t *Transfer) keyless(i int32) bool {
	e := t.ext(i)
	return e.node != nil && e.old == nil && !t.isWeak(i)
}

// release is leave from the other end.
func (o onward) release() {
	t := o.j.enter()
	t.leave(o.j)
	t.lock.Unlock()
}

// Loosen lets go of what later transfers have carried further. It looks at no more than
// limit entries; more tells whether any are left.
func (t *Transfer) Loosen(limit int) (more bool) {
	if t.at == 0 {
		if t.began = ages.Load(); t.began == t.asked || t.exts <= 1 {
			return false
		}
		became := t.successors()
		if len(became) == 0 {
			t.asked = t.began
			return false
		}
		for x := t.next.Load(); x != nil; x = x.next.Load() {
			x.lock.Lock()
			if x.exts > 1 && x.age > t.asked {
				t.pass = append(t.pass, later{x, became})
			}
			became = x.plan.passes(became)
			x.lock.Unlock()
		}
		t.at = 1
	}
	defer t.forgetEnds()
	end := int32(min(int(t.at)+limit, int(t.sealed)))
	for _, x := range t.pass {
		x.t.lock.Lock()
		for i := t.at; i < end; i++ {
			t.loosenOne(i, x)
		}
		x.t.lock.Unlock()
	}
	if t.at = end; end < t.sealed {
		return true
	}
	t.asked = t.began
	t.unpass()
	return false
}

// successors are the types, each as itself, of those successors that a later table may have
// carried further: the least that later plans have to be asked about.
func (t *Transfer) successors() (types map[reflect.Type]reflect.Type) {
	for i := int32(1); i < t.sealed; i++ {
		if e := t.ext(i); e.mayLoosen() {
			put(&types, e.node.new, e.node.new)
		}
	}
	return types
}

// mayLoosen reports whether e holds a successor that is of the heap, as far as e tells.
func (e *extent) mayLoosen() bool {
	return e.node != nil && e.new != nil && e.flags&(failed|loosened|given) == 0 && e.moves() && (e.old == nil || e.flags&static != 0)
}

// passes is what types have become behind one more update.
func (p *Plan) passes(types map[reflect.Type]reflect.Type) map[reflect.Type]reflect.Type {
	var after map[reflect.Type]reflect.Type
	defer p.forget()
	for t, is := range types {
		if c := p.Counterpart(is); c != is {
			if after == nil {
				after = maps.Clone(types)
			}
			after[t] = c
		}
	}
	if after == nil {
		return types
	}
	return after
}

// unpass ends a pass.
func (t *Transfer) unpass() { t.pass, t.at = nil, 0 }

// grow says that t knows more than before, and that its own entries are to be looked up
// again.
func (t *Transfer) grow() {
	t.age, t.asked = ages.Add(1), 0
	t.unpass()
}

// loosenOne lets entry i hold an entry of x instead of its successor, if x has carried all
// of that further. Who has a finalizer, or a cleanup, is held as long as before.
func (t *Transfer) loosenOne(i int32, next later) {
	x := next.t
	e := t.ext(i)
	if !e.mayLoosen() {
		return
	}
	base, size := block(e.new)
	if base == 0 {
		return
	}
	for k := x.idx.get(base); k != 0; k = x.ext(k).next {
		slot, ok := t.carried(i, e, next, k)
		if !ok {
			continue
		}
		if hung, _, _ := t.hung(e.new); in(hung.finalizers, base, size) || in(hung.cleanups, base, size) {
			return
		}
		j := x.joints[k]
		for ; j != nil && (j.anew.Load() != nil || j.shift != 0); j = j.next {
		}
		if j == nil {
			j = &joint{ext: k}
			j.t.Store(x)
			x.join(j)
		}
		j.refs++
		if t.onward == nil {
			t.onward = map[int32]onward{}
		}
		t.onward[i] = onward{j, slot}
		if e.flags&static != 0 { // else Weaken has
			t.keepNew(e)
		}
		e.new = nil
		e.flags |= loosened
		return
	}
}

// carried reports whether entry k of x is of the successor that e has, and knows all of it
// that e does. slot is where it begins there.
func (t *Transfer) carried(i int32, e *extent, next later, k int32) (slot uint32, ok bool) {
	x := next.t
	xe := x.ext(k)
	if xe.node == nil || xe.flags&(failed|given|boxed|static) != 0 || !xe.moves() || xe.new == nil && xe.flags&loosened == 0 ||
		xe.node.special != e.node.special || e.node.special == plain && xe.node.old != next.became[e.node.new] {
		return 0, false
	}
	at := xe.old
	if w, ok := x.weak[k]; at == nil && ok {
		at = unsafe.Pointer(w.p.Value())
	}
	off := uintptr(e.new) - uintptr(at)
	if at == nil || off%xe.node.size != 0 || off/xe.node.size+uintptr(e.slots) > uintptr(xe.slots) {
		return 0, false
	}
	slot = uint32(off / xe.node.size)
	if e.flags&sparse == 0 {
		return slot, x.areKnown(k, xe, uintptr(slot+e.lo), uintptr(e.hi-e.lo))
	}
	for s := e.lo; s < e.hi; s++ {
		if t.isKnown(i, e, s) && !x.isKnown(k, xe, slot+s) {
			return 0, false
		}
	}
	return slot, true
}

// fasten gives a loosened entry a successor again: the one it had, or a stand-in.
func (t *Transfer) fasten(i int32, e *extent) {
	o := t.onward[i]
	delete(t.onward, i)
	e.flags &^= loosened
	made := true
	switch x, n := t.hop(e.node, o.j); {
	case n != nil: // x had an entry
		rest := &joint{refs: 1}
		y := o.j.enter()
		rest.ext, rest.shift = o.j.ext, o.j.shift+o.slot
		rest.anew.Store(o.j.anew.Load())
		rest.t.Store(y)
		y.join(rest)
		y.leave(o.j)
		y.lock.Unlock()
		e.new = token(n, e.slots)
		flags := loosened | e.flags&sparse
		if !n.moved {
			flags |= rebuilt
		}
		x.enterToken(extent{node: n, slots: e.slots, lo: e.lo, hi: e.hi, flags: flags}, e.new, t.known[i], onward{j: rest})
		x.lock.Unlock()
	default:
		at := x.key(o.j)
		made = x.ext(o.j.ext).flags&standIn != 0 // here, or for another part of it
		e.new = unsafe.Add(at, uintptr(o.slot+o.j.shift)*x.ext(o.j.ext).node.size)
		x.leave(o.j)
		x.lock.Unlock()
	}
	t.asked = 0 // it is to be let go of again
	t.unpass()
	if made && t.isRead() {
		t.budget -= e.values() // what is led to directly is filled whatever its size: nothing tells a reader that it is not
		t.tokens = append(t.tokens, i)
	}
}

// hop locks the first table that has moved what an entry of t leads to, the entry of node
// was and with a joint, and gives the node that the object had there. It is nil at the table
// that the joint leads to.
func (t *Transfer) hop(was *node, j *joint) (x *Transfer, n *node) {
	is := was.new
	for x = t.next.Load(); ; x = x.next.Load() {
		x.lock.Lock()
		if j.t.Load() == x {
			return x, nil
		}
		// A table that lets go of its entry between others notes it before the joint leads elsewhere.
		if x.plan.moves(is, was.special) || j.anew.Load().has(x.release) {
			if was.special != plain {
				return x, x.plan.object(is)
			}
			return x, x.plan.nodeOf(is)
		}
		is = x.plan.becomes(is)
		x.lock.Unlock()
	}
}

// token is memory that stands for objects of the old release.
func token(n *node, slots uint32) unsafe.Pointer {
	switch n.special {
	case mapObject:
		return reflect.MakeMap(n.old).UnsafePointer()
	case chanObject:
		return reflect.MakeChan(reflect.ChanOf(reflect.BothDir, n.old.Elem()), 0).UnsafePointer()
	}
	const tiny = 16 // the allocator puts what is smaller into one block
	return unsafeNewArray(rtype(n.old), max(int(slots), int((tiny+n.size-1)/n.size)))
}

// enterToken makes an entry for a token, which its maker holds. No round is under way.
func (t *Transfer) enterToken(x extent, at unsafe.Pointer, known []uint64, o onward) int32 {
	t.widen()
	i, e := t.newExt()
	base, _ := block(at)
	*e = x
	e.old, e.next = nil, t.idx.get(base)
	e.flags |= standIn
	t.idx.put(base, i)
	t.setWeak(i, weakTo(at, false))
	if e.flags&sparse != 0 {
		if t.known == nil {
			t.known = map[int32][]uint64{}
		}
		t.known[i] = append([]uint64(nil), known...)
	}
	if e.flags&loosened != 0 {
		if t.onward == nil {
			t.onward = map[int32]onward{}
		}
		t.onward[i] = o
	}
	t.sealed = t.exts
	t.grow()
	if t.wake != nil {
		t.wake()
	}
	return i
}

// key is slot 0 of the entry of a joint.
func (t *Transfer) key(j *joint) (at unsafe.Pointer) {
	t.widen()
	i := j.ext
	e := t.ext(i)
	if e.old != nil {
		return e.old
	}
	if w, ok := t.weak[i]; ok {
		if p := w.p.Value(); p != nil {
			return unsafe.Pointer(p)
		}
		delete(t.weak, i)
	}
	at = token(e.node, e.slots)
	k := t.enterToken(*e, at, t.known[i], t.onward[i])
	for j := t.joints[i]; j != nil; j = j.next {
		j.ext = k
	}
	t.joints[k] = t.joints[i]
	delete(t.joints, i)
	if f, ok := t.flawed[i]; ok {
		t.flawed[k] = f
	}
	e.flags &^= loosened // the new entry has it
	delete(t.onward, i)
	t.drop(i, e)
	return at
}

// collapse takes the entries out that nothing but earlier tables holds, and that have let
// go of their successors.
func (t *Transfer) collapse() {
	for i, o := range t.onward {
		e := t.ext(i)
		if !t.keyless(i) || e.flags&failed != 0 {
			continue
		}
		x := o.j.enter()
		anew := o.j.anew.Load()
		if e.flags&rebuilt != 0 {
			anew = anew.with(t.release)
		}
		for j := t.joints[i]; j != nil; {
			next := j.next
			j.anew.Store(anew.and(j.anew.Load()))
			j.shift += o.slot + o.j.shift
			j.ext = o.j.ext
			x.join(j)
			j.t.Store(x)
			j = next
		}
		delete(t.joints, i)
		delete(t.onward, i)
		e.flags &^= loosened
		t.drop(i, e)
		x.leave(o.j)
		x.lock.Unlock()
	}
}
