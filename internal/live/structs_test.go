package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStructsNamed: a struct that gets a name goes on as what it was, with nothing said about
// it: by value, and behind a pointer that a frame and a literal share.
func TestStructsNamed(t *testing.T) {
	t.Parallel()
	structs := func(part string) string { return Assemble(t, "../../testdata/live/structs.txtar", "common", part) }
	r1 := Build(t, structs("r1"), "")
	r2 := Build(t, structs("r2"), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "r1 a 10 1 true", p.Ask("a"))
	require.Equal(t, "11 a", p.Line())
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "r2 a 21 2 true", p.Ask("b"))
	require.Equal(t, "22 b", p.Line(), "the literal has what the function has")
	require.Equal(t, "r2 b 32 3 true", p.Ask("c"))
	require.Equal(t, "33 c", p.Line())
}
