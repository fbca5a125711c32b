package state

import (
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

type backOld struct {
	n    int32
	next *backOld
}

type backNew struct {
	name string
	next *backNew
	n    int64
}

type backResults[T any] struct {
	p     *T
	l     []*T
	row   []T
	m     map[string]*T
	c     chan *T
	x     any
	f     func(*T)
	in    **T
	named backCell[T]
}

type backCell[T any] struct{ p *T }

// TestBack: what new code returns to old code is what it was when the old code has been
// converted, object for object, and nothing of it is converted.
func TestBack(t *testing.T) {
	plan, problems := NewPlan([]Pair{{Old: reflect.TypeFor[backOld](), New: reflect.TypeFor[backNew](), Zero: []string{"name"}, Convert: func(old, new unsafe.Pointer) {
		(*backNew)(new).n = int64((*backOld)(old).n)
	}}, {Old: reflect.TypeFor[backResults[backOld]](), New: reflect.TypeFor[backResults[backNew]]()}}, Options{})
	if problems != nil {
		t.Fatal(problems)
	}
	plan.Know(reflect.TypeFor[backResults[backOld]]())
	tr := plan.Begin()
	if err := tr.Run(); err != nil {
		t.Fatal(err)
	}
	tr.Apply()
	for range 3 { // stand-ins of earlier calls are in the table
		p := &backNew{name: "one", n: 1}
		p.next = p
		want := backResults[backNew]{p: p, l: []*backNew{p, {n: 2}}, row: []backNew{{n: 3}, {n: 4}}, m: map[string]*backNew{"p": p}, c: make(chan *backNew, 3), x: p, f: func(*backNew) {}, in: &p.next, named: backCell[backNew]{p}}
		want.c <- p
		old, got := new(backResults[backOld]), new(backResults[backNew])
		if err := tr.Back(unsafe.Pointer(old), unsafe.Pointer(&want), reflect.TypeFor[backResults[backOld]]()); err != nil {
			t.Fatal(err)
		}
		if unsafe.Pointer(old.p) == unsafe.Pointer(p) || len(old.row) != 2 || old.p != old.named.p && *old.p != (backOld{}) {
			t.Errorf("old code sees %v", old)
		}
		if err := tr.Value(unsafe.Pointer(got), unsafe.Pointer(old), reflect.TypeFor[backResults[backOld]]()); err != nil {
			t.Fatal(err)
		}
		if err := tr.RunLate(); err != nil {
			t.Fatal(err)
		}
		if got.p != p || &got.l[0] != &want.l[0] || got.l[0] != p || got.l[1].n != 2 || &got.row[0] != &want.row[0] || got.row[1].n != 4 ||
			got.m["p"] != p || got.c != want.c || got.x != want.x || got.f == nil || got.in != &p.next || got.named.p != p || p.next != p || p.n != 1 || p.name != "one" {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

type holds[T any] struct{ p *T }

type grows[T any] struct{ p *T }

type grownAs[T any] struct {
	p    *T
	more int
}

// TestMetInInterface: an instance of a generic type that only an interface shows is
// paired when it is met, if the new release has its counterpart; if that needs a
// decision, or there is none, the reason is told.
func TestMetInInterface(t *testing.T) {
	for _, c := range []struct {
		value any
		new   reflect.Type
		fails string
	}{
		{holds[backOld]{&backOld{n: 7}}, reflect.TypeFor[holds[backNew]](), ""},
		{[]holds[backOld]{{&backOld{n: 7}}}, reflect.TypeFor[holds[backNew]](), ""},
		{grows[backOld]{&backOld{n: 7}}, reflect.TypeFor[grownAs[backNew]](), "more: is new"},
		{holds[backOld]{&backOld{n: 7}}, nil, "declare a variable of the type there"},
	} {
		plan, problems := NewPlan([]Pair{{Old: reflect.TypeFor[backOld](), New: reflect.TypeFor[backNew](), Zero: []string{"name"}, Convert: func(old, new unsafe.Pointer) {
			(*backNew)(new).n = int64((*backOld)(old).n)
		}}}, Options{Instance: func(old reflect.Type) reflect.Type { return c.new }})
		if problems != nil {
			t.Fatal(problems)
		}
		tr := plan.Begin()
		v := c.value
		err := tr.InPlace(unsafe.Pointer(&v), reflect.TypeFor[any]())
		if err == nil {
			err = tr.Run()
		}
		if c.fails != "" {
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%T: %v, want %q", c.value, err, c.fails)
			}
			continue
		}
		if err != nil {
			t.Errorf("%T: %v", c.value, err)
			continue
		}
		tr.Apply()
		switch v := v.(type) {
		case holds[backNew]:
			if v.p.n != 7 {
				t.Errorf("%+v", v)
			}
		case []holds[backNew]:
			if v[0].p.n != 7 {
				t.Errorf("%+v", v)
			}
		default:
			t.Errorf("%T has become %T", c.value, v)
		}
	}
}
