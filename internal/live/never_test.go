package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNeverSince: a point that the third release keeps free is one at which a goroutine has
// waited since the first, where it has another number and its function another name. The
// update waits until the goroutine has left.
func TestNeverSince(t *testing.T) {
	never := func(part string) string { return Assemble(t, "../../testdata/live/never.txtar", "common", part) }
	r1 := Build(t, never("r1"), "")
	r2 := Build(t, never("r2"), r1)
	r3 := Build(t, never("r3"), r2, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "waiting r1", p.Ask("wait a"))
	require.Equal(t, "waiting r1", p.Ask("wait b"))
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "r2 a", p.Ask("go a"))
	done := make(chan Outcome)
	go func() { done <- p.Update(r3 + ".update") }()
	p.Under("quiesce")
	require.Equal(t, "r2 b", p.Ask("go b"))
	o := <-done
	require.Equal(t, "committed", o.Result["state"], o.Stdout+o.Stderr)
	require.Equal(t, "beginning r3", p.Ask("wait c"))
	require.Equal(t, "r3 c", p.Ask("go c"))
}

// TestNeverOnThatLine: the function that a point to be left is in stands where another
// one stood in the first release, in which a goroutine has waited since. That is none of
// the update's business.
func TestNeverOnThatLine(t *testing.T) {
	line := func(part string) string { return Assemble(t, "../../testdata/live/never.txtar", "common", part) }
	r1 := Build(t, line("line1"), "", "-trimpath") // all have the same names of files
	r2 := Build(t, line("line2"), r1, "-trimpath")
	r3 := Build(t, line("line3"), r2, "-trimpath", "-update-only")
	p := Start(t, r1)
	require.Equal(t, "waiting", p.Ask("wait a"))
	p.MustUpdate(r2 + ".update")
	p.MustUpdate(r3 + ".update")
	require.Equal(t, "gone on a", p.Ask("go a"))
}
