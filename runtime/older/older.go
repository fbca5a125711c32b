// Package older stands in front of type assertions and type switches of own code.
//
// An update converts what it finds. What foreign code keeps where nobody can look (a
// sync.Pool, behind an unsafe.Pointer, on the stack of a goroutine of its own) keeps its
// type, and foreign code may hand it to code of a later release, in an interface. There it
// would be a value of a type that no code of that release can name. So the operand of an
// assertion or a switch that may ask for what an update can change is brought up first:
//
//	older.Any(pool.Get()).(*buffer)
//	switch v := older.Up(err).(type) {
//
// which is nothing in an executable (Seen), and in an update's code a load and a branch
// that is not taken before an update has changed a type. Bringing up is conversion on
// return: by the same tables, under the same lock, so that one old object always leads to
// one new one; what cannot be converted is a panic. It is no update point.
//
// It comes before the operation and not behind its failure, because an old value may
// satisfy an interface that an earlier clause of a switch names, or that an assertion asks
// for, by the methods that it had.
//
// The package is compiled for each release anew, like package word, by whose word its
// functions know which release's code has called them.
package older

import (
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/word"
)

// Any is x, or what has become of it. It is written so that the compiler counts as little
// for it as can be: functions that are little more than an assertion are still inlined
// (TestLeavesAreInlined).
func Any(x any) any {
	if Seen && runtime.Older {
		x = bring(x)
	}
	return x
}

// Up is Any for other types of interfaces. If what has become of x does not implement I
// it is x.
func Up[I any](x I) I {
	if Seen && runtime.Older {
		x = bringAs(x)
	}
	return x
}

// Error is Up for modules whose language version has no type parameters.
func Error(x error) error {
	if Seen && runtime.Older {
		x = bringAs(x)
	}
	return x
}

//go:noinline
func bring(x any) any {
	if v, ok := runtime.BringUp(*(*any)(hide(unsafe.Pointer(&x))), &word.W); ok {
		return v
	}
	return x
}

//go:noinline
func bringAs[I any](x I) I {
	if v, ok := runtime.BringUp(any(*(*I)(hide(unsafe.Pointer(&x)))), &word.W); ok {
		if v, ok := v.(I); ok {
			return v
		}
	}
	return x
}

// hide keeps from the compiler that what p leads to goes on to the heap: every operand of
// an assertion would, and any(v).(T) would allocate although nothing is brought up. What
// is brought up is no value of the code that has it, and so does not stand on its stack.
func hide(p unsafe.Pointer) unsafe.Pointer {
	at := uintptr(p)
	return *(*unsafe.Pointer)(unsafe.Pointer(&at))
}
