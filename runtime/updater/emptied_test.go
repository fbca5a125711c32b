package updater

import (
	"sync"
	"testing"

	"github.com/upstarego/upstarego/runtime"
)

// TestEmptied: what a variable leads to is let go of, and nothing else, unless somebody may
// still ask for it.
func TestEmptied(t *testing.T) {
	type part struct {
		n    int
		text string
		any  any
		mu   sync.Mutex
		to   *int
		fs   [2]func()
	}
	n := 1
	full := func() *part {
		p := &part{n: 1, text: "text", any: 1, to: &n, fs: [2]func(){func() {}, func() {}}}
		p.mu.Lock()
		return p
	}
	var (
		moved, shared, late, kept = full(), full(), full(), full()
		gone                      = map[string]int{"a": 1}
		releases                  [3]*runtime.Release
	)
	for i := range releases {
		releases[i] = runtime.NewRelease("r", nil)
	}
	for key, v := range map[string]*part{"moved": moved, "shared": shared, "late": late, "kept": kept} {
		releases[1].AddVar(key, v)
	}
	releases[1].AddVar("gone", &gone)
	releases[2].AddVar("moved", new(part))
	releases[2].AddVar("shared", shared)
	first := &plan{old: releases[0], next: releases[1], up: &Update{Late: []string{"late", "never"}}}
	second := &plan{old: releases[1], next: releases[2], up: &Update{}}

	empty([]string{"moved", "shared", "late", "gone", "never"}, second, []*plan{first, second})
	for name, p := range map[string]*part{"shared": shared, "late": late, "kept": kept} {
		if p.text == "" || p.any == nil || p.to == nil || p.fs[1] == nil {
			t.Errorf("%s is empty", name)
		}
	}
	switch p := moved; {
	case p.text != "" || p.any != nil || p.to != nil || p.fs[0] != nil || p.fs[1] != nil:
		t.Error("moved still leads somewhere")
	case p.n != 1 || p.mu.TryLock():
		t.Error("more than where it leads is gone")
	}
	if gone != nil {
		t.Error("a variable that the new release has not keeps its map")
	}
}
