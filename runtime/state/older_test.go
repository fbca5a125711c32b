package state

import (
	"reflect"
	"runtime"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime/state/internal/v1"
	"github.com/upstarego/upstarego/runtime/state/internal/v2"
)

type (
	instance[T any] struct {
		next *instance[T]
		v    T
	}
	mixed struct {
		n int
		e *v1.Entry
		l []v1.Entry
	}
)

func TestMentions(t *testing.T) {
	p := newPlan(t, Options{})
	for _, c := range []struct {
		of       any
		old, new bool
	}{
		{v1.Entry{}, true, false},
		{&v2.Entry{}, false, true},
		{[]map[string]*v1.Entry{}, true, false},
		{func(int) chan [2]v2.Entry { return nil }, false, true},
		{struct{ e *v1.Holder }{}, true, false},
		{&instance[*v1.Entry]{}, true, false},
		{instance[int]{}, false, false},
		{mixed{}, false, false}, // it has a name and no pair
		{&v1.Inner{}, false, false},
		{"", false, false},
	} {
		if old, new := p.Mentions(reflect.TypeOf(c.of)); old != c.old || new != c.new {
			t.Errorf("%T: old %t, new %t", c.of, old, new)
		}
	}
}

// TestHas: what tells that a value is of the old release, where its type does not.
func TestHas(t *testing.T) {
	known := &v1.Entry{ID: 1}
	list := []*v1.Entry{known}
	x := newPlan(t, Options{}).Begin()
	carry[*v2.Entry](t, x, &known)
	carry[[]*v2.Entry](t, x, &list)
	alone := &v1.Entry{ID: 2}
	for _, c := range []struct {
		v    any
		want bool
	}{
		{known, true},
		{alone, false},
		{&v1.Entry{Next: known}, true},
		{&v1.Entry{Next: &v1.Entry{Next: known}}, false}, // it looks no further
		{list, true},
		{[]*v1.Entry{alone, known}, true},
		{[]*v1.Entry{nil, alone}, false},
		{v1.Entry{Next: known}, true},
		{[1]*v1.Entry{known}, true},
		{map[string]*v1.Entry{"": known}, false},
		{(*v1.Entry)(nil), false},
		{7, false},
	} {
		if has := x.Has(reflect.ValueOf(c.v)); has != c.want {
			t.Errorf("%T %v: %t", c.v, c.v, has)
		}
	}
}

// TestHasWhatStays: an array that stays where it is has come from there, also when the table
// has let go of it, and what it leads to is the new release's.
func TestHasWhatStays(t *testing.T) {
	known := &v1.Entry{ID: 1}
	list, at := []*v1.Entry{known}, new(*v1.Entry)
	named := map[string]*v1.Entry{"": known}
	x := newPlan(t, Options{}).Begin()
	carry[*v2.Entry](t, x, &known)
	late[[]*v2.Entry](t, x, &list)
	late[**v2.Entry](t, x, &at)
	late[map[string]*v2.Entry](t, x, &named)
	known = nil
	for range 2 {
		for x.Weaken(1000) {
		}
		runtime.GC()
		x.Sweep()
	}
	if x.exts > 2 {
		t.Fatalf("the table has not let go: %d", x.exts)
	}
	for _, v := range []any{list, at, named} {
		if !x.Has(reflect.ValueOf(v)) {
			t.Errorf("%T: it has not come from there", v)
		}
	}
	for _, v := range []any{[]*v1.Entry{{}}, new(*v1.Entry), map[string]*v1.Entry{}} {
		if x.Has(reflect.ValueOf(v)) {
			t.Errorf("%T: it has come from there", v)
		}
	}
}

// TestReached: what has been converted needs no round of its own.
func TestReached(t *testing.T) {
	e := &v1.Entry{ID: 1}
	tab := &v1.Table{}
	x := newPlan(t, Options{}).Begin()
	n := *carry[*v2.Entry](t, x, &e)
	nt := *carry[*v2.Table](t, x, &tab)
	reached := func(p unsafe.Pointer, typ reflect.Type) any {
		to, ok := x.Reached(p, typ)
		if !ok {
			return nil
		}
		return to
	}
	entry := reflect.TypeFor[v1.Entry]()
	eq(t, "entry", reached(unsafe.Pointer(e), entry), any(unsafe.Pointer(n)))
	eq(t, "inside", reached(unsafe.Pointer(&tab.Fixed[1]), entry), any(unsafe.Pointer(&nt.Fixed[1])))
	eq(t, "array", reached(unsafe.Pointer(&tab.Fixed), reflect.TypeOf(tab.Fixed)), nil)
	eq(t, "alone", reached(unsafe.Pointer(&v1.Entry{}), entry), nil)
}
