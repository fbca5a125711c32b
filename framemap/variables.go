package framemap

import (
	"reflect"
	"unsafe"
)

// Heap gives the variables of the program; the updater implements it.
type Heap interface {
	// Old and New give a variable of the old and of the new release, which
	// framemap.go takes for one of type as; they panic when it is not the time.
	Old(key string, as reflect.Type) unsafe.Pointer
	New(key string, as reflect.Type) unsafe.Pointer
}

func (m *Map) heap() Heap {
	if m.Heap == nil {
		panic("framemap: the program's variables cannot be read now")
	}
	return m.Heap
}

// OldVariable is a variable of the old release, as the old program has left it: for
// the functions of Require, Validate, Var and VarFrom. T is its type, written with the
// mirrors of package was. It must only be read, and not be kept.
//
//	framemap.Require(m, func() error {
//		if n := len(*framemap.OldVariable[map[string]*was.Main_job](m, "example.com/kvd.jobs")); n > 0 {
//			return fmt.Errorf("%d jobs are running", n)
//		}
//		return nil
//	})
//
// What a rule needs that may run late is kept in a variable of framemap.go, or taken
// from the new release with FromVariable.
func OldVariable[T any](m *Map, key string) *T {
	return (*T)(m.heap().Old(key, reflect.TypeFor[T]()))
}

// Variable is a variable of the new release, when everything has been transformed:
// for the functions of Go. T is its type, written with the mirrors of package is. It
// must only be read, and not be kept.
//
//	n := *framemap.Variable[int](m, "example.com/kvd.workers")
func Variable[T any](m *Map, key string) *T {
	return (*T)(m.heap().New(key, reflect.TypeFor[T]()))
}

// FromVariable gives a field of a new frame, or of one that Start made, the value that
// a variable of the new release has when the frame goes on: for the functions of Locals
// and At. For a goroutine that was parked at commit that is while the program runs, so
// a variable of more than a word must not be one that the program assigns to.
//
//	framemap.Locals(m, "example.com/kvd.(*client).serve", func(s *framemap.Stack, o *was.Main_client_serve, n *is.Main_client_serve) {
//		framemap.FromVariable(s, &n.Limits, "example.com/kvd.limits")
//	})
func FromVariable[T any](s *Stack, dst *T, key string) {
	s.work.FromVariable(unsafe.Pointer(dst), key, reflect.TypeFor[T]())
}
