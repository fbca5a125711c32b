package state

import (
	"slices"
	"weak"
)

// marks are those of a span's blocks, by index: in a list while there are few, since a span
// of small blocks stays for the one object in it that is there for long, and each by its
// place when there are many.
type marks struct {
	blocks int
	few    []indexed
	each   []mark
}

// An indexed is a mark with its block's index. The list is in order of that.
type indexed struct {
	index uint32
	mark  mark
}

func (l *marks) find(i uintptr) (at int, is bool) {
	return slices.BinarySearchFunc(l.few, uint32(i), func(x indexed, i uint32) int { return int(x.index) - int(i) })
}

// of is a block's mark, or nil. It is where it is until make, drop or keep.
func (l *marks) of(i uintptr) *mark {
	if l.each != nil {
		if m := &l.each[i]; *m != (mark{}) {
			return m
		}
		return nil
	}
	if at, is := l.find(i); is {
		return &l.few[at].mark
	}
	return nil
}

// make is a block's mark, which may be an empty one.
func (l *marks) make(i uintptr) *mark {
	if l.each != nil {
		return &l.each[i]
	}
	at, is := l.find(i)
	if is {
		return &l.few[at].mark
	}
	if len(l.few) < l.blocks/4 {
		l.few = slices.Insert(l.few, at, indexed{index: uint32(i)})
		return &l.few[at].mark
	}
	l.each = make([]mark, l.blocks)
	for _, x := range l.few {
		l.each[x.index] = x.mark
	}
	l.few = nil
	return &l.each[i]
}

func (l *marks) drop(i uintptr) {
	if l.each != nil {
		l.each[i] = mark{}
	} else if at, is := l.find(i); is {
		l.few = slices.Delete(l.few, at, at+1)
	}
}

// keep drops the marks that f says no to, and returns how many there are still.
func (l *marks) keep(f func(i uintptr, m *mark) bool) int {
	if l.each == nil {
		l.few = slices.DeleteFunc(l.few, func(x indexed) bool { return !f(uintptr(x.index), &x.mark) })
		if cap(l.few) > 2*len(l.few)+4 {
			l.few = slices.Clone(l.few)
		}
		return len(l.few)
	}
	left := 0
	for i := range l.each {
		switch m := &l.each[i]; {
		case m.block == weak.Pointer[byte]{}:
		case f(uintptr(i), m):
			left++
		default:
			*m = mark{}
		}
	}
	if left < l.blocks/8 {
		few := make([]indexed, 0, left)
		for i, m := range l.each {
			if m.block != (weak.Pointer[byte]{}) {
				few = append(few, indexed{uint32(i), m})
			}
		}
		l.few, l.each = few, nil
	}
	return left
}
