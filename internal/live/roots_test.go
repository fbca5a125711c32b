package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRoots: the outermost frame of a goroutine gets others around it, or goes and leaves
// what it has called, or is of a function with another name; in goroutines that are
// captured and in those that are parked.
func TestRoots(t *testing.T) {
	t.Parallel()
	roots := func(parts ...string) string { return Assemble(t, "../../testdata/live/roots.txtar", parts...) }
	r1 := Build(t, roots("common", "r1"), "")
	r2 := Build(t, roots("common", "r2"), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "ready", p.Line())
	for _, kind := range []string{"wrap", "lit", "unwrap", "rename"} {
		require.Equal(t, "waiting", p.Ask(kind+" "+kind))
		require.Equal(t, "waiting", p.Ask(kind+" "+kind+"busy"))
	}
	p.MustUpdate(r2 + ".update")
	for _, name := range []string{"", "busy"} {
		require.Equal(t, "wrap"+name+" r2 wrapped 3", p.Ask("go wrap"+name))
		require.Equal(t, "wrap"+name+" r2 wrapper", p.Ask("hear"))
		require.Equal(t, "wrap"+name+" r2 deferred by the wrapper carried over", p.Ask("hear"))
		require.Equal(t, "lit"+name+" r2 literal 3", p.Ask("go lit"+name))
		require.Equal(t, "lit"+name+" r2 around 7", p.Ask("hear"))
		require.Equal(t, "unwrap"+name+" r2 inner 2 3", p.Ask("go unwrap"+name))
		require.Equal(t, "rename"+name+" r2 renamed 3", p.Ask("go rename"+name))
	}
	require.Equal(t, "waiting", p.Ask("wrap new"))
	require.Equal(t, "new r2 wrapped 3", p.Ask("go new"))
	require.Equal(t, "new r2 wrapper", p.Ask("hear"))
	require.Equal(t, "new r2 deferred by the wrapper new", p.Ask("hear"))
	require.Equal(t, "0", p.Ask("left"), "nothing of outer")
}
