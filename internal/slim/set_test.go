package slim

import (
	"fmt"
	"slices"
	"testing"
)

func TestSet(t *testing.T) {
	var a, b []string
	for i := range 3000 {
		a = append(a, fmt.Sprint("fmt.F", i))
		b = append(b, fmt.Sprint("fmt.F", 2*i))
	}
	s, err := Decode(SetOf(a).Encode())
	if err != nil {
		t.Fatal(err)
	}
	both := s.And(SetOf(b))
	for i := range 7000 {
		name := fmt.Sprint("fmt.F", i)
		if s.Has(name) != (i < 3000) || both.Has(name) != (i < 3000 && i%2 == 0) || s.Or(SetOf(b)).Has(name) != (i < 3000 || i < 6000 && i%2 == 0) {
			t.Fatalf("%s: %t %t", name, s.Has(name), both.Has(name))
		}
	}
	slices.Reverse(a)
	if !slices.Equal(SetOf(a).Encode(), s.Encode()) {
		t.Error("the order of the names counts")
	}
	if n := len(s.Encode()); n > 5*len(a) {
		t.Errorf("%d bytes for %d names", n, len(a))
	}
	for _, bad := range [][]byte{{0x80}, {1, 0}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, append(s.Encode(), 0)} {
		if _, err := Decode(bad); err == nil {
			t.Errorf("%x is taken for a set", bad)
		}
	}
	if empty, err := Decode(nil); err != nil || empty.Has("") || empty.Len() != 0 {
		t.Error("no bytes are no empty set")
	}
}
