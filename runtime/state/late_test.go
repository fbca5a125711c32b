package state

import (
	"reflect"
	"runtime"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

func TestLateValuesAreForwardedAndNotDescendedInto(t *testing.T) {
	shared := &v1.Entry{ID: 1, Name: "shared"}
	h := &v1.Holder{First: shared}
	private := &v1.Entry{ID: 2, Next: shared}
	frame1 := struct {
		P *v1.Entry
		H *v1.Holder
	}{private, h}
	frame2 := frame1
	x := newPlan(t, Options{}).Begin()
	nh := carryIn[v2.Holder](t, x, h)
	// The new release works on.
	nh.First.Name = "changed by new code"
	fresh := &v2.Entry{ID: 99}
	nh.First.Next = fresh
	nh.All = []*v2.Entry{fresh}
	type frame = struct {
		P *v2.Entry
		H *v2.Holder
	}
	n1 := carry[frame](t, x, &frame1)
	eq(t, "shared", n1.P.Next, nh.First)
	eq(t, "holder", n1.H, nh)
	eq(t, "not converted again", nh.First.Name, "changed by new code")
	eq(t, "not descended into", nh.All[0], fresh)
	n1.P.Name = "changed after the first return"
	n2 := carry[frame](t, x, &frame2)
	eq(t, "second frame", n2.P, n1.P)
	eq(t, "kept", n2.P.Name, "changed after the first return")
}

func TestLatePatchesOfPrivateObjects(t *testing.T) {
	shared := &v1.Entry{ID: 1}
	root := shared
	x := newPlan(t, Options{}).Begin()
	ne := *carry[*v2.Entry](t, x, &root)
	h := &v1.Holder{First: shared, Any: shared, ByID: map[int64]*v1.Entry{1: shared}}
	check(t, x.InPlace(unsafe.Pointer(h), reflect.TypeFor[v1.Holder]()))
	check(t, x.Run())
	eq(t, "before Apply", h.First, shared)
	x.Apply()
	n := (*v2.Holder)(unsafe.Pointer(h))
	eq(t, "pointer", n.First, ne)
	eq(t, "any", n.Any, any(ne))
	eq(t, "map", n.ByID[1], ne)
}

func TestLateEnclosingObjectIsRefused(t *testing.T) {
	tab := &v1.Table{}
	p := &tab.Fixed[1]
	x := newPlan(t, Options{}).Begin()
	carry[*v2.Entry](t, x, &p)
	var n *v2.Table
	check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(&tab), reflect.TypeOf(tab)))
	wantError(t, x.Run(), "first seen now, after a part of it")
}

func TestLateSlicesOfStaticArrays(t *testing.T) {
	short := staticArray[2:3:3]
	x := newPlan(t, Options{}).Begin()
	n := carry[[]v2.Entry](t, x, &short)
	again := staticArray[2:3:3]
	n2 := carry[[]v2.Entry](t, x, &again)
	eq(t, "same", &(*n2)[0], &(*n)[0])
	long := staticArray[:]
	var nl []v2.Entry
	check(t, x.Value(unsafe.Pointer(&nl), unsafe.Pointer(&long), reflect.TypeOf(long)))
	wantError(t, x.Run(), "longer than what was carried over")
}

var staticArray [5]v1.Entry

func TestWeakenAndSweep(t *testing.T) {
	kept := &v1.Entry{ID: 1}
	x := newPlan(t, Options{}).Begin()
	var nk *v2.Entry
	func() {
		list := kept
		for i := range 1000 {
			list = &v1.Entry{ID: int64(i + 2), Next: list}
		}
		head := list
		nh := *carry[*v2.Entry](t, x, &head)
		for nk = nh; nk.Next != nil; nk = nk.Next {
		}
	}()
	eq(t, "the end", nk.ID, 1)
	for x.Weaken(100) {
	}
	runtime.GC()
	runtime.GC()
	if left := x.Sweep(); left < 1 || left > 100 {
		t.Errorf("%d entries left after the old objects have gone", left)
	}
	nk.Name = "new"
	again := kept
	eq(t, "the living one is forwarded", *carry[*v2.Entry](t, x, &again), nk)
	// New old-typed objects may get the addresses of dead ones.
	for i := range 2000 {
		e := &v1.Entry{ID: int64(i), Next: kept}
		n := *carry[*v2.Entry](t, x, &e)
		if n.ID != int64(i) || n.Next != nk {
			t.Fatalf("object %d was taken for another one", i)
		}
		for x.Weaken(1 << 20) {
		}
		if i%500 == 0 {
			runtime.GC()
		}
	}
	runtime.KeepAlive(kept)
}
