package runtime

import (
	"reflect"
	"testing"
)

type (
	narrow struct{ n int32 }
	broad  struct {
		s string
		n int64
	}
	linkA struct{ p *narrow }
	linkB struct{ q *broad }
)

// TestSameWords: what leads to other types is the same words, what holds them is not.
func TestSameWords(t *testing.T) {
	for _, c := range []struct {
		a, b reflect.Type
		same bool
	}{
		{reflect.TypeFor[*narrow](), reflect.TypeFor[*broad](), true},
		{reflect.TypeFor[[]narrow](), reflect.TypeFor[[]broad](), true},
		{reflect.TypeFor[map[narrow]int](), reflect.TypeFor[map[broad]int](), true},
		{reflect.TypeFor[func(narrow)](), reflect.TypeFor[func(broad)](), true},
		{reflect.TypeFor[linkA](), reflect.TypeFor[linkB](), true},
		{reflect.TypeFor[[2]linkA](), reflect.TypeFor[[2]linkB](), true},
		{reflect.TypeFor[narrow](), reflect.TypeFor[broad](), false},
		{reflect.TypeFor[[1]narrow](), reflect.TypeFor[[1]broad](), false},
		{reflect.TypeFor[[2]*narrow](), reflect.TypeFor[[3]*broad](), false},
		{reflect.TypeFor[any](), reflect.TypeFor[error](), false},
		{reflect.TypeFor[int64](), reflect.TypeFor[float64](), false},
		{reflect.TypeFor[struct{ _, b *narrow }](), reflect.TypeFor[struct{ a, b *broad }](), false},
	} {
		if SameWords(c.a, c.b) != c.same || SameWords(c.b, c.a) != c.same {
			t.Errorf("%v and %v: want %t", c.a, c.b, c.same)
		}
	}
}

// TestFit: a function is called under the type of another one that returns the same words,
// and under no other.
func TestFit(t *testing.T) {
	b := &broad{n: 7}
	f := func() (*broad, error, []broad) { return b, nil, []broad{*b} }
	g, ok := Fit(f, (*func() (*narrow, error, []narrow))(nil)).(func() (*narrow, error, []narrow))
	if !ok {
		t.Fatal("it does not fit")
	}
	p, err, l := g()
	if reflect.ValueOf(p).Pointer() != reflect.ValueOf(b).Pointer() || err != nil || len(l) != 1 {
		t.Error(p, err, l)
	}
	if _, is := Fit(f, (*func() (*broad, error))(nil)).(func() (*broad, error)); is {
		t.Error("it returns less than is waited for")
	}
}
