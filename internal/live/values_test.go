package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestValues: calls of function values that own code and foreign code hold from before
// the update go through what the new release wraps around the function; a variable that
// has another type in the new release stays one variable for all goroutines that share
// it, captured and parked.
func TestValues(t *testing.T) {
	t.Parallel()
	values := func(parts ...string) string { return Assemble(t, "../../testdata/live/values.txtar", parts...) }
	r1 := Build(t, values("common", "r1"), "")
	r2 := Build(t, values("common", "r2"), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "r1 greets x", p.Ask("greet x"))
	require.Equal(t, "r1 handles /x", p.Ask("get /x"))
	require.Equal(t, "r1 a 2", p.Ask("a xx"))
	require.Equal(t, "r1 b 5", p.Ask("b xxx"))
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "r2 greets x, call 1", p.Ask("greet x"))
	require.Equal(t, "r2 greets x, call 2", p.Ask("greet x"))
	require.Equal(t, "r2 handles /x, logged GET", p.Ask("get /x"))
	require.Equal(t, "r2 b 6", p.Ask("b x"))
	require.Equal(t, "r2 a 8589934598", p.Ask("a xx"), "2<<32 + 6")
	require.Equal(t, "r2 b 8589934599", p.Ask("b x"))
	require.Equal(t, "r2 watch 8589934599", p.Ask("watch"))
}
