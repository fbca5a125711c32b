package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBoxed: a frame map carries a pointer over into a local whose type is an interface.
func TestBoxed(t *testing.T) {
	t.Parallel()
	boxed := func(part string) string { return Assemble(t, "../../testdata/live/boxed.txtar", "common", part) }
	r1 := Build(t, boxed("r1"), "")
	r2 := Build(t, boxed("r2"), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "r1 a ada 2", p.Ask("a"))
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "r2 b ada true 2", p.Ask("b"))
	require.Equal(t, "r2 c ada true 2", p.Ask("c"))
}
