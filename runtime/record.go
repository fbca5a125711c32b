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
//
// It has the size of two cache lines: a program may have a million of them, and no two
// goroutines mark themselves in the same lines. What captures alone need is elsewhere.
type Rec struct {
	state owned
	seq   owned // counts parks, so that two scans can tell "still" from "again"

	// unwinding: frames are being pushed. It pairs with the state word as state does:
	// either the goroutine sees that the stop is over, or the updater waits for it.
	unwinding atomic.Bool

	// lent: functions of a frame map run, and what they call.
	lent bool

	// handedOver: the next entry is that of a rebuilt frame at point 0, which
	// must not hand over again (stress only: a new release's word is clear).
	handedOver bool

	// Handed between a resumed deferred closure and its base.
	askRecover bool
	leaveWord  bool // the base calls recover before it returns: Recovers

	g     uintptr // whose record it is
	waits waits   // the object of package sync that it may sleep at
	chans chanPark

	// Owner only, except that the updater reads frames while state is Captured.
	frames []Frame // captured frames, innermost first
	*captive
}

// A captive is the part of a record that is made when the record is captured for the
// first time, and then stays.
type captive struct {
	// at is the stop that the record is captured for. A record that says
	// CAPTURED for a stop that is over is about to run: its goroutine has not
	// been scheduled yet, and its frames may not be the ones it goes on with.
	at atomic.Pointer[stop]

	redo *Again // to be done before the frames go on

	gate   *Func // the gate it waits at, if it is captured there
	inside bool  // the next base is the entry of a function that own code has called
	left   int   // frames still to push
	toLoop bool  // the outermost of them returns to a running base loop

	// bodies says of each frame of the segment, innermost first, whether its resume
	// body runs; filled for the stress report only.
	bodies []bool

	// late is why the conversion of the frames, or what was to be done before they go
	// on, failed after commit. The innermost of them panics with it when it has been
	// rebuilt.
	late error

	// onward is what is to be done before the frames go on, and waiting are the frames
	// while it is done: see aside.go. The updater reads waiting while state is Parked.
	onward    []func() error
	waiting   []Frame
	waitingAt int // in waitingAside, under its lock

	recovered any // handed from a base to the frame that has asked it

	// helper is on its way from a test helper to its resume body.
	helper interface{ Helper() }
}

// held makes sure of the captive part. Only the owner asks.
func (r *Rec) held() *Rec {
	if r.captive == nil {
		r.captive = new(captive)
	}
	return r
}

// An owned word is written by one goroutine and read by all.
type owned struct{ v uint32 }

func (o *owned) Load() uint32         { return atomic.LoadUint32(&o.v) }
func (o *owned) Store(v uint32)       { atomic.StoreUint32(&o.v, v) }
func (o *owned) Swap(v uint32) uint32 { return atomic.SwapUint32(&o.v, v) }

// set is a plain store: on amd64 it comes behind what was stored before. What is loaded
// next may overtake it; see barrier.go for who must not be missed by that.
func (o *owned) set(v uint32) { o.v = v }

// getg returns the address of the running goroutine's g.
func getg() uintptr

// Park marks the running goroutine as parked. It comes after the last own
// statement before the operation, operands included; Unpark comes right after it.
func Park() *Rec {
	r := Cur()
	r.seq.set(r.seq.v + 1)
	r.state.set(Parked)
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
	prev := r.state.v
	if prev == Running {
		return Gate{}
	}
	r.state.set(Running)
	return Gate{r, prev}
}

// Entered reports whether Leave has to be deferred.
func (g Gate) Entered() bool { return g.r != nil }

// EnterDeferred is the first thing in a deferred closure: a panic may have left
// a marked operation behind. It reports whether it changed the state, which
// stays changed: after recover the deferring function's caller goes on.
func EnterDeferred() bool {
	r := Cur()
	if r.state.v == Running {
		return false
	}
	r.state.set(Running)
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
