package updater

import (
	"testing"

	"github.com/upstarego/upstarego/runtime"
)

func TestWatchedStacks(t *testing.T) {
	byLine := map[int][]watch{7: {{"a/b.go", 7, Position{Pos: "a/b.go:7:1", Func: "f", Point: 1}, &runtime.Release{Text: [2]uintptr{1, 0x100}}}}}
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
		found, unstarted := watched("goroutine profile: total 1\n"+c.profile, byLine)
		if len(found) > 0 != c.found || unstarted != c.unstarted {
			t.Errorf("%s: found %v, unstarted %v; want %v, %v", c.name, found, unstarted, c.found, c.unstarted)
		}
	}
	if f, n, ok := splitPos("/a/b.go:12:3"); f != "/a/b.go" || n != 12 || !ok {
		t.Errorf("splitPos: %s %d %v", f, n, ok)
	}
}
