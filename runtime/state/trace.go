package state

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unsafe"
)

// What cannot be carried over is named by a way to it from its root, as a Go expression.
// Nothing is noted for that while all goes well: when a Run has failed, the old heap is
// walked once more and every extent's first holder is written down.

// An Origin is where roots lie that are noted next.
type Origin struct {
	Func, Pos string // of a frame
	Name      string // of the local or the variable; "" if the root is a whole frame
}

// From says where the roots that are noted next lie.
func (t *Transfer) From(o Origin) { t.origin = o }

func (o Origin) at(path string) string {
	path = strings.TrimPrefix(o.Name+path, ".")
	switch {
	case o.Func == "":
		return path
	case path == "":
		return fmt.Sprintf("a value of %s at %s", o.Func, o.Pos)
	}
	return fmt.Sprintf("%s in %s at %s", path, o.Func, o.Pos)
}

// A spot is where a transfer is: at a slot of an extent, or at a root.
type spot struct {
	ext  int32
	slot uint32
	root int32 // index and 1; a forward's is negative
}

// spotOf is the spot of a call.
func (t *Transfer) spotOf(c pending) spot {
	s := spot{ext: c.ext}
	if c.ext == 0 {
		return s
	}
	if e := t.ext(c.ext); e.node != nil && e.node.special == plain && e.node.size > 0 {
		s.slot = uint32((uintptr(c.old) - uintptr(e.old)) / e.node.size)
	}
	return s
}

// A trace is a second walk.
type trace struct {
	at    unsafe.Pointer // the word that is being followed
	first map[int32]hop
}

// A hop is how an extent was reached first.
type hop struct {
	from spot
	word unsafe.Pointer
}

// reached notes how a new extent was reached.
func (t *Transfer) reached(i int32) {
	if t.trace != nil {
		t.trace.first[i] = hop{t.spot, t.trace.at}
	}
}

// located gives the errors of a Run with a way to what they are about.
func (t *Transfer) located() error {
	if t.sealed != 0 {
		return errors.Join(t.errs...) // the program runs
	}
	if t.stopped {
		return errors.Join(t.errs...) // there is no time, or no memory, for a second walk
	}
	w := t.plan.Begin()
	w.Bound(t.limits)
	w.roots, w.forwards, w.waiting, w.trace = t.roots, t.forwards, t.waiting, &trace{first: map[int32]hop{}}
	w.discover()
	var errs []error
	for i, err := range t.errs {
		if path := w.way(t, t.spots[i]); path != "" {
			err = fmt.Errorf("%w; found at %s", err, path)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// way is a way from a root to a spot of another transfer over the same heap.
func (w *Transfer) way(t *Transfer, s spot) string {
	if s.ext != 0 {
		e := t.ext(s.ext)
		found := int32(0)
		for i := int32(1); i < w.exts && found == 0; i++ {
			if x := w.ext(i); x.old == e.old && (x.node == e.node || e.node == nil) {
				found = i
			}
		}
		if found == 0 {
			return ""
		}
		s.ext = found
	}
	const longest = 40 // hops; lists are long
	path, hops := "", 0
	for ; s.ext != 0; hops++ {
		e := w.ext(s.ext)
		h, ok := w.trace.first[s.ext]
		if !ok {
			break // it belongs to a forward itself
		}
		if hops < longest {
			path = w.step(h, e, s.slot) + path
		} else if hops == longest {
			path = "…" + path
		}
		s = h.from
	}
	switch {
	case s.root > 0:
		return w.roots[s.root-1].from.at(path)
	case s.root < 0:
		return w.forwards[-s.root-1].from.at(path)
	}
	return ""
}

// step is the part of a way that leads from a value to slot k of an extent.
func (w *Transfer) step(h hop, e *extent, k uint32) string {
	if h.from.root < 0 { // the extent of a forward
		return ""
	}
	text, holder := "", reflect.Type(nil)
	switch {
	case h.from.ext != 0:
		from := w.ext(h.from.ext)
		switch n := from.node; {
		case n == nil:
			text = "…"
		case n.special == mapObject:
			text, holder = "[…]", n.elem.old
		case n.special == chanObject:
			text, holder = " <-…", n.elem.old
		default:
			text, holder = pathAt(n.old, uintptr(h.word)-uintptr(from.old)-uintptr(h.from.slot)*n.size)
		}
	case h.from.root > 0:
		r := w.roots[h.from.root-1]
		if r.dst == nil {
			return "" // the extent of the root
		}
		text, holder = pathAt(r.node.old, uintptr(h.word)-uintptr(r.src))
	}
	if holder != nil && holder.Kind() == reflect.Interface && e.node != nil {
		if e.flags&boxed != 0 || e.node.special != plain {
			return text + fmt.Sprintf(".(%v)", e.node.old)
		}
		return text + fmt.Sprintf(".(*%v)", e.node.old)
	}
	if holder != nil && holder.Kind() == reflect.Slice {
		text += fmt.Sprintf("[%d]", k)
	}
	return text
}

// pathAt is the way from a value of type t to the word at an offset in it, and the type
// that the word is the beginning of.
func pathAt(t reflect.Type, off uintptr) (path string, at reflect.Type) {
	for {
		switch t.Kind() {
		case reflect.Struct:
			f, ok := fieldAt(t, off)
			if !ok {
				return path + "…", nil
			}
			path += "." + f.Name
			t, off = f.Type, off-f.Offset
		case reflect.Array:
			if t.Len() == 0 || t.Elem().Size() == 0 {
				return path, t
			}
			path += fmt.Sprintf("[%d]", off/t.Elem().Size())
			t, off = t.Elem(), off%t.Elem().Size()
		default:
			return path, t
		}
	}
}
