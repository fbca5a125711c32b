package state

import (
	"math"
	"reflect"
	"unsafe"
)

// Limits bound what Run does before the first Apply, while it can be given up. All
// functions may be nil. An error of one ends the Run.
type Limits struct {
	// Step is asked now and then, after every values that have been looked at, whether
	// to go on; 0 is a number that costs nothing.
	Step  func() error
	Every int

	// Memory is asked before that many bytes are taken.
	Memory func(bytes uintptr) error

	// Lend calls a function that calls one of the developer's.
	Lend func(func())
}

// someValues is how many values are looked at between two questions.
const someValues = 1024

// Bound says what limits the next Run has.
func (t *Transfer) Bound(l Limits) {
	if l.Every == 0 {
		l.Every = someValues
	}
	t.limits = l
	t.due = l.Every
}

// unbound is what late rounds are: nothing can be given up.
func (t *Transfer) unbound() { t.limits, t.due, t.tables = Limits{}, math.MaxInt, tables{} }

// goOn is called for every value that is looked at. It reports false when the Run is over.
func (t *Transfer) goOn() bool {
	if t.due--; t.due > 0 {
		return true
	}
	return t.ask()
}

func (t *Transfer) ask() bool {
	if t.limits.Every == 0 {
		t.due = math.MaxInt
		return true
	}
	if t.stopped {
		return false
	}
	t.due = t.limits.Every
	if t.limits.Step != nil {
		if err := t.limits.Step(); err != nil {
			return t.end(err)
		}
	}
	now := t.sizes()
	more := uintptr(0)
	for i, n := range now {
		switch had := t.tables[i]; {
		case n <= had:
		case i < grown: // what it was before is garbage, and has not been collected yet
			more += n
		default:
			more += n - had
		}
	}
	t.tables = now
	return more == 0 || t.take(more)
}

// tables are sizes of the transfer's own lists: of those that are copied when they grow,
// and behind them of those that are not.
type tables [7]uintptr

const (
	grown          = 5
	tableOfExtents = 5
)

func (t *Transfer) sizes() tables {
	return tables{
		uintptr(cap(t.tasks)+cap(t.apart)) * unsafe.Sizeof(task{}), uintptr(cap(t.patches)+cap(t.early.patches)) * unsafe.Sizeof(patch{}),
		uintptr(cap(t.calls)+cap(t.early.calls)) * unsafe.Sizeof(pending{}), uintptr(cap(t.checks)) * unsafe.Sizeof(pending{}),
		uintptr(cap(t.chunks)) * unsafe.Sizeof([]extent{}),
		uintptr(len(t.chunks)) * unsafe.Sizeof([1 << chunkBits]extent{}), t.idx.size(),
	}
}

// take asks for memory.
func (t *Transfer) take(bytes uintptr) bool {
	if t.stopped {
		return false
	}
	if t.limits.Memory != nil {
		if err := t.limits.Memory(bytes); err != nil {
			return t.end(err)
		}
	}
	return true
}

// end ends the Run with an error that is not about any object.
func (t *Transfer) end(err error) bool {
	t.stopped = true
	t.due = 0
	t.errs, t.spots = append(t.errs[:0], err), append(t.spots[:0], spot{})
	return false
}

// lend calls what calls a function of the developer's.
func (t *Transfer) lend(f func()) {
	t.collected()
	if t.limits.Lend == nil {
		f()
		return
	}
	t.limits.Lend(f)
}

// mapBytes is about what a map of n entries takes.
func mapBytes(typ reflect.Type, n int) uintptr {
	return 48 + uintptr(n)*2*(typ.Key().Size()+typ.Elem().Size()+1)
}

// Growth is by what a value of a changed type is larger in the new release, at most; 1 if
// none is.
func (p *Plan) Growth() float64 {
	most := 1.0
	for _, pr := range p.pairs {
		if o := pr.Old.Size(); o > 0 {
			most = max(most, float64(pr.New.Size())/float64(o))
		}
	}
	return most
}
