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

// Armed is one armed defer of a function with defers in loops.
type Armed struct {
	N    int   // which defer statement
	Data []any // what it needs, as frames hold it
}

// Value takes a value out of an Armed; a nil interface stays nil.
func Value[T any](v any) T {
	t, _ := v.(T)
	return t
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
