package state

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// Three releases of what maps lead to.
type (
	member1  struct{ ID int }
	member1b struct{ ID int } // only another name
	member2  struct {
		ID   int
		Name string
	}
	member3 struct {
		Name string
		ID   int64
		More [3]int
	}
)

func memberPlan(t *testing.T, pairs ...Pair) *Plan {
	t.Helper()
	p, problems := NewPlan(pairs, Options{})
	for _, pr := range problems {
		t.Fatal(pr)
	}
	return p
}

func firstPlan(t *testing.T) *Plan {
	return memberPlan(t, pairOf[member1, member2]("Name"))
}

func secondPlan(t *testing.T) *Plan {
	return memberPlan(t, Pair{Old: reflect.TypeFor[member2](), New: reflect.TypeFor[member3](), Zero: []string{"More"},
		Convert: func(old, new unsafe.Pointer) { (*member3)(new).ID = int64((*member2)(old).ID) }})
}

func idsOf(l []*member1) (ids []int) {
	for _, m := range l {
		ids = append(ids, m.ID)
	}
	return ids
}

// inRange is the frame of a function that stands in a range over a map. It has no name: what it
// becomes follows from what is in it.
type inRange[K comparable, V any] = struct {
	M  map[K]V
	It runtime.MapIter
}

// begun walks the first n entries of m, and tells what keys it has seen.
func begun[K comparable, V any](m map[K]V, n int) (f *inRange[K, V], seen []K) {
	f = &inRange[K, V]{M: m}
	f.It.Start(m)
	for i := range n {
		if i > 0 {
			f.It.GoOn()
		}
		seen = append(seen, *(*K)(f.It.Key()))
	}
	return f, seen
}

// left walks to the end.
func left[K comparable, V any](f *inRange[K, V], visit func(k K, v V)) {
	for f.It.GoOn(); f.It.More(); f.It.GoOn() {
		visit(*(*K)(f.It.Key()), *(*V)(f.It.Elem()))
	}
}

func members(n int) map[*member1]*member1 {
	m := map[*member1]*member1{}
	for i := range n {
		x := &member1{i}
		m[x] = x
	}
	return m
}

// ids fails if an ID is not there exactly once.
func ids(t *testing.T, what string, got []int, n int, but ...int) {
	t.Helper()
	slices.Sort(got)
	var want []int
	for i := range n {
		if !slices.Contains(but, i) {
			want = append(want, i)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: %v, want 0 to %d but %v, once each", what, got, n-1, but)
	}
}

// TestRangeOverRebuiltMap: each entry comes once, before the update or after it, whatever
// the size of the map and wherever the walk stands.
func TestRangeOverRebuiltMap(t *testing.T) {
	for _, size := range []int{1, 3, 8, 9, 100, 1500} {
		for _, n := range []int{1, 2, 7, size / 2, size} {
			if n = min(n, size); n == 0 {
				continue
			}
			for _, grown := range []int{0, 10 * size} {
				f, seen := begun(members(size), n)
				for i := range grown { // the iterator knows places in smaller tables then
					f.M[&member1{-1 - i}] = &member1{}
				}
				got := idsOf(seen)
				after := carry[inRange[*member2, *member2]](t, firstPlan(t).Begin(), f)
				eq(t, "entries", len(after.M), size+grown)
				left(after, func(k, v *member2) {
					if after.M[k] != v {
						t.Fatalf("%d/%d: a member of the old map", n, size)
					}
					if k.ID >= 0 {
						got = append(got, k.ID)
					}
				})
				ids(t, fmt.Sprintf("%d of %d, grown by %d", n, size, grown), got, size)
			}
		}
	}
}

// TestRangeDeleted: what is deleted before its turn comes is passed over, before the update
// and after it.
func TestRangeDeleted(t *testing.T) {
	f, seen := begun(members(50), 5)
	got, gone := idsOf(seen), []int{}
	for k := range f.M {
		if !slices.Contains(seen, k) && len(gone) < 7 {
			delete(f.M, k)
			gone = append(gone, k.ID)
		}
	}
	after := carry[inRange[*member2, *member2]](t, firstPlan(t).Begin(), f)
	for k := range after.M {
		if !slices.Contains(got, k.ID) && len(gone) < 20 {
			delete(after.M, k)
			gone = append(gone, k.ID)
		}
	}
	left(after, func(k, _ *member2) { got = append(got, k.ID) })
	ids(t, "without what was deleted", got, 50, gone...)
}

// TestRangeInPlace: of a frame that stays, too, and nothing is seen before Apply.
func TestRangeInPlace(t *testing.T) {
	f, seen := begun(members(30), 4)
	old, was := f.M, f.It
	x := firstPlan(t).Begin()
	check(t, x.InPlace(unsafe.Pointer(f), reflect.TypeFor[inRange[*member1, *member1]]()))
	check(t, x.Run())
	if f.It != was {
		t.Fatal("the iterator has been changed before Apply")
	}
	x.Discard()
	again := *f
	got := idsOf(seen)
	left(&again, func(k, v *member1) {
		if old[k] != v {
			t.Fatal("not a member of the map that there was")
		}
		got = append(got, k.ID)
	})
	ids(t, "after an update that was undone", got, 30)
	after := carryIn[inRange[*member2, *member2]](t, firstPlan(t).Begin(), f)
	got = idsOf(seen)
	left(after, func(k, v *member2) {
		if after.M[k] != v {
			t.Fatal("not a member of the new map")
		}
		got = append(got, k.ID)
	})
	ids(t, "after the update", got, 30)
}

// TestRangeOverMapThatStays goes on with the iterator that there is, and the values are new.
func TestRangeOverMapThatStays(t *testing.T) {
	m := map[int]*member1{}
	for i := range 40 {
		m[i] = &member1{i}
	}
	f, got := begun(m, 9)
	after := carry[inRange[int, *member2]](t, firstPlan(t).Begin(), f)
	if after.It.Rest != nil {
		t.Error("keys were listed that did not change")
	}
	left(after, func(k int, v *member2) {
		if v.ID != k || after.M[k] != v {
			t.Fatalf("key %d has member %v", k, v)
		}
		got = append(got, k)
	})
	ids(t, "a map that stays", got, 40)
}

// TestRangeOverRenamed: an update that changes nothing but a type's name leaves the map as it
// is. The next one knows the iterator's map by the type that it has now.
func TestRangeOverRenamed(t *testing.T) {
	f, seen := begun(members(40), 9)
	got := idsOf(seen)
	mid := carry[inRange[*member1b, *member1b]](t, memberPlan(t, pairOf[member1, member1b]()).Begin(), f)
	for range 10 {
		mid.It.GoOn()
		got = append(got, (*(**member1b)(mid.It.Key())).ID)
	}
	after := carry[inRange[*member2, *member2]](t, memberPlan(t, pairOf[member1b, member2]("Name")).Begin(), mid)
	left(after, func(k, v *member2) {
		if after.M[k] != v {
			t.Fatal("not a member of the new map")
		}
		got = append(got, k.ID)
	})
	ids(t, "renamed, then moved", got, 40)
}

// TestRangeOverValues: values that lie in the map get new memory with it.
func TestRangeOverValues(t *testing.T) {
	m := map[string]member1{}
	for i := range 25 {
		m[fmt.Sprint(i)] = member1{i}
	}
	f, seen := begun(m, 11)
	var got []int
	for _, k := range seen {
		got = append(got, m[k].ID)
	}
	after := carry[inRange[string, member2]](t, firstPlan(t).Begin(), f)
	changed := 0
	for k, v := range after.M {
		after.M[k] = member2{v.ID, "changed"}
	}
	left(after, func(k string, v member2) {
		if fmt.Sprint(v.ID) != k {
			t.Errorf("key %s has %v", k, v)
		}
		if v.Name == "changed" {
			changed++
		}
		got = append(got, v.ID)
	})
	ids(t, "values", got, 25)
	eq(t, "elements as they are when their turn comes", changed, 25-len(seen))
}

// TestRangeThroughTwoUpdates: what an update has left is carried over by the next one, also
// if its key is in no map any more.
func TestRangeThroughTwoUpdates(t *testing.T) {
	f, seen := begun(members(60), 3)
	got, gone := idsOf(seen), []int{}
	mid := carry[inRange[*member2, *member2]](t, firstPlan(t).Begin(), f)
	for range 10 {
		mid.It.GoOn()
		got = append(got, (*(**member2)(mid.It.Key())).ID)
	}
	for k := range mid.M {
		if !slices.Contains(got, k.ID) && len(gone) < 5 {
			delete(mid.M, k)
			gone = append(gone, k.ID)
		}
	}
	after := carry[inRange[*member3, *member3]](t, secondPlan(t).Begin(), mid)
	left(after, func(k, v *member3) {
		if after.M[k] != v {
			t.Fatal("not a member of the newest map")
		}
		got = append(got, int(k.ID))
	})
	ids(t, "through two updates", got, 60, gone...)
}

// TestRangeLate: a goroutine that comes back after commit goes on with what was left, as the
// new map has it by then.
func TestRangeLate(t *testing.T) {
	m := members(45)
	late, seen := begun(m, 6)
	got, gone := idsOf(seen), []int{}
	x := firstPlan(t).Begin()
	now := *carry[map[*member2]*member2](t, x, &m)
	for k := range now {
		if !slices.Contains(got, k.ID) && len(gone) < 8 {
			delete(now, k)
			gone = append(gone, k.ID)
		}
	}
	after := carry[inRange[*member2, *member2]](t, x, late)
	if reflect.ValueOf(after.M).Pointer() != reflect.ValueOf(now).Pointer() {
		t.Fatal("the late frame has another map")
	}
	left(after, func(k, v *member2) {
		if now[k] != v {
			t.Fatal("not a member of the map")
		}
		got = append(got, k.ID)
	})
	ids(t, "late", got, 45, gone...)
}

// TestRangeOverOddKeys: keys that do not equal themselves come as well, with new elements.
func TestRangeOverOddKeys(t *testing.T) {
	floats, anys := map[float64]*member1{}, map[any]*member1{}
	for i := range 20 {
		x := &member1{i}
		floats[math.NaN()] = x
		switch i % 3 {
		case 0:
			anys[math.NaN()] = x
		case 1:
			anys[x] = x
		default:
			anys[i] = x
		}
	}
	ff, _ := begun(floats, 1)
	fa, _ := begun(anys, 1)
	for i := range 500 { // the iterators keep tables that are no map's any more
		floats[float64(i)], anys[i+20] = &member1{-1}, &member1{-1}
	}
	got1, got2 := []int{(*(**member1)(ff.It.Elem())).ID}, []int{(*(**member1)(fa.It.Elem())).ID}
	nf := carry[inRange[float64, *member2]](t, firstPlan(t).Begin(), ff)
	is := map[*member2]bool{}
	for _, v := range nf.M {
		is[v] = true
	}
	left(nf, func(_ float64, v *member2) {
		if !is[v] {
			t.Error("not a member of the new map")
		}
		if v.ID >= 0 {
			got1 = append(got1, v.ID)
		}
	})
	ids(t, "floats", got1, 20)
	left(carry[inRange[any, *member2]](t, firstPlan(t).Begin(), fa), func(k any, v *member2) {
		if p, ok := k.(*member2); ok && p != v {
			t.Error("a key that is no new member")
		}
		if v.ID >= 0 {
			got2 = append(got2, v.ID)
		}
	})
	ids(t, "interfaces", got2, 20)
}

// TestRangeClearedBetween: what clear has deleted does not come back with the next update.
func TestRangeClearedBetween(t *testing.T) {
	m := map[any]*member1{}
	for i := range 10 {
		m[math.NaN()] = &member1{i}
	}
	f, _ := begun(m, 1)
	mid := carry[inRange[any, *member2]](t, firstPlan(t).Begin(), f)
	clear(mid.M)
	mid.M[1] = &member2{ID: 1}
	left(carry[inRange[any, *member3]](t, secondPlan(t).Begin(), mid), func(k any, v *member3) {
		t.Errorf("%v: %v, which was deleted", k, v)
	})
}

// TestRangeKeysThatDiffer: a Convert function that gives another key each time is found out.
func TestRangeKeysThatDiffer(t *testing.T) {
	m := map[member1]int{}
	for i := range 9 {
		m[member1{i}] = i
	}
	f, _ := begun(m, 2)
	calls := 0
	p := memberPlan(t, Pair{Old: reflect.TypeFor[member1](), New: reflect.TypeFor[member2](), Convert: func(old, new unsafe.Pointer) {
		calls++
		(*member2)(new).Name = fmt.Sprint(calls)
	}})
	x := p.Begin()
	n := new(inRange[member2, int])
	check(t, x.Value(unsafe.Pointer(n), unsafe.Pointer(f), reflect.TypeOf(*f)))
	wantError(t, x.Run(), "a key has become two")
}

// TestRangeByReflection: package reflect's iterator has no room for what is left.
func TestRangeByReflection(t *testing.T) {
	type frame struct{ It *reflect.MapIter }
	m := members(10)
	f := &frame{reflect.ValueOf(m).MapRange()}
	x := firstPlan(t).Begin()
	carryIn[frame](t, x, f) // it has not begun
	f = &frame{reflect.ValueOf(m).MapRange()}
	f.It.Next()
	x = firstPlan(t).Begin()
	check(t, x.InPlace(unsafe.Pointer(f), reflect.TypeOf(*f)))
	wantError(t, x.Run(), "a walk over a map")
	stays := map[int]*member1{}
	for i := range 10 {
		stays[i] = &member1{i}
	}
	f = &frame{reflect.ValueOf(stays).MapRange()}
	got := []int{}
	f.It.Next()
	got = append(got, int(f.It.Key().Int()))
	f = carryIn[frame](t, firstPlan(t).Begin(), f)
	for f.It.Next() {
		if f.It.Value().Type() != reflect.TypeFor[*member2]() {
			t.Errorf("a value of type %v", f.It.Value().Type())
		}
		got = append(got, int(f.It.Key().Int()))
	}
	ids(t, "by reflection", got, 10)
}
