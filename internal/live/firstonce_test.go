package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFirstOnce: an update is the first release whose own code uses a Once and a WaitGroup's Go. What
// takes the library's place in traces is in the update, and what it is shown as is in the process.
func TestFirstOnce(t *testing.T) {
	t.Parallel()
	first := func(part string) string { return Assemble(t, "../../testdata/live/firstonce.txtar", "common", part) }
	r1 := Build(t, first("r1"), "")
	r2 := Build(t, first("r2"), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "r1 a", p.Ask("a"))
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "r2 b once sync.(*Once).doSlow once.go", p.Ask("b"))
	require.Equal(t, "r2 c again", p.Ask("c"))
}
