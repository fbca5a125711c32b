package state

import (
	"runtime"
	"sync/atomic"
	"unsafe"
	"weak"
)

// What the runtime calls when an object ends hangs on the object's address.

// ends are the finalizers and cleanups of the objects in one of the allocator's spans.
type ends struct {
	finalizers, cleanups []uintptr // offsets of objects, or of what lies in them
}

// attached reads what hangs on the objects of the span that holds the block at base.
// The caller holds the block.
func attached(base uintptr) ends {
	_, s, _ := findObject(base, 0, 0)
	if s == nil {
		return ends{}
	}
	for n := 16; ; n *= 4 {
		e := ends{make([]uintptr, 0, n), make([]uintptr, 0, n)}
		if s.attached(&e) {
			return e
		}
	}
}

// attached fills e; it reports whether there was room. The list is changed under its
// lock, or by whoever sweeps the span, and no new sweep begins while this goroutine has
// its processor. Nothing may be allocated meanwhile.
func (s *span) attached(e *ends) (all bool) {
	procPin()
	ensureSwept(s)
	rtlock(&s.speciallock)
	all = true
	for sp := s.specials; sp != nil && all; sp = sp.next {
		l := &e.finalizers
		switch sp.kind {
		case kindFinalizer:
		case kindCleanup:
			l = &e.cleanups
		default:
			continue
		}
		if all = len(*l) < cap(*l); all {
			*l = append(*l, s.startAddr+sp.offset)
		}
	}
	rtunlock(&s.speciallock)
	procUnpin()
	return all
}

// in reports whether one of the addresses lies in the block.
func in(addrs []uintptr, base, size uintptr) bool {
	for _, a := range addrs {
		if a >= base && a < base+size {
			return true
		}
	}
	return false
}

// hung is what hangs on the objects in the span that p's block is in. A span is read once
// in a round, or a step of Weaken.
func (t *Transfer) hung(p unsafe.Pointer) (e ends, base, size uintptr) {
	base, s, _ := findObject(uintptr(p), 0, 0)
	if base == 0 {
		return ends{}, 0, 0
	}
	if t.ends == nil {
		t.ends = map[*span]*ends{}
	}
	if s != t.lastSpan {
		if t.ends[s] == nil {
			a := attached(base)
			t.ends[s] = &a
		}
		t.lastSpan, t.lastEnds = s, t.ends[s]
	}
	return *t.lastEnds, base, s.elemsize
}

// forgetEnds ends a round, or a step: a table that waits for good keeps nothing of what hung
// on the objects that it has looked at.
func (t *Transfer) forgetEnds() { t.ends, t.lastSpan, t.lastEnds = nil, nil, nil }

// finalized reports whether a block of the heap has a finalizer.
func (t *Transfer) finalized(p unsafe.Pointer) bool {
	hung, base, size := t.hung(p)
	return in(hung.finalizers, base, size)
}

// bound refuses to move an object that the runtime calls something for when it ends: its
// old memory ends while its successor is used.
func (t *Transfer) bound(e *extent) {
	hung, base, size := t.hung(e.old)
	if len(hung.finalizers)+len(hung.cleanups) == 0 {
		return
	}
	what := ""
	switch {
	case in(hung.finalizers, base, size):
		what = "a finalizer (runtime.SetFinalizer)"
	case in(hung.cleanups, base, size):
		what = "a cleanup (runtime.AddCleanup)"
	default:
		return
	}
	t.fail("%v: has %s, which would run while the object that takes its place is used; set it on an object of a type that does not change", e.node.old, what)
}

// A weakRef stands in for extent.old. A weak pointer is nil as soon as the finalizer of
// its object is due, and the finalizer gets the object. An object with a finalizer that
// stays where it is, and which must not be taken for one that nobody has looked at, is
// gone when its cleanup says so.
type weakRef struct {
	p  weak.Pointer[byte]
	by *finalized // unless it is nil
}

// A finalized is an object that its finalizer may bring back.
type finalized struct {
	base uintptr // of its block
	at   uintptr
	gone atomic.Bool
}

func weakTo(p unsafe.Pointer, returns bool) weakRef {
	w := weakRef{p: weak.Make((*byte)(p))}
	if returns {
		w.by = &finalized{at: uintptr(p)}
		w.by.base, _ = block(p)
		runtime.AddCleanup((*byte)(p), func(by *finalized) { by.gone.Store(true) }, w.by)
	}
	return w
}

// ended reports whether the object is gone.
func (w weakRef) ended() bool {
	return w.p.Value() == nil && (w.by == nil || w.by.gone.Load())
}

// value is the object's address, nil if it is gone. Whoever asks holds the block that it
// lies in: the address may be that of a finalizer's argument.
func (w weakRef) value() unsafe.Pointer {
	if p := w.p.Value(); p != nil {
		return unsafe.Pointer(p)
	}
	if w.by == nil || w.by.gone.Load() {
		return nil
	}
	return *(*unsafe.Pointer)(unsafe.Pointer(&w.by.at))
}
