package state

import (
	"maps"
	"math/rand"
	"testing"
	"weak"
)

// TestMarks does the same with marks and with a map.
func TestMarks(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	b := new(byte)
	for range 300 {
		l := marks{blocks: 1 + r.Intn(200)}
		want := map[uintptr]mark{}
		lists, arrays := 0, 0
		for range 60 {
			switch r.Intn(6) {
			case 0:
				i := uintptr(r.Intn(l.blocks))
				l.drop(i)
				delete(want, i)
			case 1:
				odds := r.Float64()
				gone := map[uintptr]bool{}
				for i := range want {
					gone[i] = r.Float64() < odds
				}
				maps.DeleteFunc(want, func(i uintptr, _ mark) bool { return gone[i] })
				if left := l.keep(func(i uintptr, _ *mark) bool { return !gone[i] }); left != len(want) {
					t.Fatalf("%d are left, want %d", left, len(want))
				}
			default:
				for range r.Intn(20) {
					i, m := uintptr(r.Intn(l.blocks)), mark{weak.Make(b), r.Uint32(), r.Uint32()}
					*l.make(i), want[i] = m, m
				}
			}
			if l.each == nil {
				lists++
			} else {
				arrays++
			}
			for i := range uintptr(l.blocks) {
				m, is := want[i]
				switch got := l.of(i); {
				case is != (got != nil):
					t.Fatalf("block %d: %v, want %v", i, got != nil, is)
				case is && *got != m:
					t.Fatalf("block %d: %v, want %v", i, *got, m)
				}
			}
		}
		if l.blocks > 100 && (lists == 0 || arrays == 0) {
			t.Logf("blocks %d: %d times a list, %d times an array", l.blocks, lists, arrays)
		}
	}
}

// TestFewMarksAreSmall: an object that stays in a span whose others are gone takes no
// mark for each of these.
func TestFewMarksAreSmall(t *testing.T) {
	l := marks{blocks: 1024}
	b := new(byte)
	for i := range uintptr(l.blocks) {
		l.make(i).block = weak.Make(b)
	}
	if l.each == nil {
		t.Fatal("all of a span are in a list")
	}
	if left := l.keep(func(i uintptr, _ *mark) bool { return i == 7 }); left != 1 || l.each != nil || cap(l.few) > 8 {
		t.Errorf("%d are left, in a list of %d, in an array of %d", left, cap(l.few), len(l.each))
	}
	if l.of(7) == nil || l.of(8) != nil {
		t.Error("it is another one that is left")
	}
}
