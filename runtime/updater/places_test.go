package updater

import (
	"fmt"
	"testing"

	"github.com/upstarego/upstarego/runtime"
)

// TestNever: a point at which nobody may stand is kept free of goroutines that have been
// parked since the release before last, too, where it had another number and its
// function another name; the update waits for them.
func TestNever(t *testing.T) {
	release := func(id string, points int, keys ...string) *runtime.Release {
		r := runtime.NewRelease(id, nil)
		for _, k := range keys {
			r.AddFunc(&runtime.Func{Key: k, Points: points, PointPos: k + ".go:1\n" + k + ".go:2\n" + k + ".go:3"})
		}
		return r
	}
	r1, r2, r3 := release("r1", 2, "f", "made"), release("r2", 3, "g", "made"), release("r3", 3, "g", "made")
	step := func(old, new *runtime.Release, m FuncMap, points ...int) *funcPlan {
		return &funcPlan{old: old.Funcs[m.Old], new: new.Funcs[m.New], m: &m, points: points}
	}
	first := &plan{old: r1, next: r2, funcs: map[*runtime.Func]*funcPlan{
		r1.Funcs["f"]:    step(r1, r2, FuncMap{Old: "f", New: "g"}, 0, 2),
		r1.Funcs["made"]: step(r1, r2, FuncMap{Old: "made", New: "made", ruled: true, Leads: map[int][]Lead{1: {{Key: "made", Point: 1}, {Key: "g", Point: 2}}}}, 0, 1),
	}}
	second := &plan{old: r2, next: r3, up: &Update{}, funcs: map[*runtime.Func]*funcPlan{
		r2.Funcs["g"]:    step(r2, r3, FuncMap{Old: "g", New: "g"}, 0, 1, -1),
		r2.Funcs["made"]: step(r2, r3, FuncMap{Old: "made", New: "made"}, 0, 1, 2),
	}}
	found := func() map[string]Position {
		t.Helper()
		ws, err := second.watches([]*plan{first})
		if err != nil {
			t.Fatal(err)
		}
		m := map[string]Position{}
		for _, file := range []string{"f.go", "g.go", "made.go"} {
			for n := 1; n <= 3; n++ {
				ws.at(file, n, "", func(at Position) { m[at.Pos] = at })
			}
		}
		return m
	}
	for _, leave := range []bool{false, true} {
		m := found()
		for _, pos := range []string{"g.go:3", "f.go:2", "made.go:2"} {
			if at, ok := m[pos]; !ok || at.leave != leave {
				t.Errorf("%s: %+v, want one to leave: %v", pos, at, leave)
			}
		}
		if len(m) != 3 {
			t.Errorf("%v", m)
		}
		second.up.never = map[string]map[int]bool{"g": {2: true}}
	}
	// Nothing is left of it: no place can be missing.
	first.funcs[r1.Funcs["made"]].m.Leads = map[int][]Lead{1: {}}
	second.routes = nil // maps do not change by themselves
	if m := found(); m["made.go:2"].Func != "" {
		t.Errorf("%v", m)
	}
}

// TestBackDuringStop: a goroutine that was parked since an earlier release comes back
// while the program is stopped, so that its frames are on no stack any more. The update
// has to see them.
func TestBackDuringStop(t *testing.T) {
	alone(t)
	c, res := make(chan int), make(chan int)
	go func() { res <- cur.deep(3, c) }()
	until(t, "it waits", func() bool { return parked() == 1 })
	p, up := nextUpdate(cur.wide)
	commit(t, p, up)

	_, up = nextUpdate(cur.wide)
	up.funcMap("deep").Points = []int{0, 1, -1}
	next, err := newPlan(runtime.Current(), up)
	if err != nil {
		t.Fatal(err)
	}
	runtime.StopWorld()
	c <- 4
	until(t, "it is captured", func() bool { return runtime.Scan().Captured == 1 })
	found := next.onCaptured(updater.plans)
	runtime.Resume()
	if got := <-res; got != 7 {
		t.Errorf("got %d, want 7", got)
	}
	if len(found) != 3 || found[0].Func != "deep" || found[0].Point != 2 {
		t.Errorf("found %v", found)
	}
}

// TestPlacesOfLongChains: a goroutine that is to begin beside a frame, in every step, gives
// the frame two ways at each; a point has as many places as there are, not as many as ways.
func TestPlacesOfLongChains(t *testing.T) {
	const steps = 60
	rels := make([]*runtime.Release, steps+1)
	for i := range rels {
		f := &runtime.Func{Key: "f", Points: 2}
		rels[i] = &runtime.Release{ID: "r", Funcs: map[string]*runtime.Func{"f": f}}
	}
	var chain []*plan
	for i := range steps {
		f := rels[i].Funcs["f"]
		fp := &funcPlan{old: f, new: rels[i+1].Funcs["f"], points: []int{0, 1}, m: &FuncMap{Old: "f", New: "f", Starts: []string{"f"}}}
		chain = append(chain, &plan{old: rels[i], next: rels[i+1], funcs: map[*runtime.Func]*funcPlan{f: fp}})
	}
	l := places(rels[0].Funcs["f"], 1, chain)
	if len(l) != 2 {
		t.Errorf("%d places, want both points of f", len(l))
	}
}

// TestNobodyThere: of a thousand earlier releases those alone are looked at that a
// goroutine stands in, and it is found whichever that is.
func TestNobodyThere(t *testing.T) {
	const releases = 1000
	rels := make([]*runtime.Release, releases+1)
	for i := range rels {
		rels[i] = runtime.NewRelease("r", nil)
		rels[i].Text = [2]uintptr{uintptr(i+1) << 16, uintptr(i+2) << 16}
		rels[i].AddFunc(&runtime.Func{Key: "f", Points: 3, PointPos: "\nf.go:1\nf.go:2"})
	}
	var plans []*plan
	for i := range releases {
		p := &plan{up: &Update{}, old: rels[i], next: rels[i+1]}
		if i == releases-1 {
			f := p.old.Funcs["f"]
			m := &FuncMap{Old: "f", New: "f", Points: []int{0, 1, -1}}
			p.funcs = map[*runtime.Func]*funcPlan{f: {old: f, new: p.next.Funcs["f"], m: m, points: m.Points}}
		}
		plans = append(plans, p)
	}
	for _, stands := range []int{0, 1, releases / 2, releases - 2, releases - 1} {
		last := plans[releases-1]
		ws, err := last.watches(plans[:releases-1])
		if err != nil {
			t.Fatal(err)
		}
		at := fmt.Sprintf("1 @ 0x1 0x2\n#\t%#x\tx.f+0x10\t/src/f.go:", rels[stands].Text[0]+8)
		if found, _ := watched(at+"2\n", ws, nil); len(found) != 1 || found[0].Point != 2 {
			t.Errorf("in release %d: found %v", stands+1, found)
		}
		if found, _ := watched(at+"1\n", ws, nil); len(found) != 0 {
			t.Errorf("in release %d, at a point with a place: found %v", stands+1, found)
		}
		if n := len(ws.older); n > 1 {
			t.Errorf("%d earlier releases have been looked at for a goroutine in release %d", n, stands+1)
		}
	}
}
