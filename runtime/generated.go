package runtime

import (
	"reflect"
	"unicode/utf8"
	"unsafe"
)

// What follows serves generated code.

// Pointer is unsafe.Pointer, for files that do not import unsafe.
type Pointer = unsafe.Pointer

// TypeOf is reflect.TypeFor, for files that do not import reflect.
func TypeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// TypeTo is the type that p points to. Unlike TypeOf it serves modules whose
// language version has no type parameters.
func TypeTo(p any) reflect.Type { return reflect.TypeOf(p).Elem() }

// Armed is one armed defer of a function with defers in loops.
type Armed struct {
	N    int   // which defer statement
	Data []any // what it needs, as frames hold it
}

// NextRune is the index of the rune behind the one at i.
func NextRune(s string, i int) int {
	_, n := utf8.DecodeRuneInString(s[i:])
	return i + n
}

// RuneAt is the rune at i.
func RuneAt(s string, i int) rune {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return r
}

// Help hands what a test helper calls Helper of to its resume body, which asks for
// it with Helping.
//
//go:noinline
func Help(h interface{ Helper() }) { Cur().held().helper = h }

// Helping takes it.
//
//go:noinline
func Helping() interface{ Helper() } {
	r := Cur().held()
	h := r.helper
	r.helper = nil
	return h
}
