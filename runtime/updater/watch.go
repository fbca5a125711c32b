package updater

import (
	"errors"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// watching is told what conversions do; set before the first update.
var watching struct {
	frame func(f *runtime.Func, pt int)
	typ   func(key string)
}

// Watch is for rehearsals: frame is called for every old frame that is converted, typ
// for every call of a function that framemap.Type was given, with the new type's key.
// It must come before the first update. Both are called on several goroutines.
func Watch(frame func(f *runtime.Func, pt int), typ func(key string)) {
	watching.frame, watching.typ = frame, typ
}

// telling is a function of framemap.Type's that says when it is called.
func telling(key string, f func(old, new unsafe.Pointer)) func(old, new unsafe.Pointer) {
	if watching.typ == nil {
		return f
	}
	return func(old, new unsafe.Pointer) {
		watching.typ(key)
		f(old, new)
	}
}

// Standing says, if an attempt failed because goroutines stand where the update cannot
// take them, where.
func Standing(why error) []Position {
	var e *Error
	if errors.As(why, &e) && e.Code == CodeMapIncomplete {
		return e.Positions
	}
	return nil
}
