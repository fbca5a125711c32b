package state

import (
	"fmt"
	"math/rand"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

// A lineage is a program of nodes that is updated again and again, to v2 and back.
type lineage struct {
	t      *testing.T
	tables []*Transfer
	v1     []*v1.Node // the program's roots, in releases of even number
	v2     []*v2.Node
	back   bool // it begins with v2
}

// newLineage leaves nothing of its release on the caller's stack.
//
//go:noinline
func newLineage(t *testing.T, r *rand.Rand, size int) *lineage {
	return &lineage{t: t, v1: slices.Clone(randomGraph(r, size)[:3])} // the rest of the array would keep all
}

func (l *lineage) plan(pairs ...Pair) *Plan {
	if pairs == nil {
		if len(l.tables)%2 == 0 {
			pairs = []Pair{pairOf[v1.Node, v2.Node]("Added")}
		} else {
			pairs = []Pair{pairOf[v2.Node, v1.Node]()}
		}
	}
	p, problems := NewPlan(pairs, Options{})
	if len(problems) > 0 {
		l.t.Fatal(problems)
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[held1](), reflect.TypeFor[held2](), reflect.TypeFor[any]()} {
		p.Know(typ)
	}
	return p
}

// update makes the next release.
func (l *lineage) update(asks bool) {
	l.t.Helper()
	x := l.plan().Begin()
	x.Share(x.lock, nil, asks)
	if len(l.tables)%2 == 0 {
		l.v2 = *carry[[]*v2.Node](l.t, x, &l.v1)
		l.v1 = nil
	} else {
		l.v1 = *carry[[]*v1.Node](l.t, x, &l.v2)
		l.v2 = nil
	}
	l.follow(x)
}

func (l *lineage) follow(x *Transfer) {
	if n := len(l.tables); n > 0 {
		l.tables[n-1].Before(x)
	}
	l.tables = append(l.tables, x)
}

// letGo is what the updater does behind each garbage collection.
func (l *lineage) letGo() (left int) {
	for range 3 {
		runtime.GC()
		left = 0
		for _, x := range l.tables {
			for x.Weaken(1000) {
			}
			for x.Loosen(1000) {
			}
			left += x.Sweep()
			x.Prune()
		}
	}
	return left
}

// A held1 is what a goroutine of an even release has, a held2 one of an odd release.
type held1 = struct {
	ID   int
	N    *v1.Node
	In   *v1.Inner
	Next **v1.Node
	Kids []*v1.Node
	Refs map[int]*v1.Node
	Any  any
}

type held2 = struct {
	ID   int
	N    *v2.Node
	In   *v1.Inner
	Next **v2.Node
	Kids []*v2.Node
	Refs map[int]*v2.Node
	Any  any
}

// A holder waits since a release with something of what there was.
type holder struct {
	since int
	asked bool // tables are asked whether they know what it has before they bring it
	v1    *held1
	v2    *held2
}

func (l *lineage) hold(r *rand.Rand) *holder {
	h := &holder{since: len(l.tables), asked: r.Intn(2) == 0}
	parts := r.Intn(1 << 6)
	if l.v1 != nil {
		n := pickNode(r, l.v1, func(n *v1.Node) []*v1.Node { return slices.Concat(n.Kids, []*v1.Node{n.Next, n.P}) })
		h.v1 = &held1{ID: n.ID}
		set(parts, func() { h.v1.N = n }, func() { h.v1.In = &n.Own }, func() { h.v1.Next = &n.Next }, func() { h.v1.Kids = n.Kids }, func() { h.v1.Refs = n.Refs }, func() { h.v1.Any = n.Any })
	} else {
		n := pickNode(r, l.v2, func(n *v2.Node) []*v2.Node { return slices.Concat(n.Kids, []*v2.Node{n.Next, n.P}) })
		h.v2 = &held2{ID: n.ID}
		set(parts, func() { h.v2.N = n }, func() { h.v2.In = &n.Own }, func() { h.v2.Next = &n.Next }, func() { h.v2.Kids = n.Kids }, func() { h.v2.Refs = n.Refs }, func() { h.v2.Any = n.Any })
	}
	return h
}

func set(parts int, fs ...func()) {
	for i, f := range fs {
		if parts&(1<<i) != 0 {
			f()
		}
	}
}

func pickNode[N any](r *rand.Rand, roots []*N, next func(*N) []*N) *N {
	n := roots[r.Intn(len(roots))]
	for range r.Intn(12) {
		if l := next(n); len(l) > 0 {
			if m := l[r.Intn(len(l))]; m != nil {
				n = m
			}
		}
	}
	return n
}

// comeBack takes a holder through all updates since, and compares what it has with the
// program's own.
func (l *lineage) comeBack(h *holder) {
	l.t.Helper()
	for _, x := range l.tables[h.since:] {
		if h.asked {
			x.Has(reflect.ValueOf(h.v1))
			x.Has(reflect.ValueOf(h.v2))
		}
		if h.v1 != nil {
			h.v2, h.v1 = late[held2](l.t, x, h.v1), nil
		} else {
			h.v1, h.v2 = late[held1](l.t, x, h.v2), nil
		}
	}
	if h.v1 != nil {
		all := nodes(l.t, l.v1, func(n *v1.Node) int { return n.ID }, edges1)
		n := all[h.v1.ID]
		same(l.t, "node", h.v1.N, n)
		same(l.t, "inner", h.v1.In, &n.Own)
		same(l.t, "next", h.v1.Next, &n.Next)
		same(l.t, "kids", unsafe.SliceData(h.v1.Kids), unsafe.SliceData(n.Kids))
		same(l.t, "map", reflect.ValueOf(h.v1.Refs).UnsafePointer(), reflect.ValueOf(n.Refs).UnsafePointer())
		sameAny(l.t, h.v1.Any, n.Any)
		return
	}
	all := nodes(l.t, l.v2, func(n *v2.Node) int { return n.ID }, edges2)
	n := all[h.v2.ID]
	same(l.t, "node", h.v2.N, n)
	same(l.t, "inner", h.v2.In, &n.Own)
	same(l.t, "next", h.v2.Next, &n.Next)
	same(l.t, "kids", unsafe.SliceData(h.v2.Kids), unsafe.SliceData(n.Kids))
	same(l.t, "map", reflect.ValueOf(h.v2.Refs).UnsafePointer(), reflect.ValueOf(n.Refs).UnsafePointer())
	sameAny(l.t, h.v2.Any, n.Any)
}

func late[N, O any](t *testing.T, x *Transfer, old *O) *N {
	t.Helper()
	n := new(N)
	check(t, x.Value(unsafe.Pointer(n), unsafe.Pointer(old), reflect.TypeFor[O]()))
	check(t, x.RunLate())
	return n
}

func same[P comparable](t *testing.T, what string, got, want P) {
	t.Helper()
	var none P
	if got != none && got != want {
		t.Fatalf("%s: brought %v, the program's is %v", what, got, want)
	}
}

func sameAny(t *testing.T, got, want any) {
	t.Helper()
	if got == nil {
		return
	}
	g, w := reflect.ValueOf(got), reflect.ValueOf(want)
	if g.Type() != w.Type() {
		t.Fatalf("any: brought %T, the program's is %T", got, want)
	}
	switch g.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		same(t, "any", g.UnsafePointer(), w.UnsafePointer())
	}
}

func edges1(n *v1.Node) []*v1.Node {
	l := append([]*v1.Node{n.Next, n.P}, n.Kids[:cap(n.Kids)]...)
	for _, m := range n.Refs {
		l = append(l, m)
	}
	return l
}

func edges2(n *v2.Node) []*v2.Node {
	l := append([]*v2.Node{n.Next, n.P}, n.Kids[:cap(n.Kids)]...)
	for _, m := range n.Refs {
		l = append(l, m)
	}
	return l
}

// nodes are the nodes of a program by their numbers: of each there is one.
func nodes[N any](t *testing.T, roots []*N, id func(*N) int, next func(*N) []*N) map[int]*N {
	t.Helper()
	all, work := map[int]*N{}, append([]*N(nil), roots...)
	for len(work) > 0 {
		n := work[len(work)-1]
		work = work[:len(work)-1]
		if n == nil || all[id(n)] == n {
			continue
		}
		if id(n) == 0 {
			t.Fatal("a stand-in has got into the program")
		}
		if all[id(n)] != nil {
			t.Fatalf("there are two nodes %d", id(n))
		}
		all[id(n)] = n
		work = append(work, next(n)...)
	}
	return all
}

func (l *lineage) count() int {
	if l.v1 != nil {
		return len(nodes(l.t, l.v1, func(n *v1.Node) int { return n.ID }, edges1))
	}
	return len(nodes(l.t, l.v2, func(n *v2.Node) int { return n.ID }, edges2))
}

// TestHoldersOfManyReleases: goroutines that come back at any time, from any release, find
// the program's own objects, whatever has ended in between.
func TestHoldersOfManyReleases(t *testing.T) {
	for seed := range int64(15) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewSource(seed))
			l := newLineage(t, r, 5+r.Intn(200))
			want := l.count()
			var waiting []*holder
			for range 12 {
				for range r.Intn(4) {
					waiting = append(waiting, l.hold(r))
				}
				l.update(r.Intn(2) == 0)
				if r.Intn(4) > 0 {
					l.letGo()
				}
				for len(waiting) > 0 && r.Intn(3) == 0 {
					i := r.Intn(len(waiting))
					l.comeBack(waiting[i])
					waiting = append(waiting[:i], waiting[i+1:]...)
					if r.Intn(2) == 0 {
						l.letGo()
					}
				}
				if n := l.count(); n != want {
					t.Fatalf("%d nodes were %d", n, want)
				}
			}
			for _, h := range waiting {
				l.comeBack(h)
			}
			if n := l.count(); n != want {
				t.Fatalf("%d nodes were %d", n, want)
			}
			waiting = nil
			for range 4 {
				l.letGo()
			}
			// Slices that begin behind the first element of their array leave old pointers
			// before it, and these the whole first release.
			for k, x := range l.tables {
				if most := 2 * want; int(x.exts) > most || k > 0 && k < len(l.tables)-1 && len(x.joints)+len(x.onward) > 0 {
					t.Errorf("table %d has %d entries left when nobody waits", k, x.exts)
				}
			}
			runtime.KeepAlive(l)
		})
	}
}

// TestWaitingIsBounded: what somebody waits with costs as much after many updates as after
// a few.
func TestWaitingIsBounded(t *testing.T) {
	const size = 500
	r := rand.New(rand.NewSource(1))
	l := newLineage(t, r, size)
	nodes := l.count()
	h := &holder{v1: &held1{ID: l.v1[0].ID, N: l.v1[0], Refs: l.v1[0].Refs}}
	heap := func() int {
		l.letGo()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	var lefts, heaps []int
	for range 24 {
		l.update(true)
		lefts, heaps = append(lefts, l.letGo()), append(heaps, heap())
	}
	runtime.KeepAlive(h)
	t.Log(nodes, lefts, heaps)
	if lefts[23] > lefts[5] {
		t.Errorf("entries: %d after 6 updates, %d after 24", lefts[5], lefts[23])
	}
	l.comeBack(h)
}

// stepper makes updates of the base types, to v2 and back.
func (l *lineage) step(asks bool, extra ...Pair) *Transfer {
	l.t.Helper()
	pairs := slices.Clone(basePairs()[:5])
	if len(l.tables)%2 == 1 != l.back {
		for i, p := range pairs {
			pairs[i] = Pair{Old: p.New, New: p.Old}
		}
	}
	for _, e := range extra {
		pairs = slices.DeleteFunc(pairs, func(p Pair) bool { return p.Old == e.Old })
		pairs = append(pairs, e)
	}
	x := l.plan(pairs...).Begin()
	x.Share(x.lock, nil, asks)
	return x
}

type things1 = struct {
	T      *v1.Table
	Rows   []v1.Entry
	Fixed  *v1.Entry
	ByName map[string]v1.Entry
	ByPtr  map[*v1.Entry]int
	Queue  chan v1.Entry
	Last   **v1.Entry
	Any    any
	A, B   *v1.Key
	Static *v1.Entry
	Peer   *v1.Holder
}

type things2 = struct {
	T      *v2.Table
	Rows   []v2.Entry
	Fixed  *v2.Entry
	ByName map[string]v2.Entry
	ByPtr  map[*v2.Entry]int
	Queue  chan v2.Entry
	Last   **v2.Entry
	Any    any
	A, B   *v2.Key
	Static *v2.Entry
	Peer   *v2.Holder
}

var staticThing = v1.Entry{ID: 77}

func newThings() *things1 {
	tab := &v1.Table{Rows: make([]v1.Entry, 5), ByName: map[string]v1.Entry{"a": {ID: 1}}, Queue: make(chan v1.Entry, 3)}
	tab.Last = &tab.Rows[2]
	tab.ByPtr = map[*v1.Entry]int{tab.Last: 5}
	tab.Queue <- v1.Entry{ID: 9}
	return &things1{tab, tab.Rows[1:4], &tab.Fixed[1], tab.ByName, tab.ByPtr, tab.Queue, &tab.Last, v1.Entry{ID: 3}, &v1.Key{A: 1}, &v1.Key{A: 2}, &staticThing, &v1.Holder{First: tab.Last}}
}

// TestStandInsOfAllKinds: arrays, parts, maps, channels, boxes, what is small, and what is
// outside the heap.
func TestStandInsOfAllKinds(t *testing.T) {
	l := &lineage{t: t}
	program := newThings()
	waits := *program
	late1 := &waits
	var program2 *things2
	const steps = 6
	most := 0
	for k := range steps {
		x := l.step(k%2 == 0)
		if program != nil {
			program2, program = carry[things2](t, x, program), nil
		} else {
			program, program2 = carry[things1](t, x, program2), nil
		}
		l.follow(x)
		left := l.letGo()
		if most = max(most, left); k > 3 && left > most {
			t.Errorf("%d entries after %d updates", left, k+1)
		}
	}
	for k := 1; k < steps-1; k++ {
		// What has no successor that somebody uses, and the box, are of no more tables.
		if x := l.tables[k]; len(x.onward) > 0 {
			t.Errorf("table %d has %d entries that lead on", k, len(x.onward))
		}
	}
	var late2 *things2
	for _, x := range l.tables {
		if late1 != nil {
			late2, late1 = late[things2](t, x, late1), nil
		} else {
			late1, late2 = late[things1](t, x, late2), nil
		}
	}
	eq(t, "table", late1.T, program.T)
	eq(t, "rows", &late1.Rows[0], &program.T.Rows[1])
	eq(t, "fixed", late1.Fixed, &program.T.Fixed[1])
	eq(t, "map", reflect.ValueOf(late1.ByName).UnsafePointer(), reflect.ValueOf(program.T.ByName).UnsafePointer())
	eq(t, "map by pointer", late1.ByPtr[program.T.Last], 5)
	eq(t, "the same map", reflect.ValueOf(late1.ByPtr).UnsafePointer(), reflect.ValueOf(program.T.ByPtr).UnsafePointer())
	eq(t, "channel", late1.Queue, program.T.Queue)
	eq(t, "what it has", (<-late1.Queue).ID, 9)
	eq(t, "field", late1.Last, &program.T.Last)
	eq(t, "box", late1.Any.(v1.Entry).ID, 3)
	eq(t, "first of two in one block", late1.A, program.A)
	eq(t, "second of two in one block", late1.B, program.B)
	eq(t, "values", [2]int32{program.A.A, program.B.A}, [2]int32{1, 2})
	eq(t, "outside the heap", late1.Static, program.Static)
	eq(t, "value", program.Static.ID, 77)
	eq(t, "stays", late1.Peer, program.Peer)
	eq(t, "patched", program.Peer.First, program.T.Last)
}

// TestStaticIsBounded: what lies outside the heap is never gone, and costs no more with
// each update.
func TestStaticIsBounded(t *testing.T) {
	l := &lineage{t: t}
	p1 := &struct{ E *v1.Entry }{&staticThing}
	var p2 *struct{ E *v2.Entry }
	for range 8 {
		x := l.step(false)
		if p1 != nil {
			p2, p1 = carry[struct{ E *v2.Entry }](t, x, p1), nil
		} else {
			p1, p2 = carry[struct{ E *v1.Entry }](t, x, p2), nil
		}
		l.follow(x)
		l.letGo()
	}
	entries := 0
	for _, x := range l.tables {
		for i := int32(1); i < x.exts; i++ {
			if x.ext(i).node != nil {
				entries++
			}
		}
	}
	eq(t, "entries of one variable", entries, 2)
	late1 := &struct{ E *v1.Entry }{&staticThing}
	var late2 *struct{ E *v2.Entry }
	for _, x := range l.tables {
		if late1 != nil {
			late2, late1 = late[struct{ E *v2.Entry }](t, x, late1), nil
		} else {
			late1, late2 = late[struct{ E *v1.Entry }](t, x, late2), nil
		}
	}
	eq(t, "brought", late1.E, p1.E)
}

// list makes n entries.
func list(n int) *v1.Entry {
	var head *v1.Entry
	for i := range n {
		head = &v1.Entry{ID: int64(n - i), Name: fmt.Sprint(n - i), Next: head}
	}
	return head
}

// TestOneReleaseLater: who waits since the second release keeps the second release's
// objects, and meets those of the first one there.
func TestOneReleaseLater(t *testing.T) {
	l := &lineage{t: t}
	p1 := list(3)
	old1 := p1
	x := l.step(false)
	p2 := *carry[*v2.Entry](t, x, &p1)
	l.follow(x)
	p1 = nil
	old2 := p2
	x = l.step(false)
	p1 = *carry[*v1.Entry](t, x, &p2)
	l.follow(x)
	p2 = nil
	for range 4 {
		x := l.step(false)
		if p1 != nil {
			p2, p1 = *carry[*v2.Entry](t, x, &p1), nil
		} else {
			p1, p2 = *carry[*v1.Entry](t, x, &p2), nil
		}
		l.follow(x)
		l.letGo()
	}
	got := *late[*v2.Entry](t, l.tables[0], &old1)
	eq(t, "the second release's own", got, old2)
	for k, x := range l.tables[1:] {
		if k%2 == 0 {
			p := *late[*v1.Entry](t, x, &got)
			q := *late[*v1.Entry](t, x, &old2)
			eq(t, "together", p, q)
			old1 = p
		} else {
			got = *late[*v2.Entry](t, x, &old1)
			old2 = got
		}
	}
	eq(t, "the program's", old1, p1)
}

// TestAskedAboutBeforeItComesBack: to ask whether a table knows an object makes no stand-in
// for its successor, and leaves it to who brings the object to make one.
func TestAskedAboutBeforeItComesBack(t *testing.T) {
	l := &lineage{t: t}
	p1 := list(3)
	type held struct {
		e *v1.Entry
		m map[string]v1.Entry
	}
	old := held{p1, map[string]v1.Entry{"": {ID: 7}}}
	m1 := old.m
	x := l.step(false)
	p2, m2 := *carry[*v2.Entry](t, x, &p1), *carry[map[string]v2.Entry](t, x, &m1)
	l.follow(x)
	x = l.step(false)
	p1, m1 = *carry[*v1.Entry](t, x, &p2), *carry[map[string]v1.Entry](t, x, &m2)
	l.follow(x)
	p2, m2 = nil, nil
	l.letGo()
	first := l.tables[0]
	if len(first.onward) == 0 {
		t.Fatal("nothing was let go of")
	}
	for _, v := range []any{old.e, old.m} {
		if !first.Has(reflect.ValueOf(v)) {
			t.Fatalf("%T: it has not come from there", v)
		}
	}
	e := *late[*v2.Entry](t, first, &old.e)
	m := *late[map[string]v2.Entry](t, first, &old.m)
	if any(e) == any(old.e) || reflect.ValueOf(m).UnsafePointer() == reflect.ValueOf(old.m).UnsafePointer() {
		t.Fatal("the first release's own was taken for the second one's")
	}
	same(t, "entry", *late[*v1.Entry](t, l.tables[1], &e), p1)
	same(t, "map", reflect.ValueOf(*late[map[string]v1.Entry](t, l.tables[1], &m)).UnsafePointer(), reflect.ValueOf(m1).UnsafePointer())
}

// TestPartsThatWereLetGo: the program has gone on with one element of an array; who waits
// with all of it brings the others.
func TestPartsThatWereLetGo(t *testing.T) {
	l := &lineage{t: t}
	type frame1 = struct{ S []v1.Entry }
	type frame2 = struct{ S []v2.Entry }
	all := make([]v1.Entry, 10)
	for i := range all {
		all[i].ID = int64(i)
	}
	waits := &frame1{all}
	x := l.step(false)
	first := carry[frame2](t, x, &frame1{all})
	l.follow(x)
	p2, p1 := &first.S[3], (*v1.Entry)(nil)
	first = nil
	for range 5 {
		x := l.step(false)
		if p1 != nil {
			p2, p1 = *carry[*v2.Entry](t, x, &p1), nil
		} else {
			p1, p2 = *carry[*v1.Entry](t, x, &p2), nil
		}
		l.follow(x)
		l.letGo()
	}
	if left := l.letGo(); left > 3 {
		t.Errorf("%d entries are left of one array", left)
	}
	p1.ID = 33
	f2 := late[frame2](t, l.tables[0], waits)
	for k, x := range l.tables[1:] {
		if k%2 == 0 {
			waits = late[frame1](t, x, f2)
		} else {
			f2 = late[frame2](t, x, waits)
		}
	}
	for i, e := range waits.S {
		if want := int64(i); e.ID != want && i != 3 {
			t.Errorf("element %d is %d", i, e.ID)
		}
	}
	eq(t, "the program's element", &waits.S[3], p1)
}

// TestFinalizersOfWhatHasMoved: an object that has been given a finalizer after it moved is
// held as long as who waits with what it was before.
func TestFinalizersOfWhatHasMoved(t *testing.T) {
	l := &lineage{t: t}
	p1 := list(1)
	waits := p1
	ran := make(chan bool, 1)
	x := l.step(false)
	p2 := *carry[*v2.Entry](t, x, &p1)
	l.follow(x)
	x = l.step(false)
	p1 = *carry[*v1.Entry](t, x, &p2)
	l.follow(x)
	runtime.SetFinalizer(p2, func(*v2.Entry) { ran <- true })
	p2 = nil
	for range 3 {
		l.letGo()
	}
	select {
	case <-ran:
		t.Error("its finalizer has run")
	default:
	}
	p2 = *late[*v2.Entry](t, l.tables[0], &waits)
	eq(t, "value", p2.ID, 1)
	eq(t, "the program's", *late[*v1.Entry](t, l.tables[1], &p2), p1)
	runtime.SetFinalizer(p2, nil)
}

// TestSmallObjectsOfOneBlock: the allocator has put two objects of the second release into
// one block, and both have ended.
func TestSmallObjectsOfOneBlock(t *testing.T) {
	l := &lineage{t: t, back: true}
	type keys1 = struct{ K [8]*v1.Key }
	type keys2 = struct{ K [8]*v2.Key }
	p2, p1 := &keys2{}, (*keys1)(nil)
	for i := range p2.K {
		p2.K[i] = &v2.Key{A: int32(i)}
	}
	waits := *p2
	for range 5 {
		x := l.step(false)
		if p2 != nil {
			p1, p2 = carry[keys1](t, x, p2), nil
			shared := false
			for i := range p1.K[1:] {
				shared = shared || uintptr(unsafe.Pointer(p1.K[i]))^8 == uintptr(unsafe.Pointer(p1.K[i+1]))
			}
			if !shared {
				t.Fatal("no two of them are in one block")
			}
		} else {
			p2, p1 = carry[keys2](t, x, p1), nil
		}
		l.follow(x)
		l.letGo()
	}
	late2, late1 := &waits, (*keys1)(nil)
	for _, x := range l.tables {
		if late2 != nil {
			late1, late2 = late[keys1](t, x, late2), nil
		} else {
			late2, late1 = late[keys2](t, x, late1), nil
		}
	}
	eq(t, "all", *late1, *p1)
	for i, k := range late1.K {
		eq(t, "value", k.A, int32(i))
	}
}

// TestBackAtOnce: goroutines of several releases come back at the same time, while the
// tables let go and the garbage collector works.
func TestBackAtOnce(t *testing.T) {
	for seed := range int64(4) {
		r := rand.New(rand.NewSource(seed))
		l := newLineage(t, r, 150)
		want := l.count()
		var locks []*sync.Mutex
		var waiting []*holder
		for range 8 {
			for range 6 {
				waiting = append(waiting, l.hold(r))
			}
			l.update(true)
			mu := new(sync.Mutex)
			locks = append(locks, mu)
			l.tables[len(l.tables)-1].Share(mu, nil, true)
			l.letGo()
		}
		stop, stopped := make(chan bool), make(chan bool)
		go func() {
			defer close(stopped)
			for {
				select {
				case <-stop:
					return
				default:
				}
				runtime.GC()
				for k, x := range l.tables {
					locks[k].Lock()
					x.Weaken(1 << 20)
					x.Loosen(1 << 20)
					x.Sweep()
					x.Prune()
					locks[k].Unlock()
				}
			}
		}()
		var back sync.WaitGroup
		for _, h := range waiting {
			back.Go(func() {
				for k := h.since; k < len(l.tables); k++ {
					locks[k].Lock()
					x := l.tables[k]
					if h.v1 != nil {
						h.v2, h.v1 = late[held2](t, x, h.v1), nil
					} else {
						h.v1, h.v2 = late[held1](t, x, h.v2), nil
					}
					locks[k].Unlock()
				}
			})
		}
		back.Wait()
		close(stop)
		<-stopped
		all := nodes(t, l.v1, func(n *v1.Node) int { return n.ID }, edges1)
		for _, h := range waiting {
			n := all[h.v1.ID]
			same(t, "node", h.v1.N, n)
			same(t, "inner", h.v1.In, &n.Own)
			same(t, "next", h.v1.Next, &n.Next)
		}
		eq(t, "nodes", l.count(), want)
	}
}

// What a turn of three updates makes of a value: it moves, it is patched where it is and of
// another type then, and it moves back.
type turning1 struct {
	ID   int64
	Part *part1
}

type turning2 struct {
	ID, More int64
	Part     *part1
}

type turning3 struct {
	ID, More int64
	Part     *part2
}

type part1 struct{ N int64 }

type part2 struct{ N, More int64 }

// TestPatchedBetweenIsBounded: an object that one update moves, the next one leaves where it
// is and gives another type, and the third one moves again, costs who waits with it no more
// the more often that is.
func TestPatchedBetweenIsBounded(t *testing.T) {
	entries := func(turns int) (n int) {
		l := &lineage{t: t}
		var now1 *struct{ E *turning1 }
		waits := func() any { // of the first release
			e := &turning1{7, &part1{9}}
			now1 = &struct{ E *turning1 }{e}
			return &struct{ E *turning1 }{e}
		}()
		var now2 *struct{ E *turning2 }
		var now3 *struct{ E *turning3 }
		begin := func(pairs ...Pair) *Transfer {
			x := l.plan(pairs...).Begin()
			l.follow(x)
			return x
		}
		for range turns {
			now2, now1 = carry[struct{ E *turning2 }](t, begin(pairOf[turning1, turning2]("More")), now1), nil
			l.letGo()
			now3, now2 = carry[struct{ E *turning3 }](t, begin(pairOf[turning2, turning3](), pairOf[part1, part2]("More")), now2), nil
			l.letGo()
			now1, now3 = carry[struct{ E *turning1 }](t, begin(pairOf[turning3, turning1](), pairOf[part2, part1]()), now3), nil
			l.letGo()
		}
		l.letGo()
		for _, x := range l.tables {
			for i := int32(1); i < x.exts; i++ {
				if x.ext(i).node != nil {
					n++
				}
			}
		}
		late1 := waits.(*struct{ E *turning1 })
		for i := 0; i < len(l.tables); i += 3 {
			late2 := late[struct{ E *turning2 }](t, l.tables[i], late1)
			late3 := late[struct{ E *turning3 }](t, l.tables[i+1], late2)
			late1 = late[struct{ E *turning1 }](t, l.tables[i+2], late3)
		}
		eq(t, "comes back to", late1.E, now1.E)
		eq(t, "with", *late1.E.Part, part1{9})
		return n
	}
	few, many := entries(3), entries(9)
	if few == 0 || many > few {
		t.Errorf("%d entries after 9 updates, %d after 27", few, many)
	}
}
