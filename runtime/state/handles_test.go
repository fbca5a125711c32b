package state

import (
	"reflect"
	goruntime "runtime"
	"testing"
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

// TestReflectValues: a reflect.Value is of the new type, and has the new object, in
// each of the ways in which it has one.
func TestReflectValues(t *testing.T) {
	e := &v1.Entry{ID: 1, Name: "one", Next: &v1.Entry{ID: 2}}
	var any any = e
	f := &v1.Far{Values: []reflect.Value{
		reflect.ValueOf(e), reflect.ValueOf(e).Elem(), reflect.ValueOf(*e), reflect.ValueOf(e).Elem().FieldByName("Next"),
		reflect.ValueOf(e).Elem().FieldByName("Name"), reflect.ValueOf(e).MethodByName("Label"), reflect.ValueOf(&any).Elem(),
		reflect.ValueOf([]*v1.Entry{e}), reflect.ValueOf(7), {}, reflect.ValueOf(e.Label),
	}}
	x := newPlan(t, Options{}).Begin()
	v := carryIn[v2.Far](t, x, f).Values
	ne := *carry[*v2.Entry](t, x, &e)
	eq(t, "pointer", v[0].Interface(), reflect.ValueOf(ne).Interface())
	eq(t, "variable", v[1].Addr().Interface(), v[0].Interface())
	copied := v[2].Interface().(v2.Entry)
	eq(t, "value", copied.Name, "one")
	eq(t, "its pointer", copied.Next, ne.Next)
	eq(t, "field", v[3].Addr().Interface(), reflect.ValueOf(&ne.Next).Interface())
	v[4].SetString("two")
	eq(t, "unchanged field", ne.Name, "two")
	eq(t, "method", v[5].Call(nil)[0].String(), "v2 two")
	eq(t, "interface", v[6].Elem().Interface(), v[0].Interface())
	eq(t, "slice", v[7].Interface().([]*v2.Entry)[0], ne)
	eq(t, "number", v[8].Int(), 7)
	eq(t, "none", v[9].IsValid(), false)
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
