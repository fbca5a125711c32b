package runtime

import (
	"fmt"
	"reflect"
	"testing"
	"unsafe"
)

// TestMapIterMirrorsTheRuntime: MapIter has the fields of the runtime's own
// iterator, which package reflect holds one of, at the same places.
func TestMapIterMirrorsTheRuntime(t *testing.T) {
	f, ok := reflect.TypeFor[reflect.MapIter]().FieldByName("hiter")
	if !ok {
		t.Fatal("reflect.MapIter holds no iterator of the runtime's any more")
	}
	theirs, ours := f.Type, reflect.TypeFor[MapIter]()
	rest := ours.Field(ours.NumField() - 1)
	if theirs.Size() != rest.Offset || theirs.NumField()+1 != ours.NumField() {
		t.Fatalf("%s: %d bytes in %d fields, MapIter %d in %d before %s", theirs, theirs.Size(), theirs.NumField(), rest.Offset, ours.NumField()-1, rest.Name)
	}
	for i := range theirs.NumField() {
		a, b := theirs.Field(i), ours.Field(i)
		if a.Offset != b.Offset || a.Type.Size() != b.Type.Size() || pointers(a.Type) != pointers(b.Type) {
			t.Errorf("%s.%s: %s at %d, MapIter has %s at %d", theirs, a.Name, a.Type, a.Offset, b.Type, b.Offset)
		}
	}
}

func pointers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.UnsafePointer:
		return true
	case reflect.Struct:
		return t.NumField() > 0 && pointers(t.Field(0).Type)
	}
	return false
}

// TestMapIterWalksLikeRange: every entry once, also those with NaN keys, and a copy
// of the iterator goes on from where the original stood.
func TestMapIterWalksLikeRange(t *testing.T) {
	nan := 0.0
	nan /= nan
	m := map[float64]int{nan: 1}
	m[nan] = 2
	for i := range 1000 {
		m[float64(i)] = 10
	}
	sum, n := 0, 0
	var it MapIter
	for it.Start(m); it.More(); it.Next() {
		sum += *(*int)(it.Elem())
		n++
		if n%7 == 0 {
			frame := new(MapIter)
			*frame = it
			it = *frame
		}
	}
	if n != len(m) || sum != 10003 {
		t.Errorf("%d entries, sum %d; want %d, 10003", n, sum, len(m))
	}
}

// TestMapIterRest: what is left of a walk is looked up in the map: keys that are not there any
// more are passed over, elements are what they are now. What cannot be looked up is there
// until the map is cleared.
func TestMapIterRest(t *testing.T) {
	nan := 0.0
	nan /= nan
	for _, c := range []struct {
		name string
		do   func(m map[float64]int)
		want string
	}{
		{"as it was", func(map[float64]int) {}, "[[1 10] [2 20] [NaN 70] [3 30]]"},
		{"deleted", func(m map[float64]int) { delete(m, 2) }, "[[1 10] [NaN 70] [3 30]]"},
		{"changed", func(m map[float64]int) { m[3]++; m[4] = 1 }, "[[1 10] [2 20] [NaN 70] [3 31]]"},
		{"cleared", func(m map[float64]int) { clear(m); m[1] = 5; m[nan] = 6 }, "[[1 5]]"},
		{"empty", func(m map[float64]int) { clear(m) }, "[]"},
	} {
		m := map[float64]int{1: 10, 2: 20, 3: 30, nan: 70}
		a := any(m)
		w := (*[2]unsafe.Pointer)(unsafe.Pointer(&a))
		keys, seventy := []float64{9, 1, 2, nan, 3}, 70
		rest := &MapRest{Typ: w[0], Map: w[1], Keys: unsafe.Pointer(&keys[0]), Size: 8, Len: len(keys), At: 1}
		rest.Elems = []unsafe.Pointer{3: unsafe.Pointer(&seventy), 4: nil}
		rest.Begin()
		c.do(m)
		it, got := MapIter{Rest: rest}, [][2]float64{}
		for it.GoOn(); it.More(); it.GoOn() {
			got = append(got, [2]float64{*(*float64)(it.Key()), float64(*(*int)(it.Elem()))})
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

// BenchmarkMapIter walks over a thousand entries: by a range statement, as the fast body does,
// as the resume body does, and over what an update has left of a walk.
func BenchmarkMapIter(b *testing.B) {
	m, keys := map[int]int{}, []int{}
	for i := range 1000 {
		m[i] = i
		keys = append(keys, i)
	}
	a := any(m)
	w := (*[2]unsafe.Pointer)(unsafe.Pointer(&a))
	sum := 0
	b.Run("range", func(b *testing.B) {
		for b.Loop() {
			for _, v := range m {
				sum += v
			}
		}
	})
	b.Run("fast", func(b *testing.B) {
		for b.Loop() {
			var it MapIter
			for it.Start(m); it.More(); it.Next() {
				sum += *(*int)(it.Elem())
			}
		}
	})
	b.Run("resume", func(b *testing.B) {
		for b.Loop() {
			var it MapIter
			for it.Start(m); it.More(); it.GoOn() {
				sum += *(*int)(it.Elem())
			}
		}
	})
	b.Run("rest", func(b *testing.B) {
		for b.Loop() {
			rest := &MapRest{Typ: w[0], Map: w[1], Keys: unsafe.Pointer(&keys[0]), Size: 8, Len: len(keys)}
			it := MapIter{Rest: rest}
			for it.GoOn(); it.More(); it.GoOn() {
				sum += *(*int)(it.Elem())
			}
		}
	})
	if sum == 0 {
		b.Fatal("nothing was walked over")
	}
}
