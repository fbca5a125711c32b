package updater

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// TestArgumentsOfACapturedEntry: a call that the old release has made, and that is captured
// at its entry when the update is made, has old arguments; one that the new release makes
// through an old function value has new ones.
func TestArgumentsOfACapturedEntry(t *testing.T) {
	release := func(id string, typ, frame reflect.Type) *runtime.Release {
		r := runtime.NewRelease(id, nil)
		r.AddFunc(&runtime.Func{Key: "g", Points: 1, Params: []string{"it"}, Frame: frame})
		r.Types["prog.thing"] = typ
		return r
	}
	old := release("old", reflect.TypeFor[thing](), reflect.TypeFor[keepF]())
	next := release("next", reflect.TypeFor[thingBroad](), reflect.TypeFor[keepBroadF]())
	old.Number = 1 // the next one has none before commit
	for _, called := range []*runtime.Release{old, {Number: 2}} {
		p, err := newPlan(old, &Update{Release: next, Funcs: []FuncMap{{Old: "g", New: "g"}}, Pairs: []TypePair{{Key: "prog.thing", Zero: []string{"n"}}}})
		if err != nil {
			t.Fatal(err)
		}
		was := &keepF{it: &thing{name: "one"}}
		fs, _, err := p.segment([]runtime.Frame{{Fn: old.Func("g"), Data: unsafe.Pointer(was), Args: called}}, false, false)
		if err == nil {
			err = p.tr.run()
		}
		if err != nil || len(fs) != 1 {
			t.Fatalf("%v, %v", fs, err)
		}
		it := (*keepBroadF)(fs[0].Data).it
		if same := unsafe.Pointer(it) == unsafe.Pointer(was.it); same != (called != old) || it.name != "one" {
			t.Errorf("called by release %d: it is %p %q, was %p", called.Number, it, it.name, was.it)
		}
	}
}
