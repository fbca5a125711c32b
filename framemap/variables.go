package framemap

import (
	"reflect"
	"unsafe"
)

// Heap gives the variables of the program; the updater implements it.
type Heap interface {
	// Variable is a variable of the new release, which framemap.go takes for one of
	// type as.
	Variable(key string, as reflect.Type) unsafe.Pointer
}

// Variable is a variable of the new release, when everything has been transformed:
// for the functions of Go. T is its type, written with the mirrors of package is. It
// must only be read.
//
//	n := *framemap.Variable[int](m, "example.com/kvd.workers")
func Variable[T any](m *Map, key string) *T {
	if m.Heap == nil {
		panic("framemap.Variable: the program's variables cannot be read now; it is for the functions of framemap.Go")
	}
	return (*T)(m.Heap.Variable(key, reflect.TypeFor[T]()))
}
