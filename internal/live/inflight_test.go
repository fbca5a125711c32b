package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCallsInFlight: a foreign call that writes into an object whose type an
// update changes is over before the update is made; else it would go on writing
// into the old object, which nobody reads any more.
func TestCallsInFlight(t *testing.T) {
	t.Parallel()
	r1 := Build(t, "../../testdata/live/inflight/r1", "")
	r2 := Build(t, "../../testdata/live/inflight/r2", r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "reading", p.Line())
	require.Equal(t, "decoding", p.Line())
	o := p.MustFail("UP2007", r2+".update", "-timeout", "3s")
	require.Contains(t, o.Stderr, "inflight.read, point")
	require.Contains(t, o.Stderr, "inflight.decode, point")
	// Both calls return, and their goroutines wait elsewhere.
	require.Equal(t, "read abc, 3 in all", p.Ask("read"))
	require.Equal(t, "decoded n", p.Ask("decode"))
	p.MustUpdate(r2+".update", "-timeout", "30s")
	require.Equal(t, "in flight", p.Ask("again"))
	require.Equal(t, "read abc, 6 in all", p.Ask("read"))
	require.Equal(t, "decoded n", p.Ask("decode"))
}
