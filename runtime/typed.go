package runtime

import (
	"reflect"
	"unsafe"
)

// Some values have types that a package cannot write: unexported ones of other
// packages. Generated code gets such types by inference from expressions without
// effect (rewriter/desugar/witness.go). What follows are the steps such expressions
// take; results are zero values unless it is said otherwise.

// Zero is for a variable of the type of its argument.
func Zero[T any](T) (zero T) { return }

// Nil is for a pointer to a variable of the type of its argument.
func Nil[T any](T) *T { return nil }

// To points to a new variable.
func To[T any](T) *T { return new(T) }

// New points to a new variable of the type that its argument would point to.
func New[T any](*T) *T { return new(T) }

// Elem is for what a pointer points to.
func Elem[T any](*T) (zero T) { return }

// SliceOf is for a slice.
func SliceOf[T any](T) (zero []T) { return }

// SliceElem is for an element of a slice.
func SliceElem[T any](...T) (zero T) { return }

// MapOf is for a map.
func MapOf[K comparable, V any](K, V) (zero map[K]V) { return }

// MapKey is for a key of a map.
func MapKey[K comparable, V any](map[K]V) (zero K) { return }

// MapElem is for an element of a map.
func MapElem[K comparable, V any](map[K]V) (zero V) { return }

// ChanOf is for a channel.
func ChanOf[T any](T) (zero chan T) { return }

// RecvOf is for a channel that is received from only.
func RecvOf[T any](T) (zero <-chan T) { return }

// SendOf is for a channel that is sent to only.
func SendOf[T any](T) (zero chan<- T) { return }

// RecvElem is for what is received from a channel.
func RecvElem[T any](<-chan T) (zero T) { return }

// SendElem is for what is sent to a channel.
func SendElem[T any](chan<- T) (zero T) { return }

// Reach is p, which points to a new variable, with new variables for the embedded
// pointers on the way to the field that path leads to.
func Reach[T any](p *T, path ...int) *T {
	v := reflect.ValueOf(p).Elem()
	for _, i := range path {
		v = v.Field(i)
		if v.Kind() == reflect.Pointer {
			to := reflect.New(v.Type().Elem())
			reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem().Set(to)
			v = to.Elem()
		}
	}
	return p
}

// As is v, of the type of its second argument.
func As[T any](v any, _ T) T {
	t, _ := v.(T)
	return t
}

// Typed is p, of the type of its second argument.
func Typed[T any](p Pointer, _ *T) *T { return (*T)(p) }

// KeyAt is the key of a map that p points to.
func KeyAt[K comparable, V any](_ map[K]V, p Pointer) K { return *(*K)(p) }

// ElemAt is the element of a map that p points to.
func ElemAt[K comparable, V any](_ map[K]V, p Pointer) V { return *(*V)(p) }
