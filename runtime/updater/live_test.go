package updater

import (
	"reflect"
	"testing"

	"github.com/upstarego/upstarego/runtime"
)

func TestWatchedStacks(t *testing.T) {
	ws := &watches{now: map[int][]watch{7: {{"a/b.go", 7, Position{Pos: "a/b.go:7:1", Func: "f", Point: 1}, &runtime.Release{Text: [2]uintptr{1, 0x100}}}}}}
	for _, c := range []struct {
		name, profile    string
		found, unstarted bool
	}{
		{"the line", "1 @ 0x1 0x2\n#\t0x1\tx.g+0x10\t\t/src/m/a/b.go:7\n", true, false},
		{"in a stack", "2 @ 0x1 0x2 0x3\n#\t0x1\tx.h+0x1\t/src/m/c.go:1\n#\t0x2\tx.g+0x10\t/src/m/a/b.go:7\n", true, false},
		{"the same line of another release", "1 @ 0x100 0x2\n#\t0x100\tx.g+0x10\t/src/m/a/b.go:7\n", false, false},
		{"another line", "1 @ 0x1 0x2\n#\t0x1\tx.g+0x10\t/src/m/a/b.go:8\n", false, false},
		{"another file of that name", "1 @ 0x1 0x2\n#\t0x1\tx.g+0x10\t/src/m/other/b.go:7\n", false, false},
		{"made by a go statement with arguments", "1 @ 0x48a701\n\n", false, true},
		{"made by a go statement without", "1 @ 0x52ea21 0x48a701\n#\t0x52ea20\tx.noarg+0x0\t/src/m/c.go:4\n", false, true},
		{"at a start, but called", "1 @ 0x1 0x2 0x3\n#\t0x1\tx.g+0x0\t/src/m/c.go:4\n#\t0x2\tx.h+0x5\t/src/m/c.go:9\n", false, false},
	} {
		found, unstarted := watched("goroutine profile: total 1\n"+c.profile, ws, nil)
		if len(found) > 0 != c.found || unstarted != c.unstarted {
			t.Errorf("%s: found %v, unstarted %v; want %v, %v", c.name, found, unstarted, c.found, c.unstarted)
		}
	}
	if f, n, ok := splitPos("/a/b.go:12:3"); f != "/a/b.go" || n != 12 || !ok {
		t.Errorf("splitPos: %s %d %v", f, n, ok)
	}
}

func TestCalledByReflection(t *testing.T) {
	const m, call = "#\t0x2\tx.(*T).M+0x10\t/src/m/c.go:9\n", "#\t0x3\treflect.Value.call+0x5\t\t/go/reflect/value.go:1\n"
	const turn = "#\t0x4\treflect.Value.Call+0x5\t/go/reflect/value.go:2\n#\t0x5\tgithub.com/upstarego/upstarego/runtime/updater.newTurn.func1.1+0x5\t/src/u/results.go:1\n" +
		"#\t0x6\treflect.callReflect+0x5\t/go/reflect/value.go:3\n#\t0x7\treflect.makeFuncStub+0x5\t/go/reflect/asm_amd64.s:1\n"
	calls := map[string]Position{"x.(*T).M": {Func: "x.(*T).M", Why: byReflection, leave: true}}
	for _, c := range []struct {
		name, stack string
		found       bool
	}{
		{"by reflection", m + call, true},
		{"which waits further in", "#\t0x1\ttime.Sleep+0x1\t/go/time.go:1\n" + m + call, true},
		{"through a turn", m + call + turn + call, true},
		{"by a turn alone", m + call + turn + "#\t0x4\tx.g+0x5\t/src/m/c.go:1\n", false},
		{"by others", m + "#\t0x3\tx.g+0x5\t/src/m/c.go:1\n" + call, false},
		{"another one", "#\t0x2\tx.(*T).N+0x10\t/src/m/c.go:9\n" + call, false},
		{"for main", m + call + "#\t0x4\tmain.main+0x5\t/src/m/c.go:1\n", false},
		{"at its gate", "#\t0x1\tgithub.com/upstarego/upstarego/runtime.(*Rec).waitStop+0x1\t/src/u/runtime/stop.go:9\n" + m + call, false},
	} {
		if found, _ := watched("goroutine profile: total 1\n1 @ 0x1 0x2 0x3\n"+c.stack, &watches{}, calls); len(found) > 0 != c.found {
			t.Errorf("%s: found %v", c.name, found)
		}
	}
	for key, want := range map[string]string{"example.com/a.b/c.(*T).M": "T", "m.T.M": "T", "m.(*G[...]).M": "G", "m.f": ""} {
		if got := receiverOf(key); got != want {
			t.Errorf("%s: a method of %q", key, got)
		}
	}
}

// TestCopyBack: an old object gets what the new one has, where fields are the same, and it
// is told which are not.
func TestCopyBack(t *testing.T) {
	type inner struct{ n int }
	type old struct {
		A string
		b int
		C *inner
	}
	type same struct {
		b     int
		Since int64
		C     *inner
		A     string
	}
	type other struct {
		A string
		b int32
		C *inner
	}
	o, n := old{"a", 1, nil}, same{2, 3, &inner{4}, "b"}
	copyBack(reflect.ValueOf(&o).Elem(), reflect.ValueOf(&n).Elem())
	if o != (old{"b", 2, n.C}) {
		t.Errorf("it has got %v", o)
	}
	for to, want := range map[reflect.Type]string{
		reflect.TypeFor[*same](): "", reflect.TypeFor[*other](): "b of updater.old", reflect.TypeFor[[]other](): "r, a *updater.old",
	} {
		if got := unreturned(move{name: "r", was: "r", from: reflect.TypeFor[*old](), to: to}); got != want {
			t.Errorf("%v: %q has no place", to, got)
		}
	}
}
