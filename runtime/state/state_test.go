package state

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

func pairOf[O, N any](zero ...string) Pair {
	return Pair{Old: reflect.TypeFor[O](), New: reflect.TypeFor[N](), Zero: zero}
}

func basePairs() []Pair {
	return []Pair{
		pairOf[v1.Entry, v2.Entry]("Extra", "When"),
		pairOf[v1.Holder, v2.Holder](),
		pairOf[v1.Table, v2.Table](),
		pairOf[v1.Key, v2.Key]("C"),
		pairOf[v1.Node, v2.Node]("Added"),
		pairOf[v1.Box, v2.Box]("New"),
		pairOf[v1.Word, v2.Word]("N"),
		pairOf[v1.Guard, v2.Guard]("Added"),
		pairOf[v1.Item, v2.Item]("Extra", "When"),
		pairOf[v1.Far, v2.Far](),
		pairOf[v1.Datum, v2.Datum]("Stock"),
		pairOf[v1.Link, v2.Link](),
		pairOf[v1.Leaf, v2.Leaf](),
	}
}

func newPlan(t testing.TB, opts Options, extra ...Pair) *Plan {
	t.Helper()
	p, problems := NewPlan(append(basePairs(), extra...), opts)
	for _, pr := range problems {
		t.Error(pr)
	}
	if len(problems) != 0 {
		t.FailNow()
	}
	return p
}

// carry converts one old value as a frame's field would be, and applies.
func carry[N, O any](t testing.TB, x *Transfer, old *O) *N {
	t.Helper()
	n := new(N)
	if c := x.plan.Counterpart(reflect.TypeFor[O]()); c != reflect.TypeFor[N]() {
		t.Fatalf("counterpart of %v is %v, want %v", reflect.TypeFor[O](), c, reflect.TypeFor[N]())
	}
	check(t, x.Value(unsafe.Pointer(n), unsafe.Pointer(old), reflect.TypeFor[O]()))
	check(t, x.Run())
	x.Apply()
	return n
}

// carryIn converts what an object that stays reaches, and applies. The object is
// then of the new type.
func carryIn[N, O any](t testing.TB, x *Transfer, old *O) *N {
	t.Helper()
	check(t, x.InPlace(unsafe.Pointer(old), reflect.TypeFor[O]()))
	check(t, x.Run())
	x.Apply()
	return (*N)(unsafe.Pointer(old))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func eq[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestFieldsByName(t *testing.T) {
	e := &v1.Entry{ID: 7, Name: "seven", Tags: [4]byte{1, 2, 3, 4}, Inner: v1.Inner{N: 9}}
	e.SetAny("x")
	n := *carry[*v2.Entry](t, newPlan(t, Options{}).Begin(), &e)
	eq(t, "ID", n.ID, 7)
	eq(t, "Name", n.Name, "seven")
	eq(t, "Tags", n.Tags, [4]byte{1, 2, 3, 4})
	eq(t, "Inner", n.Inner.N, 9)
	eq(t, "unexported", n.Any(), any("x"))
	eq(t, "Extra", n.Extra, false)
}

func TestCycleAndNil(t *testing.T) {
	e := &v1.Entry{ID: 1}
	e.Next = &v1.Entry{ID: 2, Next: e}
	f := [2]*v1.Entry{e, nil}
	n := carry[[2]*v2.Entry](t, newPlan(t, Options{}).Begin(), &f)
	eq(t, "nil", n[1], nil)
	eq(t, "cycle", n[0].Next.Next, n[0])
	eq(t, "ID", n[0].Next.ID, 2)
}

func TestHolderStaysAndIsPatched(t *testing.T) {
	e := &v1.Entry{ID: 1, Name: "e"}
	h := &v1.Holder{First: e, All: []*v1.Entry{e, nil, e}, ByID: map[int64]*v1.Entry{1: e}, Any: e, Label: e, PP: &e, Arr: [3]*v1.Entry{e, nil, e}, Chan: make(chan *v1.Entry, 3)}
	h.Peer = h
	h.Chan <- e
	h.Cur.Store(e)
	h.Mu.Lock()
	m := h.ByID
	n := carryIn[v2.Holder](t, newPlan(t, Options{}).Begin(), h)
	ne := n.First
	if unsafe.Pointer(ne) == unsafe.Pointer(&h) || ne.Name != "e" {
		t.Fatal("entry was not converted")
	}
	eq(t, "slice", n.All[2], ne)
	eq(t, "array", n.Arr[2], ne)
	eq(t, "map", n.ByID[1], ne)
	eq(t, "map stays", reflect.ValueOf(m).UnsafePointer(), reflect.ValueOf(n.ByID).UnsafePointer())
	eq(t, "any", n.Any.(*v2.Entry), ne)
	eq(t, "itab", n.Label.Label(), "v2 e")
	eq(t, "pointer to pointer", *n.PP, ne)
	eq(t, "peer", n.Peer, n)
	eq(t, "chan", <-n.Chan, ne)
	eq(t, "atomic", n.Cur.Load(), ne)
	eq(t, "mutex", n.Mu.TryLock(), false)
}

func TestPatchesInvisibleBeforeApplyAndDiscard(t *testing.T) {
	e := &v1.Entry{ID: 1, Name: "e"}
	h := &v1.Holder{First: e, All: []*v1.Entry{e}, ByID: map[int64]*v1.Entry{1: e}, Any: e, Label: e, Chan: make(chan *v1.Entry, 1)}
	h.Chan <- e
	h.Sync.Store(e, e)
	x := newPlan(t, Options{}).Begin()
	check(t, x.InPlace(unsafe.Pointer(h), reflect.TypeFor[v1.Holder]()))
	v := v1.Entry{Name: "old variable", Next: e}
	nv := v2.Entry{Name: "initial"}
	check(t, x.Forward(unsafe.Pointer(&v), unsafe.Sizeof(v), unsafe.Pointer(&nv), reflect.TypeFor[v1.Entry]()))
	check(t, x.Run())
	if x.Stats().Patched == 0 {
		t.Error("nothing to be patched")
	}
	eq(t, "new variable", nv.Name, "old variable")
	before := func(when string) {
		t.Helper()
		got, ok := h.Sync.Load(e)
		if h.First != e || h.All[0] != e || h.ByID[1] != e || h.Any != any(e) || h.Label != v1.Labeler(e) || len(h.Chan) != 1 || !ok || got != any(e) {
			t.Error(when, "the old heap has changed")
		}
	}
	before("before Apply")
	x.Discard()
	before("after Discard")
	eq(t, "channel", <-h.Chan, e)
	eq(t, "new variable after Discard", nv.Name, "initial")
	if x.Run() == nil {
		t.Error("a discarded transfer runs")
	}
}

func TestSlicesShareArrays(t *testing.T) {
	a := make([]v1.Entry, 3, 10)
	for i := range a[:10] {
		a[:10][i].ID = int64(i)
	}
	f := struct {
		P          *v1.Entry
		Tail, Head []v1.Entry
		Far        *v1.Entry
		None       []v1.Entry
		Empty      []v1.Entry
	}{&a[1], a[2:3:4], a[:2:8], &a[:10][9], nil, a[:0:0]}
	x := newPlan(t, Options{}).Begin()
	n := carry[struct {
		P          *v2.Entry
		Tail, Head []v2.Entry
		Far        *v2.Entry
		None       []v2.Entry
		Empty      []v2.Entry
	}](t, x, &f)
	eq(t, "element", n.P, &n.Head[1])
	eq(t, "overlap", &n.Tail[0], &n.Head[:3][2])
	eq(t, "len", len(n.Head), 2)
	eq(t, "cap", cap(n.Head), 8)
	eq(t, "hidden", n.Head[:8][7].ID, 7)
	eq(t, "far", n.Far.ID, 9)
	eq(t, "one array", n.Far, (*v2.Entry)(unsafe.Add(unsafe.Pointer(&n.Head[0]), 9*unsafe.Sizeof(v2.Entry{}))))
	eq(t, "nil", n.None == nil, true)
	eq(t, "empty", n.Empty != nil && cap(n.Empty) == 0, true)
	eq(t, "slot nobody has shown", (*v2.Entry)(unsafe.Add(unsafe.Pointer(&n.Head[0]), 8*unsafe.Sizeof(v2.Entry{}))).ID, 0)
	late := a[:10:10]
	l := carry[[]v2.Entry](t, x, &late)
	eq(t, "late: same array", &(*l)[0], &n.Head[0])
	eq(t, "late: slot filled", (*l)[8].ID, 8)
}

func TestInteriorPointers(t *testing.T) {
	tab := &v1.Table{Rows: make([]v1.Entry, 4)}
	tab.One.ID = 5
	tab.Last = &tab.One
	e := &tab.Rows[2]
	type view struct {
		A *v1.Entry // shown before the table that encloses it
		N *int64
		I *v1.Inner
		B []byte
		F *[2]v1.Entry
		G *v1.Entry
		T *v1.Table
	}
	type newView struct {
		A *v2.Entry
		N *int64
		I *v1.Inner
		B []byte
		F *[2]v2.Entry
		G *v2.Entry
		T *v2.Table
	}
	v := &view{&tab.One, &e.ID, &e.Inner, tab.Fixed[1].Tags[1:3], &tab.Fixed, &tab.Fixed[1], tab}
	p := newPlan(t, Options{}, Pair{Old: reflect.TypeFor[view](), New: reflect.TypeFor[newView]()})
	n := *carry[*newView](t, p.Begin(), &v)
	eq(t, "changed inside changed", n.A, &n.T.One)
	eq(t, "Last", n.T.Last, &n.T.One)
	eq(t, "int64", n.N, &n.T.Rows[2].ID)
	eq(t, "struct", n.I, &n.T.Rows[2].Inner)
	eq(t, "bytes", &n.B[0], &n.T.Fixed[1].Tags[1])
	eq(t, "array", n.F, &n.T.Fixed)
	eq(t, "array element", n.G, &n.T.Fixed[1])
	eq(t, "ID", n.A.ID, 5)
}

// TestPartsShownInTurn: a part of one object is shown after the object, and after
// the like part of another object that lies on the same grid and so could have lent
// its extent. It is a place in the one new object.
func TestPartsShownInTurn(t *testing.T) {
	type view struct {
		Early *v1.Entry
		T     *v1.Table
		Far   *v1.Entry
		Late  *v1.Entry
		Tail  []v1.Entry
	}
	type newView struct {
		Early *v2.Entry
		T     *v2.Table
		Far   *v2.Entry
		Late  *v2.Entry
		Tail  []v2.Entry
	}
	tabs := make([]v1.Table, 9)
	if unsafe.Sizeof(tabs[0])*8%unsafe.Sizeof(v1.Entry{}) != 0 {
		t.Fatal("the entries of tabs[0] and tabs[8] do not lie on one grid")
	}
	tab := &tabs[0]
	tab.Fixed[1].ID, tabs[8].Fixed[0].ID = 5, 6
	v := &view{&tab.Fixed[0], tab, &tabs[8].Fixed[0], &tab.Fixed[1], tab.Fixed[1:]}
	plan := newPlan(t, Options{}, Pair{Old: reflect.TypeFor[view](), New: reflect.TypeFor[newView]()})
	n := *carry[*newView](t, plan.Begin(), &v)
	eq(t, "shown before the whole", n.Early, &n.T.Fixed[0])
	eq(t, "shown after the whole", n.Late, &n.T.Fixed[1])
	eq(t, "slice", &n.Tail[0], &n.T.Fixed[1])
	eq(t, "ID", n.Late.ID, 5)
	eq(t, "of another object", n.Far.ID, 6)
}

// TestPartIsCarriedOverOnce: a part of an object is shown, then the object. What is made
// of the part is made in the object, and not once more beside it.
func TestPartIsCarriedOverOnce(t *testing.T) {
	type (
		part     struct{ N int }
		newPart  struct{ N, M int }
		whole    struct{ A, B part }
		newWhole struct{ A, B newPart }
	)
	made := 0
	p := newPlan(t, Options{}, pairOf[whole, newWhole](), Pair{
		Old: reflect.TypeFor[part](), New: reflect.TypeFor[newPart](),
		Convert: func(o, n unsafe.Pointer) { made++; (*newPart)(n).M = (*part)(o).N },
	})
	w := &whole{part{1}, part{2}}
	n := carry[struct {
		P *newPart
		W *newWhole
	}](t, p.Begin(), &struct {
		P *part
		W *whole
	}{&w.B, w})
	eq(t, "the part", n.P, &n.W.B)
	eq(t, "made", made, 2)
	eq(t, "value", n.P.M, 2)
}

// TestTwoViews: memory that is two things cannot be carried over as either.
func TestTwoViews(t *testing.T) {
	e := new(v1.Entry)
	f := struct {
		E *v1.Entry
		J *v1.Node
	}{e, (*v1.Node)(unsafe.Pointer(e))}
	p := newPlan(t, Options{})
	x := p.Begin()
	var n struct {
		E *v2.Entry
		J *v2.Node
	}
	check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(&f), reflect.TypeOf(f)))
	wantError(t, x.Run(), "two views of one memory")
}

func TestMaps(t *testing.T) {
	e, e2 := &v1.Entry{ID: 1}, &v1.Entry{ID: 2}
	tab := &v1.Table{ByName: map[string]v1.Entry{}, ByPtr: map[*v1.Entry]int{e: 1, e2: 2}, ByAny: map[any]string{e: "e", 3: "three", "s": "s", v1.Key{A: 1, B: 2}: "key"}, Last: e}
	for i := range 1000 {
		tab.ByName[fmt.Sprint(i)] = v1.Entry{ID: int64(i), Next: e}
	}
	f := struct {
		T    *v1.Table
		M    map[*v1.Entry]int
		Keys map[v1.Key]*v1.Key
		Str  map[any]int
	}{tab, tab.ByPtr, map[v1.Key]*v1.Key{{A: 1, B: 2}: {A: 3}}, map[any]int{"a": 1}}
	str := f.Str
	n := carry[struct {
		T    *v2.Table
		M    map[*v2.Entry]int
		Keys map[v2.Key]*v2.Key
		Str  map[any]int
	}](t, newPlan(t, Options{}).Begin(), &f)
	ne := n.T.Last
	eq(t, "len", len(n.T.ByName), 1000)
	eq(t, "by value", n.T.ByName["77"].ID, 77)
	eq(t, "leads on", n.T.ByName["77"].Next, ne)
	eq(t, "pointer key", n.T.ByPtr[ne], 1)
	eq(t, "any key", n.T.ByAny[ne], "e")
	eq(t, "any int key", n.T.ByAny[3], "three")
	eq(t, "boxed key", n.T.ByAny[v2.Key{A: 1, B: 2}], "key")
	eq(t, "changed key", n.Keys[v2.Key{A: 1, B: 2}].A, 3)
	n.M[ne] = 50
	eq(t, "alias", n.T.ByPtr[ne], 50)
	str["b"] = 2
	eq(t, "untouched map is the same", n.Str["b"], 2)
}

func TestSyncMap(t *testing.T) {
	h := &v1.Holder{}
	e := &v1.Entry{ID: 1}
	h.Sync.Store(e, "by pointer")
	h.Sync.Store("k", e)
	n := carryIn[v2.Holder](t, newPlan(t, Options{}).Begin(), h)
	v, _ := n.Sync.Load("k")
	ne := v.(*v2.Entry)
	got, _ := n.Sync.Load(ne)
	eq(t, "key", got, any("by pointer"))
	n.Sync.Store("new", 1)
	n.Sync.Delete(ne)
	count := 0
	n.Sync.Range(func(any, any) bool { count++; return true })
	eq(t, "entries", count, 2)
}

func TestChannels(t *testing.T) {
	e := &v1.Entry{ID: 1}
	q := make(chan v1.Entry, 4)
	q <- v1.Entry{ID: 100}
	<-q
	for i := range 4 {
		q <- v1.Entry{ID: int64(i), Next: e}
	}
	closed := make(chan v1.Entry, 1)
	closed <- v1.Entry{ID: 9}
	close(closed)
	f := struct {
		T      *v1.Table
		Q      <-chan v1.Entry
		Closed chan v1.Entry
		Sync   chan v1.Entry
		Nil    chan v1.Entry
		E      *v1.Entry
	}{&v1.Table{Queue: q}, q, closed, make(chan v1.Entry), nil, e}
	n := carry[struct {
		T      *v2.Table
		Q      <-chan v2.Entry
		Closed chan v2.Entry
		Sync   chan v2.Entry
		Nil    chan v2.Entry
		E      *v2.Entry
	}](t, newPlan(t, Options{}).Begin(), &f)
	eq(t, "cap", cap(n.T.Queue), 4)
	for i := range 4 {
		v := <-n.Q
		eq(t, "order", v.ID, int64(i))
		eq(t, "element leads on", v.Next, n.E)
		n.T.Queue <- v2.Entry{ID: int64(10 + i)}
	}
	eq(t, "same channel", (<-n.Q).ID, 10)
	eq(t, "closed: buffered", (<-n.Closed).ID, 9)
	_, ok := <-n.Closed
	eq(t, "closed", ok, false)
	eq(t, "unbuffered", cap(n.Sync), 0)
	eq(t, "nil", n.Nil == nil, true)
}

func TestParkedOnChannelIsRefused(t *testing.T) {
	q := make(chan v1.Entry)
	done := make(chan bool)
	go func() { <-q; close(done) }()
	for (*(**hchan)(unsafe.Pointer(&q))).Recvq.Empty() {
		// until the goroutine has parked
		reflect.ValueOf(q).Len()
	}
	x := newPlan(t, Options{}).Begin()
	var n chan v2.Entry
	check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(&q), reflect.TypeOf(q)))
	wantError(t, x.Run(), "parked on a channel")
	x.Discard()
	q <- v1.Entry{}
	<-done
}

func wantError(t testing.TB, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("got error %v, want one with %q", err, part)
	}
}

func TestInterfacesReboxed(t *testing.T) {
	e := &v1.Entry{ID: 1}
	f := struct {
		E    *v1.Entry
		Any  []any
		Nil  any
		Nilp any
	}{e, []any{v1.Entry{ID: 2, Next: e}, v1.Key{A: 1}, v1.Word{P: e}, [2]*v1.Entry{nil, e}, []v1.Entry{{ID: 4}}, map[string]*v1.Entry{"a": e}, 5, "s", []any{e}, [1]v1.Word{{P: e}}, func() *v1.Entry { return nil }}, nil, (*v1.Entry)(nil)}
	n := carry[struct {
		E    *v2.Entry
		Any  []any
		Nil  any
		Nilp any
	}](t, newPlan(t, Options{}).Begin(), &f)
	eq(t, "struct", n.Any[0].(v2.Entry).Next, n.E)
	eq(t, "no pointers", n.Any[1].(v2.Key).A, 1)
	eq(t, "pointer-shaped grows", n.Any[2].(v2.Word).P, n.E)
	eq(t, "array of pointers", n.Any[3].([2]*v2.Entry)[1], n.E)
	eq(t, "slice", n.Any[4].([]v2.Entry)[0].ID, 4)
	eq(t, "map", n.Any[5].(map[string]*v2.Entry)["a"], n.E)
	eq(t, "int", n.Any[6].(int), 5)
	eq(t, "nested", n.Any[8].([]any)[0].(*v2.Entry), n.E)
	eq(t, "array of one", n.Any[9].([1]v2.Word)[0].P, n.E)
	_, ok := n.Any[10].(func() *v2.Entry)
	eq(t, "func type", ok, true)
	eq(t, "nil", n.Nil, nil)
	eq(t, "typed nil", n.Nilp.(*v2.Entry), nil)
}

// TestInterfacesShareValues: the runtime boxes zero values and small integers of all types
// in the same memory.
func TestInterfacesShareValues(t *testing.T) {
	type age uint64
	type Age struct{ N uint64 }
	type level uint64
	type Level struct{ By string }
	p := newPlan(t, Options{},
		Pair{Old: reflect.TypeFor[age](), New: reflect.TypeFor[Age](), Convert: func(o, n unsafe.Pointer) { (*Age)(n).N = uint64(*(*age)(o)) }},
		Pair{Old: reflect.TypeFor[level](), New: reflect.TypeFor[Level](), Convert: func(o, n unsafe.Pointer) { (*Level)(n).By = fmt.Sprint(*(*level)(o)) }},
	)
	var none []*v1.Entry
	small := uint64(len(basePairs()))
	all := []any{none, v1.Entry{}, v1.Key{}, v1.Entry{}, age(small), level(small), small}
	check(t, checkRuntime())
	if boxOf(all[0]) != boxOf(all[1]) || boxOf(all[4]) != boxOf(all[5]) {
		t.Fatal("nothing is shared")
	}
	n := *carry[[]any](t, p.Begin(), &all)
	var gone []*v2.Entry
	for i, want := range []any{gone, v2.Entry{}, v2.Key{}, v2.Entry{}, Age{small}, Level{fmt.Sprint(small)}, small} {
		if !reflect.DeepEqual(n[i], want) {
			t.Errorf("%d: got %#v, want %#v", i, n[i], want)
		}
	}
}

func TestGenericInstancesArePaired(t *testing.T) {
	e := &v1.Entry{ID: 1}
	b := &v1.Box{P: v1.Pair[*v1.Entry]{A: e, B: e}, Q: &v1.Pair[v1.Entry]{B: v1.Entry{ID: 2, Next: e}}}
	b.At.Store(&b.Q.B)
	n := *carry[*v2.Box](t, newPlan(t, Options{}).Begin(), &b)
	eq(t, "by pointer", n.P.A, n.P.B)
	eq(t, "by value", n.Q.B.Next, n.P.A)
	eq(t, "atomic", n.At.Load(), &n.Q.B)
}

func TestForwardedVariable(t *testing.T) {
	var oldVar = new([3]v1.Entry)
	oldVar[1] = v1.Entry{ID: 7, Next: &oldVar[2]}
	newVar := new([3]v2.Entry)
	p := &oldVar[1]
	pi := &oldVar[2].ID
	x := newPlan(t, Options{}).Begin()
	check(t, x.Forward(unsafe.Pointer(oldVar), unsafe.Sizeof(*oldVar), unsafe.Pointer(newVar), reflect.TypeOf(*oldVar)))
	var np *v2.Entry
	check(t, x.Value(unsafe.Pointer(&np), unsafe.Pointer(&p), reflect.TypeOf(p)))
	var npi *int64
	check(t, x.Value(unsafe.Pointer(&npi), unsafe.Pointer(&pi), reflect.TypeOf(pi)))
	check(t, x.Run())
	x.Apply()
	eq(t, "pointer", np, &newVar[1])
	eq(t, "pointer inside", npi, &newVar[2].ID)
	eq(t, "value", newVar[1].ID, 7)
	eq(t, "inside", newVar[1].Next, &newVar[2])
}

var (
	staticOld = v1.Table{One: v1.Entry{ID: 3}}
	staticNew v2.Table
	staticRow = &v1.Entry{ID: 8, Next: &staticOld.One}
)

func TestVariablesOutsideTheHeap(t *testing.T) {
	staticOld.Last = &staticOld.One
	staticOld.Self = &staticOld
	staticOld.Rows = []v1.Entry{{ID: 1}, *staticRow}
	if base, _ := block(unsafe.Pointer(&staticOld)); base != 0 {
		t.Fatal("a package variable in the heap")
	}
	x := newPlan(t, Options{}).Begin()
	check(t, x.Forward(unsafe.Pointer(&staticOld), unsafe.Sizeof(staticOld), unsafe.Pointer(&staticNew), reflect.TypeOf(staticOld)))
	n := *carry[*v2.Entry](t, x, &staticRow)
	eq(t, "to a part", n.Next, &staticNew.One)
	eq(t, "self", staticNew.Self, &staticNew)
	eq(t, "Last", staticNew.Last, &staticNew.One)
	eq(t, "rows", staticNew.Rows[1].Next, &staticNew.One)
	eq(t, "value", n.ID, 8)
}
