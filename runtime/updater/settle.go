package updater

import (
	"bytes"
	"reflect"
	"slices"
	"unsafe"
)

// What a new frame has from the old one is there when the developer's function gets the
// frame, as it is in the old one, and may be changed. Where the update changes types the
// transfer fills it, later: so it is noted only when the function has returned, for what
// is still as it was.

// A carrying is a new frame whose values the transfer is to fill.
type carrying struct {
	moves []move
	frame unsafe.Pointer
	boxes map[uintptr]unsafe.Pointer // variables that have been made for it, by field
}

// carry gives a new frame what moves gives it from the old one.
func (w *work) carry(moves []move, frame unsafe.Pointer) error {
	moves = without(moves, w.c.skip)
	if w.c.plan.tr == nil {
		return w.c.plan.fields(moves, w.old, frame)
	}
	var boxes map[uintptr]unsafe.Pointer
	for _, m := range moves {
		to := m.into(frame)
		if m.box {
			if boxes == nil {
				boxes = map[uintptr]unsafe.Pointer{}
			}
			boxes[m.dst] = to
		}
		if m.from == m.to {
			reflect.NewAt(m.to, to).Elem().Set(m.at(w.old, m.src, m.from))
		}
	}
	w.carrying = append(w.carrying, carrying{moves, frame, boxes})
	return nil
}

// settle notes what the transfer is to fill of the frames made so far, also when the
// rule has failed: a goroutine that comes back goes on in them.
func (w *work) settle() {
	for _, c := range w.carrying {
		moves := slices.DeleteFunc(c.moves, func(m move) bool {
			dst := unsafe.Add(c.frame, m.dst)
			if m.box {
				if w.given[dst] || *(*unsafe.Pointer)(dst) != c.boxes[m.dst] {
					return true
				}
				dst = c.boxes[m.dst]
			}
			is := unsafe.Slice((*byte)(dst), m.to.Size())
			was := make([]byte, m.to.Size()) // of another type: nothing is there yet
			if m.from == m.to {
				was = unsafe.Slice((*byte)(unsafe.Add(w.old, m.src)), m.from.Size())
			}
			return w.given[dst] || !bytes.Equal(is, was)
		})
		if err := w.c.plan.fields(moves, w.old, c.frame); w.err == nil {
			w.err = err
		}
	}
	w.carrying = nil
}

// gives notes that a field has its value by Carry.
func (w *work) gives(dst unsafe.Pointer) {
	if w.given == nil {
		w.given = map[unsafe.Pointer]bool{}
	}
	w.given[dst] = true
}

func (m move) at(frame unsafe.Pointer, offset uintptr, typ reflect.Type) reflect.Value {
	return reflect.NewAt(typ, unsafe.Add(frame, offset)).Elem()
}
