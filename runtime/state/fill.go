package state

import (
	"reflect"
	"sync"
	"unsafe"
)

// allocate gives every extent that moves its new memory.
func (t *Transfer) allocate() {
	t.eachLoose(0, func(i int32, e *extent) bool {
		if e.node != nil && e.node.special == chanObject && e.moves() && e.new == nil {
			t.makeChan(e)
			return !t.stopped
		}
		return t.allocateOne(i, e)
	})
	if t.stopped {
		return
	}
	for i := range t.forwards {
		f := &t.forwards[i]
		if !t.take(f.slots * f.node.newSize) {
			return
		}
		f.backup = unsafeNewArray(f.node.newRT, int(f.slots))
		for k := range f.slots {
			o := k * f.node.newSize
			typedmemmove(f.node.newRT, unsafe.Add(f.backup, o), unsafe.Add(f.new, o))
		}
	}
}

func (t *Transfer) allocateOne(i int32, e *extent) bool {
	if t.vacant(i, e) || e.node.special != plain || !e.moves() || e.new != nil {
		return true
	}
	if e.flags&static == 0 {
		t.spot = spot{ext: i, slot: e.lo}
		t.bound(e)
	}
	if !t.take(uintptr(e.slots) * e.node.newSize) {
		return false
	}
	t.stats.Bytes += int(uintptr(e.slots) * e.node.newSize)
	if e.slots == 1 {
		e.new = unsafeNew(e.node.newRT)
	} else {
		e.new = unsafeNewArray(e.node.newRT, int(e.slots))
	}
	return true
}

// allocateEarly is allocate while more is being found: of what lies in the heap, how many
// slots there are is known.
func (t *Transfer) allocateEarly() {
	t.eachLoose(t.early.allocated, func(i int32, e *extent) bool {
		return e.flags&static != 0 || t.allocateOne(i, e)
	})
	t.early.allocated = t.exts
}

// fill writes new memory and lists the patches of what stays.
func (t *Transfer) fill() {
	if t.early.disturbed {
		t.refill()
	}
	t.patches, t.calls = append(t.patches, t.early.patches...), append(t.calls, t.early.calls...)
	t.early.patches, t.early.calls = nil, nil
	var maps []task
	for _, l := range [][]task{t.tasks, t.apart} {
		for _, k := range l {
			if n := t.ext(k.ext).node; n != nil && n.special == mapObject {
				maps = append(maps, k)
			}
		}
		if t.crowded(len(l)) {
			l = t.fillTogether(l)
		}
		for _, k := range l {
			if !t.fillTask(k) {
				return
			}
		}
	}
	t.filling = 0
	for i, r := range t.roots {
		if r.dst != nil {
			t.spot = spot{root: int32(i) + 1}
			t.stats.Converted++
			t.fillValue(t.plan.filling(r.node), r.src, r.dst)
		}
	}
	// Maps come last: Convert functions of what lies in them run at once, and the
	// objects they lead to have been filled.
	if t.crowded(t.stats.Walked) {
		maps = t.fillMapsTogether(maps)
	}
	for _, k := range maps {
		if e := t.ext(k.ext); e.node != nil && !t.stopped {
			t.filling, t.spot = k.ext, spot{ext: k.ext}
			t.fillMap(e)
		}
	}
	t.moveIters()
	t.stats.Patched += len(t.patches) + len(t.words)
}

// fillTask fills the slots of a task. It reports false when the Run is over.
func (t *Transfer) fillTask(k task) bool {
	e := t.ext(k.ext)
	n := e.node
	if n == nil {
		return true
	}
	if !t.goOn() {
		return false
	}
	t.filling, t.spot = k.ext, spot{ext: k.ext, slot: k.lo}
	switch n.special {
	case mapObject:
		return true
	case chanObject:
		t.fillChan(e)
		return true
	}
	moves, g := e.moves(), t.fillProgram(e)
	for s := k.lo; s < k.hi; s++ {
		if e.flags&sparse != 0 && !t.isKnown(k.ext, e, s) {
			continue // an enclosing extent has taken it over
		}
		if !t.goOn() {
			return false
		}
		t.spot.slot = s
		src := unsafe.Add(e.old, uintptr(s)*n.size)
		if moves {
			t.stats.Converted++
			t.fillValue(g, src, unsafe.Add(e.new, uintptr(s)*n.newSize))
		} else if e.flags&partly != 0 {
			t.patchValue(t.rest(g, n, src), src)
		} else {
			t.patchValue(g, src)
		}
	}
	return true
}

// fillProgram is what makes the values of an extent new, in their place or another.
func (t *Transfer) fillProgram(e *extent) *program {
	if e.moves() {
		return t.plan.filling(e.node)
	}
	return t.plan.patching(e.node)
}

// atOnce makes the new value at dst with nothing put off: its memory moves, or
// is hashed, next.
func (t *Transfer) atOnce(n *node, src, dst unsafe.Pointer, deep bool) {
	now, wasDeep := t.now, t.deep
	t.now, t.deep = true, t.deep || deep
	t.fillValue(t.plan.filling(n), src, dst)
	t.now, t.deep = now, wasDeep
}

// fillValue makes the new release's value at dst from the old one at src.
func (t *Transfer) fillValue(g *program, src, dst unsafe.Pointer) {
	g.runCopies(src, dst)
	for i := range g.refs {
		r := &g.refs[i]
		at, to := unsafe.Add(src, r.so), unsafe.Add(dst, r.do)
		switch r.kind {
		case refPointer, refHandle, refSlice, refUnsafe:
			p := *(*unsafe.Pointer)(at)
			if p != nil {
				if r.kind == refSlice && (*sliceHeader)(at).cap == 0 {
					p = unsafe.Pointer(&nothing)
				} else {
					p = t.follow(r, p)
				}
				if p == nil && r.kind == refSlice { // too far
					*(*sliceHeader)(to) = sliceHeader{}
				}
			}
			*(*unsafe.Pointer)(to) = p
		case refInterface:
			*(*words)(to) = t.convertInterface(r.iface, (*words)(at))
		case refWeak:
			*(*unsafe.Pointer)(to) = t.followWeak(r, at)
		case refValue:
			*(*valueWords)(to) = t.convertValue(r, (*valueWords)(at))
		case refIter:
			t.iters = append(t.iters, iterMove{r, at, to, t.spot})
		case refSyncMap:
			t.copySyncMap(r.iface, (*sync.Map)(at), (*sync.Map)(to))
		}
	}
	for i := range g.routes {
		t.fillRoute(&g.routes[i], src, dst)
	}
	for i := range g.loops {
		l := &g.loops[i]
		for k := range l.n {
			t.fillValue(l.body, unsafe.Add(src, l.so+uintptr(k)*l.ss), unsafe.Add(dst, l.do+uintptr(k)*l.ds))
		}
	}
	for i := range g.calls {
		c := &g.calls[i]
		p := pending{c, unsafe.Add(src, c.so), unsafe.Add(dst, c.do), t.filling}
		if t.now {
			t.call(p)
		} else {
			t.calls = append(t.calls, p)
		}
	}
}

// nothing is what slices without capacity point to.
var nothing struct{}

// patchValue lists the words of the value at addr that have to change.
func (t *Transfer) patchValue(g *program, addr unsafe.Pointer) {
	for i := range g.refs {
		r := &g.refs[i]
		at := unsafe.Add(addr, r.so)
		switch r.kind {
		case refPointer, refHandle, refSlice, refUnsafe:
			p := *(*unsafe.Pointer)(at)
			if p == nil || r.kind == refSlice && (*sliceHeader)(at).cap == 0 {
				continue
			}
			if q := t.follow(r, p); q != p {
				t.patches = append(t.patches, patch{at, q})
			}
		case refInterface:
			old := (*words)(at)
			w := t.convertInterface(r.iface, old)
			if w[0] != old[0] {
				t.patches = append(t.patches, patch{at, w[0]})
			}
			if w[1] != old[1] {
				t.patches = append(t.patches, patch{unsafe.Add(at, unsafe.Sizeof(at)), w[1]})
			}
		case refWeak:
			if w := t.followWeak(r, at); w != *(*unsafe.Pointer)(at) {
				t.patches = append(t.patches, patch{at, w})
			}
		case refValue:
			old := (*valueWords)(at)
			v := t.convertValue(r, old)
			if v.typ != old.typ {
				t.patches = append(t.patches, patch{at, v.typ})
			}
			if v.p != old.p {
				t.patches = append(t.patches, patch{unsafe.Pointer(&old.p), v.p})
			}
		case refSyncMap:
			t.patchSyncMap(r.iface, (*sync.Map)(at))
		case refPool:
			t.emptyPool(at)
		case refIter:
			t.iters = append(t.iters, iterMove{r, at, at, t.spot})
		}
	}
	for i := range g.loops {
		l := &g.loops[i]
		for k := range l.n {
			t.patchValue(l.body, unsafe.Add(addr, l.so+uintptr(k)*l.ss))
		}
	}
}

// probe reports whether patchValue would list anything, for the value itself or
// the boxes in it. It is what decides whether a map key hashes differently.
func (t *Transfer) probe(g *program, addr unsafe.Pointer) bool {
	for i := range g.refs {
		r := &g.refs[i]
		at := unsafe.Add(addr, r.so)
		switch r.kind {
		case refPointer, refHandle, refUnsafe:
			if p := *(*unsafe.Pointer)(at); p != nil && t.follow(r, p) != p {
				return true
			}
		case refSlice:
			if s := (*sliceHeader)(at); s.p != nil && s.cap != 0 && t.follow(r, s.p) != s.p {
				return true
			}
		case refInterface:
			if t.changes(r.iface, (*words)(at)) {
				return true
			}
		case refWeak:
			if p := weakly(at); p != nil && t.follow(r, p) != p {
				return true
			}
		case refValue: // it is no key: comparing it panics
			if v := (*valueWords)(at); t.convertValue(r, v) != *v {
				return true
			}
		}
	}
	for i := range g.loops {
		l := &g.loops[i]
		for k := range l.n {
			if t.probe(l.body, unsafe.Add(addr, l.so+uintptr(k)*l.ss)) {
				return true
			}
		}
	}
	return false
}

// follow gives the new value of a one-word reference.
func (t *Transfer) follow(r *ref, p unsafe.Pointer) unsafe.Pointer {
	switch r.kind {
	case refHandle:
		if i := t.idx.get(uintptr(p)); i != 0 {
			if e := t.ext(i); e.node == r.node && e.old == p && e.flags&loosened == 0 {
				t.meet(i, e)
				if e.new != nil {
					return e.new
				}
				return p
			}
		}
		if i := t.holder(p, r.node); i != 0 {
			e := t.ext(i)
			t.meet(i, e)
			if e.new != nil || e.flags&loosened != 0 {
				return e.new
			}
		}
		return p
	case refFunc:
		return p
	case refUnsafe:
		if i := t.holder(p, noNode); i != 0 && t.ext(i).moves() {
			t.fail("%s: unsafe.Pointer to a %v, which moves: what it is used as is not known; give the holder a Convert function", r.where, t.ext(i).node.old)
		}
		return p
	}
	if n := r.node; n.moved || n.inside || n.insideArray {
		return t.forward(p, n)
	}
	return p
}

var noNode = &node{}

// forward gives the new place of what a pointer to n's type points to.
func (t *Transfer) forward(p unsafe.Pointer, n *node) unsafe.Pointer {
	if i := t.idx.get(uintptr(p)); i != 0 {
		if e := t.ext(i); e.node == n && e.old == p && e.lo == 0 && e.flags&loosened == 0 {
			t.meet(i, e)
			if e.new != nil {
				return e.new
			}
			return p
		}
	}
	if n.size == 0 {
		return p
	}
	i := t.holder(p, n)
	if i == 0 {
		if n.moved {
			t.fail("%v: a pointer to it leads to memory that was not found before: the heap changed while it was carried over", n.old)
		}
		return p
	}
	e := t.ext(i)
	t.meet(i, e)
	if !e.moves() {
		return p
	}
	if e.flags&loosened != 0 { // too far
		return nil
	}
	off := uintptr(p) - uintptr(e.old)
	k := off / e.node.size
	to, ok := t.place(e.node, off%e.node.size, n)
	if !ok {
		return p
	}
	return unsafe.Add(e.new, k*e.node.newSize+to)
}

type place struct {
	in  *node
	off uintptr
	is  *node
}

// place translates an offset inside an old type to the new type. ok is false
// when the component is not there any more and keeps its old memory.
func (t *Transfer) place(in *node, off uintptr, is *node) (to uintptr, ok bool) {
	if in == is && off == 0 {
		return 0, true
	}
	key := place{in, off, is}
	if to, ok := t.places[key]; ok {
		return to, true
	}
	to, ok = t.translate(in.old, in.new, off, is)
	if ok {
		if t.places == nil {
			t.places = map[place]uintptr{}
		}
		t.places[key] = to
	}
	return to, ok
}

func (t *Transfer) translate(o, n reflect.Type, off uintptr, is *node) (to uintptr, ok bool) {
	top, topOff := o, off
	gone := func(why string) (uintptr, bool) {
		if is.moved || is.walk {
			t.fail("%v: a pointer to a %v at offset %d of it: %s; give the pointer's holder a Convert function", top, is.old, topOff, why)
		}
		return 0, false
	}
	for {
		switch {
		case o == is.old && off == 0:
			return to, true
		case !t.plan.movedType(o):
			return to + off, true
		case o.Kind() != n.Kind():
			return gone("the new type has another structure")
		}
		switch o.Kind() {
		case reflect.Array:
			k := off / o.Elem().Size()
			if k >= uintptr(n.Len()) {
				return gone("the new array is shorter")
			}
			to += k * n.Elem().Size()
			off -= k * o.Elem().Size()
			o, n = o.Elem(), n.Elem()
		case reflect.Struct:
			of, ok := fieldAt(o, off)
			if !ok {
				return gone("no field is there")
			}
			nf, ok := t.plan.successorField(o, n, of.Name)
			if !ok || !t.plan.related(of.Type, nf.Type) {
				return gone("field " + of.Name + " has no successor")
			}
			to, off, o, n = to+nf.Offset, off-of.Offset, of.Type, nf.Type
		default:
			return gone("its value is converted as a whole")
		}
	}
}
