package runtime

import (
	"sync"
	"sync/atomic"
)

// In (*sync.Once).Do a goroutine waits for the Once's mutex, or has it while it calls a
// function; the library does both at the address that it was given. Own calls of it by
// its name therefore are calls of OnceDo, which does it on the same object, and notes
// where that is in a task: so the object can move. Who waits for the mutex is named in
// the record like others who wait for one, and who has it says RUN whenever it looks
// where the object is. Late it is kept from that, as goroutines of GoGroup are.

// lockOnce locks the mutex in o, wherever that is by then.
func lockOnce(o *sync.Once) *task {
	t := &task{group: pointer(o)}
	s := shardOf(t.group)
	s.mu.Lock()
	s.enter(t)
	s.mu.Unlock()
	m := (*sync.Mutex)(inOnce(pointer(o)))
	if m.TryLock() {
		t.has.Store(true)
		return t
	}
	r := Cur()
	r.sleepOn(opLock, pointer(m))
	m.Lock()
	r.UnparkOn()
	t.has.Store(true)
	// Behind RUN: as a poll does it.
	for rel := current.Load(); rel != nil && rel.Word.Load()&wordStop != 0; rel = current.Load() {
		r.waitStop()
	}
	return t
}

// isDone reports whether the function has been called. The mutex is the task's.
func (t *task) isDone() bool {
	s := t.lock()
	defer s.mu.Unlock()
	return atomic.LoadUint32(&(*onceWords)(t.group).done) != 0
}

// didOnce says that the function has been called. It was with the goroutine parked.
func (t *task) didOnce() {
	running()
	s := t.lock()
	onceRelease((*sync.Once)(t.group))
	atomic.StoreUint32(&(*onceWords)(t.group).done, 1)
	s.mu.Unlock()
}

func (t *task) unlockOnce() {
	running()
	s := t.lock()
	s.leave(t)
	(*sync.Mutex)(inOnce(t.group)).Unlock()
	s.mu.Unlock()
}

// once moves a Once whose mutex is held by a task, or by nobody.
func (rd *round) once(old, new *onceWords) error {
	if rd.late {
		rd.holdTasks(pointer(old))
	}
	rd.set = append(rd.set, func() { rd.moveTasks(pointer(old), pointer(new)) })
	held := atomic.LoadInt32(&old.m.state)&mutexLocked != 0
	for _, t := range shardOf(pointer(old)).of(pointer(old)) {
		held = held && !t.has.Load()
	}
	new.done = atomic.LoadUint32(&old.done)
	if err := rd.mutex(&old.m, &new.m); err != nil {
		return err
	}
	if held {
		return errOnce
	}
	return nil
}

// inOnce is the mutex in a Once.
func inOnce(o pointer) pointer { return pointer(&(*onceWords)(o).m) }

// anyTask reports whether somebody is in OnceDo.
func anyTask(o pointer) bool {
	s := shardOf(o)
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.of(o)) > 0
}
