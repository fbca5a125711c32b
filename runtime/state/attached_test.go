package state

import (
	"reflect"
	goruntime "runtime"
	"strings"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

// collect collects what is unreachable until something holds.
func collect(until func() bool) {
	for !until() {
		goruntime.GC()
		goruntime.Gosched()
	}
}

// TestFinalizersOfWhatStays: an object that has been patched comes back by its
// finalizer, when weak pointers to it are nil, and is not patched again.
func TestFinalizersOfWhatStays(t *testing.T) {
	x := newPlan(t, Options{}).Begin()
	back := make(chan *v1.Holder, 1)
	func() {
		h := &v1.Holder{First: &v1.Entry{ID: 1, Name: "first"}}
		goruntime.SetFinalizer(h, func(h *v1.Holder) { back <- h })
		eq(t, "carried over", carryIn[v2.Holder](t, x, h).First.Name, "first")
	}()
	x.Weaken(100)
	collect(func() bool { return len(back) == 1 })
	x.Sweep()
	x.compact()
	func() {
		h := <-back
		first := h.First
		check(t, x.InPlace(unsafe.Pointer(h), reflect.TypeFor[v1.Holder]()))
		check(t, x.Run())
		x.Apply()
		n := (*v2.Holder)(unsafe.Pointer(h))
		eq(t, "stays", h.First, first)
		eq(t, "name", n.First.Name, "first")
	}()
	for left := 1; left > 0; left = x.Sweep() {
		x.Weaken(100)
		goruntime.GC()
		goruntime.Gosched()
	}
}

// TestEndsOfWhatMoves: an object that a finalizer or a cleanup waits for does not move:
// its old memory would end while the object is used.
func TestEndsOfWhatMoves(t *testing.T) {
	e := &v1.Entry{ID: 1}
	refused := func(what string) {
		t.Helper()
		x := newPlan(t, Options{}).Begin()
		check(t, x.Value(unsafe.Pointer(new(*v2.Entry)), unsafe.Pointer(&e), reflect.TypeFor[*v1.Entry]()))
		if err := x.Run(); err == nil || !strings.Contains(err.Error(), "v1.Entry: has a "+what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	goruntime.SetFinalizer(e, func(*v1.Entry) {})
	refused("finalizer")
	goruntime.SetFinalizer(e, nil)
	c := goruntime.AddCleanup(&e.Name, func(int) {}, 0)
	refused("cleanup")
	c.Stop()
	eq(t, "moves", (*carry[*v2.Entry](t, newPlan(t, Options{}).Begin(), &e)).ID, 1)
}

// TestFinalizedStaysIsNotedOnce: what stays and has a finalizer (a connection of package
// net) is in no table: what is known of it does not grow with the updates that pass it.
func TestFinalizedStaysIsNotedOnce(t *testing.T) {
	const n = 100
	var holders []*v1.Holder
	for range n {
		h := &v1.Holder{}
		goruntime.SetFinalizer(h, func(*v1.Holder) {})
		holders = append(holders, h)
	}
	all := &stayed{}
	for i := range 5 {
		x := newPlan(t, Options{}).Begin()
		x.stays, x.release = all, all.begin()
		carryIn[[]*v2.Holder](t, x, &holders)
		letGo(x)
		returning := 0
		for _, sp := range all.spans {
			returning += len(sp.returning)
		}
		if x.exts > 10 || len(x.weak) > 0 || returning != n {
			t.Errorf("update %d: %d entries, %d weak ones, %d that may return", i, x.exts, len(x.weak), returning)
		}
	}
	goruntime.KeepAlive(holders)
	holders = nil
	collect(func() bool {
		all.sweep(every)
		marks, _ := all.count()
		return marks == 0
	})
}

// TestTablesForgetEnds: a table that stays for good keeps nothing of what hangs on objects
// that are near those it has looked at: with many connections of package net that would be a
// kilobyte and more for each update.
func TestTablesForgetEnds(t *testing.T) {
	var holders []*v1.Holder
	for range 100 {
		h := &v1.Holder{}
		goruntime.SetFinalizer(h, func(*v1.Holder) {})
		holders = append(holders, h)
	}
	all := &stayed{}
	var tables []*Transfer
	heap := func() int {
		for range 3 {
			goruntime.GC()
		}
		var m goruntime.MemStats
		goruntime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	// each is what an update leaves, once the first have left what all need.
	each := func(l []*v1.Holder) int {
		const n = 40 // what other tests leave to be done is little for each then
		before := 0
		for i := range 2 * n {
			if i == n {
				before = heap()
			}
			x := newPlan(t, Options{}).Begin()
			x.stays, x.release = all, all.begin()
			carryIn[[]*v2.Holder](t, x, &l)
			letGo(x)
			x.Prune()
			tables = append(tables, x)
		}
		return (heap() - before) / n
	}
	with, without := each(holders), each([]*v1.Holder{{}})
	t.Logf("%d bytes an update, %d where nothing has a finalizer", with, without)
	if with > without+256 {
		t.Errorf("an update leaves %d bytes, and %d where nothing has a finalizer", with, without)
	}
	goruntime.KeepAlive(holders)
	goruntime.KeepAlive(tables)
}
