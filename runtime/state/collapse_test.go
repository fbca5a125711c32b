package state

import (
	"fmt"
	"math/rand"
	"reflect"
	"runtime"
	"slices"
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
	v1    *held1
	v2    *held2
}

func (l *lineage) hold(r *rand.Rand) *holder {
	h := &holder{since: len(l.tables)}
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
	for seed := range int64(40) {
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
