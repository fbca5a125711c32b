package state

import (
	"reflect"
	goruntime "runtime"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

func TestSyncObjectsThatMove(t *testing.T) {
	g := &v1.Guard{E: &v1.Entry{ID: 1}}
	g.Cond = sync.NewCond(&g.Mu)
	g.Own.L = &g.RW
	g.Own.Broadcast() // it notes its own address
	g.Mu.Lock()
	g.RW.RLock()
	g.WG.Add(2)
	g.Build.WriteString("built ")
	g.Pool.New = func() any { return "fresh" }
	g.Once.Do(func() {})
	g.Sync.Store(g.E, g.E)
	n := *carry[*v2.Guard](t, newPlan(t, Options{}).Begin(), &g)
	eq(t, "locked", n.Mu.TryLock(), false)
	n.Mu.Unlock()
	eq(t, "cond's locker", n.Cond.L, sync.Locker(&n.Mu))
	n.Cond.Signal()
	eq(t, "read-locked", n.RW.TryLock(), false)
	n.RW.RUnlock()
	eq(t, "unlocked", n.RW.TryLock(), true)
	eq(t, "own locker", n.Own.L, sync.Locker(&n.RW))
	n.Own.Broadcast()
	n.WG.Add(-2)
	n.WG.Wait()
	n.Build.WriteString("on")
	eq(t, "builder", n.Build.String(), "built on")
	eq(t, "pool", n.Pool.Get(), any("fresh"))
	n.Once.Do(func() { t.Error("once is done") })
	v, _ := n.Sync.Load(n.E)
	eq(t, "sync.Map", v, any(n.E))
}

// sleeps waits until the mutex counts n waiters.
func sleeps(m *sync.Mutex, n uint32) {
	for *(*uint32)(unsafe.Pointer(m))>>3 != n {
		goruntime.Gosched()
	}
}

// waiting is a goroutine that waits for g.Mu with a record, and then has it.
func waiting(g *v1.Guard) (has chan bool) {
	if runtime.Current() == nil {
		runtime.First(runtime.NewRelease("test", new(atomic.Uint32)))
	}
	has = make(chan bool)
	go func() {
		defer runtime.Enter().Leave()
		r := runtime.ParkMutex(&g.Mu)
		g.Mu.Lock()
		r.UnparkOn()
		has <- true
	}()
	sleeps(&g.Mu, 1)
	return has
}

func TestWaitersFollow(t *testing.T) {
	g := &v1.Guard{}
	g.Mu.Lock()
	has := waiting(g)
	n := *carry[*v2.Guard](t, newPlan(t, Options{}).Begin(), &g)
	sleeps(&n.Mu, 1)
	g.Mu.Lock() // it has been drained
	n.Mu.Unlock()
	<-has
	eq(t, "locked by the waiter", n.Mu.TryLock(), false)
}

func TestWaitersStayWhenDiscarded(t *testing.T) {
	g := &v1.Guard{}
	g.Mu.Lock()
	has := waiting(g)
	x := newPlan(t, Options{}).Begin()
	var n *v2.Guard
	check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(&g), reflect.TypeOf(g)))
	check(t, x.Run())
	x.Discard()
	eq(t, "waiters", *(*uint32)(unsafe.Pointer(&g.Mu))>>3, 1)
	g.Mu.Unlock()
	<-has
	eq(t, "locked by the waiter", g.Mu.TryLock(), false)
}

// refused carries g and wants an error.
func refused(t *testing.T, g *v1.Guard, want string) {
	t.Helper()
	x := newPlan(t, Options{}).Begin()
	var n *v2.Guard
	check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(&g), reflect.TypeOf(g)))
	wantError(t, x.Run(), want)
	x.Discard()
}

// TestWaitersWithoutRecordAreRefused: nobody could tell them where to go on.
func TestWaitersWithoutRecordAreRefused(t *testing.T) {
	word := func(p unsafe.Pointer, off uintptr) *uint32 { return (*uint32)(unsafe.Add(p, off)) }
	for name, tt := range map[string]struct {
		hold, wait, let func(*v1.Guard)
		asleep          func(*v1.Guard) bool
	}{
		"Mu": {func(g *v1.Guard) { g.Mu.Lock() }, func(g *v1.Guard) { g.Mu.Lock() }, func(g *v1.Guard) { g.Mu.Unlock() },
			func(g *v1.Guard) bool { return atomic.LoadUint32(word(unsafe.Pointer(&g.Mu), 0))>>3 != 0 }},
		"RW": {func(g *v1.Guard) { g.RW.Lock() }, func(g *v1.Guard) { g.RW.RLock() }, func(g *v1.Guard) { g.RW.Unlock() },
			func(g *v1.Guard) bool { return int32(atomic.LoadUint32(word(unsafe.Pointer(&g.RW), 16))) == 1-1<<30 }},
		"WG": {func(g *v1.Guard) { g.WG.Add(1) }, func(g *v1.Guard) { g.WG.Wait() }, func(g *v1.Guard) { g.WG.Done() },
			func(g *v1.Guard) bool { return atomic.LoadUint32(word(unsafe.Pointer(&g.WG), 0)) != 0 }},
		"Own": {func(g *v1.Guard) { g.Own.L = &g.Mu }, func(g *v1.Guard) { g.Mu.Lock(); g.Own.Wait(); g.Mu.Unlock() }, func(g *v1.Guard) { g.Own.Signal() },
			func(g *v1.Guard) bool {
				g.Mu.Lock()
				defer g.Mu.Unlock()
				return *word(unsafe.Pointer(&g.Own), 16) != 0
			}},
	} {
		t.Run(name, func(t *testing.T) {
			g, done := &v1.Guard{}, make(chan bool)
			tt.hold(g)
			go func() { tt.wait(g); close(done) }()
			for !tt.asleep(g) {
				goruntime.Gosched()
			}
			refused(t, g, name+": goroutines wait on it")
			tt.let(g)
			<-done
		})
	}
}

func TestOnceInProgressIsRefused(t *testing.T) {
	g, in, out := &v1.Guard{}, make(chan bool), make(chan bool)
	go func() { g.Once.Do(func() { in <- true; <-out }); close(in) }()
	<-in
	refused(t, g, "Once: its function is running")
	close(out)
	<-in
}

func TestWaitGroupGoIsRefused(t *testing.T) {
	g, out := &v1.Guard{}, make(chan bool)
	g.WG.Go(func() { <-out })
	refused(t, g, "WG: goroutines that WaitGroup.Go has started")
	close(out)
	g.WG.Wait()
}

type (
	withMutex    struct{ A, B sync.Mutex }
	withoutMutex struct{ A sync.Mutex }
)

// TestStrandedWaiterIsRefused: the field that somebody waits on is gone.
func TestStrandedWaiterIsRefused(t *testing.T) {
	w := new(withMutex)
	w.B.Lock()
	has := make(chan bool)
	go func() {
		defer runtime.Enter().Leave()
		r := runtime.ParkMutex(&w.B)
		w.B.Lock()
		r.UnparkOn()
		has <- true
	}()
	sleeps(&w.B, 1)
	x := newPlan(t, Options{}, pairOf[withMutex, withoutMutex]()).Begin()
	var n *withoutMutex
	check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(&w), reflect.TypeOf(w)))
	wantError(t, x.Run(), "withMutex: goroutines wait on a sync object in it that the new type has not")
	x.Discard()
	w.B.Unlock()
	<-has
}

func TestOffsetsOfSyncAreKnown(t *testing.T) {
	for _, o := range append([]uintptr{syncMapRoot, syncMapSeed}, poolCaches...) {
		if o == unknown {
			t.Error("a field of package sync has another name in this Go version")
		}
	}
}
