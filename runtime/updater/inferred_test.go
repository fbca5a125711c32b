package updater

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

// TestNumbers: a number keeps its value or is refused by name, whatever the two types are.
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		was, is any    // is the new type's value
		why     string // or what is wrong
	}{
		{int(127), int8(127), ""},
		{int(128), int8(0), "is 128, which does not fit into int8"},
		{int(-128), int8(-128), ""},
		{int(-129), int8(0), "is -129, which"},
		{int8(-1), int64(-1), ""},
		{int64(-1), uint64(0), "is -1, which"},
		{int64(math.MaxInt64), uint64(math.MaxInt64), ""},
		{uint64(math.MaxInt64), int64(math.MaxInt64), ""},
		{uint64(math.MaxInt64 + 1), int64(0), "is 9223372036854775808, which"},
		{uint32(256), uint8(0), "is 256, which"},
		{uint32(255), int16(255), ""},
		{uint16(40000), int16(0), "is 40000, which"},
		{float32(0.1), float64(float32(0.1)), ""},
		{float64(0.5), float32(0.5), ""},
		{float64(0.1), float32(0), "is 0.1, which"},
		{math.Inf(1), float32(math.Inf(1)), ""},
		{1e300, float32(0), "is 1e+300, which"},
	} {
		old, new := reflect.TypeOf(c.was), reflect.TypeOf(c.is)
		convert, err := number(old, new, "x")
		if err != nil {
			t.Fatal(err)
		}
		from, to := reflect.New(old), reflect.New(new)
		from.Elem().Set(reflect.ValueOf(c.was))
		why := ""
		func() {
			defer func() {
				if v := recover(); v != nil {
					why = v.(error).Error()
				}
			}()
			convert(from.UnsafePointer(), to.UnsafePointer())
		}()
		switch {
		case c.why == "" && why != "" || !strings.Contains(why, c.why):
			t.Errorf("%v %v → %v: %q, want %q", old, c.was, new, why, c.why)
		case c.why == "" && to.Elem().Interface() != c.is:
			t.Errorf("%v %v → %v: %v", old, c.was, new, to.Elem())
		}
	}
	for _, c := range [][2]any{{1, 1.0}, {1.0, 1}, {1, "x"}, {true, 1}} {
		if _, err := number(reflect.TypeOf(c[0]), reflect.TypeOf(c[1]), "x"); err == nil {
			t.Errorf("%T is carried over as %T", c[0], c[1])
		}
	}
	if number, err := number(reflect.TypeOf(math.NaN()), reflect.TypeOf(float32(0)), "x"); err == nil {
		from, to := math.NaN(), float32(0)
		if number(unsafe.Pointer(&from), unsafe.Pointer(&to)); to == to {
			t.Error("NaN has become", to)
		}
	}
}

// TestInferredFields: what is inferred is there before the developer's function runs, each
// object has its own maps, and what does not fit the types is refused before anything is
// stopped.
func TestInferredFields(t *testing.T) {
	type was struct{ n int }
	type is struct {
		n     int8
		limit int
		unit  string
		tags  map[string]int
		done  chan int
		last  *was
	}
	p := TypePair{Numbers: []string{"n"}, Given: map[string]any{"limit": int64(7), "unit": "kg"}, Made: map[string]int{"tags": 0, "done": 2, "last": 0},
		Transform: func(_, n unsafe.Pointer) { (*is)(n).limit++ }}
	f, err := inferred(&p, reflect.TypeFor[was](), reflect.TypeFor[is]())
	if err != nil {
		t.Fatal(err)
	}
	var l [2]is
	for i := range l {
		f.(func(o, n unsafe.Pointer))(unsafe.Pointer(&was{i + 1}), unsafe.Pointer(&l[i]))
	}
	l[0].tags["x"] = 1
	if l[0].n != 1 || l[1].n != 2 || l[1].limit != 8 || l[1].unit != "kg" || len(l[1].tags) != 0 || cap(l[1].done) != 2 || l[0].done == l[1].done || l[0].last == l[1].last || l[0].last == nil {
		t.Errorf("%+v", l)
	}
	for _, p := range []TypePair{
		{Numbers: []string{"unit"}}, {Numbers: []string{""}}, {Given: map[string]any{"limit": "x"}}, {Given: map[string]any{"none": 1}},
		{Made: map[string]int{"limit": 0}}, {Made: map[string]int{"none": 0}}, {Numbers: []string{"n"}, Transform: func(*was, *is) {}},
	} {
		if _, err := inferred(&p, reflect.TypeFor[was](), reflect.TypeFor[is]()); err == nil {
			t.Errorf("%+v is taken", p)
		}
	}
}
