package state

import (
	"reflect"
	goruntime "runtime"
	"strings"
	"testing"
	"unsafe"
	"weak"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

// TestWeakPointers: weak pointers to what moves lead to its successor, and are one as
// they were one; those to what is gone stay so. They hold nothing.
func TestWeakPointers(t *testing.T) {
	e, alone := &v1.Entry{ID: 1, Name: "one"}, &v1.Entry{ID: 2}
	f := &v1.Far{Weak: weak.Make(e), Same: weak.Make(e), Gone: weak.Make(&v1.Entry{}), Name: weak.Make(&e.Name)}
	f.Count = map[weak.Pointer[v1.Entry]]int{f.Weak: 7, weak.Make(alone): 8}
	collect(func() bool { return f.Gone.Value() == nil })
	x := newPlan(t, Options{}).Begin()
	n := carryIn[v2.Far](t, x, f)
	ne := *carry[*v2.Entry](t, x, &e)
	eq(t, "weak", n.Weak.Value(), ne)
	eq(t, "name", ne.Name, "one")
	eq(t, "same", n.Same, n.Weak)
	eq(t, "made by new code", n.Same, weak.Make(ne))
	eq(t, "gone", n.Gone.Value(), nil)
	eq(t, "interior", n.Name.Value(), &ne.Name)
	eq(t, "key", n.Count[weak.Make(ne)], 7)
	eq(t, "key of its own", n.Count[weak.Make(*carry[*v2.Entry](t, x, &alone))], 8)
	goruntime.KeepAlive(e)
	goruntime.KeepAlive(alone)
	e, ne = nil, nil
	for x.Weaken(100) {
	}
	collect(func() bool { x.Sweep(); return n.Weak.Value() == nil })
}

// TestReflectValues: a reflect.Value of a variable, or of what has no methods, is of the
// new type and has the new object.
func TestReflectValues(t *testing.T) {
	type links = struct{ P *v1.Entry }
	e := &v1.Entry{ID: 1, Name: "one", Next: &v1.Entry{ID: 2}}
	var any any = e
	f := &v1.Far{Values: []reflect.Value{
		reflect.ValueOf(&e).Elem(), reflect.ValueOf(e).Elem(), reflect.ValueOf(*e), reflect.ValueOf(e).Elem().FieldByName("Next"),
		reflect.ValueOf(e).Elem().FieldByName("Name"), reflect.ValueOf(&any).Elem(), reflect.ValueOf([]*v1.Entry{e}), reflect.ValueOf(7), {},
		reflect.ValueOf(links{e}), reflect.ValueOf(&links{e}), reflect.ValueOf(&e),
	}}
	v := carryIn[v2.Far](t, newPlan(t, Options{}).Begin(), f).Values
	ne := *(**v2.Entry)(unsafe.Pointer(&e)) // a Value leads to the variable
	eq(t, "pointer", v[0].Interface(), reflect.ValueOf(ne).Interface())
	eq(t, "variable", v[1].Addr().Interface(), v[0].Interface())
	copied := v[2].Interface().(v2.Entry)
	eq(t, "value", copied.Name, "one")
	eq(t, "its pointer", copied.Next, ne.Next)
	eq(t, "field", v[3].Addr().Interface(), reflect.ValueOf(&ne.Next).Interface())
	v[4].SetString("two")
	eq(t, "unchanged field", ne.Name, "two")
	eq(t, "interface", v[5].Elem().Interface(), v[0].Interface())
	eq(t, "slice", v[6].Interface().([]*v2.Entry)[0], ne)
	eq(t, "number", v[7].Int(), 7)
	eq(t, "none", v[8].IsValid(), false)
	eq(t, "one word", v[9].Field(0).Interface(), v[0].Interface())
	eq(t, "pointer to it", v[10].Elem().Field(0).Interface(), v[0].Interface())
	eq(t, "pointer to a pointer", *v[11].Interface().(**v2.Entry), ne)
}

// TestReflectValuesWithMethods: what may be called by somebody who holds functions and
// types beside it stays as it is; if what it leads to moves for others, that is refused.
func TestReflectValuesWithMethods(t *testing.T) {
	e := &v1.Entry{ID: 1}
	f := &v1.Far{Values: []reflect.Value{reflect.ValueOf(e), reflect.ValueOf(func(*v1.Entry) {}), reflect.ValueOf(e).MethodByName("Label")}}
	n := carryIn[v2.Far](t, newPlan(t, Options{}).Begin(), f)
	eq(t, "receiver", n.Values[0].Interface(), reflect.ValueOf(e).Interface())
	eq(t, "function", n.Values[1].Type(), reflect.TypeFor[func(*v1.Entry)]())
	eq(t, "method", n.Values[2].Call(nil)[0].String(), "v1 ")

	f = &v1.Far{Values: []reflect.Value{reflect.ValueOf(e)}, Weak: weak.Make(e)}
	x := newPlan(t, Options{}).Begin()
	check(t, x.InPlace(unsafe.Pointer(f), reflect.TypeFor[v1.Far]()))
	if err := x.Run(); err == nil || !strings.Contains(err.Error(), "a reflect.Value of a *v1.Entry, which moves") {
		t.Error(err)
	}
}

// TestPoolsThatStay: what a pool has cached is let go of, since its type may be an old
// one, and it goes on caching.
func TestPoolsThatStay(t *testing.T) {
	f := &v1.Far{}
	for range 10 {
		f.Pool.Put(&v1.Entry{})
	}
	n := carryIn[v2.Far](t, newPlan(t, Options{}).Begin(), f)
	eq(t, "cached", n.Pool.Get(), nil)
	e := &v2.Entry{}
	var got any
	for n.Pool.Put(e); got == nil; n.Pool.Put(e) { // this goroutine may be moved, and the race detector loses some
		got = n.Pool.Get()
	}
	eq(t, "cached since", got, any(e))
	goruntime.GC()
	goruntime.GC()
	eq(t, "collected", n.Pool.Get(), nil)
}
