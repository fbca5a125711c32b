package older

import (
	"errors"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/word"
)

// As, AsType and Is stand for those of package errors, which ask errors that foreign code
// may have kept for one of the program's own. What they do not find they look for once
// more in what has become of each error. They are not inlined, so that the build can leave
// them out of stacks: the errors' own methods are called below them.

//go:noinline
func As(err error, target any) bool {
	return errors.As(err, target) || changed() && become(err, func(err error) bool { return errors.As(err, target) })
}

//go:noinline
func AsType[E error](err error) (E, bool) {
	e, ok := errors.AsType[E](err)
	if !ok && changed() {
		ok = become(err, func(err error) (ok bool) {
			e, ok = errors.AsType[E](err)
			return ok
		})
	}
	return e, ok
}

//go:noinline
func Is(err, target error) bool {
	return errors.Is(err, target) || changed() && become(err, func(err error) bool { return errors.Is(err, target) })
}

func changed() bool { return Seen && runtime.Older }

// become asks f about all errors in err's tree that become others.
func become(err error, f func(error) bool) bool {
	for err != nil {
		if v, ok := runtime.BringUp(err, &word.W); ok {
			if v, ok := v.(error); ok {
				if f(v) {
					return true
				}
				err = v
			}
		}
		switch x := err.(type) {
		case interface{ Unwrap() error }:
			err = x.Unwrap()
		case interface{ Unwrap() []error }:
			for _, err := range x.Unwrap() {
				if become(err, f) {
					return true
				}
			}
			return false
		default:
			return false
		}
	}
	return false
}
