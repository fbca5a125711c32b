package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestBegun: a frame map has a function run once that no go statement begins and foreign
// code cannot call: it registers what is new, in a process that had started before.
func TestBegun(t *testing.T) {
	t.Parallel()
	begun := func(part string) string { return Assemble(t, "../../testdata/live/begun.txtar", "common", part) }
	r1 := Build(t, begun("r1"), "")
	r2 := Build(t, begun("r2"), r1)
	r3 := Build(t, begun("r3"), r2, "-update-only")
	p := Start(t, r1)
	// The goroutine begins at commit, and the update does not wait for it.
	becomes := func(want, ask string) {
		t.Helper()
		for end := time.Now().Add(patience); ; {
			got := p.Ask(ask)
			if got == want {
				return
			}
			require.True(t, time.Now().Before(end), got)
		}
	}
	require.Equal(t, "a", p.Ask("echo a"))
	require.Equal(t, "unknown up", p.Ask("up a"))
	p.MustUpdate(r2 + ".update")
	becomes("A", "up a")
	require.Equal(t, "unknown down", p.Ask("down A"))
	p.MustUpdate(r3 + ".update")
	becomes("r3 A", "up a")
	becomes("a", "down A")
	require.Equal(t, "a", p.Ask("echo a"))

	// A process that started with the second release.
	p = Start(t, r2)
	require.Equal(t, "A", p.Ask("up a"))
	p.MustUpdate(r3 + ".update")
	becomes("r3 A", "up a")
}
