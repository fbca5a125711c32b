package state

import (
	"reflect"
	"sync/atomic"
	"unsafe"
)

// A hand does what is easy of a transfer, beside others (crew.go). What it gives up is
// done from its beginning by the one that goes on alone, so it may leave new memory half
// filled, and objects claimed.
type hand struct {
	crew *crew
	idx  index // its own view of it

	stack []claim  // to be looked at
	chunk []extent // for its claims
	first int32    // of these

	apart   []task  // given up
	later   []task  // looked at, to be filled when all is known
	maps    []task  // looked at
	arrays  []task  // claimed, with more than one slot
	objects []int32 // maps and channels claimed
	patches []patch
	calls   []pending
	stats   Stats

	scanning   bool // nothing is filled
	early      bool // of the value: it cannot be filled yet
	ext        int32
	due, every int
	unmet      int // values of dynamic types that nobody has met
	asked      int // bytes that the limits have been asked for beforehand
}

// fewUnmet is for how many of them hands stop; later on for twice as many each time.
const fewUnmet = 16

// atATime is for how many bytes limits are asked at once.
const atATime = 64 << 10

// goOn is called for every value.
func (h *hand) goOn() bool {
	if h.due--; h.due > 0 {
		return !h.crew.over.Load()
	}
	h.due = h.every
	if err := h.crew.ask(0, true); err != nil {
		h.crew.stop(err, nil)
	}
	return !h.crew.over.Load()
}

// take asks for memory.
func (h *hand) take(bytes uintptr) bool {
	if h.asked -= int(bytes); h.asked >= 0 {
		return true
	}
	more := -h.asked
	if h.every >= someValues {
		more += atATime
	}
	if err := h.crew.ask(uintptr(more), false); err != nil {
		h.crew.stop(err, nil)
		return false
	}
	h.asked += more
	return true
}

// find looks at values until nobody has any.
func (h *hand) find() {
	for {
		for len(h.stack) > 0 {
			if !h.goOn() {
				return
			}
			if h.crew.hungry.Load() > 0 && len(h.stack) > 1 {
				h.share()
			}
			top := len(h.stack) - 1
			x := h.stack[top]
			h.stack = h.stack[:top]
			h.look(x)
		}
		if !h.fetch() {
			return
		}
	}
}

// share gives what has been found first to others: more is behind it.
func (h *hand) share() {
	c := h.crew
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == 0 || len(c.pool) > 0 {
		return
	}
	n := len(h.stack) / 2
	c.pool = append(c.pool, append([]claim(nil), h.stack[:n]...))
	h.stack = h.stack[:copy(h.stack, h.stack[n:])]
	c.more.Signal()
}

// fetch gets something to look at; false when there is nothing.
func (h *hand) fetch() bool {
	c := h.crew
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting++
	for len(c.pool) == 0 && !c.over.Load() {
		if c.waiting == c.joined {
			c.over.Store(true)
			c.more.Broadcast()
			return false
		}
		c.hungry.Store(1)
		c.more.Wait()
	}
	c.waiting--
	if c.waiting == 0 {
		c.hungry.Store(0)
	}
	if c.over.Load() {
		return false
	}
	l := len(c.pool) - 1
	h.stack = append(h.stack, c.pool[l]...)
	c.pool = c.pool[:l]
	return true
}

// look looks at the values of a claim, and fills what becomes of them.
func (h *hand) look(x claim) {
	e := x.e
	switch {
	case e.node.special == mapObject:
		if h.scanMap(e) {
			h.maps = append(h.maps, x.task)
		} else {
			h.apart = append(h.apart, x.task)
		}
		return
	case e.node.special != plain, x.g.easy != easy, e.flags&^static != 0, e.flags&static != 0 && e.node.moved:
		h.apart = append(h.apart, x.task)
		return
	}
	if x.hi-x.lo > atOnceSlots { // what is left can be shared
		h.stack = append(h.stack, claim{task{x.ext, x.lo + atOnceSlots, x.hi}, e, x.g})
		x.hi = x.lo + atOnceSlots
	}
	h.values(x.task, e, x.g)
}

// atOnceSlots is how much of an array one hand looks at.
const atOnceSlots = 256

// values carries slots that are known of an extent, or gives them up one by one.
func (h *hand) values(k task, e *extent, g *program) {
	n := e.node
	h.ext = k.ext
	for s := k.lo; s < k.hi; s++ {
		if s > k.lo && !h.goOn() {
			h.stack = append(h.stack, claim{task{k.ext, s, k.hi}, e, g})
			return
		}
		var to unsafe.Pointer
		if e.new != nil {
			to = unsafe.Add(e.new, uintptr(s)*n.newSize)
		}
		patches, calls := len(h.patches), len(h.calls)
		h.early = false
		ok := h.value(g, unsafe.Add(e.old, uintptr(s)*n.size), to)
		if !ok || h.early {
			h.patches, h.calls = h.patches[:patches], h.calls[:calls]
		}
		if !ok {
			h.apart = append(h.apart, task{k.ext, s, s + 1})
			continue
		}
		if h.crew.finding {
			h.stats.Walked++
		}
		if h.early {
			h.later = append(h.later, task{k.ext, s, s + 1})
			continue
		}
		if to != nil {
			h.stats.Converted++
		}
	}
}

// fill is values for a task of the second walk.
func (h *hand) fill(k task) {
	e := h.extent(k.ext)
	if e.node == nil {
		return
	}
	if e.node.special == plain && e.flags&(sparse|partly) == 0 {
		if g := h.crew.t.fillProgram(e); g.easy == easy {
			if h.goOn() {
				h.values(k, e, g)
			}
			return
		}
	}
	h.apart = append(h.apart, k)
}

func (h *hand) extent(i int32) *extent {
	return &h.crew.chunks[i>>chunkBits][i&(1<<chunkBits-1)]
}

// value carries one value: it fills the new one, or if there is none lists the words that
// change. It reports false if something about it is not easy. If not all of it can be known
// yet it says so in early.
func (h *hand) value(g *program, src, dst unsafe.Pointer) bool {
	if dst != nil {
		g.runCopies(src, dst)
	}
	for i := range g.refs {
		r := &g.refs[i]
		at := unsafe.Add(src, r.so)
		p := *(*unsafe.Pointer)(at)
		to := p
		switch {
		case r.kind == refFunc:
			continue
		case r.kind == refInterface:
			old := (*words)(at)
			new, ok := h.convertInterface(r, old)
			switch {
			case !ok:
				return false
			case dst != nil:
				*(*words)(unsafe.Add(dst, r.do)) = new
			default:
				h.patch(unsafe.Pointer(&old[0]), old[0], new[0])
				h.patch(unsafe.Pointer(&old[1]), old[1], new[1])
			}
			continue
		case p != nil:
			cnt := r.cnt
			if r.kind == refSlice {
				c := (*sliceHeader)(at).cap
				if c == 0 {
					if dst != nil {
						*(*unsafe.Pointer)(unsafe.Add(dst, r.do)) = unsafe.Pointer(&nothing)
					}
					continue
				}
				cnt *= c
			}
			var ok bool
			if to, ok = h.follow(r, p, cnt); !ok {
				return false
			}
		}
		if dst != nil {
			*(*unsafe.Pointer)(unsafe.Add(dst, r.do)) = to
		} else {
			h.patch(at, p, to)
		}
	}
	for i := range g.loops {
		l := &g.loops[i]
		for k := range l.n {
			var to unsafe.Pointer
			if dst != nil {
				to = unsafe.Add(dst, l.do+uintptr(k)*l.ds)
			}
			if !h.value(l.body, unsafe.Add(src, l.so+uintptr(k)*l.ss), to) {
				return false
			}
		}
	}
	if dst != nil {
		for i := range g.calls {
			c := &g.calls[i]
			h.calls = append(h.calls, pending{c, unsafe.Add(src, c.so), unsafe.Add(dst, c.do), h.ext})
		}
	}
	return true
}

func (h *hand) patch(at, old, new unsafe.Pointer) {
	if new != old && !h.scanning {
		h.patches = append(h.patches, patch{at, new})
	}
}

// convertInterface is the transfer's, for dynamic types that have been met before.
func (h *hand) convertInterface(r *ref, at *words) (new words, ok bool) {
	if at[0] == nil {
		return words{}, true
	}
	d := r.iface.seen[at[0]]
	if d == nil && h.crew.finding {
		if h.unmet++; h.unmet == h.crew.unmet {
			h.crew.stop(nil, nil) // it is worth while to meet some
		}
	}
	switch {
	case d == nil || d.bad != "" || d.easy == nil:
		return words{}, false
	case !d.relevant || at[1] == nil:
		return words{d.word, at[1]}, true
	case d.direct:
	case common(at[1]):
		return words{d.word, at[1]}, !d.node.moved
	case !h.crew.finding && !d.box.moved: // where it is told whether it was copied
		base, _ := block(at[1])
		return words{d.word, at[1]}, base != 0
	}
	p, ok := h.follow(d.easy, at[1], d.easy.cnt)
	return words{d.word, p}, ok
}

// follow gives the new place of cnt values that a reference leads to. During discovery it
// claims them if they have not been found before.
func (h *hand) follow(r *ref, p unsafe.Pointer, cnt uintptr) (new unsafe.Pointer, ok bool) {
	n := r.node
	finding := h.crew.finding
	switch {
	case n.moved, r.kind == refHandle, finding && n.walk:
	case !n.inside && !n.insideArray:
		return p, true
	case !n.walk && finding: // what it may lie in is not all known
		h.early = true
		return p, true
	case !n.walk:
		return p, h.outside(p)
	}
	s := h.idx.find(uintptr(p))
	if s == nil && finding {
		s = h.idx.enterNew(uintptr(p))
	}
	if s == nil {
		return nil, false
	}
	i, ok := s.place(uintptr(p))
	if !ok {
		return nil, false
	}
	id := atomic.LoadInt32(&s.exts[i])
	if id == 0 && finding {
		if e := h.claim(s, i, p, r, cnt); e != nil {
			return h.successor(e, p)
		}
		id = atomic.LoadInt32(&s.exts[i])
	}
	if id == 0 {
		return nil, false
	}
	if e := h.extent(id); e.node == n && e.old == p && e.lo == 0 && cnt <= uintptr(e.hi) && e.flags&sparse == 0 {
		return h.successor(e, p)
	}
	return nil, false
}

// successor is what an object becomes, if that is known.
func (h *hand) successor(e *extent, p unsafe.Pointer) (new unsafe.Pointer, ok bool) {
	switch {
	case e.new != nil:
		return e.new, true
	case h.crew.finding && (e.node.special == chanObject || e.node.special == mapObject && (e.node.moved || e.node.key.walk)):
		h.early = true // decided when all has been found
		return p, true
	}
	return p, h.scanning || !e.moves()
}

// outside reports whether nothing that has been found lies in the block of p.
func (h *hand) outside(p unsafe.Pointer) bool {
	s := h.idx.find(uintptr(p))
	if s == nil {
		base, _ := block(p) // what lies elsewhere is looked for otherwise
		return base != 0 && h.idx.find(base) == nil
	}
	i, ok := s.within(uintptr(p))
	return ok && s.exts[i] == 0
}

// claim gives the cnt values at p, where a block begins, an extent, and new memory if they
// move, unless somebody else has. It is nil then, or if they are not easy.
func (h *hand) claim(s *spanIndex, i uintptr, p unsafe.Pointer, r *ref, cnt uintptr) *extent {
	n := r.node
	if n.size == 0 || cnt == 0 || n.moved && n.special == plain && s.ended(uintptr(p)) {
		return nil
	}
	slots := uintptr(1)
	if s.size < 2*n.size {
		if s.size < n.size {
			return nil
		}
	} else {
		slots = s.size / n.size
	}
	if cnt > slots || slots > 1<<32-1 {
		return nil
	}
	if len(h.chunk) == 0 {
		if !h.take(unsafe.Sizeof([1 << chunkBits]extent{})) {
			return nil
		}
		if h.chunk, h.first = h.crew.chunk(); h.chunk == nil {
			return nil
		}
	}
	e := &h.chunk[0]
	*e = extent{old: p, node: n, slots: uint32(slots), hi: uint32(cnt)}
	if n.moved && n.special == plain {
		bytes := slots * n.newSize
		if !h.take(bytes) {
			*e = extent{}
			return nil
		}
		if slots == 1 {
			e.new = unsafeNew(n.newRT)
		} else {
			e.new = unsafeNewArray(n.newRT, int(slots))
		}
	}
	if claiming != nil {
		claiming(p)
	}
	if !atomic.CompareAndSwapInt32(&s.exts[i], 0, h.first) {
		*e = extent{}
		return nil
	}
	k := task{h.first, 0, uint32(cnt)}
	h.chunk, h.first = h.chunk[1:], h.first+1
	if e.new != nil {
		h.stats.Bytes += int(slots * n.newSize)
	}
	switch {
	case n.special != plain:
		h.objects = append(h.objects, k.ext)
	case slots > 1:
		h.arrays = append(h.arrays, k)
	}
	h.stack = append(h.stack, claim{k, e, r.to})
	return e
}

// claiming is called before an object is claimed; a test's.
var claiming func(p unsafe.Pointer)

// scanMap finds what the entries of a map lead to.
func (h *hand) scanMap(e *extent) bool {
	n := e.node
	kg, eg := h.crew.t.plan.entryScan(n.key), h.crew.t.plan.entryScan(n.elem)
	if kg != nil && kg.easy != easy || eg != nil && eg.easy != easy {
		return false
	}
	h.scanning = true
	defer func() { h.scanning = false }()
	all := true
	if kg != nil || eg != nil {
		entries(n.old, e.old, func(key, elem unsafe.Pointer) bool {
			all = h.goOn() && (kg == nil || h.value(kg, key, nil)) && (eg == nil || h.value(eg, elem, nil))
			return all
		})
	}
	if all {
		h.stats.Walked += mapLen(e.old)
	}
	return all
}

// makeMap is what decide does with a map that moves.
func (h *hand) makeMap(e *extent) bool {
	n := e.node
	if !h.goOn() || !h.take(mapBytes(n.new, mapLen(e.old))) {
		return true // it is over
	}
	h.stats.Maps++
	e.new = reflect.MakeMapWithSize(n.new, mapLen(e.old)).UnsafePointer()
	return true
}

// fillMap is Transfer.fillMap for keys that stay as they are.
func (h *hand) fillMap(e *extent) bool {
	n := e.node
	if n.key.moved || n.key.walk {
		return false
	}
	g := h.crew.t.plan.entryFill(e)
	if g == nil {
		return true
	}
	if g.easy != easy || len(g.calls) != 0 {
		return false
	}
	all := true
	entries(n.old, e.old, func(key, elem unsafe.Pointer) bool {
		var to unsafe.Pointer
		if e.new != nil {
			to = mapassign(n.newRT, e.new, key)
		}
		all = h.goOn() && h.value(g, elem, to)
		return all
	})
	if e.new == nil {
		return all
	}
	if !all || mapLen(e.new) != mapLen(e.old) { // keys that are not equal to themselves would be there twice
		reflect.NewAt(n.new, unsafe.Pointer(&e.new)).Elem().Clear()
		return false
	}
	h.stats.Converted += mapLen(e.old)
	return true
}
