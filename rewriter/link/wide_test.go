package link_test

import (
	"strings"
	"testing"
)

// wideMain is an update's main package as a build driver generates it: with a
// generated package beside it that has an init of its own.
const wideMain = `package main

import (
	"fmt"

	"example.com/chain/app"
	"example.com/chain/each"
	"example.com/chain/rel/NAME/fm"
)

func Run(name string) {
	if name == "module" {
		fmt.Println("fm", fm.Table, "each", each.Get())
		return
	}
	app.Probe(name)
}

func main() {}
`

const wideMap = `package fm

import "fmt"

var Table = fmt.Sprint("made by NAME")
`

func TestWide(t *testing.T) {
	l := newLineage(t, "wide.txtar")
	l.private = []string{"example.com/chain/each"}
	l.generate = func(name string) (string, map[string]string) {
		return strings.ReplaceAll(wideMain, "NAME", name), map[string]string{"fm": strings.ReplaceAll(wideMap, "NAME", name)}
	}
	r1 := l.build("r1", l.sources(1), nil, false)
	r2 := l.build("r2", l.sources(2), r1, false)
	r3 := l.build("r3", l.sources(3), r2, false)
	audit(t, r1, r2)
	audit(t, r1, r2, r3)

	for _, p := range []string{"example.com/chain/leaf.d/sub", "example.com/chain/v.2", "example.com/chain/each"} {
		if r3.res.Symbols.Recompiled(p) {
			t.Errorf("%s counts as re-compiled", p)
		}
	}

	out := l.drive(r1, "old fill", "old types", "old dispatch", "old state",
		"old quiet", "load "+r2.file, "new module", "old state", "old dispatch", "commit", "run quiet", "run types", "run dispatch", "run state", "run module", "old dispatch", "run fill", "run types",
		"load "+r3.file, "commit", "run types", "run dispatch", "run state", "run module")
	want(t, out, "old quiet", 0, "true r1 quiet 4")
	want(t, out, "run quiet", 0, "true r2 quiet 4")
	want(t, out, "old types", 0, "account true holder true item true clash true anon true fn true doer true key by value\nr1 do 0")
	want(t, out, "old state", 0, "leaf 10 sub 20 dotted 30 each 40 big 7 comes 5")
	want(t, out, "load "+r2.file, 0, "pending [example.com/chain/fresh example.com/chain/rel/r2/fm]")
	want(t, out, "old state", 1, "leaf 10 sub 20 dotted 30 each 40 big 7 comes 5")
	// fm's init ran in this module, and each has a word of its own in it.
	want(t, out, "new module", 0, "fm made by r2 each 0")
	dispatched := func(r, text, pooled string) string {
		return r + " ident 1\n" + r + " ident 2\n" + r + " ident 3\n" + r + " a " + r + " p " + r + " pooled by " + pooled + " " + text + " " + r + " a"
	}
	want(t, out, "old dispatch", 0, dispatched("r1", "leaf1", "r1"))
	want(t, out, "old dispatch", 1, dispatched("r1", "leaf1", "r1"))
	want(t, out, "run types", 0, "account false holder false item true clash true anon true fn false doer true key by value\nr2 do 0")
	want(t, out, "run dispatch", 0, dispatched("r2", "leaf2", "r1")) // the pool is shared, New with it
	want(t, out, "run state", 0, "leaf 10 sub 20 dotted 30 each 0 big 7 fresh 1 3 ring")
	want(t, out, "run types", 1, "account true holder true item true clash true anon true fn true doer true key by value\nr2 do 0")
	want(t, out, "load "+r3.file, 0, "pending [example.com/chain/rel/r3/fm]")
	want(t, out, "run types", 2, "account true holder true item true clash true anon true fn true doer true key by value\nr3 do 0")
	want(t, out, "run dispatch", 1, dispatched("r3", "leaf2", "r1"))
	// Comes was gone in release 2: what it held is gone.
	want(t, out, "run state", 1, "leaf 10 sub 20 dotted 30 each 0 big 7 comes 1 fresh 1 ring true")
	want(t, out, "run module", 1, "fm made by r3 each 0")
}
