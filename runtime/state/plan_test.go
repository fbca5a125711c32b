package state

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

func problemsOf(pairs ...Pair) string {
	_, problems := NewPlan(pairs, Options{})
	var b strings.Builder
	for _, p := range problems {
		fmt.Fprintln(&b, p.Error())
	}
	return b.String()
}

type (
	unsafe1  struct{ P unsafe.Pointer }
	unsafe2  struct{ P, Q unsafe.Pointer }
	retyped1 struct{ D int }
	retyped2 struct{ D string }
	unpaired struct{ E v1.Entry }
	outer1   struct{ U *unpaired }
	outer2   struct {
		U *unpaired
		X int
	}
	ifaceOld  interface{ Get() *v1.Entry }
	holdsFace struct{ I ifaceOld }
)

type getter struct{}

func (getter) Get() *v1.Entry { return nil }

func TestProblemsByName(t *testing.T) {
	entry := pairOf[v1.Entry, v2.Entry]("Extra", "When")
	for name, c := range map[string]struct {
		pairs []Pair
		want  string
	}{
		"new field":          {[]Pair{pairOf[v1.Entry, v2.Entry]("Extra")}, "v2.Entry.When: is new"},
		"other type":         {[]Pair{pairOf[retyped1, retyped2]()}, "retyped2.D: was int, is string"},
		"unsafe pointer":     {[]Pair{pairOf[unsafe1, unsafe2]("Q")}, "unsafe2.P: unsafe.Pointer"},
		"same type":          {[]Pair{pairOf[v1.Entry, v1.Entry]()}, "paired with itself"},
		"two successors":     {[]Pair{entry, pairOf[v1.Entry, v2.Node]()}, "two successors"},
		"other kind":         {[]Pair{pairOf[v1.ID, v2.ID]()}, "was a int, is a string"},
		"without a name":     {[]Pair{pairOf[[]v1.Entry, []v2.Entry]()}, "without a name"},
		"a part has no pair": {[]Pair{pairOf[v1.Table, v2.Table]()}, "v2.Table.Rows: was []v1.Entry, is []v2.Entry"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := problemsOf(c.pairs...); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestTypeWithoutPairIsRefusedWhenMet(t *testing.T) {
	for _, v := range []any{&unpaired{}, &holdsFace{getter{}}} {
		x := newPlan(t, Options{}).Begin()
		var n any
		check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(&v), anyType))
		wantError(t, x.Run(), "has no pair")
	}
}

func TestCounterpart(t *testing.T) {
	p := newPlan(t, Options{})
	type e = v1.Entry
	type n = v2.Entry
	for _, c := range [][2]reflect.Type{
		{reflect.TypeFor[*e](), reflect.TypeFor[*n]()},
		{reflect.TypeFor[[]**e](), reflect.TypeFor[[]**n]()},
		{reflect.TypeFor[[5]e](), reflect.TypeFor[[5]n]()},
		{reflect.TypeFor[map[string][]e](), reflect.TypeFor[map[string][]n]()},
		{reflect.TypeFor[map[*e]int](), reflect.TypeFor[map[*n]int]()},
		{reflect.TypeFor[<-chan e](), reflect.TypeFor[<-chan n]()},
		{reflect.TypeFor[func(int, ...*e) (e, error)](), reflect.TypeFor[func(int, ...*n) (n, error)]()},
		{reflect.TypeFor[struct {
			A int `k:"v"`
			e *e
		}](), reflect.TypeFor[struct {
			A int `k:"v"`
			e *n
		}]()},
		{reflect.TypeFor[any](), anyType},
		{reflect.TypeFor[map[string]int](), reflect.TypeFor[map[string]int]()},
		{reflect.TypeFor[*n](), reflect.TypeFor[*n]()},
	} {
		if got := p.Counterpart(c[0]); got != c[1] {
			t.Errorf("%v: got %v, want %v", c[0], got, c[1])
		}
	}
}

func TestConvertFunctions(t *testing.T) {
	p := newPlan(t, Options{},
		Pair{Old: reflect.TypeFor[v1.ID](), New: reflect.TypeFor[v2.ID](), Convert: func(old, new unsafe.Pointer) {
			*(*v2.ID)(new) = v2.ID(fmt.Sprint("#", *(*v1.ID)(old)))
		}},
		Pair{Old: reflect.TypeFor[v1.Job](), New: reflect.TypeFor[v2.Job](), Convert: func(old, new unsafe.Pointer) {
			o, n := (*v1.Job)(old), (*v2.Job)(new)
			if n.ID == "" || n.Owner != nil && n.Owner.ID != o.Owner.ID {
				panic("called before the fields were filled")
			}
			n.Millis = o.Secs * 1000
		}})
	e := &v1.Entry{ID: 3}
	f := struct {
		J  *v1.Job
		M  map[v1.ID]v1.Job
		ID *v1.ID
		A  any
	}{M: map[v1.ID]v1.Job{1: {ID: 1, Secs: 2, Owner: e}}, J: &v1.Job{ID: 5, Secs: 3, Owner: e}, A: v1.ID(8)}
	f.ID = &f.J.ID
	n := carry[struct {
		J  *v2.Job
		M  map[v2.ID]v2.Job
		ID *v2.ID
		A  any
	}](t, p.Begin(), &f)
	eq(t, "millis", n.J.Millis, 3000)
	eq(t, "in a map", n.M["#1"].Millis, 2000)
	eq(t, "owner", n.M["#1"].Owner, n.J.Owner)
	eq(t, "inside", n.ID, &n.J.ID)
	eq(t, "ID", n.J.ID, "#5")
	eq(t, "boxed", n.A, any(v2.ID("#8")))
}

func TestConvertErrorsAndLostKeys(t *testing.T) {
	refuse, valid := false, errors.New("not valid")
	p := newPlan(t, Options{}, Pair{Old: reflect.TypeFor[v1.ID](), New: reflect.TypeFor[v2.ID](), Convert: func(old, new unsafe.Pointer) {
		if refuse {
			panic("not this one")
		}
		*(*v2.ID)(new) = "same"
	}, Validate: func(old, new unsafe.Pointer) error {
		if *(*v2.ID)(new) != "same" {
			return errors.New("asked too early")
		}
		if *(*v1.ID)(old) == 3 {
			return valid
		}
		return nil
	}})
	run := func(want string) {
		t.Helper()
		m, nm := map[v1.ID]int{1: 1, 2: 2}, map[v2.ID]int(nil)
		x := p.Begin()
		check(t, x.Value(unsafe.Pointer(&nm), unsafe.Pointer(&m), reflect.TypeOf(m)))
		wantError(t, x.Run(), want)
		x.Discard()
		eq(t, "old map", m[1]+m[2], 3)
	}
	run("became equal")
	refuse = true
	run("the transformer of v2.ID panicked: not this one")
	refuse = false
	id, nid := v1.ID(3), v2.ID("")
	m, nm := map[v1.ID]int{3: 1}, map[v2.ID]int(nil)
	for _, note := range []func(*Transfer){
		func(x *Transfer) {
			check(t, x.Value(unsafe.Pointer(&nid), unsafe.Pointer(&id), reflect.TypeOf(id)))
		},
		func(x *Transfer) {
			check(t, x.Value(unsafe.Pointer(&nm), unsafe.Pointer(&m), reflect.TypeOf(m)))
		},
	} {
		x := p.Begin()
		note(x)
		if err := x.Run(); !errors.Is(err, valid) || strings.Contains(err.Error(), "too early") {
			t.Errorf("validation: %v", err)
		}
		x.Discard()
	}
}

func TestZeroSizeThatGrows(t *testing.T) {
	p := newPlan(t, Options{}, pairOf[v1.Nothing, v2.Nothing]("X"))
	f := struct {
		N v1.Nothing
		A int
	}{A: 4}
	n := carry[struct {
		N v2.Nothing
		A int
	}](t, p.Begin(), &f)
	eq(t, "by value", n.A, 4)
	ptr := &v1.Nothing{}
	var np *v2.Nothing
	x := p.Begin()
	check(t, x.Value(unsafe.Pointer(&np), unsafe.Pointer(&ptr), reflect.TypeOf(ptr)))
	wantError(t, x.Run(), "tell nothing apart")
}

func TestUnsafePointers(t *testing.T) {
	e := &v1.Entry{ID: 1}
	u := &unsafe1{unsafe.Pointer(e)}
	f := struct {
		U *unsafe1
		E *v1.Entry
	}{u, e}
	type after = struct {
		U *unsafe1
		E *v2.Entry
	}
	var n after
	x := newPlan(t, Options{}).Begin()
	check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(&f), reflect.TypeOf(f)))
	wantError(t, x.Run(), "unsafe1.P: unsafe.Pointer to a v1.Entry")
}

func TestBodyOnlyUpdateWalksNothing(t *testing.T) {
	p, problems := NewPlan(nil, Options{})
	if problems != nil {
		t.Fatal(problems)
	}
	h := &v1.Holder{Any: &v1.Entry{}}
	x := p.Begin()
	check(t, x.InPlace(unsafe.Pointer(h), reflect.TypeFor[v1.Holder]()))
	check(t, x.Run())
	eq(t, "stats", x.Stats(), Stats{})
}

func TestPruning(t *testing.T) {
	type free struct {
		N    int
		S    string
		P    *free
		M    map[string][]free
		F    []float32
		Ints []int64
	}
	p := newPlan(t, Options{})
	if p.nodeOf(reflect.TypeFor[free]()).walk {
		t.Error("a type that reaches nothing changed is walked")
	}
	type points struct{ P *int64 } // may point at Entry.ID
	if !p.nodeOf(reflect.TypeFor[points]()).walk {
		t.Error("a type that may point into a changed struct is not walked")
	}
}

func TestUnnamedChangedTypeMetLateInDiscovery(t *testing.T) {
	// *[7]uint16 may only lead into a moved object once the unnamed struct below has
	// been seen, behind an interface.
	type hidden = struct {
		E v1.Entry
		W [7]uint16
	}
	h := &hidden{}
	f := struct {
		P *[7]uint16
		A any
	}{&h.W, h}
	f.P[3] = 4
	n := carry[struct {
		P *[7]uint16
		A any
	}](t, newPlan(t, Options{}).Begin(), &f)
	eq(t, "inside", n.P, &n.A.(*struct {
		E v2.Entry
		W [7]uint16
	}).W)
	eq(t, "value", n.P[3], 4)
}

// TestFuncValues: those whose type changes are asked about, and what they have captured
// is nobody's business here.
func TestFuncValues(t *testing.T) {
	e := &v1.Entry{ID: 6}
	f := struct {
		F func() int64
		G func(*v1.Entry) int64
	}{func() int64 { return e.ID }, func(o *v1.Entry) int64 { return o.ID + e.ID }}
	type after = struct {
		F func() int64
		G func(*v2.Entry) int64
	}
	g := **(**uintptr)(unsafe.Pointer(&f.G))
	why := ""
	p := newPlan(t, Options{Code: func(pc uintptr) string {
		if pc != g {
			return "asked about a function whose type stays"
		}
		return why
	}})
	n := carry[after](t, p.Begin(), &f)
	eq(t, "the same closure", *(*unsafe.Pointer)(unsafe.Pointer(&n.G)), *(*unsafe.Pointer)(unsafe.Pointer(&f.G)))
	eq(t, "what it has captured", n.F(), 6)
	why = "nobody converts"
	x := p.Begin()
	check(t, x.Value(unsafe.Pointer(n), unsafe.Pointer(&f), reflect.TypeOf(f)))
	wantError(t, x.Run(), ".G: nobody converts")
}

// TestWayFromRoot: what cannot be carried over is named by a way that leads there from
// its root, through pointers, slices, interfaces, maps and arrays in structs.
func TestWayFromRoot(t *testing.T) {
	e := &v1.Entry{ID: 1, Next: &v1.Entry{}}
	e.Next.SetAny(&unsafe1{unsafe.Pointer(e)})
	tab := &v1.Table{}
	tab.Fixed[1].SetAny(e)
	const bad = ".Next.any.(*state.unsafe1)"
	for _, c := range []struct {
		root any
		way  string
	}{
		{e, "root.(*v1.Entry)" + bad},
		{&v1.Entry{Next: &v1.Entry{Next: e}}, "root.(*v1.Entry).Next.Next" + bad},
		{tab, "root.(*v1.Table).Fixed[1].any.(*v1.Entry)" + bad},
		{&v1.Table{Rows: []v1.Entry{{}, {Next: e}}}, "root.(*v1.Table).Rows[1].Next" + bad},
		{map[string]any{"x": e}, "root.(map[string]interface {})[…].(*v1.Entry)" + bad},
	} {
		x := newPlan(t, Options{}).Begin()
		x.From(Origin{Name: "root"})
		v, n := c.root, any(nil)
		check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(&v), anyType))
		if err := x.Run(); err == nil || !strings.HasSuffix(err.Error(), "; found at "+c.way) {
			t.Errorf("got %v\nwant … found at %s", err, c.way)
		}
	}
}
