package state

import (
	"fmt"
	"math/rand"
	"reflect"
	"runtime"
	"testing"
	"unsafe"
	"weak"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

// count tells what s knows of the heap.
func (s *stayed) count() (marks, parts int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sp := range s.spans {
		parts += len(sp.parts)
		for i := range uintptr(sp.marks.blocks) {
			if m := sp.marks.of(i); m != nil && m.block != (weak.Pointer[byte]{}) {
				marks++
			}
		}
	}
	return marks, parts
}

func every(span uintptr) bool { return true }

// letGo takes all that can go out of the table.
func letGo(x *Transfer) {
	for x.Weaken(1 << 20) {
	}
	x.Sweep()
}

// TestStayedIsNotedOnce: what is patched in place is in no table, and what is known of it
// does not grow with the updates that patch it.
func TestStayedIsNotedOnce(t *testing.T) {
	var holders []*v1.Holder
	for range 10_000 {
		holders = append(holders, &v1.Holder{})
	}
	p := newPlan(t, Options{})
	all := &stayed{}
	for i := range 5 {
		x := p.Begin()
		x.stays, x.release = all, all.begin()
		carryIn[[]*v2.Holder](t, x, &holders)
		letGo(x)
		marks, parts := all.count()
		if x.exts > 10 || len(x.chunks) > 1 || marks < 10_000 || marks > 10_100 || parts > 1 {
			t.Errorf("update %d: %d entries, %d marks, %d parts", i, x.exts, marks, parts)
		}
	}
	runtime.KeepAlive(holders)
	holders = nil
	for range 3 {
		runtime.GC()
	}
	all.sweep(every)
	if left, _ := all.count(); left > 100 {
		t.Errorf("%d marks are left", left)
	}
}

// TestLateIsKnownThatStayed: who comes late, from whatever release, does not descend into
// what has been patched in place since, whether the table still has it or not.
func TestLateIsKnownThatStayed(t *testing.T) {
	for _, gone := range []bool{false, true} {
		t.Run(fmt.Sprint(gone), func(t *testing.T) {
			h := &v1.Holder{First: &v1.Entry{ID: 1}, All: []*v1.Entry{{ID: 2}}, ByID: map[int64]*v1.Entry{1: {ID: 3}}}
			type frame = struct {
				H    *v1.Holder
				All  []*v1.Entry
				ByID map[int64]*v1.Entry
				PP   **v1.Entry
			}
			came := frame{h, h.All, h.ByID, &h.First}
			again, other := came, &v1.Holder{}
			before := newPlan(t, Options{}).Begin()
			carryIn[v2.Holder](t, before, other)
			x := newPlan(t, Options{}).Begin()
			n := carryIn[v2.Holder](t, x, h)
			if gone {
				letGo(x)
			}
			fresh := &v2.Entry{ID: 99}
			n.First, n.All[0], n.ByID[1] = fresh, fresh, fresh
			late := func(x *Transfer, f *frame) {
				t.Helper()
				check(t, x.InPlace(unsafe.Pointer(f), reflect.TypeOf(*f)))
				check(t, x.Run())
				x.Apply()
				eq(t, "pointer", n.First, fresh)
				eq(t, "array", n.All[0], fresh)
				eq(t, "map", n.ByID[1], fresh)
			}
			late(x, &came)
			letGo(x)
			late(before, &again)
		})
	}
}

// TestLateAroundWhatStayed: a late object that stays, a part of which has been patched by
// itself, is looked at but for that part.
func TestLateAroundWhatStayed(t *testing.T) {
	for _, gone := range []bool{false, true} {
		t.Run(fmt.Sprint(gone), func(t *testing.T) {
			h := &v1.Holder{First: &v1.Entry{ID: 1}, Arr: [3]*v1.Entry{{ID: 10}, {ID: 11}, {ID: 12}}}
			many := []*v1.Entry{{ID: 20}, {ID: 21}, {ID: 22}}
			static := &staticPointers
			for i := range static {
				static[i] = &v1.Entry{ID: int64(30 + i)}
			}
			parts := &struct{ Arr, Many, Static **v1.Entry }{&h.Arr[1], &many[1], &static[1]}
			type newParts = struct{ Arr, Many, Static **v2.Entry }
			x := newPlan(t, Options{}).Begin()
			n := carryIn[newParts](t, x, parts)
			eq(t, "element", (*n.Arr).ID, 11)
			if gone {
				letGo(x)
			}
			fresh := &v2.Entry{ID: 99}
			*n.Arr, *n.Many, *n.Static = fresh, fresh, fresh
			frame := &struct {
				H      *v1.Holder
				Many   []*v1.Entry
				Static []*v1.Entry
			}{h, many, static[:]}
			type newFrame = struct {
				H      *v2.Holder
				Many   []*v2.Entry
				Static []*v2.Entry
			}
			for range 2 {
				f := *frame
				nf := carryIn[newFrame](t, x, &f)
				for i, p := range [][]*v2.Entry{nf.H.Arr[:], nf.Many, nf.Static} {
					eq(t, "before it", p[0].ID, int64(10*i+10))
					eq(t, "looked at already", p[1], fresh)
					eq(t, "behind it", p[2].ID, int64(10*i+12))
				}
				eq(t, "field", nf.H.First.ID, 1)
				letGo(x)
			}
		})
	}
}

var staticPointers [3]*v1.Entry

// TestLateMovesWhatStayed: a late object moves, a part of which has been patched by itself.
func TestLateMovesWhatStayed(t *testing.T) {
	b := &v1.Box{P: v1.Pair[*v1.Entry]{A: &v1.Entry{ID: 1}}}
	part := &b.P.A
	for _, gone := range []bool{false, true} {
		x := newPlan(t, Options{}).Begin()
		carry[**v2.Entry](t, x, &part)
		if gone {
			letGo(x)
		}
		var n *v2.Box
		check(t, x.Value(unsafe.Pointer(&n), unsafe.Pointer(&b), reflect.TypeOf(b)))
		wantError(t, x.RunLate(), "first seen now, after a part of it")
		eq(t, "box", n, nil)
		b.P.A, part = &v1.Entry{ID: 1}, &b.P.A
	}
}

// TestLateMapKeyedByWhatStayed: the key of a late map is a box that has been patched: the
// map is hashed by what is in it now.
func TestLateMapKeyedByWhatStayed(t *testing.T) {
	for _, gone := range []bool{false, true} {
		e := &v1.Entry{ID: 1}
		box := any(struct{ A, B *v1.Entry }{e, e})
		m, set := map[any]int{box: 7}, &v1.Holder{}
		set.Sync.Store(box, 7)
		x := newPlan(t, Options{}).Begin()
		key := *carry[any](t, x, &box)
		eq(t, "id", key.(struct{ A, B *v2.Entry }).A.ID, 1)
		if gone {
			letGo(x)
		}
		n := *carry[map[any]int](t, x, &m)
		eq(t, "found", n[key], 7)
		eq(t, "length", len(n), 1)
		v, _ := carryIn[v2.Holder](t, x, set).Sync.Load(key)
		eq(t, "sync.Map", v, any(7))
	}
}

// TestStayedAddressesAreUsedAgain: an object at the address of one that is gone is another
// one.
func TestStayedAddressesAreUsedAgain(t *testing.T) {
	x := newPlan(t, Options{}).Begin()
	e := &v1.Entry{ID: 1}
	ne := *carry[*v2.Entry](t, x, &e)
	seen, again := map[uintptr]bool{}, 0
	for i := range 3000 {
		h := &v1.Holder{First: e}
		if at := uintptr(unsafe.Pointer(h)); seen[at] {
			again++
		} else {
			seen[at] = true
		}
		if n := carryIn[v2.Holder](t, x, h); n.First != ne {
			t.Fatalf("object %d was taken for one that is gone", i)
		}
		letGo(x)
		if i%500 == 499 {
			runtime.GC()
		}
	}
	if again == 0 {
		t.Error("no address was used again")
	}
}

// TestStayedArrays: an array takes one mark, whatever its size, and one of which a part is
// known says which.
func TestStayedArrays(t *testing.T) {
	for _, n := range []int{1, 4, 64, 65, 1000, 3000, 100_000} {
		s, a := &stayed{}, make([]*int, n)
		all := func(from, to int, release uint32) bool {
			all, _ := s.has(unsafe.Pointer(&a[from]), uintptr(to-from)*wordSize, release)
			return all
		}
		s.raise(unsafe.Pointer(&a[0]), uintptr(n)*wordSize, 3, false)
		if _, parts := s.count(); parts != 0 || !all(0, n, 3) || all(0, n, 4) {
			t.Errorf("%d pointers: %d parts, %v %v", n, parts, all(0, n, 3), all(0, n, 4))
		}
		s.raise(unsafe.Pointer(&a[n/2]), wordSize, 5, false)
		for i := range a[:min(n, 3000)] {
			if all(i, i+1, 5) != (i == n/2) || !all(i, i+1, 3) {
				t.Fatalf("%d pointers: number %d", n, i)
			}
		}
		s.raise(unsafe.Pointer(&a[0]), uintptr(n)*wordSize, 6, false)
		if _, parts := s.count(); parts != 0 || !all(0, n, 6) {
			t.Errorf("%d pointers again: %d parts, %v", n, parts, all(0, n, 6))
		}
		runtime.KeepAlive(a)
	}
}

// TestPart: what is known of a block's words, against a plain list of them.
func TestPart(t *testing.T) {
	const words = 40
	for seed := range uint32(200) {
		p, want := &part{words: words}, [words]uint32{}
		rnd := seed
		next := func(n uint32) uintptr { rnd = rnd*1664525 + 1013904223; return uintptr((rnd >> 8) % n) }
		for range 8 {
			lo := next(words)
			hi, rel := lo+1+next(uint32(words-lo)), 1+uint32(next(4))
			if next(3) == 0 {
				lo = 0
			}
			p.raise(lo, hi, rel)
			for w := lo; w < hi; w++ {
				want[w] = max(want[w], rel)
			}
			for rel := uint32(1); rel < 6; rel++ {
				for lo := uintptr(0); lo < words; lo += 3 {
					for hi := lo + 1; hi <= words; hi += 2 {
						wantAll, wantSome := true, false
						for _, r := range want[lo:hi] {
							wantAll, wantSome = wantAll && r >= rel, wantSome || r >= rel
						}
						if all, some := p.has(lo, hi, rel); all != wantAll || some != wantSome {
							t.Fatalf("seed %d: [%d, %d) at %d: got %v %v, want %v %v; %v", seed, lo, hi, rel, all, some, wantAll, wantSome, want)
						}
					}
				}
			}
		}
	}
}

// TestRunsOfWords: what is said of each word is what an array of words says, in whatever
// order it is raised, and a page with a few stretches has no array.
func TestRunsOfWords(t *testing.T) {
	rnd := rand.New(rand.NewSource(1))
	arrays := 0
	for range 300 {
		words := uintptr(1 + rnd.Intn(2*int(partChunk)))
		x, plain := &part{words: words}, make([]uint32, words)
		short := 1 + rnd.Intn(int(words))
		for range 1 + rnd.Intn(200) {
			lo := uintptr(rnd.Intn(int(words)))
			hi := min(words, lo+1+uintptr(rnd.Intn(short)))
			release := uint32(1 + rnd.Intn(4))
			x.raise(lo, hi, release)
			for w := lo; w < hi; w++ {
				plain[w] = max(plain[w], release)
			}
		}
		for range 50 {
			lo := uintptr(rnd.Intn(int(words)))
			hi := min(words, lo+1+uintptr(rnd.Intn(short)))
			for release := uint32(1); release <= 4; release++ {
				all, some := true, false
				for w := lo; w < hi; w++ {
					all, some = all && plain[w] >= release, some || plain[w] >= release
				}
				if a, s := x.has(lo, hi, release); a != all || s != some {
					t.Fatalf("[%d, %d) of release %d: all %v, some %v, want %v, %v", lo, hi, release, a, s, all, some)
				}
			}
		}
		for _, c := range x.each {
			if c.all != nil {
				arrays++
			}
			if len(c.runs) > mostRuns {
				t.Fatalf("%d runs", len(c.runs))
			}
		}
	}
	if arrays == 0 {
		t.Error("no chunk had so many runs that it became an array")
	}
	few := &part{words: partChunk}
	for i := range uintptr(10) {
		few.raise(100*i, 100*i+3, uint32(i+1))
	}
	if c := few.each[0]; c.all != nil || len(c.runs) != 10 || cap(c.runs) > 12 {
		t.Errorf("ten stretches take %d runs and %d words", cap(c.runs), len(c.all))
	}
}

// TestPrunedAgain: what a plan knows of types is dropped when the last entry about them is
// gone, and not only at first.
func TestPrunedAgain(t *testing.T) {
	x := newPlan(t, Options{}).Begin()
	kept := func() []*v1.Entry {
		var all []*v1.Entry
		for i := range 100 {
			all = append(all, &v1.Entry{ID: int64(i)})
		}
		carry[[]*v2.Entry](t, x, &all)
		return all
	}()
	letGo(x)
	x.Prune()
	if len(x.plan.nodes)+len(x.plan.objs) == 0 {
		t.Fatal("nothing is known of types that entries are about")
	}
	runtime.KeepAlive(kept)
	kept = nil
	for range 3 {
		runtime.GC()
		letGo(x)
		x.Prune()
	}
	if n := len(x.plan.nodes) + len(x.plan.objs); n != 0 {
		t.Errorf("%d types are known, and %d entries are left", n, x.exts)
	}
}
