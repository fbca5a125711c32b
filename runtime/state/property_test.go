package state

import (
	"fmt"
	"math/rand"
	"reflect"
	"runtime"
	"runtime/debug"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

// randomGraph makes nodes singly and in arrays, and joins them at random by
// every kind of reference that a Node has.
func randomGraph(r *rand.Rand, size int) []*v1.Node {
	var all []*v1.Node
	for len(all) < size {
		if r.Intn(3) == 0 {
			a := make([]v1.Node, 1+r.Intn(6))
			for i := range a {
				all = append(all, &a[i])
			}
			a[0].Kids = nil
			continue
		}
		all = append(all, &v1.Node{})
	}
	pick := func() *v1.Node {
		if r.Intn(5) == 0 {
			return nil
		}
		return all[r.Intn(len(all))]
	}
	var kids []*v1.Node
	refs := map[int]*v1.Node{}
	for i, n := range all {
		n.ID = i + 1
		n.Own.N = 1000 + i
		n.Next, n.P = pick(), pick()
		switch r.Intn(4) {
		case 0:
			kids = make([]*v1.Node, r.Intn(5), 8)
			for k := range kids[:cap(kids)] {
				kids[:cap(kids)][k] = pick()
			}
		case 1:
			from := r.Intn(len(kids) + 1)
			n.Kids = kids[from:] // shares the array of an earlier one
		}
		if n.Kids == nil {
			n.Kids = kids
		}
		switch r.Intn(8) {
		case 0:
			n.Any = pick()
		case 1:
			n.Any = []any{pick(), i, kids}
		case 2:
			if p := pick(); p != nil {
				n.Any = &p.Own
			}
		case 3:
			n.Any = map[*v1.Node]int{n: i}
		case 4:
			if p := pick(); p != nil {
				n.Any = &p.Next
			}
		}
		if p := pick(); p != nil {
			n.In = &p.Own
		}
		if r.Intn(3) == 0 {
			refs = map[int]*v1.Node{}
		}
		refs[i] = pick()
		n.Refs = refs
	}
	return all
}

// iso checks that two graphs are the same but for their types: it walks both in
// step and demands that old and new addresses correspond one to one.
type iso struct {
	t        *testing.T
	oldToNew map[addr]unsafe.Pointer
	newToOld map[addr]unsafe.Pointer
	nodes    int
}

// addr tells a struct from its first field.
type addr struct {
	p unsafe.Pointer
	t string
}

func (x *iso) same(what string, o, n unsafe.Pointer) (seen bool) {
	if (o == nil) != (n == nil) {
		x.t.Fatalf("%s: nil on one side only", what)
	}
	if o == nil {
		return true
	}
	was, ok := x.oldToNew[addr{o, what}]
	back, ok2 := x.newToOld[addr{n, what}]
	if ok != ok2 || ok && (was != n || back != o) {
		x.t.Fatalf("%s: old %p is new %p, was %p; back %p", what, o, n, was, back)
	}
	x.oldToNew[addr{o, what}], x.newToOld[addr{n, what}] = n, o
	return ok
}

func (x *iso) node(o *v1.Node, n *v2.Node) {
	type pair struct {
		o *v1.Node
		n *v2.Node
	}
	work := []pair{{o, n}}
	visit := func(o *v1.Node, n *v2.Node) { work = append(work, pair{o, n}) }
	for len(work) > 0 {
		o, n := work[len(work)-1].o, work[len(work)-1].n
		work = work[:len(work)-1]
		if x.same("node", unsafe.Pointer(o), unsafe.Pointer(n)) {
			continue
		}
		x.nodes++
		if o.ID != n.ID || o.Own != n.Own || n.Added != "" {
			x.t.Fatalf("node %d became %d", o.ID, n.ID)
		}
		x.same("inner", unsafe.Pointer(&o.Own), unsafe.Pointer(&n.Own))
		x.same("inner", unsafe.Pointer(o.In), unsafe.Pointer(n.In))
		x.same("next", unsafe.Pointer(&o.Next), unsafe.Pointer(&n.Next))
		visit(o.Next, n.Next)
		visit(o.P, n.P)
		x.kids(o.Kids, n.Kids, visit)
		if !x.same("map", reflect.ValueOf(o.Refs).UnsafePointer(), reflect.ValueOf(n.Refs).UnsafePointer()) {
			if len(o.Refs) != len(n.Refs) {
				x.t.Fatal("map has lost entries")
			}
			for k, v := range o.Refs {
				visit(v, n.Refs[k])
			}
		}
		x.any(o.Any, n.Any, visit)
	}
}

func (x *iso) kids(o []*v1.Node, n []*v2.Node, visit func(*v1.Node, *v2.Node)) {
	if len(o) != len(n) || cap(o) != cap(n) {
		x.t.Fatal("slice has another shape")
	}
	o, n = o[:cap(o)], n[:cap(n)]
	for i := range o {
		if x.same("element", unsafe.Pointer(&o[i]), unsafe.Pointer(&n[i])) {
			break
		}
		visit(o[i], n[i])
	}
}

func (x *iso) any(o, n any, visit func(*v1.Node, *v2.Node)) {
	switch o := o.(type) {
	case nil, int:
		if o != n {
			x.t.Fatalf("%v became %v", o, n)
		}
	case *v1.Node:
		visit(o, n.(*v2.Node))
	case []*v1.Node:
		x.kids(o, n.([]*v2.Node), visit)
	case []any:
		for i, n := range n.([]any) {
			x.any(o[i], n, visit)
		}
	case *v1.Inner:
		x.same("inner", unsafe.Pointer(o), unsafe.Pointer(n.(*v1.Inner)))
	case **v1.Node:
		x.same("next", unsafe.Pointer(o), unsafe.Pointer(n.(**v2.Node)))
	case map[*v1.Node]int:
		for k, v := range n.(map[*v2.Node]int) {
			for ok, ov := range o {
				if ov != v || len(o) != 1 {
					x.t.Fatal("map by pointer")
				}
				visit(ok, k)
			}
		}
	default:
		x.t.Fatalf("%T became %T", o, n)
	}
}

// isomorphic converts a graph whose affected parts are not shared with the copy, so
// that both can be walked afterwards: the slices' arrays and maps of Node are
// patched in place, hence the old graph is made twice from one seed.
func isomorphic(t *testing.T, seed int64, size int) {
	old := randomGraph(rand.New(rand.NewSource(seed)), size)
	moving := randomGraph(rand.New(rand.NewSource(seed)), size)
	roots := make([]*v2.Node, 3)
	x := newPlan(t, Options{}).Begin()
	for i := range roots {
		src := new(*v1.Node)
		*src = moving[i]
		check(t, x.Value(unsafe.Pointer(&roots[i]), unsafe.Pointer(src), reflect.TypeOf(*src)))
	}
	check(t, x.Run())
	// What is visible to the old release is what it was: walk it against its twin.
	twin := &twins{t: t, seen: map[*v1.Node]*v1.Node{}}
	for i := range roots {
		twin.node(old[i], moving[i])
	}
	x.Apply()
	i := &iso{t: t, oldToNew: map[addr]unsafe.Pointer{}, newToOld: map[addr]unsafe.Pointer{}}
	for k, r := range roots {
		i.node(old[k], r)
	}
	for k, r := range roots {
		late := moving[k]
		if got := *carry[*v2.Node](t, x, &late); got != r {
			t.Fatal("late root is another object")
		}
	}
	if size > 50 && i.nodes < size/4 {
		t.Fatalf("only %d nodes of %d were reached: the graph is too thin to tell", i.nodes, size)
	}
}

// twins checks that two old graphs are alike.
type twins struct {
	t    *testing.T
	seen map[*v1.Node]*v1.Node
}

func (w *twins) node(a, b *v1.Node) {
	if (a == nil) != (b == nil) {
		w.t.Fatal("the old graph has changed before Apply")
	}
	if a == nil || w.seen[a] == b {
		return
	}
	if w.seen[a] != nil || a.ID != b.ID || len(a.Kids) != len(b.Kids) || len(a.Refs) != len(b.Refs) || fmt.Sprintf("%T", a.Any) != fmt.Sprintf("%T", b.Any) {
		w.t.Fatal("the old graph has changed before Apply")
	}
	w.seen[a] = b
	w.node(a.Next, b.Next)
	w.node(a.P, b.P)
	for i := range a.Kids {
		w.node(a.Kids[i], b.Kids[i])
	}
	for k, v := range a.Refs {
		w.node(v, b.Refs[k])
	}
}

func TestRandomGraphsStayIsomorphic(t *testing.T) {
	for seed := range int64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { isomorphic(t, seed, 3+int(seed*seed)%400) })
	}
}

func TestBesideTheGarbageCollector(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(1))
	stop, stopped := make(chan bool), make(chan bool)
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	for seed := range int64(8) {
		isomorphic(t, 1000+seed, 2000)
	}
	close(stop)
	<-stopped
}
