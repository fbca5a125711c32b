package runtime

import (
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"unsafe"
)

// callerOf is the release whose code has called f, if that is newer than f's, else nil:
// the first of either that is found on the stack. Foreign code counts as that of the own
// code that has called it, or that it was compiled for, since it has its values from
// there. It is called by PushEntry.
//
//go:noinline
func callerOf(f *Func) *Release {
	if f.rel.next.Load() == nil {
		return nil
	}
	var near [gate + 2]uintptr
	if n := callers(&near[0], len(near)); n == len(near) {
		if r := f.rel.newerWith(near[n-1]); r != nil {
			return r // it is called by that directly
		}
	}
	files := *ownFiles.Load()
	for size := 64; ; size *= 4 {
		buf := make([]uintptr, 2*size)
		pcs, chain := buf[:size], buf[size:]
		pcs = pcs[:runtime.Callers(3, pcs)]
		chain = chain[:callers(&chain[0], len(chain))]
		r, found := firstNewer(f.rel, pcs, chain, files)
		if found || len(pcs) < size && len(chain) < size {
			return r
		}
	}
}

// gate is where in a chain of callers of PushEntry's the gate is: it stands behind
// PushEntry and the point function.
const gate = 2

// receiverBound reports whether a gate's receiver is a method value's, which was bound when that was
// made, and not what its caller has passed. It is called by PushEntry.
//
//go:noinline
func receiverBound() bool {
	var near [gate + 4]uintptr
	n := callers(&near[0], len(near))
	for i, ret := range near[min(gate, n):n] {
		f := runtime.FuncForPC(ret - 1)
		if f == nil {
			continue
		}
		// What the compiler makes for a method value may have the method in line.
		name := runtime.FuncForPC(f.Entry()).Name()
		if i < 2 && strings.HasSuffix(name, "-fm") || name == "reflect.callMethod" {
			return true
		}
	}
	return false
}

// firstNewer looks for the innermost frame that is of a release newer than rel, or is an
// own frame of another one; pcs are the logical frames, chain the return addresses.
func firstNewer(rel *Release, pcs, chain []uintptr, files fileSet) (r *Release, found bool) {
	passed := 0
	fs := runtime.CallersFrames(pcs)
	for len(pcs) > 0 {
		f, more := fs.Next()
		at := f.PC + 1
		if i := slices.Index(chain[passed:], at); i >= 0 {
			// Wrappers, too, tell whose code it is: that of a go statement's call.
			for _, pc := range chain[max(passed, gate+1):max(passed, gate+1, passed+i)] {
				if r := rel.newerWith(pc); r != nil {
					return r, true
				}
			}
			passed += i + 1
		}
		if passed > gate+1 {
			if r := rel.newerWith(at); r != nil {
				return r, true
			}
			if files.has(f.File) && f.Line < LinePoint {
				return nil, true
			}
		}
		if !more {
			break
		}
	}
	for _, pc := range chain[max(passed, gate+1):] {
		if r := rel.newerWith(pc); r != nil {
			return r, true
		}
	}
	return nil, false
}

// newerWith is the release newer than r in whose text a return address lies.
func (r *Release) newerWith(ret uintptr) *Release {
	for n := r.next.Load(); n != nil; n = n.next.Load() {
		if n.Text[0] < ret && ret <= n.Text[1] {
			return n
		}
	}
	return nil
}

// waitsForOwn reports whether own code waits for what the running base returns, rather
// than foreign code: the base is a gate of an older release that own code has called, or
// stands inside one. It is called by Outer.
//
//go:noinline
func waitsForOwn() bool {
	const size = 64 // the caller is near
	files := *ownFiles.Load()
	var buf, chain [size]uintptr
	n := callers(&chain[0], size)
	pcs := withoutBases(buf[:runtime.Callers(3, buf[:])], chain[:n], n < size)
	if len(pcs) == 0 {
		return false
	}
	called := false // by package reflect, which is not known yet to be a turn's way
	for fs := runtime.CallersFrames(pcs); ; {
		f, more := fs.Next()
		switch {
		case f.Line >= LinePoint && files.has(f.File):
		case strings.HasPrefix(f.Function, turns):
			called = false
		case strings.HasPrefix(f.Function, "reflect.Value."):
			called = true
		case f.Function == "reflect.callReflect" || f.Function == "reflect.makeFuncStub":
		default:
			return !called && files.has(f.File)
		}
		if !more {
			return false
		}
	}
}

// reflection says that captured frames are to tell whether package reflect has called them.
var reflection atomic.Bool

// WatchReflection says, before a stop, whether the update has to know which of the captured
// goroutines' bases package reflect has called (Frame.Reflected): it costs each of them a
// look at its stack while the program stops.
func WatchReflection(on bool) { reflection.Store(on) }

// ByReflection reports whether package reflect has called the running base, or function at
// its gate, and if so, whether main waits for that.
//
//go:noinline
func ByReflection() (called, main bool) {
	files := *ownFiles.Load()
	base, direct := true, false
	for size := 64; ; size *= 4 {
		pcs := make([]uintptr, size)
		pcs = pcs[:runtime.Callers(2, pcs)]
		fs := runtime.CallersFrames(pcs)
		for more := len(pcs) > 0; more; {
			var f runtime.Frame
			f, more = fs.Next()
			switch {
			case called && direct && strings.HasPrefix(f.Function, turns):
				called, base = false, true // that is how a turn calls
			case called:
				direct = direct && strings.HasPrefix(f.Function, "reflect.")
				if f.Function == "main.main" {
					return true, true
				}
			case f.Function == "reflect.callReflect", f.Function == "reflect.makeFuncStub": // a turn is called so
			case f.File == "<autogenerated>", strings.HasPrefix(f.Function, "github.com/upstarego/upstarego/runtime"):
			case files.has(f.File):
				if f.Line < LinePoint && !base {
					return false, false
				}
				base = base && f.Line >= LinePoint // stacks may leave it out
			case f.Function == "reflect.Value.call":
				called, direct = true, true
			default:
				return false, false
			}
		}
		if len(pcs) < size {
			return called, false
		}
		called, base = false, true
	}
}

// turns is the package with the functions that stand between a base and what it waits
// for, if that is of another type.
const turns = "github.com/upstarego/upstarego/runtime/updater."

// simple reports whether values of the types that a function returns can be of no other
// type in another release.
func simple(results reflect.Type) bool {
	if results == nil {
		return true
	}
	for i := range results.NumOut() {
		if t := results.Out(i); t.PkgPath() != "" || t.Kind() > reflect.Complex128 && t.Kind() != reflect.String && t != errorType {
			return false
		}
	}
	return true
}

var errorType = reflect.TypeFor[error]()

// Fit is a function that a frame has been made into, with the results that the base
// loop waits for; to is a pointer to a func() with these. What a call returns that newer
// code has made is what that code has: the words are the same, their types are not.
func Fit(f, to any) any {
	was, is := reflect.TypeOf(to).Elem(), reflect.TypeOf(f)
	if was != is && is.Kind() == reflect.Func && SameResults(was, is) {
		v := reflect.New(was)
		*(*unsafe.Pointer)(v.UnsafePointer()) = (*[2]unsafe.Pointer)(unsafe.Pointer(&f))[1] // a func value is one word
		return v.Elem().Interface()
	}
	return f
}

// SameResults reports whether functions of both types return the same words.
func SameResults(a, b reflect.Type) bool {
	if a.NumOut() != b.NumOut() {
		return false
	}
	for i := range a.NumOut() {
		if !SameWords(a.Out(i), b.Out(i)) {
			return false
		}
	}
	return true
}

// SameWords reports whether values of both types are the same words, handed over in the
// same way, whatever they lead to.
func SameWords(a, b reflect.Type) bool {
	if a == b {
		return true
	}
	if a.Kind() != b.Kind() || a.Size() != b.Size() {
		return false
	}
	switch a.Kind() {
	case reflect.Interface:
		return (a.NumMethod() == 0) == (b.NumMethod() == 0)
	case reflect.Array:
		return a.Len() == b.Len() && SameWords(a.Elem(), b.Elem())
	case reflect.Struct:
		if a.NumField() != b.NumField() {
			return false
		}
		for i := range a.NumField() {
			f, g := a.Field(i), b.Field(i)
			if f.Offset != g.Offset || (f.Name == "_") != (g.Name == "_") || !SameWords(f.Type, g.Type) {
				return false
			}
		}
	}
	return true
}
