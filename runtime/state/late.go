package state

import "unsafe"

// live gives extent i, or nil when it has been taken over, or its memory is gone
// and its address may name something else. The caller holds the block that it lies in.
func (t *Transfer) live(i int32) *extent {
	e := t.ext(i)
	if e.node == nil {
		return nil
	}
	if e.old == nil {
		if t.keyless(i) {
			return nil
		}
		p := t.weak[i].value()
		if p == nil {
			t.drop(i, e)
			return nil
		}
		e.old = p
		delete(t.weak, i)
	}
	if e.flags&loosened != 0 && !t.looking && !t.far(i, e) {
		t.fasten(i, e)
	}
	return e
}

// drop takes an entry out whose object is gone. What earlier tables hold goes on without.
func (t *Transfer) drop(i int32, e *extent) {
	if t.joints[i] != nil {
		e.old = nil
		delete(t.weak, i)
		return
	}
	if e.flags&loosened != 0 {
		o := t.onward[i]
		delete(t.onward, i)
		o.release()
	}
	e.node, e.old, e.new, e.flags = nil, nil, nil, 0
	delete(t.weak, i)
	delete(t.known, i)
	delete(t.flawed, i)
}

// Weaken lets go of objects that only the forwarding table still holds, and takes those
// that stay where they are out of it: that they have been looked at is noted for all
// updates. It costs about a microsecond for each, runs beside the program after Apply, and
// looks at no more than limit extents; more tells whether any are left. An object's
// successor lives at least as long as the old object, until Loosen.
func (t *Transfer) Weaken(limit int) (more bool) {
	defer t.forgetEnds()
	for i := int32(1); i < t.sealed; i++ {
		e := t.ext(i)
		if e.node == nil || e.old == nil || e.flags&static != 0 && !e.stays() {
			continue
		}
		if limit == 0 {
			return true
		}
		limit--
		t.weakenOne(i)
	}
	return false
}

func (t *Transfer) weakenOne(i int32) {
	switch e := t.ext(i); {
	case e.node == nil || e.old == nil:
	case e.stays():
		t.note(i)
		t.drop(i, e)
	case e.flags&static == 0:
		if e.new != nil {
			t.keepNew(e)
			t.asked = 0 // Loosen has passed it over
		}
		t.setWeak(i, weakTo(e.old, !e.moves() && t.finalized(e.old)))
		e.old = nil
	}
}

// stays reports whether nothing is to be told of e but that it has been looked at.
func (e *extent) stays() bool { return e.new == nil && !e.moves() && e.flags&failed == 0 }

// note has it noted for all updates what earlier rounds have looked at of an extent that
// stays where it is.
func (t *Transfer) note(i int32) {
	e, bits := t.ext(i), t.known[i]
	returns := e.flags&static == 0 && t.finalized(e.old)
	if k, ok := t.kept[i]; ok {
		e, bits = &k.extent, k.known
	}
	for lo := e.lo; lo < e.hi; {
		hi := e.hi
		if e.flags&sparse != 0 {
			is := func(k uint32) bool { return bits[k/64]&(1<<(k%64)) != 0 }
			for ; lo < e.hi && !is(lo); lo++ {
			}
			for hi = lo; hi < e.hi && is(hi); hi++ {
			}
			if lo == hi {
				return
			}
		}
		t.stays.raise(unsafe.Add(e.old, uintptr(lo)*e.node.size), uintptr(hi-lo)*e.node.size, t.release, returns)
		lo = hi
	}
}

// Sweep drops the entries of old objects that are gone, and with them the
// table's hold on their successors. It tells how many entries are left of objects
// that may go. A table that has become much smaller gives its memory back.
func (t *Transfer) Sweep() (left int) {
	for i, w := range t.weak {
		if w.ended() {
			t.drop(i, t.ext(i))
		}
	}
	t.collapse()
	all, found := 0, 0
	for i := int32(1); i < t.exts; i++ {
		e := t.ext(i)
		if e.node == nil {
			continue
		}
		all++
		if e.flags&static == 0 {
			left++
			if !t.keyless(i) {
				found++
			}
		}
	}
	if 4*(all+1) < 3*t.slots() || t.idx.few == nil && t.idx.size() > uintptr(32*all) || 4*len(t.idx.few) > 5*found {
		t.compact()
	}
	t.shed()
	return left
}

// shed gives back maps that nothing is in any more: they stay as large as they were.
func (t *Transfer) shed() {
	if len(t.weak) == 0 {
		t.weak = nil
	}
	if len(t.onward) == 0 {
		t.onward = nil
	}
	if len(t.joints) == 0 {
		t.joints = nil
	}
}

// compact makes the table anew, of the entries that are left. It is called between two
// rounds: no list of a round names an entry.
func (t *Transfer) compact() {
	was := Transfer{chunks: t.chunks, exts: t.exts, known: t.known, weak: t.weak, flawed: t.flawed}
	wasOnward, wasJoints := t.onward, t.joints
	t.chunks, t.exts, t.idx = nil, 0, index{few: noFew}
	t.pages, t.known, t.weak, t.flawed = nil, nil, nil, nil
	t.onward, t.joints = nil, nil
	for i := int32(1); i < was.exts; i++ {
		e := was.ext(i)
		if e.node == nil {
			continue
		}
		at, o, js := e.old, wasOnward[i], wasJoints[i]
		w, hasWeak := was.weak[i]
		base := uintptr(0)
		switch {
		case at != nil:
			base, _ = block(at)
		case !hasWeak: // it has no key
		case w.by != nil && !w.ended(): // nobody may hold the block: no pointer to it is made
			base = w.by.base
		default:
			at = unsafe.Pointer(w.p.Value())
			base, _ = block(at)
			hasWeak = at != nil
		}
		if at == nil && !hasWeak && js == nil {
			if o.j != nil {
				o.release()
			}
			continue
		}
		j, n := t.newExt()
		*n = *e
		n.next = 0
		if n.flags&static != 0 {
			from := uintptr(at)
			for page := from >> pageBits; page <= (from+uintptr(n.slots)*n.node.size-1)>>pageBits; page++ {
				t.onPage(page, j)
			}
		} else if base != 0 {
			n.next = t.idx.get(base)
			t.idx.put(base, j)
		}
		if hasWeak {
			t.setWeak(j, w)
		}
		if o.j != nil {
			if t.onward == nil {
				t.onward = map[int32]onward{}
			}
			t.onward[j] = o
		}
		for js != nil {
			next := js.next
			js.ext = j
			t.join(js)
			js = next
		}
		if bits := was.known[i]; bits != nil {
			if t.known == nil {
				t.known = map[int32][]uint64{}
			}
			t.known[j] = bits
		}
		if f, ok := was.flawed[i]; ok {
			if t.flawed == nil {
				t.flawed = map[int32]flaw{}
			}
			t.flawed[j] = f
		}
	}
	t.sealed = max(t.exts, 1)
	t.noted, t.made = 0, nil

	t.narrow()
	t.unpass()
}
