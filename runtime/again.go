package runtime

import (
	"reflect"
	"sync/atomic"
	"unsafe"
)

// A goroutine that may have to wait for a channel whose elements an update can change
// names the channel in its record. An update that gives such a channel new memory takes
// everybody who sleeps there out of it: each gets what does not count (a zero element,
// or a taker of its value), is captured where it stands, and does the operation again on
// the new channel before its frames are rebuilt. What the operation yields is put into
// the innermost frame, where the poll behind the operation would have had it. This is
// the goroutine's side; leave.go is the updater's.

// opChan is a receive, a send or a select.
const opChan syncOp = 1 << 7

// A ChanOp says what a function's frames hold of an operation on channels that ParkChan
// names.
type ChanOp struct {
	Point int
	Index string // of a select: the field that says which case was taken, from 1
	Cases []ChanCase
}

// A ChanCase is one communication. Value and OK are the fields that hold what was
// received, "" if there is none; "*x" is held by pointer.
type ChanCase struct {
	Send      bool
	Value, OK string
}

// ChanOp is the operation at a point, or nil.
func (f *Func) ChanOp(pt int) *ChanOp {
	for i := range f.ChanOps {
		if op := &f.ChanOps[i]; op.Point == pt {
			return op
		}
	}
	return nil
}

// Same reports whether one operation can be done in place of another: the same
// communications in the same order.
func (o *ChanOp) Same(p *ChanOp) bool {
	if o == nil || p == nil || len(o.Cases) != len(p.Cases) || (o.Index == "") != (p.Index == "") {
		return false
	}
	for i := range o.Cases {
		if o.Cases[i].Send != p.Cases[i].Send {
			return false
		}
	}
	return true
}

// chanPark is the part of a record that names channels. It counts only while the
// record says PARKED and waits.seq is its seq.
type chanPark struct {
	f    *Func // a template for its instances
	pt   int
	one  any
	more []any // of a select, instead; empty else
}

// ParkChan is Park for a receive or a send at a point of f.
//
//go:noinline
func ParkChan(f *Func, pt int, c any) *Rec {
	r := Cur()
	r.nameChans(f, pt)
	r.chans.one, r.chans.more = c, r.chans.more[:0] // a panic may have left some
	r.state.set(Parked)
	return r
}

// ParkSelect is Park for a select.
//
//go:noinline
func ParkSelect(f *Func, pt int, chans ...any) *Rec {
	r := Cur()
	r.nameChans(f, pt)
	r.chans.more = append(r.chans.more[:0], chans...)
	r.state.set(Parked)
	return r
}

func (r *Rec) nameChans(f *Func, pt int) {
	seq := r.seq.v + 1
	r.seq.set(seq)
	r.waits.op, r.waits.seq = opChan, seq
	r.chans.f, r.chans.pt = f, pt
}

// UnparkChan and UnparkSelect are Unpark for these. Not inlined: see race.go.
//
//go:noinline
func (r *Rec) UnparkChan() {
	r.state.set(Running)
	r.chans.one = nil
}

//go:noinline
func (r *Rec) UnparkSelect() {
	r.state.set(Running)
	clear(r.chans.more)
	r.chans.more = r.chans.more[:0]
}

// An Again is an operation that a goroutine has to do again.
type Again struct {
	// Slots has two values for each case: the channel, and of a send a pointer to the
	// value. The transfer carries them over in place.
	Slots []any

	wait  *ChanWait
	moved []bool // by case: the channel has another place
	taken int    // done again in vain: the case, from 1
}

var (
	agains   = map[*Rec]*Again{} // under moveMu; until the goroutine has been converted
	againing atomic.Int32        // how many there are
)

// takeAgain gives what the goroutine, whose captured frames are those of the
// operation, has to do again: nothing if what the operation yielded counts.
func (r *Rec) takeAgain() *Again {
	if againing.Load() == 0 {
		return nil
	}
	moveMu.Lock()
	defer moveMu.Unlock()
	a := agains[r]
	if a == nil {
		return nil
	}
	delete(agains, r)
	againing.Add(-1)
	taken := a.taken
	if taken == 0 {
		taken = r.frames[0].caseTaken()
	}
	if taken < 1 || taken > len(a.moved) || !a.moved[taken-1] {
		return nil
	}
	return a
}

// caseTaken reads off a frame behind a channel operation which case was taken.
func (f Frame) caseTaken() int {
	op := f.Fn.ChanOp(f.Pt)
	switch {
	case op == nil:
		return 0
	case op.Index == "":
		return 1
	}
	return int(f.field(op.Index).Int())
}

// field is a field of the frame by the name that a ChanOp has for it.
func (f Frame) field(name string) reflect.Value {
	boxed := name[0] == '*'
	if boxed {
		name = name[1:]
	}
	at, ok := f.Fn.Frame.FieldByName(name)
	if !ok {
		return reflect.Value{}
	}
	v := reflect.NewAt(at.Type, unsafe.Add(f.Data, at.Offset)).Elem()
	if boxed {
		v = reflect.NewAt(at.Type.Elem(), v.UnsafePointer()).Elem()
	}
	return v
}

// store puts what an operation yields into a field; "" keeps nothing.
func (f Frame) store(name string, v reflect.Value) {
	if name == "" {
		return
	}
	if to := f.field(name); to.IsValid() && v.IsValid() {
		to.Set(v.Convert(to.Type()))
	}
}

// Yields are the fields of an old frame that hold what an operation yields, without
// the marks of boxes.
func (o *ChanOp) Yields() map[string]bool {
	m := map[string]bool{}
	put := func(name string) {
		if name != "" && name[0] != '*' {
			m[name] = true
		}
	}
	put(o.Index)
	for _, c := range o.Cases {
		put(c.Value)
		put(c.OK)
	}
	return m
}

// doAgain does the operation that the innermost frame stands behind, as its release
// has it. If the next update takes the goroutine out of that as well there is an entry
// for it once more.
func (r *Rec) doAgain() {
	a, f := r.redo, r.frames[0]
	r.redo = nil
	op := f.Fn.ChanOp(f.Pt)
	cases, chans := make([]reflect.SelectCase, len(op.Cases)), make([]any, len(op.Cases))
	for i, c := range op.Cases {
		chans[i] = a.Slots[2*i]
		cases[i] = reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(chans[i])}
		if c.Send {
			cases[i].Dir, cases[i].Send = reflect.SelectSend, reflect.ValueOf(a.Slots[2*i+1]).Elem()
		}
	}
	ParkSelect(f.Fn, f.Pt, chans...)
	taken, v, ok, err := selectCase(cases)
	r.UnparkSelect()

	moveMu.Lock()
	next := agains[r]
	if next != nil && err == nil && next.moved[taken] {
		next.taken = taken + 1
		moveMu.Unlock()
		return
	}
	if next != nil {
		delete(agains, r)
		againing.Add(-1)
	}
	moveMu.Unlock()
	if err != nil {
		r.late = err // the innermost frame panics with it
		return
	}
	if op.Index != "" {
		f.store(op.Index, reflect.ValueOf(taken+1))
	}
	f.store(op.Cases[taken].Value, v)
	f.store(op.Cases[taken].OK, reflect.ValueOf(ok))
}

// selectCase is reflect.Select. err is what a send on a closed channel panics with.
func selectCase(cases []reflect.SelectCase) (taken int, v reflect.Value, ok bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = p.(error)
		}
	}()
	taken, v, ok = reflect.Select(cases)
	return taken, v, ok, nil
}
