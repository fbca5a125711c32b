package state

import (
	"reflect"
	"runtime"
	"sync"
	"testing"
	"unsafe"

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

func TestWaitersAreRefused(t *testing.T) {
	g := &v1.Guard{}
	g.Mu.Lock()
	done := make(chan bool)
	go func() { g.Mu.Lock(); close(done) }()
	for *(*uint32)(unsafe.Pointer(&g.Mu))>>3 == 0 {
		runtime.Gosched() // until the goroutine is counted
	}
	x := newPlan(t, Options{}).Begin()
	var n *v2.Guard
	check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(&g), reflect.TypeOf(g)))
	wantError(t, x.Run(), "Mu: goroutines wait on it")
	x.Discard()
	g.Mu.Unlock()
	<-done
}

func TestOffsetsOfSyncAreKnown(t *testing.T) {
	for _, o := range append([]uintptr{syncMapRoot, syncMapSeed}, poolCaches...) {
		if o == unknown {
			t.Error("a field of package sync has another name in this Go version")
		}
	}
}
