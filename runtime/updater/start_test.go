package updater

import (
	"strings"
	"testing"

	"github.com/upstarego/upstarego/runtime"
)

// TestStartsLeadOn: a goroutine that has waited since the release before last begins
// another one when it comes back. An update in which that has no place is not made while
// it waits.
func TestStartsLeadOn(t *testing.T) {
	release := func(id string, keys ...string) *runtime.Release {
		r := runtime.NewRelease(id, nil)
		for _, k := range keys {
			r.AddFunc(&runtime.Func{Key: k, Points: 2, PointPos: k + ".go:1\n" + k + ".go:2"})
		}
		return r
	}
	r1, r2, r3 := release("r1", "f"), release("r2", "f", "g"), release("r3", "f", "h")
	same := func(old, new *runtime.Release, from, to string) *funcPlan {
		m := &FuncMap{Old: from, New: to}
		return &funcPlan{old: old.Funcs[from], new: new.Funcs[to], m: m, points: []int{0, 1}}
	}
	first := &plan{old: r1, next: r2, funcs: map[*runtime.Func]*funcPlan{r1.Funcs["f"]: same(r1, r2, "f", "f")}}
	first.funcs[r1.Funcs["f"]].m.Starts = []string{"g"}
	second := &plan{up: &Update{}, old: r2, next: r3, funcs: map[*runtime.Func]*funcPlan{
		r2.Funcs["f"]: same(r2, r3, "f", "f"),
		r2.Funcs["g"]: {old: r2.Funcs["g"]},
	}}
	why := func() (l []string) {
		t.Helper()
		ws, err := second.watches([]*plan{first})
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 2; n++ {
			ws.at("f.go", n, "", func(at Position) {
				if at.Func == "f" {
					l = append(l, at.Why)
				}
			})
		}
		return l
	}
	if l := why(); len(l) != 1 || !strings.HasPrefix(l[0], "a goroutine is to begin beside it with g: ") {
		t.Errorf("g has no place: %q", l)
	}
	second.funcs[r2.Funcs["g"]] = same(r2, r3, "g", "h")
	if l := why(); l != nil {
		t.Errorf("g has become h: %q", l)
	}
}
