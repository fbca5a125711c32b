package runtime

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// A goroutine that may have to wait for an object of package sync names it in its
// record: an update may give the object new memory, and the goroutine sleeps at the
// old. This is the goroutine's side; settle.go is the updater's.
//
// The order on return is: say RUN, look into moves, poll. A goroutine that polled
// first would be captured as owner of a lock that it does not own. An entry of moves
// is made before the old object is drained, and the drain is what wakes the
// goroutine, so it cannot miss the entry.

// A syncOp is what a goroutine waits for.
type syncOp uint8

const (
	opLock   syncOp = 1 + iota // Mutex.Lock
	opWrite                    // RWMutex.Lock
	opRead                     // RWMutex.RLock
	opWait                     // WaitGroup.Wait
	opSignal                   // Cond.Wait
)

// waits is the part of a record that names the object. It counts only while seq is
// the record's: an operation that ended by a panic has not taken it back, and a park
// inside (by a Locker of own code) ends what it says.
type waits struct {
	op  syncOp
	seq uint32
	on  pointer // stored before PARKED is, and taken back behind RUN; others load it atomically
}

// ParkMutex, ParkWrite, ParkRead, ParkGroup and ParkCond are Park for an operation
// that may wait for the object. Their argument is on the heap in any case, because
// the operation itself takes it there.

func ParkMutex(m *sync.Mutex) *Rec { return parkOn(opLock, pointer(m)) }

func ParkWrite(m *sync.RWMutex) *Rec { return parkOn(opWrite, pointer(m)) }

func ParkRead(m *sync.RWMutex) *Rec { return parkOn(opRead, pointer(m)) }

func ParkGroup(g *sync.WaitGroup) *Rec { return parkOn(opWait, pointer(g)) }

func ParkCond(c *sync.Cond) *Rec { return parkOn(opSignal, pointer(c)) }

// ParkLocker is Park for the Lock of a value that is known by an interface.
func ParkLocker(l any) *Rec {
	if l, ok := l.(sync.Locker); ok {
		if op, obj := locker(l); obj != nil {
			return parkOn(op, obj)
		}
	}
	return Park()
}

//go:noinline
func parkOn(op syncOp, obj pointer) *Rec {
	r := Cur()
	r.sleepOn(op, obj)
	return r
}

func (r *Rec) sleepOn(op syncOp, obj pointer) {
	seq := r.seq.v + 1
	r.seq.set(seq)
	r.waits.op, r.waits.seq = op, seq
	r.waits.on = obj
	r.state.set(Parked)
}

// on gives the object that the record names, nil if none, and what for.
func (r *Rec) on() (op syncOp, obj pointer) {
	seq := r.seq.Load()
	obj = atomic.LoadPointer(&r.waits.on)
	op = r.waits.op
	if obj == nil || op == opChan || r.waits.seq != seq || r.seq.Load() != seq || atomic.LoadPointer(&r.waits.on) != obj {
		return 0, nil
	}
	return op, obj
}

// UnparkOn is Unpark for these operations. Not inlined: see race.go.
//
//go:noinline
func (r *Rec) UnparkOn() {
	r.state.Swap(Running)
	if moving.Load() != 0 {
		r.again()
	}
	r.waits.on = nil
}

// A move tells a goroutine that sleeps at an object which one has taken its place.
type move struct {
	op       syncOp
	old, new pointer // new: under moveMu, it may move in turn

	// Of opSignal: what the goroutine holds when it returns from the old object; and
	// its ticket of the new one, unless it has been signalled.
	held   sync.Locker
	ticket uint32
	asleep bool
}

var (
	moveMu mutex
	moves  = map[*Rec]*move{} // under moveMu
	moving atomic.Int32       // how many there are

	// repeated are the records that do an operation again; under moveMu.
	repeated = map[*Rec]bool{}
)

// again does the operation that the goroutine has returned from once more, on the
// object that has taken the old one's place, if it has been moved.
func (r *Rec) again() {
	for {
		moveMu.Lock()
		m := moves[r]
		if m == nil {
			delete(repeated, r)
		}
		moveMu.Unlock()
		if m == nil {
			return
		}
		m.giveBack()
		r.waits.on = nil
		// Where to go may change at a stop. The state is RUN, so that none can begin
		// between this look and the mark.
		for current.Load().Word.Load()&wordStop != 0 {
			r.waitStop()
		}
		moveMu.Lock()
		m = moves[r]
		obj := m.new
		delete(moves, r)
		moving.Add(-1)
		repeated[r] = true
		r.sleepOn(m.op, obj)
		moveMu.Unlock()
		m.repeat(obj)
		r.state.Swap(Running)
	}
}

// giveBack undoes what the goroutine got of the old object when that was drained.
func (m *move) giveBack() {
	switch m.op {
	case opLock:
		(*sync.Mutex)(m.old).Unlock()
	case opWrite:
		(*sync.RWMutex)(m.old).Unlock()
	case opRead:
		(*sync.RWMutex)(m.old).RUnlock()
	case opSignal:
		m.held.Unlock()
	}
}

func (m *move) repeat(obj pointer) {
	switch m.op {
	case opLock:
		(*sync.Mutex)(obj).Lock()
	case opWrite:
		(*sync.RWMutex)(obj).Lock()
	case opRead:
		(*sync.RWMutex)(obj).RLock()
	case opWait:
		(*sync.WaitGroup)(obj).Wait()
	case opSignal:
		c := (*condWords)(obj)
		if m.asleep {
			notifyListWait(pointer(&c.notify), m.ticket)
		}
		c.L.Lock()
	}
}

//go:linkname notifyListWait sync.runtime_notifyListWait
func notifyListWait(l unsafe.Pointer, ticket uint32)
