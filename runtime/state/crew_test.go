package state

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

var handsFlag = flag.Int("hands", 0, "all tests with so many hands, however little there is to do")

func TestMain(m *testing.M) {
	flag.Parse()
	if *handsFlag > 0 {
		together, most = 1, func() int { return *handsFlag }
	}
	m.Run()
}

// withHands has so many hands do the rest of a test, however little there is to do.
func withHands(t testing.TB, n int) {
	wasTogether, wasMost := together, most
	together, most = 1, func() int { return n }
	t.Cleanup(func() { together, most = wasTogether, wasMost })
}

func TestHandsRandomGraphs(t *testing.T) {
	withHands(t, 4)
	for seed := range int64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { isomorphic(t, 500+seed, 3+int(seed*seed)%900) })
	}
}

func TestHandsBesideTheGarbageCollector(t *testing.T) {
	withHands(t, 4)
	together = 200 // hands come and go as well, but not for each value
	TestBesideTheGarbageCollector(t)
}

// TestOneForOne: hands that come to an object at the same time make one new object of it.
// At each claim of the first ones they wait for one another.
func TestOneForOne(t *testing.T) {
	const hands = 4
	withHands(t, hands)
	defer func() { claiming = nil }()
	for round := range 20 {
		var shared *v1.Link
		for i := range 200 {
			shared = &v1.Link{Datum: datum(i), Next: shared}
		}
		// Each hand gets heads of its own, as a pool has eight at a time. The first one is
		// looked at before there are hands, but not what it leads to.
		heads := make([]*v1.Link, 8*hands)
		for i := range heads {
			heads[i] = &v1.Link{Datum: datum(-1), Next: &v1.Link{Datum: datum(-2), Next: shared}}
		}
		var here, met atomic.Int32
		claiming = func(p unsafe.Pointer) {
			if p != unsafe.Pointer(shared) {
				return
			}
			here.Add(1)
			for end := time.Now().Add(50 * time.Millisecond); here.Load() < 2 && time.Now().Before(end); {
				runtime.Gosched()
			}
			if here.Load() > 1 {
				met.Add(1)
			}
		}
		x := newPlan(t, Options{}).Begin()
		to := make([]*v2.Link, len(heads))
		for i := range heads {
			check(t, x.Value(unsafe.Pointer(&to[i]), unsafe.Pointer(&heads[i]), reflect.TypeFor[*v1.Link]()))
		}
		check(t, x.Run())
		x.Apply()
		for i := range to {
			if to[i].ID != -1 || to[i].Next.ID != -2 || to[i].Next.Next != to[0].Next.Next || i > 0 && to[i].Next == to[0].Next {
				t.Fatalf("round %d: head %d leads to another object than the first", round, i)
			}
		}
		n := 0
		for l := to[0].Next.Next; l != nil; l = l.Next {
			if want := int64(199 - n); l.ID != want || l.Price != float64(want)/4 || l.Text != "datum" {
				t.Fatalf("%+v in the place of %d", l.Datum, want)
			}
			n++
		}
		eq(t, "length", n, 200)
		if x.Stats().Converted != 200+3*len(heads) {
			t.Errorf("%d objects were converted, of %d", x.Stats().Converted, 200+3*len(heads))
		}
		if met.Load() > 1 {
			return // two had the object in their hands
		}
	}
	t.Error("no two hands have come to one object at once")
}

// TestHandsTakenOver: a part of an object is found before the object, and what leads to it
// has been filled by then.
func TestHandsTakenOver(t *testing.T) {
	withHands(t, 3)
	type part = struct{ D *v1.Datum }
	type holder = struct { // what comes last is looked at first
		Next *v1.Link
		Part *part
	}
	type newHolder = struct {
		Next *v2.Link
		Part *struct{ D *v2.Datum }
	}
	old := make([]*holder, 50)
	for i := range old {
		last := &v1.Link{Datum: datum(i)}
		h := &holder{Next: last, Part: &part{&last.Datum}}
		for k := range 5 {
			h.Next = &v1.Link{Datum: datum(-k), Next: h.Next}
		}
		old[i] = h
	}
	x := newPlan(t, Options{}).Begin()
	check(t, x.InPlace(unsafe.Pointer(&old), reflect.TypeOf(old)))
	check(t, x.Run())
	if !x.early.disturbed {
		t.Error("no hand has found a part before what it is part of")
	}
	x.Apply()
	for i, h := range *(*[]*newHolder)(unsafe.Pointer(&old)) {
		last := h.Next
		for last.Next != nil {
			last = last.Next
		}
		if &last.Datum != h.Part.D || last.ID != int64(i) {
			t.Fatalf("the part of %d is another object", i)
		}
	}
}

// TestHandsCallOnce: Convert functions are called once for each object, also when hands
// have to fill all again.
func TestHandsCallOnce(t *testing.T) {
	withHands(t, 3)
	var mu sync.Mutex
	calls := map[unsafe.Pointer]int{}
	pairs := []Pair{
		pairOf[v1.Datum, v2.Datum]("Stock"), pairOf[v1.Leaf, v2.Leaf](),
		{Old: reflect.TypeFor[v1.Link](), New: reflect.TypeFor[v2.Link](), Convert: func(old, new unsafe.Pointer) {
			mu.Lock()
			defer mu.Unlock()
			calls[old]++
			(*v2.Link)(new).Stock = (*v1.Link)(old).ID + 1
		}},
	}
	for _, disturb := range []bool{false, true} {
		clear(calls)
		p, problems := NewPlan(pairs, Options{})
		if len(problems) != 0 {
			t.Fatal(problems)
		}
		type holder = struct {
			Part *v1.Datum
			Next *v1.Link
		}
		old := make([]holder, 40)
		for i := range old {
			for k := range 10 {
				old[i].Next = &v1.Link{Datum: datum(100*i + k), Next: old[i].Next}
				if disturb && k == 0 {
					old[i].Part = &old[i].Next.Datum
				}
			}
		}
		to := *carry[[]struct {
			Part *v2.Datum
			Next *v2.Link
		}](t, p.Begin(), &old)
		eq(t, "objects", len(calls), 400)
		for _, n := range calls {
			eq(t, "calls", n, 1)
		}
		for i := range to {
			for l := to[i].Next; l != nil; l = l.Next {
				eq(t, "converted", l.Stock, l.ID+1)
			}
		}
	}
}

// TestHandsStop: the limits end what hands do, wherever they are asked; a panic in one of
// them is the caller's; and nothing has changed.
func TestHandsStop(t *testing.T) {
	withHands(t, 3)
	run := func(every, stepFails, takeFails int, with any) (steps, takes int, bytes uintptr, err error) {
		heads := make([]*v1.Link, 30)
		for i := range heads {
			for k := range 20 {
				heads[i] = &v1.Link{Datum: datum(100*i + k), Next: heads[i]}
			}
		}
		table := map[int64]v1.Datum{}
		for i := range 50 {
			table[int64(i)] = datum(i)
		}
		defer func() {
			if v := recover(); v != nil {
				err = fmt.Errorf("panic: %v", v)
			}
			if err == nil {
				return
			}
			for i, l := range heads {
				n := 0
				for ; l != nil; l = l.Next {
					if l.ID != int64(100*i+19-n) {
						t.Fatal("the old state has changed")
					}
					n++
				}
				eq(t, "length", n, 20)
			}
		}()
		x := newPlan(t, Options{}).Begin()
		fail := func() error {
			if err, ok := with.(error); ok {
				return err
			}
			panic(with)
		}
		x.Bound(Limits{
			Every: every,
			Step: func() error {
				if steps++; steps == stepFails {
					return fail()
				}
				return nil
			},
			Memory: func(n uintptr) error {
				bytes += n
				if takes++; takes == takeFails {
					return fail()
				}
				return nil
			},
		})
		var to []*v2.Link
		var toTable map[int64]v2.Datum
		check(t, x.Value(unsafe.Pointer(&to), unsafe.Pointer(&heads), reflect.TypeOf(heads)))
		check(t, x.Value(unsafe.Pointer(&toTable), unsafe.Pointer(&table), reflect.TypeOf(table)))
		if err = x.Run(); err != nil {
			x.Discard()
			return
		}
		least := uintptr(x.Stats().Bytes)
		for _, n := range x.sizes() {
			least += n
		}
		if bytes < least {
			t.Errorf("asked for %d bytes, where the objects and the table have %d", bytes, least)
		}
		x.Apply()
		eq(t, "heads", len(to), len(heads))
		eq(t, "entries", len(toTable), 50)
		return
	}
	steps, takes, _, err := run(1, 0, 0, nil)
	check(t, err)
	if steps < 600 {
		t.Errorf("%d steps for 600 objects", steps)
	}
	run(someValues, 0, 0, nil)
	for n := 1; n <= steps; n += 7 {
		if asked, _, _, err := run(1, n, 0, errors.New("time")); err == nil || err.Error() != "time" || asked != n {
			t.Fatalf("step %d of %d fails: %d asked, %v", n, steps, asked, err)
		}
		if asked, _, _, err := run(1, n, 0, "fault"); err == nil || err.Error() != "panic: fault" || asked != n {
			t.Fatalf("step %d of %d panics: %d asked, %v", n, steps, asked, err)
		}
	}
	for n := 1; n <= takes-40; n += 7 { // which hand needs how many extents is not always the same
		if _, asked, _, err := run(1, 0, n, errors.New("memory")); err == nil || err.Error() != "memory" || asked != n {
			t.Fatalf("allocation %d of %d fails: %d asked, %v", n, takes, asked, err)
		}
	}
}

// TestHandsOneList: a list has one end to begin at, and its nodes are all carried over.
func TestHandsOneList(t *testing.T) {
	withHands(t, 4)
	var head *v1.Link
	for i := range 10_000 {
		head = &v1.Link{Datum: datum(i), Next: head}
	}
	x := newPlan(t, Options{}).Begin()
	n := 0
	for l := *carry[*v2.Link](t, x, &head); l != nil; l = l.Next {
		n++
		eq(t, "ID", l.ID, int64(10_000-n))
	}
	eq(t, "length", n, 10_000)
	eq(t, "walked", x.Stats().Walked, 10_000)
	eq(t, "converted", x.Stats().Converted, 10_001)
}

// TestHandsMaps: hands scan and fill maps, and clear those that they give up: a key that
// is not equal to itself would be there twice.
func TestHandsMaps(t *testing.T) {
	withHands(t, 3)
	type old = struct {
		Values []map[float64]v1.Link
		Ptrs   []map[string]*v1.Link
	}
	nan := math.NaN()
	var h old
	far := &v1.Link{Datum: datum(7)}
	arr := make([]v1.Link, 3) // what leads into it is not easy
	for i := range 20 {
		v := map[float64]v1.Link{nan: {Datum: datum(1), Next: far}, 1: {Datum: datum(2), Next: far}}
		if i%2 == 0 {
			v[3] = v1.Link{Next: &arr[1]}
		}
		h.Values = append(h.Values, v)
		h.Ptrs = append(h.Ptrs, map[string]*v1.Link{"far": far, "part": &arr[1], "nil": nil, "own": {Datum: datum(i)}})
	}
	n := carryIn[struct {
		Values []map[float64]v2.Link
		Ptrs   []map[string]*v2.Link
	}](t, newPlan(t, Options{}).Begin(), &h)
	for i, m := range n.Values {
		eq(t, "entries", len(m), 2+(1-i%2))
		eq(t, "next", m[1].Next, n.Ptrs[0]["far"])
		if i%2 == 0 {
			eq(t, "into an array", m[3].Next, n.Ptrs[0]["part"])
		}
		for k, v := range m {
			if k != k {
				eq(t, "next of NaN", v.Next, n.Ptrs[0]["far"])
			}
		}
		p := n.Ptrs[i]
		eq(t, "shared", p["far"], n.Ptrs[0]["far"])
		eq(t, "own", p["own"].ID, int64(i))
		eq(t, "nil", p["nil"], nil)
	}
}

// TestHandsDoMost: most of what programs have is easy.
func TestHandsDoMost(t *testing.T) {
	withHands(t, 3)
	var all *v1.Node
	for i := range 5000 {
		n := &v1.Node{ID: i, Next: all, P: all}
		n.Kids = []*v1.Node{all, n}
		n.Refs = map[int]*v1.Node{i: n, -1: all}
		switch i % 4 {
		case 0:
			n.Any = n
		case 1:
			n.Any = []any{n, i, all}
		case 2:
			n.Any = [2]*v1.Node{n, all}
		case 3:
			n.Any = n.Refs
		}
		all = n
	}
	x := newPlan(t, Options{}).Begin()
	var to *v2.Node
	check(t, x.Value(unsafe.Pointer(&to), unsafe.Pointer(&all), reflect.TypeOf(all)))
	check(t, x.Run())
	// Those have been that hands came to when nobody had met the dynamic type alone.
	if n := len(x.apart); n > 4*3*fewUnmet {
		t.Errorf("hands have given up %d values of %d", n, x.Stats().Walked)
	}
	x.Apply()
	for n, i := to, 4999; n != nil; n, i = n.Next, i-1 {
		if n.ID != i || n.P != n.Next || n.Kids[0] != n.Next || n.Kids[1] != n || n.Refs[i] != n || n.Refs[-1] != n.Next {
			t.Fatalf("node %d is not what it was", i)
		}
		ok := false
		switch a := n.Any.(type) {
		case *v2.Node:
			ok = i%4 == 0 && a == n
		case []any:
			ok = i%4 == 1 && a[0] == any(n) && a[1] == i && a[2] == any(n.Next)
		case [2]*v2.Node:
			ok = i%4 == 2 && a == [2]*v2.Node{n, n.Next}
		case map[int]*v2.Node:
			ok = i%4 == 3 && a[i] == n && reflect.ValueOf(a).Pointer() == reflect.ValueOf(n.Refs).Pointer()
		}
		if !ok {
			t.Fatalf("what node %d has in an interface is not what it was: %v", i, n.Any)
		}
	}
}

// TestHandsRefuse: what has a finalizer is refused, wherever it is found.
func TestHandsRefuse(t *testing.T) {
	withHands(t, 3)
	var head, third *v1.Link
	for i := range 100 {
		if head = (&v1.Link{Datum: datum(i), Next: head}); i == 3 {
			third = head
		}
	}
	runtime.SetFinalizer(third, func(*v1.Link) {})
	defer runtime.SetFinalizer(third, nil)
	x := newPlan(t, Options{}).Begin()
	var to *v2.Link
	check(t, x.Value(unsafe.Pointer(&to), unsafe.Pointer(&head), reflect.TypeOf(head)))
	wantError(t, x.Run(), "has a finalizer")
	x.Discard()
}

// TestHandsAreOrdinary: with hands and without them the table has the same objects.
func TestHandsAreOrdinary(t *testing.T) {
	count := func(hands int) (Stats, []string) {
		if hands > 0 {
			withHands(t, hands)
		}
		r := rand.New(rand.NewSource(9))
		all := randomGraph(r, 600)
		x := newPlan(t, Options{}).Begin()
		carry[[]*v2.Node](t, x, &all)
		var kinds []string
		for i := int32(1); i < x.exts; i++ {
			if e := x.ext(i); e.node != nil && e.node.special == plain && e.lo < e.hi {
				kinds = append(kinds, fmt.Sprint(e.node.old, e.slots, e.lo, e.hi, e.new != nil))
			}
		}
		slices.Sort(kinds)
		return x.Stats(), kinds
	}
	alone, table := count(0)
	several, other := count(4)
	alone.Bytes, several.Bytes = 0, 0 // what is taken over later has been given memory for
	eq(t, "statistics", several, alone)
	if !slices.Equal(table, other) {
		t.Errorf("%d entries alone, %d with hands", len(table), len(other))
	}
}

// TestCollectorIsAsBefore: what the program has told the collector holds when functions of
// the developer's are called, and after the Run, however that ends.
func TestCollectorIsAsBefore(t *testing.T) {
	withHands(t, 2)
	percent := func() int {
		p := debug.SetGCPercent(50)
		debug.SetGCPercent(p)
		return p
	}
	defer debug.SetGCPercent(debug.SetGCPercent(77))
	for _, ends := range []string{"", "error", "panic", "other"} {
		var head *v1.Link
		for i := range 50 {
			head = &v1.Link{Datum: datum(i), Next: head}
		}
		debug.SetGCPercent(77)
		want, inConvert := 77, 0
		p, problems := NewPlan([]Pair{
			pairOf[v1.Datum, v2.Datum]("Stock"),
			{Old: reflect.TypeFor[v1.Link](), New: reflect.TypeFor[v2.Link](), Convert: func(old, new unsafe.Pointer) {
				if inConvert = percent(); ends == "panic" {
					panic("convert")
				}
			}},
		}, Options{})
		if len(problems) != 0 {
			t.Fatal(problems)
		}
		x := p.Begin()
		steps, during := 0, 0
		x.Bound(Limits{Every: 1, Step: func() error {
			if steps++; steps == 20 {
				switch during = percent(); ends {
				case "error":
					return errors.New("over")
				case "other":
					debug.SetGCPercent(55)
					want = 55
				}
			}
			return nil
		}})
		var to *v2.Link
		check(t, x.Value(unsafe.Pointer(&to), unsafe.Pointer(&head), reflect.TypeOf(head)))
		if err := x.Run(); (err != nil) != (ends == "error" || ends == "panic") {
			t.Fatal(err)
		}
		eq(t, ends+": among hands", during, rarely)
		eq(t, ends+": afterwards", percent(), want)
		if ends != "error" {
			eq(t, ends+": in a Convert function", inConvert, want)
		}
	}
	debug.SetGCPercent(-1)
	var head *v1.Link
	for i := range 50 {
		head = &v1.Link{Datum: datum(i), Next: head}
	}
	carry[*v2.Link](t, newPlan(t, Options{}).Begin(), &head)
	eq(t, "off", percent(), -1)
}

// TestCalm: no collection runs when it returns and none begins until the Run is over, the
// transfer is dropped, or it is taken back.
func TestCalm(t *testing.T) {
	percent := func() int {
		p := debug.SetGCPercent(50)
		debug.SetGCPercent(p)
		return p
	}
	defer debug.SetGCPercent(debug.SetGCPercent(77))
	var head *v1.Link
	for i := range 100_000 {
		head = &v1.Link{Datum: datum(i), Next: head}
	}
	for _, ends := range []string{"excited", "run", "discarded"} {
		done := make(chan bool)
		go func() { // one may run when it is asked
			runtime.GC()
			close(done)
		}()
		x := newPlan(t, Options{}).Begin()
		x.Calm()
		x.Calm()
		eq(t, ends+": meanwhile", percent(), rarely)
		switch ends {
		case "excited":
			x.Excite()
		case "run":
			carry[*v2.Link](t, x, &head)
		case "discarded":
			x.Discard()
		}
		eq(t, ends+": afterwards", percent(), 77)
		<-done
	}
	debug.SetGCPercent(-1)
	x := newPlan(t, Options{}).Begin()
	x.Calm()
	x.Excite()
	eq(t, "off", percent(), -1)
}
