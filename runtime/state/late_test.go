package state

import (
	"errors"
	"fmt"
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

// TestLateConvertPanics: the object is not half made, whoever brings it again is
// told, and all else goes on as if nothing had been.
func TestLateConvertPanics(t *testing.T) {
	boom := errors.New("boom")
	p := newPlan(t, Options{}, Pair{Old: reflect.TypeFor[v1.Job](), New: reflect.TypeFor[v2.Job](), Convert: func(old, new unsafe.Pointer) {
		o, n := (*v1.Job)(old), (*v2.Job)(new)
		n.Millis = o.Secs * 1000
		if o.Secs == 13 {
			panic(boom)
		}
	}}, Pair{Old: reflect.TypeFor[v1.ID](), New: reflect.TypeFor[v2.ID](), Convert: func(old, new unsafe.Pointer) {
		*(*v2.ID)(new) = v2.ID(fmt.Sprint("#", *(*v1.ID)(old)))
	}})
	x := p.Begin()
	at := &v1.Job{ID: 1, Secs: 1}
	nat := *carry[*v2.Job](t, x, &at)
	frame := struct{ Bad, Good, Known *v1.Job }{&v1.Job{ID: 5, Secs: 13}, &v1.Job{ID: 6, Secs: 2}, at}
	type after = struct{ Bad, Good, Known *v2.Job }
	bring := func(want string) after {
		t.Helper()
		var n after
		check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(&frame), reflect.TypeOf(frame)))
		err := x.RunLate()
		wantError(t, err, want)
		if !errors.Is(err, boom) {
			t.Errorf("what it panicked with is not there: %v", err)
		}
		return n
	}
	n := bring("the transformer of v2.Job panicked: boom")
	eq(t, "by name, and no more", *n.Bad, v2.Job{ID: "#5"})
	eq(t, "the other one", *n.Good, v2.Job{ID: "#6", Millis: 2000})
	eq(t, "known", n.Known, nat)
	eq(t, "again", bring("panicked: boom"), n)
	next := struct{ Bad, Good, Known *v1.Job }{nil, frame.Good, at}
	eq(t, "who does not bring it", *carry[after](t, x, &next), after{nil, n.Good, nat})
}

// TestLateValuesThatCannotBe: what cannot be carried over is zero, the rest comes
// along, and the table is what it was.
func TestLateValuesThatCannotBe(t *testing.T) {
	tab := &v1.Table{}
	part := &tab.Fixed[1]
	e := &v1.Entry{ID: 7}
	x := newPlan(t, Options{}).Begin()
	npart := *carry[*v2.Entry](t, x, &part)
	frame := struct {
		Tab  *v1.Table
		E    *v1.Entry
		Part *v1.Entry
	}{tab, e, part}
	type after = struct {
		Tab  *v2.Table
		E    *v2.Entry
		Part *v2.Entry
	}
	var n after
	bring := func() error {
		n = after{}
		for _, f := range []struct {
			dst, src unsafe.Pointer
			typ      reflect.Type
		}{
			{unsafe.Pointer(&n.E), unsafe.Pointer(&frame.E), reflect.TypeOf(e)},
			{unsafe.Pointer(&n.Tab), unsafe.Pointer(&frame.Tab), reflect.TypeOf(tab)},
			{unsafe.Pointer(&n.Part), unsafe.Pointer(&frame.Part), reflect.TypeOf(part)},
		} {
			check(t, x.Value(f.dst, f.src, f.typ))
		}
		return x.RunLate()
	}
	wantError(t, bring(), "first seen now, after a part of it")
	ne := n.E
	eq(t, "the table", n.Tab, nil)
	eq(t, "the entry", ne.ID, 7)
	eq(t, "the part", n.Part, npart)
	wantError(t, bring(), "first seen now, after a part of it")
	eq(t, "again", n, after{nil, ne, npart})
	// The same, of a frame that stays where it is.
	wantError(t, func() error {
		check(t, x.InPlace(unsafe.Pointer(&frame), reflect.TypeOf(frame)))
		return x.RunLate()
	}(), "first seen now, after a part of it")
	eq(t, "in place", *(*after)(unsafe.Pointer(&frame)), after{nil, ne, npart})
	again := e
	eq(t, "later", *carry[*v2.Entry](t, x, &again), ne)
}

// TestTableShrinks: when old objects are gone, what the table took for them is given back,
// and what is left of it still tells who is who.
func TestTableShrinks(t *testing.T) {
	kept, many := &v1.Entry{ID: 1}, []*v1.Entry(nil)
	for i := range 50_000 {
		many = append(many, &v1.Entry{ID: int64(i + 2), Next: kept})
	}
	table := &v1.Table{Rows: make([]v1.Entry, 7), Last: kept}
	type oldAll struct {
		Many  []*v1.Entry
		Table *v1.Table
		Row   *v1.Entry
	}
	all := &oldAll{many, table, &table.Rows[3]}
	type newAll struct {
		Many  []*v2.Entry
		Table *v2.Table
		Row   *v2.Entry
	}
	x := newPlan(t, Options{}, pairOf[oldAll, newAll]()).Begin()
	n := *carry[*newAll](t, x, &all)
	nk, nt := n.Table.Last, n.Table
	row := &table.Rows[3]
	many, all, n = nil, nil, nil
	for range 3 {
		for x.Weaken(1 << 20) {
		}
		runtime.GC()
		x.Sweep()
	}
	if x.exts > 100 || len(x.weak) > 100 || len(x.chunks) > 1 {
		t.Errorf("%d entries, %d weak ones, %d chunks are left", x.exts, len(x.weak), len(x.chunks))
	}
	eq(t, "entry", *carry[*v2.Entry](t, x, &kept), nk)
	eq(t, "table", *carry[*v2.Table](t, x, &table), nt)
	eq(t, "row", *carry[*v2.Entry](t, x, &row), &nt.Rows[3])
}

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

// TestKeptIsNew: what has become of kept values is known to be new, also to who asks when
// the table has forgotten the old ones.
func TestKeptIsNew(t *testing.T) {
	for _, asked := range []bool{true, false} {
		p := newPlan(t, Options{})
		p.Keep(reflect.TypeFor[*v1.Entry]())
		x := p.Begin()
		table := &v1.Table{Rows: make([]v1.Entry, 3)}
		f := struct {
			E *v1.Entry
			R *v1.Entry
			T *v1.Table
		}{&v1.Entry{ID: 1}, &table.Rows[1], table}
		n := carry[struct {
			E *v2.Entry
			R *v2.Entry
			T *v2.Table
		}](t, x, &f)
		isNew := func() {
			t.Helper()
			eq(t, "new", x.New(unsafe.Pointer(n.E)), true)
			eq(t, "a row", x.New(unsafe.Pointer(n.R)), true)
			eq(t, "an old one", x.New(unsafe.Pointer(&v1.Entry{})), false)
		}
		if asked {
			isNew()
		}
		for x.Weaken(1 << 20) {
		}
		if asked {
			isNew()
		}
		f.E, f.R, f.T, table = nil, nil, nil, nil
		runtime.GC()
		runtime.GC()
		if left := x.Sweep(); left != 0 {
			t.Fatalf("%d entries are left", left)
		}
		isNew()
		runtime.KeepAlive(n)
	}
}

type (
	turned1 struct{ A, B *int }
	turned2 struct{ B, A *int }
)

// TestKeptAddressesAreUsedAgain: an old object, which foreign code goes on making, is not
// taken for a new one that has been where it is.
func TestKeptAddressesAreUsedAgain(t *testing.T) {
	p := newPlan(t, Options{}, pairOf[turned1, turned2]())
	p.Keep(reflect.TypeFor[*turned1]())
	x := p.Begin()
	was, again := map[uintptr]bool{}, 0
	for i := range 3000 {
		e := &turned1{}
		if was[uintptr(unsafe.Pointer(e))] {
			again++
		}
		if x.New(unsafe.Pointer(e)) {
			t.Fatalf("object %d was taken for one that is gone", i)
		}
		ne := *carry[*turned2](t, x, &e)
		eq(t, "its successor", x.New(unsafe.Pointer(ne)), true)
		was[uintptr(unsafe.Pointer(ne))] = true
		letGo(x)
		if i%500 == 499 {
			runtime.GC()
			x.Sweep()
		}
	}
	if again == 0 {
		t.Error("no address was used again")
	}
}

// TestSmallTablesShrink: a table of which next to nothing is left is as small as that. Most
// are, and they stay as long as the process runs.
func TestSmallTablesShrink(t *testing.T) {
	x := newPlan(t, Options{}).Begin()
	back, problems := NewPlan([]Pair{pairOf[v2.Entry, v1.Entry]()}, Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	y := back.Begin()
	a, b := &v1.Entry{ID: 1}, &v1.Entry{ID: 2}
	again := func() *[2]*v1.Entry {
		was := [2]*v1.Entry{a, b}
		to := carry[[2]*v2.Entry](t, x, &was)
		return carry[[2]*v1.Entry](t, y, to)
	}()
	x.Before(y)
	left := func(want int) {
		t.Helper()
		collect(func() bool {
			n := 0
			for _, z := range []*Transfer{x, y} {
				for z.Weaken(100) {
				}
				for z.Loosen(100) {
				}
				n += z.Sweep()
			}
			return n == want && len(x.onward) == len(y.joints) && len(y.weak) == 0
		})
	}
	is := func(what string, places, weak, held, keys int) {
		t.Helper()
		if len(x.weak) != weak || len(x.onward) != held || len(y.joints) != held {
			t.Errorf("%s: %d keys, %d have let go, %d are held", what, len(x.weak), len(x.onward), len(y.joints))
		}
		if x.slots() != places || y.slots() != places || len(x.idx.few) != keys || len(y.idx.few) != 0 {
			t.Errorf("%s: %d and %d places, %d and %d blocks", what, x.slots(), y.slots(), len(x.idx.few), len(y.idx.few))
		}
	}
	left(4)
	is("two wait", 3, 2, 2, 2)
	runtime.KeepAlive(b)
	left(2)
	is("one waits", 2, 1, 1, 1)
	runtime.KeepAlive(a)
	left(0)
	is("nobody waits", 0, 0, 0, 0)
	if x.weak != nil || x.onward != nil || y.joints != nil || y.weak != nil {
		t.Error("there are maps for nothing")
	}
	runtime.KeepAlive(again)
}
