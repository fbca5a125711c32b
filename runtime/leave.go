package runtime

import (
	"errors"
	"reflect"
	goruntime "runtime"
	"slices"
	"sync"
	"unsafe"
)

// A ChanWait is an operation on channels that a goroutine sleeps in.
type ChanWait struct {
	Rec   *Rec
	Func  *Func // a template for its instances
	Point int
	Chans []any // of all cases, in order

	seq uint32
}

// ChanWaits are those that an update has to take goroutines out of.
type ChanWaits struct {
	Waits []*ChanWait
	// Shared are those at a channel that foreign code waits for as well.
	Shared []*ChanWait
	// Left are the channels, by address, that nobody else waits for.
	Left map[unsafe.Pointer]bool

	queues map[pointer]*chanQueue
}

// A chanQueue is who sleeps at a channel.
type chanQueue struct {
	elem      reflect.Type
	moves     bool
	receivers map[uintptr]bool
	senders   map[uintptr]reflect.Value // g → a copy of what it sends
}

// An OnTheWay says that a goroutine is on its way into or out of an operation on a
// channel whose elements change.
type OnTheWay struct {
	Func  *Func // nil: of an earlier update, which took the goroutine out of it
	Point int
}

func (*OnTheWay) Error() string {
	return "a goroutine is on its way into or out of an operation on a channel whose elements have changed"
}

// FindChanWaits finds, at a stop, the goroutines in operations on channels that cannot
// stay what they are: those whose elements change, as changes tells, and those whose
// elements may lead to what changes, as holds tells, when somebody sleeps who wants to
// send: a later receiver would get the value as it is. It fails with an OnTheWay while
// somebody who names such a channel is not asleep.
func FindChanWaits(changes, holds func(elem reflect.Type) bool) (*ChanWaits, error) {
	if !chanKnown() {
		return nil, errors.New("runtime.hchan or runtime.sudog is not as expected: this Go version has not been audited; build with the lineage's Go version")
	}
	ws := &ChanWaits{Left: map[unsafe.Pointer]bool{}, queues: map[pointer]*chanQueue{}}
	types := map[reflect.Type]int{} // 0 unknown, 1 does not matter, 2 holds, 3 changes
	kind := func(elem reflect.Type) int {
		k := types[elem]
		if k == 0 {
			switch k = 1; {
			case changes(elem):
				k = 3
			case holds(elem):
				k = 2
			}
			types[elem] = k
		}
		return k
	}
	var all []*ChanWait
	eachRec(func(r *Rec) bool {
		if w := r.chanWait(func(c any) bool { return chanOf(c) != nil && kind(reflect.TypeOf(c).Elem()) > 1 }); w != nil {
			all = append(all, w)
		}
		return true
	})
	records := map[uintptr]bool{}
	for _, w := range all {
		records[w.Rec.g] = true
		for _, c := range w.Chans {
			if t := reflect.TypeOf(c).Elem(); kind(t) > 1 {
				if p := chanOf(c); p != nil && ws.queues[p] == nil {
					q, ok := readQueue((*ChanWords)(p), t)
					if !ok {
						return nil, &OnTheWay{w.Func, w.Point}
					}
					ws.queues[p] = q
				}
			}
		}
	}
	// A channel moves if its elements change, or if somebody is to be taken out of it
	// who sends what may lead to changed objects.
	for p, q := range ws.queues {
		if kind(q.elem) == 2 && len(q.senders) == 0 {
			continue
		}
		q.moves, ws.Left[p] = true, true
		for _, g := range q.sleepers() {
			if !records[g] {
				delete(ws.Left, p) // foreign code waits there
			}
		}
	}
	for _, w := range all {
		leaves, asleep, shared := false, false, false
		for _, c := range w.Chans {
			q := ws.queues[chanOf(c)]
			if q == nil {
				continue
			}
			asleep = asleep || q.has(w.Rec.g)
			leaves = leaves || ws.Left[chanOf(c)]
			shared = shared || !ws.Left[chanOf(c)] && q.moves
		}
		switch still := w.still(); {
		case still && asleep:
			if shared {
				ws.Shared = append(ws.Shared, w)
			} else if leaves {
				ws.Waits = append(ws.Waits, w)
			}
		case still && !asleep, !still && w.Rec.state.Load() == Parked:
			return nil, &OnTheWay{w.Func, w.Point}
		}
	}
	return ws, nil
}

// Pending reports whether a goroutine has still to be converted, or to do an operation
// again, after an earlier update took it out of that. Only valid at a stop.
func Pending() bool {
	if againing.Load() != 0 {
		return true
	}
	found := false
	stopping.Load().eachCaptured(func(r *Rec) bool {
		found = r.redo != nil
		return !found
	})
	return found
}

// chanWait is the operation that the record names, nil if it does not name one on a
// channel that matters.
func (r *Rec) chanWait(matters func(c any) bool) *ChanWait {
	seq := r.seq.Load()
	in := func() bool {
		return r.state.Load() == Parked && r.waits.op == opChan && r.waits.seq == seq && r.seq.Load() == seq
	}
	if !in() {
		return nil
	}
	f, pt, one, chans := r.chans.f, r.chans.pt, r.chans.one, r.chans.more
	if !in() {
		return nil
	}
	if len(chans) == 0 {
		if !matters(one) {
			return nil
		}
		return &ChanWait{r, f, pt, []any{one}, seq}
	}
	if !slices.ContainsFunc(chans, matters) {
		return nil
	}
	w := &ChanWait{r, f, pt, slices.Clone(chans), seq}
	if !in() {
		return nil
	}
	return w
}

// still reports whether the goroutine has not come back from the operation.
func (w *ChanWait) still() bool {
	return w.Rec.state.Load() == Parked && w.Rec.seq.Load() == w.seq
}

func chanOf(c any) pointer { return (*[2]pointer)(pointer(&c))[1] }

func (q *chanQueue) has(g uintptr) bool {
	_, sends := q.senders[g]
	return sends || q.receivers[g]
}

func (q *chanQueue) sleepers() (l []uintptr) {
	for g := range q.receivers {
		l = append(l, g)
	}
	for g := range q.senders {
		l = append(l, g)
	}
	return l
}

// Twice reports whether a select would send on one channel by two of its cases: nothing
// tells which of the values is whose.
func (w *ChanWait) Twice(op *ChanOp) bool {
	seen := map[pointer]bool{}
	for i, c := range w.Chans {
		if p := chanOf(c); p != nil && op.Cases[i].Send {
			if seen[p] {
				return true
			}
			seen[p] = true
		}
	}
	return false
}

// Again makes what the goroutine has to do again, for a transfer to carry over.
func (ws *ChanWaits) Again(w *ChanWait, op *ChanOp) *Again {
	a := &Again{wait: w, Slots: make([]any, 2*len(w.Chans)), moved: make([]bool, len(w.Chans))}
	for i, c := range w.Chans {
		a.Slots[2*i] = c
		if !op.Cases[i].Send {
			continue
		}
		// Of a channel that does not move the value is not known, and not wanted
		// unless the whole operation is done again.
		t := reflect.TypeOf(c).Elem()
		v := reflect.New(t)
		q := ws.queues[chanOf(c)]
		if q == nil && chanOf(c) != nil {
			q, _ = readQueue((*ChanWords)(chanOf(c)), t)
		}
		if q != nil {
			if s, ok := q.senders[w.Rec.g]; ok {
				v.Elem().Set(s)
			}
		}
		a.Slots[2*i+1] = v.Interface()
	}
	return a
}

// Leave takes the goroutines out of channels that have moved: whoever comes back from
// one finds its entry. It is called when the transfer has been applied, before the stop
// ends.
func Leave(l []*Again) {
	if len(l) == 0 {
		return
	}
	old := map[pointer]reflect.Type{}
	moveMu.Lock()
	for _, a := range l {
		leaves := false
		for i, c := range a.wait.Chans {
			if a.moved[i] = chanOf(c) != chanOf(a.Slots[2*i]); a.moved[i] {
				old[chanOf(c)] = reflect.TypeOf(c).Elem()
				leaves = true
			}
		}
		if leaves && a.wait.still() {
			agains[a.wait.Rec] = a
			againing.Add(1)
		}
	}
	moveMu.Unlock()
	for p, elem := range old {
		drain((*ChanWords)(p), elem)
	}
}

// drain wakes everybody who sleeps at a channel that nobody uses any more.
func drain(c *ChanWords, elem reflect.Type) {
	p := pointer(c)
	v := reflect.NewAt(reflect.ChanOf(reflect.BothDir, elem), pointer(&p)).Elem()
	zero := reflect.Zero(elem)
	for c.Recvq.first != nil && v.TrySend(zero) {
	}
	for c.Sendq.first != nil {
		if x, ok := v.TryRecv(); !x.IsValid() && !ok {
			break
		}
	}
}

// ChanWords mirrors runtime.hchan.
type ChanWords struct {
	Qcount, Dataqsiz uint
	Buf              unsafe.Pointer
	Elemsize         uint16
	Closed           uint32
	timer            pointer
	Elemtype         unsafe.Pointer
	Sendx, Recvx     uint
	Recvq, Sendq     chanSleepers
	bubble           pointer
	lock             uintptr
}

type chanSleepers struct{ first, last *chanSleeper }

// Empty reports whether nobody sleeps there.
func (q *chanSleepers) Empty() bool { return q.first == nil }

// A chanSleeper mirrors the head of runtime.sudog.
type chanSleeper struct {
	g          uintptr
	next, prev *chanSleeper
	elem       struct{ traced, at pointer }
}

//go:linkname rtlock runtime.lock2
func rtlock(l unsafe.Pointer)

//go:linkname rtunlock runtime.unlock2
func rtunlock(l unsafe.Pointer)

//go:linkname typedmemmove runtime.typedmemmove
func typedmemmove(rtype, dst, src unsafe.Pointer)

// readQueue notes who sleeps at a channel, and copies what it sends. A value to be sent
// lies on its sender's stack, which is moved under the channel's lock only. ok is false
// when more came while memory was made ready for it.
func readQueue(c *ChanWords, elem reflect.Type) (q *chanQueue, ok bool) {
	count := func(s chanSleepers) (n int) {
		for p := s.first; p != nil; p = p.next {
			n++
		}
		return n
	}
	rtlock(pointer(&c.lock))
	nr, ns := count(c.Recvq), count(c.Sendq)
	rtunlock(pointer(&c.lock))

	values := reflect.MakeSlice(reflect.SliceOf(elem), ns, ns)
	receivers, senders := make([]uintptr, 0, nr), make([]uintptr, 0, ns)
	at, size, typ := values.UnsafePointer(), elem.Size(), rtypeOf(elem)
	rtlock(pointer(&c.lock))
	for p := c.Recvq.first; p != nil && len(receivers) < cap(receivers); p = p.next {
		receivers = append(receivers, p.g)
	}
	for p := c.Sendq.first; p != nil && len(senders) < cap(senders); p = p.next {
		if size > 0 {
			typedmemmove(typ, unsafe.Add(at, uintptr(len(senders))*size), p.elem.at)
		}
		senders = append(senders, p.g)
	}
	ok = count(c.Recvq) == len(receivers) && count(c.Sendq) == len(senders)
	rtunlock(pointer(&c.lock))

	q = &chanQueue{elem: elem, receivers: map[uintptr]bool{}, senders: map[uintptr]reflect.Value{}}
	for _, g := range receivers {
		q.receivers[g] = true
	}
	for i, g := range senders {
		q.senders[g] = values.Index(i)
	}
	return q, ok
}

// rtypeOf is the word that an interface value of type t carries.
func rtypeOf(t reflect.Type) pointer { return (*[2]pointer)(pointer(&t))[1] }

var chanKnown = sync.OnceValue(channelsFit)

// channelsFit compares the mirrors above with what the runtime does.
func channelsFit() bool {
	c, done := make(chan [2]string), make(chan uintptr)
	go func() {
		g := getg()
		c <- [2]string{"value", "sent"}
		done <- g
	}()
	h := (*ChanWords)(chanOf(c))
	for (*(*uintptr)(pointer(&h.Sendq))) == 0 {
		goruntime.Gosched()
	}
	for i := 0; h.lock != 0 && i < 1e6; i++ { // the sender has it until it sleeps
		goruntime.Gosched()
	}
	known := h.Dataqsiz == 0 && h.Elemsize == 32 && h.Elemtype == rtypeOf(reflect.TypeFor[[2]string]()) && h.Sendq.first == h.Sendq.last && h.lock == 0
	var q *chanQueue
	if known {
		q, known = readQueue(h, reflect.TypeFor[[2]string]())
	}
	<-c
	g := <-done
	if !known {
		return false
	}
	v, ok := q.senders[g]
	return ok && len(q.receivers) == 0 && v.Index(0).String() == "value" && v.Index(1).String() == "sent" && h.Sendq.Empty()
}
