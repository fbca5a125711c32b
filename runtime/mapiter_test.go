package runtime

import (
	"reflect"
	"testing"
)

// TestMapIterMirrorsTheRuntime: MapIter has the fields of the runtime's own
// iterator, which package reflect holds one of, at the same places.
func TestMapIterMirrorsTheRuntime(t *testing.T) {
	f, ok := reflect.TypeFor[reflect.MapIter]().FieldByName("hiter")
	if !ok {
		t.Fatal("reflect.MapIter holds no iterator of the runtime's any more")
	}
	theirs, ours := f.Type, reflect.TypeFor[MapIter]()
	if theirs.Size() != ours.Size() || theirs.NumField() != ours.NumField() {
		t.Fatalf("%s: %d bytes in %d fields, MapIter %d in %d", theirs, theirs.Size(), theirs.NumField(), ours.Size(), ours.NumField())
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
