package runtime

import (
	"math/rand"
	"reflect"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"
)

// A mover stands in for updates that move one object again and again, as often as the
// stop and the settling allow, under goroutines that use it as own code does.
type mover[T any] struct {
	t    *testing.T
	typ  reflect.Type
	cur  atomic.Pointer[T]
	next sync.Map // *T → *T: what conversion does to the frames
	word atomic.Uint32

	// parts are the sync objects of an old and a new T: T itself, if it is nil.
	parts func(old, new *T) []SyncObject
	patch func(new *T) // what leads to them from elsewhere, if that is not nil

	moved, unsettled, waiters int
}

func newMover[T any](t *testing.T) *mover[T] {
	m := &mover[T]{t: t, typ: reflect.TypeFor[T]()}
	m.cur.Store(new(T))
	eachRec(func(r *Rec) bool { // other tests leave theirs as it comes
		r.state.Store(Out)
		return true
	})
	prev := current.Load()
	rel := NewRelease(t.Name(), &m.word)
	current.Store(rel)
	watchdog := time.AfterFunc(30*time.Second, func() {
		buf := make([]byte, 1<<20)
		panic("nobody goes on:\n" + string(buf[:goruntime.Stack(buf, true)]))
	})
	t.Cleanup(func() {
		watchdog.Stop()
		current.Store(prev)
	})
	return m
}

// poll is what a poll does here: it waits for the end of a stop, and gives what has
// become of an object.
func (m *mover[T]) poll(o *T) *T {
	r := Cur()
	for m.word.Load()&wordStop != 0 {
		r.waitStop()
	}
	for {
		n, ok := m.next.Load(o)
		if !ok {
			return o
		}
		o = n.(*T)
	}
}

// run runs f on n goroutines with records and waits until they have ended, while
// the object moves. between may look at the object when it stands still.
func (m *mover[T]) run(n int, f func(i int), between func(old *T)) {
	var all sync.WaitGroup
	ended := make(chan bool)
	for i := range n {
		all.Add(1)
		go func() {
			defer all.Done()
			g := Enter()
			defer g.Leave()
			m.poll(nil)
			f(i)
		}()
	}
	go func() { all.Wait(); close(ended) }()
	for {
		select {
		case <-ended:
			m.t.Logf("%d moves with %d waiters, %d not settled", m.moved, m.waiters, m.unsettled)
			if m.waiters == 0 {
				m.t.Error("nobody who waits has been moved")
			}
			return
		default:
		}
		m.move(between)
		time.Sleep(50 * time.Microsecond)
	}
}

func (m *mover[T]) move(between func(old *T)) {
	StopWorld()
	defer Resume()
	for end := time.Now().Add(time.Second); !Quiet(); goruntime.Gosched() {
		if time.Now().After(end) {
			m.unsettled++
			return
		}
	}
	old, new := m.cur.Load(), new(T)
	if between != nil {
		between(old)
	}
	reflect.NewAt(m.typ, unsafe.Pointer(new)).Elem().Set(reflect.NewAt(m.typ, unsafe.Pointer(old)).Elem())
	objs := []SyncObject{{m.typ, unsafe.Pointer(old), unsafe.Pointer(new)}}
	if m.parts != nil {
		objs = m.parts(old, new)
	}
	s, errs := Settle(objs, Waiters(), false)
	if len(errs) != 0 {
		m.unsettled++
		return
	}
	if m.moved%2 == 0 {
		time.Sleep(100 * time.Microsecond) // the rest of the transform
	}
	m.moved++
	m.waiters += len(s.enter)
	m.next.Store(old, new)
	m.cur.Store(new)
	if m.patch != nil {
		m.patch(new)
	}
	s.Publish()
}

// delay is what the scheduler may do between the mark and the operation, and between
// that and its end.
func delay(rng *rand.Rand) {
	if rng.Intn(3) == 0 {
		time.Sleep(time.Duration(rng.Intn(100)) * time.Microsecond)
	}
}

// rest is a park in which nothing is waited for.
func rest(rng *rand.Rand) {
	r := Park()
	time.Sleep(time.Duration(rng.Intn(30)) * time.Microsecond)
	r.Unpark()
}

// TestMutexMoves: mutual exclusion, and no waiter is forgotten. Seen to fail within four
// runs when UnparkOn does not look into moves, or polls first; when Settle takes every
// state for settled; when Publish does not drain, or does not lead moves on. That the
// state is read behind the records, and that a free mutex must not be named, shows in
// waits.pml (WORD_FIRST, FREE_NAMED), here seldom.
func TestMutexMoves(t *testing.T) {
	m := newMover[sync.Mutex](t)
	var inside, ops int32
	total := 0
	m.run(6, func(i int) {
		rng := rand.New(rand.NewSource(int64(i)))
		for range 1500 {
			o := m.poll(m.cur.Load())
			if !o.TryLock() {
				r := ParkMutex(o)
				delay(rng)
				o.Lock()
				delay(rng)
				r.UnparkOn()
			}
			o = m.poll(o)
			if atomic.AddInt32(&inside, 1) != 1 {
				panic("two have the mutex")
			}
			total++
			if rng.Intn(20) == 0 {
				rest(rng)
				o = m.poll(o)
			}
			atomic.AddInt32(&inside, -1)
			o.Unlock()
			atomic.AddInt32(&ops, 1)
		}
	}, nil)
	if int(ops) != total {
		t.Errorf("%d of %d", total, ops)
	}
}

// TestRWMutexMoves: a writer is alone, readers are not with one, nobody is forgotten. Seen
// to fail when heldRW says ok in any of its three cases.
func TestRWMutexMoves(t *testing.T) {
	m := newMover[sync.RWMutex](t)
	var readers, writers, writes int32
	total := 0
	lock := func(o *sync.RWMutex, write bool, rng *rand.Rand) {
		switch {
		case write && !o.TryLock():
			r := ParkWrite(o)
			delay(rng)
			o.Lock()
			delay(rng)
			r.UnparkOn()
		case !write && !o.TryRLock():
			r := ParkRead(o)
			delay(rng)
			o.RLock()
			delay(rng)
			r.UnparkOn()
		}
	}
	pending := 0
	m.run(8, func(i int) {
		rng := rand.New(rand.NewSource(int64(i)))
		for range 1000 {
			write := rng.Intn(3) == 0
			o := m.poll(m.cur.Load())
			lock(o, write, rng)
			o = m.poll(o)
			if write {
				if atomic.AddInt32(&writers, 1) != 1 || atomic.LoadInt32(&readers) != 0 {
					panic("a writer is not alone")
				}
				total++
			} else if atomic.AddInt32(&readers, 1); atomic.LoadInt32(&writers) != 0 {
				panic("a reader is with a writer")
			}
			if rng.Intn(10) == 0 {
				rest(rng)
				o = m.poll(o)
			}
			if write {
				atomic.AddInt32(&writers, -1)
				o.Unlock()
				atomic.AddInt32(&writes, 1)
			} else {
				atomic.AddInt32(&readers, -1)
				o.RUnlock()
			}
		}
	}, func(o *sync.RWMutex) {
		if w := (*rwWords)(unsafe.Pointer(o)); w.readerCount < 0 && w.readerWait > 0 {
			pending++
		}
	})
	if int(writes) != total {
		t.Errorf("%d of %d", total, writes)
	}
	t.Logf("%d times a writer was waiting for readers", pending)
}

// TestWaitGroupMoves: nobody returns from Wait early, everybody does once. Seen to fail
// without the look into moves.
func TestWaitGroupMoves(t *testing.T) {
	m := newMover[sync.WaitGroup](t)
	var round, left, back atomic.Int32
	const workers, rounds = 4, 200
	left.Store(workers)
	m.cur.Load().Add(workers)
	m.run(workers+3, func(i int) {
		rng := rand.New(rand.NewSource(int64(i)))
		for n := range int32(rounds) {
			o := m.poll(m.cur.Load())
			if i < workers {
				if rng.Intn(2) == 0 {
					rest(rng)
					o = m.poll(o)
				}
				left.Add(-1)
				o.Done()
			} else {
				r := ParkGroup(o)
				delay(rng)
				o.Wait()
				delay(rng)
				r.UnparkOn()
				o = m.poll(o)
				if round.Load() == n && left.Load() != 0 {
					panic("back before all are done")
				}
			}
			// All meet; the last one begins the next round.
			if back.Add(1) == workers+3 {
				left.Store(workers)
				m.poll(o).Add(workers)
				back.Store(0)
				round.Add(1)
			}
			for round.Load() == n {
				r := Park()
				time.Sleep(10 * time.Microsecond)
				r.Unpark()
				m.poll(nil)
			}
		}
	}, nil)
}

// TestTasksMove: what GoGroup has started counts the group down where that is; Wait returns
// when all have ended. Seen to fail when moveTasks does nothing, and when done, or newTask,
// does not say RUN.
func TestTasksMove(t *testing.T) {
	m := newMover[sync.WaitGroup](t)
	var next sync.Mutex // one round after the other
	m.run(4, func(i int) {
		rng := rand.New(rand.NewSource(int64(i)))
		for range 200 {
			if !next.TryLock() {
				r := Park()
				next.Lock()
				r.Unpark()
			}
			o := m.poll(m.cur.Load())
			var ended atomic.Int32
			n := 1 + rng.Intn(8)
			for range n {
				pause := time.Duration(rng.Intn(60)) * time.Microsecond
				GoGroup(o, func() {
					time.Sleep(pause)
					ended.Add(1)
				})
				if o = m.poll(o); rng.Intn(4) == 0 {
					rest(rng)
					o = m.poll(o)
				}
			}
			r := ParkGroup(o)
			delay(rng)
			o.Wait()
			r.UnparkOn()
			if m.poll(o); int(ended.Load()) != n {
				panic("back before all have ended")
			}
			next.Unlock()
		}
	}, nil)
	noTasks(t)
}

// noTasks: nothing is kept of goroutines that have ended.
func noTasks(t *testing.T) {
	t.Helper()
	for i := range taskShards {
		if l := taskShards[i].first; l != nil {
			t.Errorf("a task of %p is entered", l.group)
		}
	}
}

// TestTasksMoveLate: what GoGroup has started ends while its group moves, and the program
// runs. Seen to fail when Settle does not keep it from ending.
func TestTasksMoveLate(t *testing.T) {
	newMover[sync.WaitGroup](t)
	for range 300 {
		const n = 8
		old, new := new(sync.WaitGroup), new(sync.WaitGroup)
		var ended atomic.Int32
		end := make(chan bool)
		for range n {
			GoGroup(old, func() {
				<-end
				ended.Add(1)
			})
		}
		close(end)
		s, errs := Settle([]SyncObject{{reflect.TypeFor[sync.WaitGroup](), unsafe.Pointer(old), unsafe.Pointer(new)}}, Waiters(), true)
		if len(errs) != 0 {
			t.Fatal(errs)
		}
		for range 20 {
			goruntime.Gosched()
		}
		s.Publish()
		new.Wait()
		if ended.Load() != n {
			t.Fatalf("%d have ended", ended.Load())
		}
	}
	noTasks(t)
}

// TestTaskEndsAsInTheLibrary: by return, and by Goexit; a group that is not there panics
// where Go is called.
func TestTaskEndsAsInTheLibrary(t *testing.T) {
	var g sync.WaitGroup
	ended := 0
	GoGroup(&g, func() { ended++ })
	g.Wait()
	GoGroup(&g, func() {
		ended++
		goruntime.Goexit()
	})
	g.Wait()
	if ended != 2 {
		t.Error(ended)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		GoGroup(nil, func() {})
	}()
	noTasks(t)
}

// TestOnceMoves: the function is called once, and nobody is back before it has been. Seen
// to fail when tasks are not moved, when didOnce or unlockOnce does not say RUN, and when
// moves that lead to the mutex inside are not led on.
func TestOnceMoves(t *testing.T) {
	m := newMover[sync.Once](t)
	var round, back atomic.Int32
	calls, did := int32(0), int32(0) // under the Once
	const n, rounds = 12, 1000
	m.run(n, func(i int) {
		rng := rand.New(rand.NewSource(int64(i)))
		for k := range int32(rounds) {
			o := m.poll(m.cur.Load())
			if rng.Intn(3) == 0 {
				rest(rng)
				o = m.poll(o)
			}
			OnceDo(o, func() {
				calls++
				time.Sleep(time.Duration(rng.Intn(100)) * time.Microsecond)
				did = k + 1
			})
			o = m.poll(o)
			if did != k+1 || calls != k+1 {
				panic("back before the function has been called, or it has been called again")
			}
			// All meet; the last one begins the next round.
			if back.Add(1) == n {
				*m.poll(o) = sync.Once{}
				back.Store(0)
				round.Add(1)
			}
			for round.Load() == k {
				r := Park()
				time.Sleep(10 * time.Microsecond)
				r.Unpark()
				m.poll(nil)
			}
		}
	}, nil)
	noTasks(t)
}

// TestOnceMovesLate: the function returns while the Once moves, and the program runs.
// Seen to fail when Settle does not keep it from saying so.
func TestOnceMovesLate(t *testing.T) {
	newMover[sync.Once](t)
	for range 300 {
		old, new := new(sync.Once), new(sync.Once)
		in, end, back := make(chan bool), make(chan bool), make(chan bool)
		go func() {
			defer Enter().Leave()
			OnceDo(old, func() {
				in <- true
				<-end
			})
			close(back)
		}()
		<-in
		close(end)
		s, errs := Settle([]SyncObject{{reflect.TypeFor[sync.Once](), unsafe.Pointer(old), unsafe.Pointer(new)}}, Waiters(), true)
		if len(errs) != 0 {
			t.Fatal(errs)
		}
		for range 20 {
			goruntime.Gosched()
		}
		s.Publish()
		OnceDo(new, func() { t.Error("called again") })
		<-back
	}
	noTasks(t)
}

// TestOnceInUse: somebody who is in the library's Do keeps a Once where it is.
func TestOnceInUse(t *testing.T) {
	newMover[sync.Once](t)
	old, new := new(sync.Once), new(sync.Once)
	in, end, back := make(chan bool), make(chan bool), make(chan bool)
	go func() {
		old.Do(func() { in <- true; <-end })
		close(back)
	}()
	<-in
	_, errs := Settle([]SyncObject{{reflect.TypeFor[sync.Once](), unsafe.Pointer(old), unsafe.Pointer(new)}}, Waiters(), false)
	if errs[0] != errOnce {
		t.Error(errs)
	}
	close(end)
	<-back
}

func BenchmarkOnce(b *testing.B) {
	var o sync.Once
	o.Do(func() {})
	b.Run("library", func(b *testing.B) {
		for range b.N {
			o.Do(func() {})
		}
	})
	b.Run("OnceDo", func(b *testing.B) {
		for range b.N {
			OnceDo(&o, func() {})
		}
	})
}

func BenchmarkGroup(b *testing.B) {
	for _, bb := range []struct {
		name string
		run  func(*sync.WaitGroup, func())
	}{{"library", (*sync.WaitGroup).Go}, {"GoGroup", GoGroup}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			var g sync.WaitGroup
			for range b.N {
				bb.run(&g, func() {})
			}
			g.Wait()
		})
	}
}

// A gathering is a Cond with its lock, each of which may move or stay.
type gathering struct {
	mu    sync.Mutex
	c     sync.Cond
	m     *sync.Mutex // &mu, or one that stays
	cond  *sync.Cond  // &c, or one that stays
	total *struct{ registered, signalled, woken int }
}

// TestCondMoves: consumers wait once for each token, without looking at a condition: a
// signal that is lost leaves one waiting for ever, one that is doubled wakes too many. Seen
// to fail when no tickets are reserved; when those that have not been claimed are not
// reserved again; when who has been signalled does not count as waiting for the lock, or a
// lock that stays need not be settled; when L of a Cond that stays is not set.
func TestCondMoves(t *testing.T) {
	for _, tt := range []struct {
		name              string
		condStays, muStay bool
	}{{"both move", false, false}, {"the lock moves", true, false}, {"the Cond moves", false, true}} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMover[gathering](t)
			g := m.cur.Load()
			g.total = new(struct{ registered, signalled, woken int })
			link := func(g *gathering) {
				if !tt.muStay {
					g.m = &g.mu
				}
				if !tt.condStays {
					g.cond = &g.c
				}
			}
			g.m, g.cond = new(sync.Mutex), new(sync.Cond)
			link(g)
			g.cond.L = g.m
			m.parts = func(old, new *gathering) (objs []SyncObject) {
				link(new)
				if !tt.muStay {
					objs = append(objs, SyncObject{reflect.TypeFor[sync.Mutex](), unsafe.Pointer(&old.mu), unsafe.Pointer(&new.mu)})
				}
				if !tt.condStays {
					new.c.L = new.m
					objs = append(objs, SyncObject{reflect.TypeFor[sync.Cond](), unsafe.Pointer(&old.c), unsafe.Pointer(&new.c)})
				}
				return objs
			}
			// A Cond that somebody waits on need not be reached by the transfer.
			m.patch = func(new *gathering) {
				if n := &(*condWords)(unsafe.Pointer(new.cond)).notify; n.wait == n.notify {
					new.cond.L = new.m
				}
			}
			lock := func(o *gathering, rng *rand.Rand) *gathering {
				if !o.m.TryLock() {
					r := ParkMutex(o.m)
					delay(rng)
					o.m.Lock()
					delay(rng)
					r.UnparkOn()
				}
				return m.poll(o)
			}
			const consumers, tokens = 6, 150
			signalled := 0
			m.run(consumers+1, func(i int) {
				rng := rand.New(rand.NewSource(int64(i)))
				for n := 0; ; n++ {
					o := lock(m.poll(m.cur.Load()), rng)
					all := o.total
					switch {
					case i < consumers:
						all.registered++
						r := ParkCond(o.cond)
						delay(rng)
						o.cond.Wait()
						delay(rng)
						r.UnparkOn()
						o = m.poll(o)
						all.woken++
						if all.woken > all.signalled {
							panic("woken without a signal")
						}
					case all.registered == all.signalled:
					case rng.Intn(3) == 0:
						signalled += all.registered - all.signalled
						all.signalled = all.registered
						o.cond.Broadcast()
					default:
						for range 1 + rng.Intn(all.registered-all.signalled) {
							signalled++
							all.signalled++
							o.cond.Signal()
							if rng.Intn(3) == 0 {
								rest(rng)
								o = m.poll(o)
							}
						}
					}
					woken := all.woken
					o.m.Unlock()
					if i < consumers && n == tokens-1 || woken == consumers*tokens {
						return
					}
					if i == consumers || rng.Intn(4) == 0 {
						rest(rng)
						m.poll(nil)
					}
				}
			}, nil)
			if all := m.cur.Load().total; all.woken != consumers*tokens || signalled != all.woken {
				t.Errorf("%d woken, %d signalled", all.woken, signalled)
			}
		})
	}
}

// BenchmarkMark compares the mark that names an object with the one that does not, and
// with a lock that is free, which pays for neither.
func BenchmarkMark(b *testing.B) {
	var m sync.Mutex
	b.Run("park", func(b *testing.B) {
		for b.Loop() {
			Park().Unpark()
		}
	})
	b.Run("mutex", func(b *testing.B) {
		for b.Loop() {
			ParkMutex(&m).UnparkOn()
		}
	})
	b.Run("free", func(b *testing.B) {
		for b.Loop() {
			if !m.TryLock() {
				r := ParkMutex(&m)
				m.Lock()
				r.UnparkOn()
			}
			m.Unlock()
		}
	})
}

// TestParkAllocatesNothing: naming an object takes nothing to the heap that its
// operation would not take there.
func TestParkAllocatesNothing(t *testing.T) {
	Cur()
	of := func(f func()) float64 { return testing.AllocsPerRun(100, f) }
	plain := of(func() { var m sync.Mutex; m.Lock(); m.Unlock() })
	named := of(func() {
		var m sync.Mutex
		if !m.TryLock() {
			r := ParkMutex(&m)
			m.Lock()
			r.UnparkOn()
		}
		m.Unlock()
	})
	if named > plain {
		t.Errorf("a mutex: %v allocations, %v without a mark", named, plain)
	}
	plain = of(func() { var g sync.WaitGroup; g.Wait() })
	named = of(func() { var g sync.WaitGroup; r := ParkGroup(&g); g.Wait(); r.UnparkOn() })
	if named > plain {
		t.Errorf("a WaitGroup: %v allocations, %v without a mark", named, plain)
	}
}
