package check_test

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/internal/ledgertest"
)

// TestPinnedInside: a struct that holds one that moves moves as well, and a foreign call that
// has memory of it is waited for.
func TestPinnedInside(t *testing.T) {
	const program = `package main

import (
	"bufio"
	"os"
)

type inner struct{ n int }

type outer struct {
	in  inner
	buf [16]byte
}

type apart struct{ buf [16]byte }

func main() {
	o, a := &outer{}, &apart{}
	in := bufio.NewReader(os.Stdin)
	in.Read(o.buf[:])
	in.Read(a.buf[:])
	println(o.in.n)
}
`
	a := txtar.Parse([]byte("-- old/main.go --\n" + program + "-- new/main.go --\n" + program))
	for i := range a.Files {
		if a.Files[i].Name == "new/main.go" {
			a.Files[i].Data = []byte(strings.ReplaceAll(program, "{ n int }", "{ n, m int }"))
		}
	}
	step := ledgertest.Steps(t, a)
	rules, diags := check.Check(step.Input(nil))
	if len(diags) > 0 {
		t.Fatal(diags.Err())
	}
	old := step.Input(nil).Old
	for _, f := range rules.Funcs {
		var pinned []string
		for _, pt := range f.Pinned {
			pinned = append(pinned, old.Func(f.Old).Points[pt].What)
		}
		if len(pinned) != 1 || pinned[0] != "in.Read(o.buf[:])" {
			t.Errorf("%s is pinned at %q", f.Old, pinned)
		}
	}
}

// TestPinnedIterators: an iterator of foreign code stands in the middle of the container that
// it walks over, and is waited for if that moves; if it is not known what that is, if what it
// hands to the loop does. Own ones are not.
func TestPinnedIterators(t *testing.T) {
	const program = `package main

import (
	"maps"
	"slices"
)

type moves struct{ n int }

var (
	stays   = map[int]string{}
	byName  = map[string]moves{}
	members = []*moves{}
	byPlace = map[*moves]int{}
	step    = make(chan bool)
)

func own(yield func(*moves) bool) {
	for _, m := range members {
		if !yield(m) {
			return
		}
	}
}

func main() {
	for range maps.Keys(stays) {
		<-step
	}
	for range maps.Keys(byName) {
		<-step
	}
	for range slices.Values(members) {
		<-step
	}
	for range maps.Keys(byPlace) {
		<-step
	}
	seq := slices.Values(members)
	for range seq {
		<-step
	}
	for range own {
		<-step
	}
	maps.Keys(byName)(func(string) bool {
		<-step
		return true
	})
	println(byName[""].n)
}
`
	a := txtar.Parse([]byte("-- old/main.go --\n" + program + "-- new/main.go --\n" + strings.ReplaceAll(program, "{ n int }", "{ n, m int }")))
	step := ledgertest.Steps(t, a)
	rules, diags := check.Check(step.Input(nil))
	if len(diags) > 0 {
		t.Fatal(diags.Err())
	}
	old, pinned := step.Input(nil).Old, []string{}
	for _, f := range rules.Funcs {
		for _, pt := range f.Pinned {
			pinned = append(pinned, old.Func(f.Old).Points[pt].What)
		}
	}
	want := []string{"maps.Keys(byName)", "maps.Keys(byPlace)", "seq", "maps.Keys(byName)(func(string) bool { …"}
	if !slices.Equal(pinned, want) {
		t.Errorf("pinned at %q, want %q", pinned, want)
	}
}
