package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLed: a frame map carries over what a local led to, into a goroutine that waits and
// one that runs.
func TestLed(t *testing.T) {
	t.Parallel()
	led := func(part string) string { return Assemble(t, "../../testdata/live/led.txtar", "common", part) }
	r1 := Build(t, led("r1"), "")
	r2 := Build(t, led("r2"), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "r1 a ada 1", p.Ask("a"))
	require.Equal(t, "r1 spin ada 1", p.Ask("spin"))
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "r2 b ada 2 true", p.Ask("b"))
	require.Equal(t, "r2 spin ada 1 true", p.Ask("spin"))
	require.Equal(t, "r2 c ada 3 true", p.Ask("c"))
}
