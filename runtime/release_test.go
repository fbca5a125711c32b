package runtime

import (
	"slices"
	"testing"
)

// TestPositions: a point's file is named as the compiler recorded it, also if it is
// another one than the function's by a //line directive, as long as no two have that name.
func TestPositions(t *testing.T) {
	r := NewRelease("r", nil)
	for _, f := range []string{"/src/m/gen.y", "/src/m/a/twice.go", "/src/m/b/twice.go"} {
		r.Files[f] = true
	}
	r.file = "/src/m/f.go"
	r.Files[r.file] = true
	here := &Func{Key: "m.f", Points: 6, PointPos: "\nf.go:3\ngen.y:4\ntwice.go:5\nno.go:6\nf.go:7"}
	r.AddFunc(here)
	r.file = ""
	alone := &Func{Key: "m.g", Points: 2, PointPos: "g.go:1:2\ng.go:2:2"}
	r.AddFunc(alone)
	want := []string{"", "", "/src/m/f.go:3", "/src/m/gen.y:4", "twice.go:5", "no.go:6", "/src/m/f.go:7", ""}
	for pt, want := range want {
		if got := here.Pos(pt - 1); got != want {
			t.Errorf("point %d: %q, want %q", pt-1, got, want)
		}
	}
	if got := alone.Pos(1); got != "g.go:2:2" {
		t.Errorf("without a file: %q", got)
	}
}

// TestSealed: a release that is sealed has the functions that it had, and registering it
// takes nothing of the heap for each point.
func TestSealed(t *testing.T) {
	r := NewRelease("r", nil)
	var keys []string
	for _, k := range []string{"m.c", "m.a", "m.b"} {
		r.AddFunc(&Func{Key: k})
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for range 2 {
		var got []string
		for f := range r.AllFuncs() {
			got = append(got, f.Key)
		}
		slices.Sort(got)
		if !slices.Equal(got, keys) {
			t.Errorf("functions %q, want %q", got, keys)
		}
		for _, k := range keys {
			if f := r.Func(k); f == nil || f.Key != k {
				t.Errorf("%s: %v", k, f)
			}
		}
		if f := r.Func("m.d"); f != nil {
			t.Errorf("m.d: %v", f)
		}
		r.Seal()
		r.Seal()
	}
	funcs := make([]Func, 100)
	for i := range funcs {
		funcs[i] = Func{Key: "m.f", Points: 3, PointPos: "f.go:1\nf.go:2\nf.go:3"}
	}
	r = NewRelease("r", nil)
	r.file = "/src/m/f.go"
	r.AddFunc(&funcs[0])
	if n := testing.AllocsPerRun(1, func() {
		for i := range funcs {
			r.AddFunc(&funcs[i])
		}
	}); n > 0 {
		t.Errorf("entering 100 functions of one key makes %v objects", n)
	}
}
