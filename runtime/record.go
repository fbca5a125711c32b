package runtime

import "sync/atomic"

// States of a record. Only the owner stores them; the updater only loads.
const (
	Out uint32 = iota
	Running
	Parked
	Captured
)

// A Rec is the record of one g. It is written by its goroutine alone, and it is
// never removed: the Go runtime reuses g structs and never frees them.
type Rec struct {
	state atomic.Uint32
	seq   atomic.Uint32 // counts parks, so that two scans can tell "still" from "again"

	// at is the stop that the record is captured for. A record that says
	// CAPTURED for a stop that is over is about to run: its goroutine has not
	// been scheduled yet, and its frames may not be the ones it goes on with.
	at atomic.Pointer[stop]

	// unwinding: frames are being pushed. It pairs with the state word as state does:
	// either the goroutine sees that the stop is over, or the updater waits for it.
	unwinding atomic.Bool

	g     uintptr // whose record it is
	waits waits   // the object of package sync that it may sleep at
	chans chanPark
	redo  *Again // to be done before the frames go on

	// Owner only, except that the updater reads frames while state is Captured.
	frames []Frame // captured frames, innermost first
	gate   *Func   // the gate it waits at, if it is captured there
	left   int     // frames still to push
	toLoop bool    // the outermost of them returns to a running base loop

	// bodies says of each frame of the segment, innermost first, whether its resume
	// body runs; filled for the stress report only.
	bodies []bool

	// handedOver: the next entry is that of a rebuilt frame at point 0, which
	// must not hand over again (stress only: a new release's word is clear).
	handedOver bool

	// late is why the conversion of the frames, or what was to be done before they go
	// on, failed after commit. The innermost of them panics with it when it has been
	// rebuilt.
	late error

	// onward is what is to be done before the frames go on, and waiting are the frames
	// while it is done: see aside.go. The updater reads waiting while state is Parked.
	onward  []func() error
	waiting []Frame

	// lent: functions of a frame map run, and what they call.
	lent bool

	// Values handed between a resumed deferred closure and its base.
	askRecover bool
	recovered  any
	leaveWord  bool // the base calls recover before it returns: Recovers

	// helper is on its way from a test helper to its resume body.
	helper interface{ Helper() }
}

// getg returns the address of the running goroutine's g.
func getg() uintptr

// recTable is an open-addressing table from g to record. Readers take no lock;
// it only ever grows, and a larger copy replaces it.
type recTable struct {
	mask  uintptr
	slots []recSlot
	used  int // under recMu
}

type recSlot struct {
	g   atomic.Uintptr
	rec *Rec // written before g is published
}

var (
	recMu  mutex
	recTab atomic.Pointer[recTable]
)

func init() { recTab.Store(newRecTable(1 << 8)) }

func newRecTable(n int) *recTable {
	return &recTable{mask: uintptr(n - 1), slots: make([]recSlot, n)}
}

func recHash(g uintptr) uintptr { return (g >> 6) * 0x9E3779B1 >> 3 }

// Cur returns the record of the running goroutine.
func Cur() *Rec {
	g := getg()
	t := recTab.Load()
	for i := recHash(g) & t.mask; ; i = (i + 1) & t.mask {
		s := &t.slots[i]
		switch s.g.Load() {
		case g:
			return s.rec
		case 0:
			return newRec(g)
		}
	}
}

//go:noinline
func newRec(g uintptr) *Rec {
	recMu.Lock()
	defer recMu.Unlock()
	t := recTab.Load()
	if 4*(t.used+1) > 3*len(t.slots) {
		n := newRecTable(2 * len(t.slots))
		for i := range t.slots {
			if k := t.slots[i].g.Load(); k != 0 {
				n.put(k, t.slots[i].rec)
			}
		}
		recTab.Store(n)
		t = n
	}
	return t.put(g, &Rec{g: g})
}

// put enters a record; a g is entered by its own goroutine only, hence once.
func (t *recTable) put(g uintptr, r *Rec) *Rec {
	for i := recHash(g) & t.mask; ; i = (i + 1) & t.mask {
		s := &t.slots[i]
		if s.g.Load() == 0 {
			s.rec = r
			t.used++
			s.g.Store(g)
			return r
		}
	}
}

// eachRec calls f for every record there is. A record made while it runs may be
// missed: its goroutine polls after it has entered itself.
func eachRec(f func(*Rec) bool) {
	recMu.Lock()
	t := recTab.Load()
	recMu.Unlock()
	for i := range t.slots {
		if t.slots[i].g.Load() != 0 && !f(t.slots[i].rec) {
			return
		}
	}
}

// Park marks the running goroutine as parked. It comes after the last own
// statement before the operation, operands included; Unpark comes right after it.
func Park() *Rec {
	r := Cur()
	r.seq.Store(r.seq.Load() + 1)
	r.state.Store(Parked)
	return r
}

// A Gate is what Enter changed and Leave restores.
type Gate struct {
	r    *Rec
	prev uint32
}

// Enter is the first thing in a function that foreign code may call. If the
// goroutine already runs own code nothing changes.
func Enter() Gate {
	r := Cur()
	prev := r.state.Load()
	if prev == Running {
		return Gate{}
	}
	r.state.Swap(Running)
	return Gate{r, prev}
}

// Entered reports whether Leave has to be deferred.
func (g Gate) Entered() bool { return g.r != nil }

// EnterDeferred is the first thing in a deferred closure: a panic may have left
// a marked operation behind. It reports whether it changed the state, which
// stays changed: after recover the deferring function's caller goes on.
func EnterDeferred() bool {
	r := Cur()
	if r.state.Load() == Running {
		return false
	}
	r.state.Swap(Running)
	return true
}

// Unmark is deferred behind a deferred call that is no closure of ours and may
// recover, so that it runs right before it. Like EnterDeferred it takes back the mark
// that a panic may have left behind, for the caller that goes on after recover; a
// stop that has seen the mark is waited for. Nothing is held here that an update would
// have to convert. If the frame has been taken over there is nothing to do.
func Unmark(taken *bool) {
	if *taken || !EnterDeferred() || !initialised() {
		return
	}
	for current.Load().Word.Load()&wordStop != 0 {
		Cur().waitStop()
	}
}
