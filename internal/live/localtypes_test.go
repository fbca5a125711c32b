package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLocalTypes: objects of types that functions declare go on as what the same function
// declares, however many others have a type of that name.
func TestLocalTypes(t *testing.T) {
	t.Parallel()
	local := func(part string) string { return Assemble(t, "../../testdata/live/localtypes.txtar", "common", part) }
	r1 := Build(t, local("r1"), "")
	r2 := Build(t, local("r2"), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "first *main.resp true true [one] 1", p.Ask("0"))
	require.Equal(t, "second *main.resp true true [two]", p.Ask("1"))
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "first *main.resp true true [one1] 2", p.Ask("0"))
	require.Equal(t, "second *main.resp true true [two1]", p.Ask("1"))
	require.Equal(t, "second *main.resp true true [two2]", p.Ask("1"))
}
