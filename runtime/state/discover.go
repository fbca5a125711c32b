package state

import (
	"sync"
	"unsafe"
)

// discover finds all extents that the roots reach. It reads old memory only.
func (t *Transfer) discover() {
	for i, f := range t.forwards {
		t.spot = spot{root: int32(-i - 1)}
		t.enterForward(f)
	}
	for i, r := range t.roots {
		t.spot = spot{root: int32(i) + 1}
		if r.dst == nil {
			t.reach(r.src, r.node, 1, 0)
		} else {
			t.scan(t.plan.filling(r.node), r.src)
		}
	}
	alone := 0 // since hands have looked
	for len(t.errs) < maxErrors && !t.plan.stale && !t.stopped {
		switch {
		case t.lookedApart < len(t.apart): // what hands have given up
			t.lookedApart++
			t.lookAt(t.apart[t.lookedApart-1])
		case t.looked == len(t.tasks):
			return
		case t.crowded(alone):
			alone = 0
			t.lookTogether()
		default:
			t.looked++
			k := t.tasks[t.looked-1]
			t.lookAt(k)
			alone += int(k.hi - k.lo)
		}
	}
}

// lookAt reaches what known slots lead to.
func (t *Transfer) lookAt(k task) {
	e := t.ext(k.ext)
	if e.node == nil || !t.goOn() {
		return
	}
	n := e.node
	t.spot = spot{ext: k.ext, slot: k.lo}
	switch n.special {
	case mapObject:
		t.scanMap(e)
		return
	case chanObject:
		t.scanChan(e)
		return
	}
	g := t.plan.scanning(n)
	if e.flags&(boxed|given) != 0 {
		g = t.plan.filling(n)
	}
	t.stats.Walked += int(k.hi - k.lo)
	if g.empty() {
		return
	}
	for s := k.lo; s < k.hi; s++ {
		if !t.goOn() {
			return
		}
		t.spot.slot = s
		at := unsafe.Add(e.old, uintptr(s)*n.size)
		if e.flags&partly != 0 {
			t.scan(t.rest(g, n, at), at)
			continue
		}
		t.scan(g, at)
	}
}

// scan reaches what the refs of one value lead to.
func (t *Transfer) scan(g *program, src unsafe.Pointer) {
	for i := range g.refs {
		r := &g.refs[i]
		at := unsafe.Add(src, r.so)
		if t.trace != nil {
			t.trace.at = at
		}
		switch r.kind {
		case refPointer:
			if p := *(*unsafe.Pointer)(at); p != nil && (r.node.moved || r.node.walk) {
				t.reach(p, r.node, r.cnt, 0)
			}
		case refSlice:
			s := *(*sliceHeader)(at)
			if s.p != nil && s.cap != 0 && (r.node.moved || r.node.walk) {
				t.reach(s.p, r.node, r.cnt*s.cap, 0)
			}
		case refHandle:
			if p := *(*unsafe.Pointer)(at); p != nil {
				t.reach(p, r.node, 1, 0)
			}
		case refInterface:
			t.scanInterface(r.iface, (*words)(at), r.where)
		case refSyncMap:
			(*sync.Map)(at).Range(func(k, v any) bool {
				t.boxes = [2]any{k, v}
				t.scanInterface(r.iface, (*words)(unsafe.Pointer(&t.boxes[0])), r.where)
				t.scanInterface(r.iface, (*words)(unsafe.Pointer(&t.boxes[1])), r.where)
				return true
			})
		case refWeak:
			if p := weakly(at); p != nil && (r.node.moved || r.node.walk) {
				t.reach(p, r.node, r.cnt, 0)
			}
		case refValue:
			t.scanValue(r, (*valueWords)(at))
		case refIter:
			t.scanIter(r, at)
		case refFunc:
			if f := *(**uintptr)(at); f != nil && t.plan.opts.Code != nil {
				if why := t.plan.opts.Code(*f); why != "" {
					t.fail("%s: %s", r.where, why)
				}
			}
		case refBad:
			for b := range r.cnt {
				if *(*byte)(unsafe.Add(at, b)) != 0 {
					t.fail("%s", r.where)
					break
				}
			}
		}
	}
	for i := range g.routes {
		t.scanRoute(&g.routes[i], src)
	}
	for i := range g.loops {
		l := &g.loops[i]
		if l.body.empty() {
			continue
		}
		for k := range l.n {
			t.scan(l.body, unsafe.Add(src, l.so+uintptr(k)*l.ss))
		}
	}
}

type sliceHeader struct {
	p   unsafe.Pointer
	len uintptr
	cap uintptr
}

type words [2]unsafe.Pointer

// reach notes that cnt values of n's type lie at p.
func (t *Transfer) reach(p unsafe.Pointer, n *node, cnt uintptr, flags extentFlags) {
	if i := t.idx.get(uintptr(p)); i != 0 {
		if e := t.ext(i); e.node == n && e.old == p && e.lo == 0 && cnt <= uintptr(e.hi) && e.flags&sparse == 0 {
			return
		}
	}
	t.reachSlowly(p, n, cnt, flags)
}

func (t *Transfer) reachSlowly(p unsafe.Pointer, n *node, cnt uintptr, flags extentFlags) {
	switch {
	case n.bad != "":
		t.fail("%s", n.bad)
		return
	case n.size == 0:
		if n.moved && n.newSize != 0 {
			t.fail("%v: pointers to it tell nothing apart, the new type's would have to: it had no size and has some; give its holder a Convert function", n.new)
		}
		return
	case cnt == 0:
		return
	}
	base, size := block(p)
	if base == 0 {
		t.reachStatic(p, n, cnt, flags)
		return
	}
	a := uintptr(p)
	first := t.idx.get(base)
	same, k := t.sameGrid(first, a, n)
	if same != 0 && t.areKnown(same, t.ext(same), k, cnt) {
		return
	}
	all, some := t.brought(p, n, cnt)
	if some && t.seenApart(n) || all {
		return
	}
	// An enclosing extent may have taken slots of the same grid over: they are its.
	for i := first; i != 0; {
		e := t.live(i)
		next := t.ext(i).next
		if e != nil && i != same && t.takesIn(i, e, p, n, cnt) {
			return
		}
		i = next
	}
	if first != 0 { // what has been taken over is noted
		_, some = t.brought(p, n, cnt)
	}
	if some {
		flags |= partly
	}
	if same != 0 {
		e := t.ext(same)
		if e.node == nil {
			// taken over just now, slot by slot
			t.fail("%v: a reference shows %d values, parts of which belong to other objects: made by unsafe means; give its holder a Convert function", n.old, cnt)
			return
		}
		if k+cnt > uintptr(e.slots) {
			t.fail("%v: a reference shows %d values where its memory has room for %d: made by unsafe means; give its holder a Convert function", n.old, cnt, uintptr(e.slots)-min(k, uintptr(e.slots)))
			return
		}
		if flags&partly != 0 {
			t.keep(same, e)
			e.flags |= partly
		}
		t.know(same, e, uint32(k), uint32(k+cnt))
		return
	}
	lead := (a - base) % n.size
	slots := (size - lead) / n.size
	k = (a - base - lead) / n.size
	if k+cnt > slots || slots > 1<<32-1 {
		t.fail("%v: a reference shows %d values in a block of %d bytes: made by unsafe means; give its holder a Convert function", n.old, cnt, size)
		return
	}
	i, e := t.newExt()
	t.reached(i)
	*e = extent{old: unsafe.Add(p, -int(k*n.size)), node: n, slots: uint32(slots), next: first, flags: flags &^ boxed}
	if t.sealed != 0 {
		t.heads = append(t.heads, head{base, first})
	}
	t.idx.put(base, i)
	t.know(i, e, uint32(k), uint32(k+cnt))
}

// sameGrid finds the extent of n, among those of one block, that has a slot at a.
func (t *Transfer) sameGrid(first int32, a uintptr, n *node) (found int32, slot uintptr) {
	for i := first; i != 0; i = t.ext(i).next {
		e := t.live(i)
		if e != nil && e.node == n && a >= uintptr(e.old) && (a-uintptr(e.old))%n.size == 0 {
			return i, (a - uintptr(e.old)) / n.size
		}
	}
	return 0, 0
}

// takesIn settles how a reference stands to an extent of another type or grid.
// It returns true when the reference lies inside the extent.
func (t *Transfer) takesIn(i int32, e *extent, p unsafe.Pointer, n *node, cnt uintptr) bool {
	from, to := uintptr(p), uintptr(p)+cnt*n.size
	if n.special != plain || e.node.special != plain || !t.meets(i, e, from, to) {
		return false
	}
	if from >= uintptr(e.old) {
		off := from - uintptr(e.old)
		if k := off / e.node.size; k < uintptr(e.slots) && t.isKnown(i, e, uint32(k)) && component(e.node.old, off%e.node.size, n.old, cnt) {
			return true
		}
	}
	// The extent's first known slot that the reference covers.
	k := e.lo
	for k < e.hi && (!t.isKnown(i, e, k) || uintptr(e.old)+uintptr(k)*e.node.size < from) {
		k++
	}
	at := uintptr(e.old) + uintptr(k)*e.node.size
	if k < e.hi && at+e.node.size <= to && component(n.old, (at-from)%n.size, e.node.old, 1) {
		if i < t.sealed && (n.moved || e.moves()) {
			t.fail("%v: first seen now, after a part of it (%v) was carried over by itself: the two would no longer be one; let the goroutine that holds it leave before the update", n.old, e.node.old)
			return true
		}
		if e.flags&given != 0 {
			t.fail("%v: a variable of type %v that was forwarded by itself lies inside it: two views of one memory", n.old, e.node.old)
			return true
		}
		if i < t.sealed {
			t.note(i)
		}
		t.forget(i, e, from, to)
		return false
	}
	if n.moved || e.moves() {
		t.fail("%v and %v: two views of one memory, at least one of which changed: made by unsafe means; give its holder a Convert function", n.old, e.node.old)
		return true
	}
	return false
}

// reachStatic is reach for memory outside the heap, where only references show
// how far an array goes.
func (t *Transfer) reachStatic(p unsafe.Pointer, n *node, cnt uintptr, flags extentFlags) {
	if all, some := t.brought(p, n, cnt); flags&boxed == 0 && (some && t.seenApart(n) || all) {
		return
	}
	from, to := uintptr(p), uintptr(p)+cnt*n.size
	start := p
	for page := from >> pageBits; page <= (to-1)>>pageBits; page++ {
		for _, i := range t.pages[page] {
			e := t.live(i)
			if e == nil {
				continue
			}
			a := uintptr(e.old)
			if e.node != n || (max(a, from)-min(a, from))%n.size != 0 {
				if t.takesIn(i, e, p, n, cnt) {
					return
				}
				continue
			}
			end := a + uintptr(e.slots)*n.size
			switch {
			case from >= a && to <= end:
				t.know(i, e, uint32((from-a)/n.size), uint32((to-a)/n.size))
				return
			case to <= a || from >= end:
			case i < t.sealed && e.moves() || e.flags&given != 0:
				t.fail("%v: an array is longer than what was carried over of it: a later reference shows more; let the goroutine that holds it leave before the update", n.old)
				return
			default:
				if a < from {
					from, start = a, e.old
				}
				to = max(to, end)
				if i < t.sealed {
					t.note(i)
				}
				t.keep(i, e)
				e.node = nil
			}
		}
	}
	slots := (to - from) / n.size
	if slots > 1<<32-1 {
		t.fail("%v: %d of them in one array are too many", n.old, slots)
		return
	}
	if _, some := t.brought(start, n, slots); some && flags&boxed == 0 {
		flags |= partly
	}
	t.enterStatic(extent{old: start, node: n, slots: uint32(slots), flags: flags | static})
}

func (t *Transfer) enterStatic(x extent) {
	i, e := t.newExt()
	t.reached(i)
	*e = x
	from := uintptr(x.old)
	for page := from >> pageBits; page <= (from+uintptr(x.slots)*x.node.size-1)>>pageBits; page++ {
		t.onPage(page, i)
		if t.sealed != 0 {
			t.touched = append(t.touched, page)
		}
	}
	t.know(i, e, 0, x.slots)
}

func (t *Transfer) enterForward(f forward) {
	x := extent{old: f.old, new: f.new, node: f.node, slots: uint32(f.slots), flags: given}
	base, _ := block(f.old)
	if base == 0 {
		x.flags |= static
		t.enterStatic(x)
		return
	}
	i, e := t.newExt()
	x.next = t.idx.get(base)
	*e = x
	t.idx.put(base, i)
	t.know(i, e, 0, x.slots)
}

// brought tells whether all of cnt values of n's type at p, and whether some, stay where
// they are and have been looked at in an earlier round, of this update or of a later one.
func (t *Transfer) brought(p unsafe.Pointer, n *node, cnt uintptr) (all, some bool) {
	if t.sealed == 0 { // before commit nobody is late
		return false, false
	}
	return t.stays.has(p, cnt*n.size, t.release)
}

// patchedBefore is brought's all, whether the table has been left or not.
func (t *Transfer) patchedBefore(p unsafe.Pointer, n *node, cnt uintptr) bool {
	if t.sealed == 0 {
		return false
	}
	if base, _ := block(p); base != 0 {
		i, k := t.sameGrid(t.idx.get(base), uintptr(p), n)
		if _, changed := t.kept[i]; i != 0 && i < t.sealed && !changed {
			return t.areKnown(i, t.ext(i), k, cnt)
		}
	}
	all, _ := t.brought(p, n, cnt)
	return all
}

// seenApart refuses a value that moves if a part of it stays.
func (t *Transfer) seenApart(n *node) bool {
	if n.moved {
		t.fail("%v: first seen now, after a part of it was carried over by itself: the two would no longer be one; let the goroutine that holds it leave before the update", n.old)
	}
	return n.moved
}

// rest is what of a program for the value of n's type at p has not been looked at.
func (t *Transfer) rest(g *program, n *node, p unsafe.Pointer) *program {
	all, some := t.brought(p, n, 1)
	switch {
	case all:
		return &program{}
	case !some:
		return g
	}
	left := &program{}
	t.restOf(g, p, 0, left)
	return left
}

func (t *Transfer) restOf(g *program, p unsafe.Pointer, off uintptr, left *program) {
	for _, r := range g.refs {
		r.so, r.do = r.so+off, r.do+off
		if _, some := t.stays.has(unsafe.Add(p, r.so), wordSize, t.release); !some {
			left.refs = append(left.refs, r)
		}
	}
	for i := range g.loops {
		l := &g.loops[i]
		for k := range l.n {
			t.restOf(l.body, p, off+l.so+uintptr(k)*l.ss, left)
		}
	}
}
