package runtime

import (
	"bytes"
	"errors"
	"reflect"
	goruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// An object of package sync that an update gives new memory is settled when the
// waiters that it counts are as many as the records that name it. Those it counts are
// among those records, so they are the same then: all of them sleep, none is on its
// way in or out, and none owns it. What is on its way needs nobody else, so it is
// waited for. At a stop nothing can become unsettled again, because no own code runs;
// late nothing can, because whoever has the object is parked in old code, and waits for
// the conversions' lock when it comes back.

// A SyncObject is an object of package sync that moves. At New is a copy of Old.
type SyncObject struct {
	Type     reflect.Type
	Old, New unsafe.Pointer
}

// SyncTypes are the types that Settle knows.
var SyncTypes = []reflect.Type{
	reflect.TypeFor[sync.Mutex](), reflect.TypeFor[sync.RWMutex](), reflect.TypeFor[sync.WaitGroup](),
	reflect.TypeFor[sync.Cond](), reflect.TypeFor[sync.Once](),
}

var (
	errWaiters = errors.New("goroutines wait on it, and not all of them in an operation that can be done again: foreign code, a Lock or Wait called through an interface or a function value; the update has to be made when they have left")
	errOnce    = errors.New("its function is running; the update has to be made when that has returned")
	errGo      = errors.New("goroutines that WaitGroup.Go has started for foreign code, or through a function value or an interface, are running: they may count it down at its old address; call WaitGroup.Go by its name or use Add and Done, or make the update when they have ended")
	errBubble  = errors.New("it belongs to a synctest bubble")
	errLayout  = errors.New("a field of its type has another name in this Go version")
)

// Mirrors of package sync, as far as they are read here; layoutKnown compares them.
type (
	mutexWords struct {
		state int32
		sema  uint32
	}
	rwWords struct {
		w                       mutexWords
		writerSem, readerSem    uint32
		readerCount, readerWait int32
	}
	groupWords struct {
		state uint64
		sema  uint32
	}
	condWords struct {
		L       sync.Locker
		notify  notifyList
		checker uintptr
	}
	notifyList struct {
		wait, notify uint32
		lock         uintptr
		head, tail   *sleeper
	}
	// A sleeper is the head of a runtime.sudog.
	sleeper struct {
		g    uintptr
		next *sleeper
	}
	onceWords struct {
		done uint32
		m    mutexWords
	}
)

const (
	mutexLocked, mutexWoken, mutexShift = 1, 2, 3

	rwMaxReaders = 1 << 30

	groupWaiters = 1<<31 - 1
	groupBubble  = 1 << 31
)

var layoutKnown = sync.OnceValue(func() bool {
	same := true
	is := func(t reflect.Type, want uintptr, path ...string) {
		off := uintptr(0)
		for _, name := range path {
			if t.Kind() != reflect.Struct {
				same = false
				return
			}
			f, ok := t.FieldByName(name)
			if !ok {
				same = false
				return
			}
			t, off = f.Type, off+f.Offset
		}
		same = same && off == want
	}
	m, rw, g, c, o := reflect.TypeFor[sync.Mutex](), reflect.TypeFor[sync.RWMutex](), reflect.TypeFor[sync.WaitGroup](), reflect.TypeFor[sync.Cond](), reflect.TypeFor[sync.Once]()
	is(m, unsafe.Offsetof(mutexWords{}.state), "mu", "state")
	is(m, unsafe.Offsetof(mutexWords{}.sema), "mu", "sema")
	is(rw, unsafe.Offsetof(rwWords{}.w), "w")
	is(rw, unsafe.Offsetof(rwWords{}.readerCount), "readerCount", "v")
	is(rw, unsafe.Offsetof(rwWords{}.readerWait), "readerWait", "v")
	is(g, unsafe.Offsetof(groupWords{}.state), "state", "v")
	is(c, unsafe.Offsetof(condWords{}.L), "L")
	is(c, unsafe.Offsetof(condWords{}.notify), "notify")
	is(c, unsafe.Offsetof(condWords{}.notify)+unsafe.Offsetof(notifyList{}.notify), "notify", "notify")
	is(c, unsafe.Offsetof(condWords{}.notify)+unsafe.Offsetof(notifyList{}.head), "notify", "head")
	is(c, unsafe.Offsetof(condWords{}.checker), "checker")
	is(o, unsafe.Offsetof(onceWords{}.done), "done", "v")
	is(o, unsafe.Offsetof(onceWords{}.m), "m")
	return same && m.Size() == unsafe.Sizeof(mutexWords{}) && rw.Size() == unsafe.Sizeof(rwWords{}) &&
		g.Size() == unsafe.Sizeof(groupWords{}) && c.Size() == unsafe.Sizeof(condWords{}) && o.Size() == unsafe.Sizeof(onceWords{})
})

// Waiting is who names an object of package sync while the program stands still: it
// serves the stop, and the conversions that come late.
type Waiting struct {
	by    map[uintptr][]waiter // by the object's address
	conds map[uintptr][]waiter // by the address of a Cond's lock: those in Cond.Wait
}

// A waiter is a record in one operation. It does not keep the object alive: as long
// as the operation lasts its goroutine does.
type waiter struct {
	r   *Rec
	seq uint32
}

// still gives what the waiter is in, op 0 if it is over.
func (w waiter) still() (op syncOp, obj pointer) {
	if w.r.seq.Load() != w.seq {
		return 0, nil
	}
	return w.r.on()
}

// Waiters notes who waits: while the program stands still, all who do.
func Waiters() *Waiting {
	ws := &Waiting{map[uintptr][]waiter{}, map[uintptr][]waiter{}}
	eachRec(func(r *Rec) bool {
		ws.add(r)
		return true
	})
	return ws
}

func (ws *Waiting) add(r *Rec) {
	op, obj := r.on()
	if obj == nil {
		return
	}
	w := waiter{r, r.seq.Load()}
	ws.by[uintptr(obj)] = append(ws.by[uintptr(obj)], w)
	if op == opSignal {
		if _, l := locker((*condWords)(obj).L); l != nil {
			ws.conds[uintptr(l)] = append(ws.conds[uintptr(l)], w)
		}
	}
}

// Idle reports whether an object of a type that Settle knows can move as it is: nobody
// has it, or is on the way to it.
func (ws *Waiting) Idle(t reflect.Type, obj unsafe.Pointer) bool {
	if t == SyncTypes[4] {
		if !layoutKnown() || anyTask(obj) {
			return false
		}
		return ws.Idle(SyncTypes[0], inOnce(obj))
	}
	if !layoutKnown() || ws.by[uintptr(obj)] != nil || ws.conds[uintptr(obj)] != nil {
		return false
	}
	switch t {
	case SyncTypes[0]:
		if atomic.LoadInt32(&(*mutexWords)(obj).state) != 0 {
			return false
		}
	case SyncTypes[1]:
		if m := (*rwWords)(obj); atomic.LoadInt32(&m.w.state) != 0 || atomic.LoadInt32(&m.readerCount) != 0 {
			return false
		}
	case SyncTypes[2]:
		if atomic.LoadUint64(&(*groupWords)(obj).state) != 0 {
			return false
		}
	default: // a Cond holds its own address
		return false
	}
	moveMu.Lock()
	defer moveMu.Unlock()
	for r := range repeated {
		if _, on := r.on(); on == obj {
			return false
		}
	}
	for _, m := range moves {
		if m.new == obj {
			return false
		}
	}
	return true
}

// Each calls f with every object that is waited on, and forgets the others.
func (ws *Waiting) Each(f func(obj unsafe.Pointer)) {
	for at, l := range ws.by {
		i := slices.IndexFunc(l, func(w waiter) bool { op, _ := w.still(); return op != 0 })
		if i < 0 {
			delete(ws.by, at)
			continue
		}
		if _, obj := l[i].still(); obj != nil {
			f(obj)
		}
	}
}

// Prune forgets who waits no longer.
func (ws *Waiting) Prune() {
	if ws == nil {
		return
	}
	for _, m := range []*map[uintptr][]waiter{&ws.by, &ws.conds} {
		for at, l := range *m {
			l = slices.DeleteFunc(l, func(w waiter) bool { op, _ := w.still(); return op == 0 })
			if (*m)[at] = l; len(l) == 0 {
				delete(*m, at)
			}
		}
		if len(*m) == 0 {
			*m = nil
		}
	}
}

// locker tells which lock a Cond has, if it is one of package sync, and what waiting
// for it is.
func locker(l sync.Locker) (op syncOp, obj pointer) {
	switch l := l.(type) {
	case *sync.Mutex:
		return opLock, pointer(l)
	case *sync.RWMutex:
		return opWrite, pointer(l)
	}
	if l != nil && reflect.TypeOf(l) == rlocker {
		return opRead, (*[2]pointer)(pointer(&l))[1]
	}
	return 0, nil
}

var rlocker = reflect.TypeOf(new(sync.RWMutex).RLocker())

// Settled is what Settle has found, until Publish or Drop.
type Settled struct {
	late  bool
	enter []entry
	leads map[pointer]pointer // old object → new
	set   []func()            // other words to be written
	drain []func()
	held  map[*taskShard]bool // locked until then
}

type entry struct {
	r *Rec
	m *move
}

// settleBudget is how long goroutines that are on their way into or out of an operation
// are waited for. They need nothing but a processor.
const settleBudget = 500 * time.Millisecond

// Settle waits until objs are settled and makes their new states, of which nothing is
// visible before Publish. ws is what Waiters said at the stop. errs says which of objs,
// by index, have not settled: whoever has them has the new ones, but waiters are lost.
// late: the program runs; from Settle to Publish or Drop nobody sets out for another object.
func Settle(objs []SyncObject, ws *Waiting, late bool) (s *Settled, errs map[int]error) {
	for end, sleep := time.Now().Add(settleBudget), 20*time.Microsecond; ; {
		moveMu.Lock()
		s = &Settled{late: late, leads: make(map[pointer]pointer, len(objs))}
		errs = s.try(objs, ws)
		done := len(errs) == 0 || time.Now().After(end)
		if !(done && late) {
			s.letTasks()
			moveMu.Unlock()
		}
		if done {
			return s, errs
		}
		time.Sleep(sleep)
		sleep = min(2*sleep, time.Millisecond)
	}
}

// Publish makes the outcome visible: it enters the moves, and drains the old objects,
// which wakes who waits there.
func (s *Settled) Publish() {
	if !s.late {
		moveMu.Lock()
	}
	for _, m := range moves {
		if to := s.leads[m.new]; to != nil {
			m.new = to
		}
	}
	for _, e := range s.enter {
		if moves[e.r] == nil {
			moving.Add(1)
		}
		moves[e.r] = e.m
	}
	for _, f := range s.set {
		f()
	}
	s.letTasks()
	moveMu.Unlock()
	for _, f := range s.drain {
		f()
	}
}

// Drop gives it up.
func (s *Settled) Drop() {
	if s.late {
		s.letTasks()
		moveMu.Unlock()
	}
}

// A round is one attempt of Settle.
type round struct {
	*Settled
	ws    *Waiting
	extra *Waiting // late: who does an operation again
	gos   *bool    // some goroutine was started by the library's WaitGroup.Go, if that is known
}

func (s *Settled) try(objs []SyncObject, ws *Waiting) (errs map[int]error) {
	rd := &round{Settled: s, ws: ws}
	if s.late && len(repeated) > 0 {
		rd.extra = &Waiting{map[uintptr][]waiter{}, map[uintptr][]waiter{}}
		for r := range repeated {
			rd.extra.add(r)
		}
	}
	for i := range objs {
		s.leads[objs[i].Old] = objs[i].New
		if objs[i].Type == SyncTypes[4] {
			s.leads[inOnce(objs[i].Old)] = inOnce(objs[i].New)
		}
	}
	// Conds come behind locks: when a Cond's lock is settled, who is in its Wait sleeps
	// in its list, or waits for the lock, and stays there.
	for _, conds := range []bool{false, true} {
		for i := range objs {
			if (objs[i].Type == SyncTypes[3]) != conds {
				continue
			}
			if err := rd.settle(&objs[i]); err != nil {
				if errs == nil {
					errs = map[int]error{}
				}
				errs[i] = err
			}
		}
	}
	return errs
}

func (rd *round) settle(o *SyncObject) error {
	if !layoutKnown() {
		return errLayout
	}
	switch o.Type {
	case SyncTypes[0]:
		return rd.mutex((*mutexWords)(o.Old), (*mutexWords)(o.New))
	case SyncTypes[1]:
		return rd.rwMutex((*rwWords)(o.Old), (*rwWords)(o.New))
	case SyncTypes[2]:
		return rd.group((*groupWords)(o.Old), (*groupWords)(o.New))
	case SyncTypes[3]:
		return rd.cond((*condWords)(o.Old), (*condWords)(o.New))
	case SyncTypes[4]:
		return rd.once((*onceWords)(o.Old), (*onceWords)(o.New))
	}
	return nil
}

// named are the records that name obj for op; a seq tells "still" from "again".
func (rd *round) named(obj pointer, op syncOp) (rs []*Rec) {
	for _, ws := range []*Waiting{rd.ws, rd.extra} {
		if ws == nil {
			continue
		}
		for _, w := range ws.by[uintptr(obj)] {
			if o, p := w.still(); p == obj && o == op && (ws == rd.ws || !rd.ws.has(obj, w)) {
				rs = append(rs, w.r)
			}
		}
	}
	return rs
}

func (ws *Waiting) has(obj pointer, w waiter) bool {
	for _, v := range ws.by[uintptr(obj)] {
		if v == w {
			return true
		}
	}
	return false
}

// queued are the records in the Wait of a Cond whose lock is obj that have been
// signalled, or are not asleep yet: they are for the lock, or on their way. conds are
// the Conds there are.
func (rd *round) queued(obj pointer, op syncOp) (rs []*Rec, conds []*condWords) {
	seen := map[pointer]bool{}
	for _, ws := range []*Waiting{rd.ws, rd.extra} {
		if ws == nil {
			continue
		}
		for _, w := range ws.conds[uintptr(obj)] {
			o, c := w.still()
			if o != opSignal || seen[c] {
				continue
			}
			seen[c] = true
			if is, l := locker((*condWords)(c).L); is != op || l != obj {
				continue
			}
			asleep := (*condWords)(c).asleep()
			for _, r := range rd.named(c, opSignal) {
				if !asleep[r.g] {
					rs = append(rs, r)
				}
			}
			conds = append(conds, (*condWords)(c))
		}
	}
	return rs, conds
}

// asleep are the goroutines in the list of c.
func (c *condWords) asleep() map[uintptr]bool {
	m := map[uintptr]bool{}
	n := atomic.LoadUint32(&c.notify.wait) - atomic.LoadUint32(&c.notify.notify)
	for s := c.notify.head; s != nil && uint32(len(m)) < n; s = s.next {
		m[s.g] = true
	}
	return m
}

// waiting enters what the goroutines that wait for a lock have to do.
func (rd *round) waiting(op syncOp, old, new pointer, named, queued []*Rec, conds []*condWords) {
	for _, r := range named {
		rd.enter = append(rd.enter, entry{r, &move{op: op, old: old, new: new}})
	}
	// Who has been signalled has the lock when it returns, and needs the new one.
	for _, r := range queued {
		if moves[r] != nil {
			continue // it comes from an older Cond, and knows where to go
		}
		_, c := r.on()
		to := c
		if n := rd.leads[c]; n != nil {
			to = n
		}
		rd.enter = append(rd.enter, entry{r, &move{op: opSignal, old: c, new: to, held: (*condWords)(c).L}})
	}
	for _, c := range conds {
		if rd.leads[pointer(c)] == nil {
			rd.set = append(rd.set, func() { (*[2]pointer)(pointer(&c.L))[1] = new })
		}
	}
}

func (rd *round) mutex(old, new *mutexWords) error {
	named := rd.named(pointer(old), opLock)
	queued, conds := rd.queued(pointer(old), opLock)
	s := atomic.LoadInt32(&old.state)
	*new = mutexWords{state: s & mutexLocked}
	if !settledMutex(s, len(named)+len(queued)) {
		return errWaiters
	}
	rd.waiting(opLock, pointer(old), pointer(new), named, queued, conds)
	if s&mutexLocked != 0 && len(named)+len(conds) > 0 {
		rd.drain = append(rd.drain, (*sync.Mutex)(pointer(old)).Unlock)
	}
	return nil
}

// What an object counts is read behind the records. These can only become fewer, so if
// there were as many as it counts now there are as many now.

// settledMutex: free, and nobody is on the way to take it; or locked, and all of the
// n goroutines that may be waiting sleep.
func settledMutex(state int32, n int) bool {
	if state&mutexLocked == 0 {
		return state == 0 && n == 0
	}
	return state&mutexWoken == 0 && int(state>>mutexShift) == n
}

// heldRW says how an RWMutex is held by own code: by a writer, or by readers. ok: the
// nr and nw goroutines that may be waiting for reading and writing all sleep.
func heldRW(m *rwWords, nr, nw int) (readers int, writer, ok bool) {
	words := func() (rc, rw, ws int32) {
		return atomic.LoadInt32(&m.readerCount), atomic.LoadInt32(&m.readerWait), atomic.LoadInt32(&m.w.state)
	}
	rc, rw, ws := words()
	a, b, c := words()
	same := a == rc && b == rw && c == ws
	if rc >= 0 {
		return int(rc), false, same && nr == 0 && nw == 0 && ws == 0
	}
	same = same && rw >= 0 && ws&mutexLocked != 0 && ws&mutexWoken == 0
	waiting := int(rc) + rwMaxReaders // readers, those that a waiting writer waits for included
	if rw > 0 {                       // one of the writers sleeps until the readers have left
		return int(rw), false, same && waiting-int(rw) == nr && int(ws>>mutexShift) == nw-1
	}
	return 0, true, same && waiting == nr && int(ws>>mutexShift) == nw
}

func (rd *round) rwMutex(old, new *rwWords) error {
	readers, writers := rd.named(pointer(old), opRead), rd.named(pointer(old), opWrite)
	rq, rconds := rd.queued(pointer(old), opRead)
	wq, wconds := rd.queued(pointer(old), opWrite)
	held, writer, ok := heldRW(old, len(readers)+len(rq), len(writers)+len(wq))
	*new = rwWords{readerCount: int32(held)}
	if writer {
		*new = rwWords{w: mutexWords{state: mutexLocked}, readerCount: -rwMaxReaders}
	}
	if !ok {
		return errWaiters
	}
	rd.waiting(opRead, pointer(old), pointer(new), readers, rq, rconds)
	rd.waiting(opWrite, pointer(old), pointer(new), writers, wq, wconds)
	if len(readers)+len(rconds)+len(writers)+len(wconds) == 0 {
		return nil
	}
	m := (*sync.RWMutex)(pointer(old))
	rd.drain = append(rd.drain, func() {
		if writer {
			m.Unlock()
		}
		for range held {
			m.RUnlock()
		}
	})
	return nil
}

func (rd *round) group(old, new *groupWords) error {
	if rd.late { // at a stop none of them counts
		rd.holdTasks(pointer(old))
	}
	named := rd.named(pointer(old), opWait)
	s := atomic.LoadUint64(&old.state)
	count := int32(s >> 32)
	*new = groupWords{state: uint64(uint32(count)) << 32}
	rd.set = append(rd.set, func() { rd.moveTasks(pointer(old), pointer(new)) })
	switch {
	case s&groupBubble != 0:
		return errBubble
	case int(s&groupWaiters) != len(named) || count == 0 && len(named) != 0:
		return errWaiters
	case count > 0 && rd.startedByGo():
		return errGo
	}
	for _, r := range named {
		rd.enter = append(rd.enter, entry{r, &move{op: opWait, old: pointer(old), new: pointer(new)}})
	}
	if len(named) > 0 {
		rd.drain = append(rd.drain, func() { (*sync.WaitGroup)(pointer(old)).Add(-int(count)) })
	}
	return nil
}

// startedByGo reports whether there is a goroutine that the library's WaitGroup.Go has
// started: it holds the group's address where nothing of ours looks. What GoGroup has
// started is said to be created by startTask, which has another name in every program.
func (rd *round) startedByGo() bool {
	if rd.gos == nil {
		found := true
		for size := 1 << 20; size <= 256<<20; size *= 4 {
			buf := make([]byte, size)
			if n := goruntime.Stack(buf, true); n < size {
				found = bytes.Contains(buf[:n], []byte("\ncreated by sync.(*WaitGroup).Go in goroutine "))
				break
			}
		}
		rd.gos = &found
	}
	return *rd.gos
}

func (rd *round) cond(old, new *condWords) error {
	*new = condWords{L: new.L}
	op, l := locker(old.L)
	named := rd.named(pointer(old), opSignal)
	if len(named) > 0 && (l == nil || rd.leads[l] == nil && !rd.settledLock(op, l)) {
		return errWaiters
	}
	from := atomic.LoadUint32(&old.notify.notify)
	asleep := old.asleep()
	tickets := uint32(0)
	claim := func() uint32 { tickets++; return tickets - 1 }
	for _, r := range named {
		if !asleep[r.g] {
			continue // it waits for the lock, and has a move if that moves
		}
		rd.enter = append(rd.enter, entry{r, &move{op: opSignal, old: pointer(old), new: pointer(new), held: old.L, ticket: claim(), asleep: true}})
	}
	if int(tickets) != len(asleep) {
		return errWaiters
	}
	// Those that have a ticket and have not got here.
	for r, m := range moves {
		if m.new != pointer(old) || m.op != opSignal {
			continue
		}
		n := *m
		n.new = pointer(new)
		if n.asleep = m.asleep && int32(m.ticket-from) >= 0; n.asleep {
			n.ticket = claim()
		}
		rd.enter = append(rd.enter, entry{r, &n})
	}
	if tickets != atomic.LoadUint32(&old.notify.wait)-from {
		return errWaiters
	}
	new.notify.wait = tickets
	if len(asleep) > 0 {
		rd.drain = append(rd.drain, (*sync.Cond)(pointer(old)).Broadcast)
	}
	return nil
}

// settledLock reports whether all that may be waiting for a lock that stays sleep. Late,
// new code may wait there as well.
func (rd *round) settledLock(op syncOp, l pointer) bool {
	if rd.late {
		rd = &round{Settled: rd.Settled, ws: Waiters()}
	}
	if op == opLock {
		q, _ := rd.queued(l, opLock)
		n := len(rd.named(l, opLock)) + len(q)
		return settledMutex(atomic.LoadInt32(&(*mutexWords)(l).state), n)
	}
	rq, _ := rd.queued(l, opRead)
	wq, _ := rd.queued(l, opWrite)
	nr, nw := len(rd.named(l, opRead))+len(rq), len(rd.named(l, opWrite))+len(wq)
	_, _, ok := heldRW((*rwWords)(l), nr, nw)
	return ok
}
