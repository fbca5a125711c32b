package state

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"sync"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// A Transfer carries one heap over. Its methods are called one at a time.
type Transfer struct {
	plan    *Plan
	stays   *stayed
	release uint32 // that what stays is brought to; as stays numbers them

	// What has been reached: heap extents by the block they lie in, others by
	// page. Extents below sealed were there when Apply was last called.
	chunks [][]extent // of 1 << chunkBits each; the last one of a narrow table is shorter
	exts   int32
	sealed int32
	idx    index
	pages  map[uintptr][]int32
	known  map[int32][]uint64
	weak   map[int32]weakRef

	roots       []root
	forwards    []forward
	tasks       []task // slots to look at, in the order they were shown
	looked      int    // at so many of them
	apart       []task // others, that hands have given up
	lookedApart int
	early       early
	collects    func() // has the collector do as before
	calm        bool   // no collection runs: see Calm
	calls       []pending
	patches     []patch
	words       []wordPatch
	iters       []iterMove
	syncs       []syncMove
	settled     *runtime.Settled
	waiting     *runtime.Waiting // at the stop
	leaving     map[unsafe.Pointer]bool

	places map[place]uintptr // translations of offsets inside moved types
	boxes  [2]any            // where values copied out of a sync.Map stand
	word   *[1]unsafe.Pointer
	errs   []error
	spots  []spot // of errs
	spot   spot   // where it is
	origin Origin // of what is noted next
	trace  *trace // of a second walk
	ran    bool
	now    bool // Convert functions run at once
	deep   bool // boxes whose contents change are copied, as what holds them is hashed
	stats  Stats

	limits  Limits
	due     int    // values until the limits are asked again
	tables  tables // what of the transfer's own they have been asked for
	stopped bool   // they have ended the Run

	filling int32                // the extent that is being filled
	checks  []pending            // Validate functions to be asked
	flaws   []error              // of this late round
	flawed  map[int32]flaw       // extents whose conversion failed late
	kept    map[int32]keptExtent // sealed extents as they were before this round
	heads   []head               // of the index, before this round
	touched []uintptr            // pages that this round has entered extents for
	made    map[uintptr]bool     // blocks of new memory that the table holds, of extents before noted
	noted   int32
	ends    map[*span]*ends // of this round, or step of Weaken
	// The span looked at last, and what it has.
	lastSpan *span
	lastEnds *ends

	chain
	mirrors
	looking bool // no stand-ins are made: nobody follows what is found
}

// Stats counts what a transfer has done so far.
type Stats struct {
	Walked    int // values looked at, moved or not
	Converted int // values moved into new memory
	Bytes     int // new memory allocated for them
	Maps      int // maps built anew
	Chans     int // channels made anew
	Patched   int // words patched, or to be patched by Apply
}

type root struct {
	dst, src unsafe.Pointer // dst nil: in place
	node     *node
	from     Origin
}

type forward struct {
	old, new unsafe.Pointer
	node     *node
	slots    uintptr
	backup   unsafe.Pointer // what was at new before
	from     Origin
}

type task struct {
	ext    int32
	lo, hi uint32
}

type pending struct {
	call     *call
	old, new unsafe.Pointer
	ext      int32 // that new is part of; 0: of a root
}

type patch struct{ at, val unsafe.Pointer }

type wordPatch struct {
	at  unsafe.Pointer
	val uintptr
}

// Begin starts a transfer.
func (p *Plan) Begin() *Transfer {
	return &Transfer{
		plan: p, stays: stays, release: stays.begin(), word: new([1]unsafe.Pointer), due: math.MaxInt, chain: chain{lock: new(sync.Mutex)},
	}
}

// Forward says that the variable of the old type typ at old, size bytes long,
// has its new place at new. Run converts its value there; references into it
// follow. Forwards come before the first Run.
func (t *Transfer) Forward(old unsafe.Pointer, size uintptr, new unsafe.Pointer, typ reflect.Type) error {
	if t.sealed != 0 || t.ran {
		return fmt.Errorf("%v: variable forwarded after the first Run: references into it have been settled; forward all variables first", typ)
	}
	if size != typ.Size() {
		return fmt.Errorf("%v: variable of %d bytes, its type has %d: the ledgers disagree", typ, size, typ.Size())
	}
	if typ.Size() == 0 {
		return nil
	}
	lt, cnt := leaf(typ)
	n := t.plan.nodeOf(lt)
	if n.bad != "" {
		return errors.New(n.bad)
	}
	if !n.moved { // its address changes, so pointers to it and into it do
		t.plan.mark(t.plan.inside, typ)
		t.plan.addInside(typ)
		if t.plan.stale {
			t.plan.resettle()
		}
	}
	t.forwards = append(t.forwards, forward{old: old, new: new, node: n, slots: cnt, from: t.origin})
	return nil
}

// Value makes Run convert the value of the old type srcType at src into the
// memory at dst, of type Counterpart(srcType). Nothing else may point at src. If
// the transfer is discarded, the contents of dst are not to be used.
func (t *Transfer) Value(dst, src unsafe.Pointer, srcType reflect.Type) error {
	n := t.plan.nodeOf(srcType)
	if n.bad != "" {
		return errors.New(n.bad)
	}
	t.roots = append(t.roots, root{dst, src, n, t.origin})
	return nil
}

// InPlace makes Run look at the shared variable or object of type typ that
// stays at addr, and at what it reaches.
func (t *Transfer) InPlace(addr unsafe.Pointer, typ reflect.Type) error {
	lt, cnt := leaf(typ)
	n := t.plan.nodeOf(lt)
	switch {
	case n.bad != "":
		return errors.New(n.bad)
	case n.moved:
		return fmt.Errorf("%v: has changed and cannot stay in place: its values need new memory; use Forward or Value", typ)
	case !n.walk || cnt == 0:
		return nil
	}
	t.roots = append(t.roots, root{nil, addr, n, t.origin})
	for i := uintptr(1); i < cnt; i++ {
		t.roots = append(t.roots, root{nil, unsafe.Add(addr, i*n.size), n, t.origin})
	}
	return nil
}

// Leaving says which channels everybody who sleeps there is about to be taken out of:
// they get new memory if values cannot pass from one release to the other there.
func (t *Transfer) Leaving(chans map[unsafe.Pointer]bool) { t.leaving = chans }

// Holds reports whether values of an old type may lead to changed objects.
func (p *Plan) Holds(t reflect.Type) bool {
	n := p.nodeOf(t)
	return n.moved || n.walk
}

// Run converts what the roots given since the last Apply reach. Nothing of it is
// visible to the program until Apply. After an error the transfer can only be
// discarded.
func (t *Transfer) Run() error {
	if t.ran {
		return errors.New("state: Run called again before Apply")
	}
	t.ran = true
	defer t.Excite()
	t.widen()
	if t.sealed == 0 {
		t.waiting = runtime.Waiters()
	}
	for {
		t.discover()
		if !t.plan.stale || t.stopped {
			break
		}
		// A changed type without a name has turned up, and with it types that may
		// lie inside moved objects: what was pruned may have to be looked at. After
		// Apply such a type is bad: see Plan.enter.
		t.plan.resettle()
		t.restart()
	}
	steps := []func(){t.allocate, t.decide, t.fill, t.mirror, t.convert, t.settle, t.validate}
	for _, step := range steps {
		if len(t.errs) != 0 {
			return t.located()
		}
		step()
	}
	if len(t.errs) != 0 {
		return t.located()
	}
	return nil
}

// restart forgets what has been discovered; nodes may have been replaced.
func (t *Transfer) restart() {
	t.chunks, t.exts, t.idx = nil, 0, index{}
	t.pages, t.known = nil, nil
	t.tasks, t.tables, t.errs, t.spots, t.stats = nil, tables{}, nil, nil, Stats{}
	t.looked, t.apart, t.lookedApart, t.early = 0, nil, 0, early{}
	for i := range t.forwards {
		t.forwards[i].node = t.plan.nodeOf(t.forwards[i].node.old)
	}
	for i := range t.roots {
		t.roots[i].node = t.plan.nodeOf(t.roots[i].node.old)
	}
}

// Apply makes the outcome of Run visible: it writes the patched words, and wakes who
// waits in sync objects that moved. Afterwards late values may follow.
func (t *Transfer) Apply() {
	for i := range t.patches {
		*(*unsafe.Pointer)(t.patches[i].at) = t.patches[i].val
	}
	for i := range t.words {
		*(*uintptr)(t.words[i].at) = t.words[i].val
	}
	t.settled.Publish()
	t.patches, t.words, t.roots, t.forwards, t.calls, t.iters = nil, nil, nil, nil, nil, nil
	t.syncs, t.settled, t.leaving = nil, nil, nil
	t.checks, t.flaws = nil, nil
	t.ran = false
	t.plan.sealed = true
	t.unbound()
	t.seal()
}

// seal ends a round: what is in the table is known, and not descended into again.
func (t *Transfer) seal() {
	t.sealed = max(t.exts, 1)
	t.tasks, t.kept, t.heads, t.touched, t.boxes = nil, nil, nil, nil, [2]any{}
	t.forgetEnds()
	t.looked, t.apart, t.lookedApart, t.early = 0, nil, 0, early{}
	t.mirrors = mirrors{budget: mirrored}
	t.grow()
}

// Discard gives up what has been done since the last Apply, or all of it if
// there was none. The transfer cannot be used again.
func (t *Transfer) Discard() {
	t.Excite()
	for _, f := range t.forwards {
		if f.backup != nil {
			for k := range f.slots {
				typedmemmove(f.node.newRT, unsafe.Add(f.new, k*f.node.newSize), unsafe.Add(f.backup, k*f.node.newSize))
			}
		}
	}
	*t = Transfer{plan: t.plan, errs: []error{errors.New("state: transfer was discarded")}, ran: true, stopped: true}
}

// Stats tells what has been done so far.
func (t *Transfer) Stats() Stats { return t.stats }

// Successor gives the new place of the object of type typ at old, old itself if
// it stays where it is. It serves Convert functions that follow pointers of the
// old release. ok is false when the transfer has not reached the object.
func (t *Transfer) Successor(old unsafe.Pointer, typ reflect.Type) (new unsafe.Pointer, ok bool) {
	lt, _ := leaf(typ)
	n := t.plan.nodeOf(lt)
	if old == nil || !n.moved && !n.inside {
		return old, true
	}
	if t.holder(old, n) == 0 {
		return old, !n.moved
	}
	before := len(t.errs)
	new = t.forward(old, n)
	return new, len(t.errs) == before
}

const maxErrors = 50

func (t *Transfer) fail(format string, args ...any) {
	if len(t.errs) >= maxErrors || t.stopped {
		return
	}
	err := fmt.Errorf(format, args...)
	for _, e := range t.errs {
		if e.Error() == err.Error() {
			return
		}
	}
	t.errs, t.spots = append(t.errs, err), append(t.spots, t.spot)
}
