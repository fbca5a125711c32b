package updater

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// A turn is the frame between a base whose caller waits for what an old function
// returned and the frame of the new one inside it, which returns something else: what the
// developer's function makes of it, or, where old own code waits, what becomes that when
// it is converted next. It is no frame of a release's code: it stays as it is when the frames inside it are
// converted once more, and what it calls stands under foreign code.
type turn struct {
	from reflect.Type // the function type whose results come from inside
	with func(new []reflect.Value, old reflect.Type) []reflect.Value
}

// turned is the turn that a frame is, if it is one.
func turned(f runtime.Frame) (*turn, bool) {
	if f.Fn.Frame != reflect.TypeFor[turn]() {
		return nil, false
	}
	return (*turn)(f.Data), true
}

// turns splits a segment (innermost first) into the frames of functions and the turns
// outside them.
func turns(frames []runtime.Frame) (of, outside []runtime.Frame) {
	n := len(frames)
	for n > 0 {
		if _, is := turned(frames[n-1]); !is {
			break
		}
		n--
	}
	return frames[:n], frames[n:]
}

// turn makes the frame that gives a base of function old what its caller waits for.
func (p *plan) turn(old, new *runtime.Func) (runtime.Frame, bool) {
	with, ok := p.up.Results[old.Key]
	if !ok || resultsFit(old.Results, new.Results, reflect.TypeOf(with)) != "" {
		return runtime.Frame{}, false
	}
	f := reflect.ValueOf(with)
	return newTurn(old, new.Results, func(new []reflect.Value, old reflect.Type) []reflect.Value {
		return turnResults(f, new, old)
	}), true
}

func newTurn(old *runtime.Func, from reflect.Type, with func(new []reflect.Value, old reflect.Type) []reflect.Value) runtime.Frame {
	t := &turn{from, with}
	f := &runtime.Func{Key: old.Key, Frame: reflect.TypeFor[turn](), Points: 2, PointPos: old.Pos(0) + "\n" + old.Pos(0), Params: old.Params, Results: old.Results}
	f.Bind = func(int, unsafe.Pointer) any {
		return reflect.MakeFunc(old.Results, func([]reflect.Value) []reflect.Value {
			return t.with(reflect.ValueOf(runtime.Fit(runtime.Next(), reflect.Zero(reflect.PointerTo(t.from)).Interface())).Call(nil), old.Results)
		}).Interface()
	}
	return runtime.Frame{Fn: f, Pt: 1, Data: unsafe.Pointer(t)}
}

// turnResults makes of what the new function has returned what the old one would have. The
// developer's function f takes and gives mirrors.
func turnResults(f reflect.Value, new []reflect.Value, old reflect.Type) []reflect.Value {
	as := func(v reflect.Value, typ reflect.Type) reflect.Value {
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		return reflect.NewAt(typ, p.UnsafePointer()).Elem()
	}
	for i := range new {
		new[i] = as(new[i], f.Type().In(i))
	}
	l := callAside(f, new)
	for i := range l {
		l[i] = as(l[i], old.Out(i))
	}
	return l
}

// callAside calls the developer's function. Where its goroutine stands by now nothing can
// be undone: a panic is the caller's.
func callAside(f reflect.Value, in []reflect.Value) (out []reflect.Value) {
	var failed any
	returned := runtime.Aside(func() {
		defer func() { failed = recover() }()
		out = f.Call(in)
	})
	if failed != nil {
		panic(failed)
	}
	if !returned {
		panic(errors.New("a function of framemap.Results has ended its goroutine"))
	}
	return out
}

// turnBack makes the frame that gives own code of the release before what it waits for,
// from inside a function that returns results of the new types.
func (p *plan) turnBack(old *runtime.Func, from reflect.Type) runtime.Frame {
	return newTurn(old, from, func(new []reflect.Value, old reflect.Type) []reflect.Value {
		l := make([]reflect.Value, len(new))
		p.lateMu.Lock()
		defer p.lateMu.Unlock()
		defer p.letGoLater()
		for i := range new {
			l[i] = reflect.New(old.Out(i)).Elem()
			from := reflect.New(new[i].Type()).Elem()
			from.Set(new[i])
			if old.Out(i) == new[i].Type() {
				l[i].Set(from)
			} else if err := p.tr.back(l[i], from); err != nil {
				panic(errorf(CodeLate, "what is returned to a frame of release %d cannot be carried over: %s", p.old.Number, err))
			}
		}
		return l
	})
}

// resultsFit says why a function does not turn the results of functions of type new into
// those of type old, or "".
func resultsFit(old, new, f reflect.Type) string {
	ok := f.Kind() == reflect.Func && !f.IsVariadic() && f.NumIn() == new.NumOut() && f.NumOut() == old.NumOut()
	for i := 0; ok && i < new.NumOut(); i++ {
		ok = mirrors(new.Out(i), f.In(i))
	}
	for i := 0; ok && i < old.NumOut(); i++ {
		ok = mirrors(old.Out(i), f.Out(i))
	}
	if ok {
		return ""
	}
	return fmt.Sprintf("its results are turned back by a %s; they were those of %s and are those of %s", f, old, new)
}
