package updater

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// TestBehindAPointer: a variable that the new frame has a pointer to gets one of its own; a
// pointer that stays one does not. What is told by types is how many pointers there are.
func TestBehindAPointer(t *testing.T) {
	type named *int
	type was struct {
		A int
		B *int
		C *int
		D named
		E named
	}
	type is struct {
		A *int
		B **int
		C *int
		D named
		E *named
	}
	n := 7
	old, new := was{1, &n, &n, &n, &n}, is{}
	p := &plan{}
	require.NoError(t, p.fields(fieldMoves(reflect.TypeFor[was](), reflect.TypeFor[is](), nil), unsafe.Pointer(&old), unsafe.Pointer(&new)))
	require.Equal(t, 1, *new.A)
	require.Same(t, &n, *new.B)
	require.Same(t, &n, new.C)
	require.Same(t, &n, (*int)(new.D))
	require.Same(t, &n, (*int)(*new.E))
	*new.A++
	require.Equal(t, 1, old.A)
}

// TestBegun: locals that are what they are declared with.
func TestBegun(t *testing.T) {
	type size uint8
	type frame struct {
		N    size
		S    *string
		L    *[]int
		Rest int
	}
	f := frame{Rest: 3}
	m := &FuncMap{New: "p.f", Begun: map[int][]Begun{2: {{Name: "N", Value: uint64(9)}, {Name: "S", Boxed: true, Value: "x"}, {Name: "L", Boxed: true}}}}
	require.NoError(t, m.begin(1, reflect.TypeOf(f), unsafe.Pointer(&f)))
	require.Equal(t, frame{Rest: 3}, f)
	require.NoError(t, m.begin(2, reflect.TypeOf(f), unsafe.Pointer(&f)))
	require.Equal(t, size(9), f.N)
	require.Equal(t, "x", *f.S)
	require.Nil(t, *f.L)
	require.Equal(t, 3, f.Rest)
	m.Begun[2] = []Begun{{Name: "L", Boxed: true, Value: "x"}}
	require.ErrorContains(t, m.begin(2, reflect.TypeOf(f), unsafe.Pointer(&f)), "local L of p.f cannot be given x")
	m.Begun[2] = []Begun{{Name: "N", Boxed: true}}
	require.Error(t, m.begin(2, reflect.TypeOf(f), unsafe.Pointer(&f)))
}
