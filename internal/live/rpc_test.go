package live

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRPC: foreign code that calls by reflection reads what has been written into what it has
// made, whatever releases have come since; an update waits for calls that are under way, and
// who cannot be answered any more is named.
func TestRPC(t *testing.T) {
	t.Parallel()
	const rpc = "../../testdata/live/rpc.txtar"
	r1 := Build(t, Assemble(t, rpc, "common", "r1"), "")
	r2 := Build(t, Assemble(t, rpc, "common", "r2"), r1)
	r3 := Build(t, Assemble(t, rpc, "common", "r3"), r2, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "r1 1 a <nil>", p.Ask("call a"))
	require.Equal(t, "entered", p.Ask("enter b"))
	o := p.MustFail("UP2007", r2+".update", "-timeout", "2s")
	require.Contains(t, o.Stderr, "example.com/rpc.(*Counter).Count")
	require.Contains(t, o.Stderr, "by reflection")
	require.Equal(t, "r1 2 b <nil>", p.Ask("leave"))

	p.MustUpdate(r2 + ".update")
	require.Equal(t, "r2 3 c! <nil>", p.Ask("call c"))
	require.Equal(t, "entered", p.Ask("enter d"))
	require.Equal(t, "r2 4 d! <nil>", p.Ask("leave"))
	require.NotContains(t, saidLate(t, p), "by reflection")

	p.MustUpdate(r3 + ".update")
	require.Equal(t, "r3 0 e? <nil>", p.Ask("call e"))
	require.Contains(t, saidLate(t, p), "by reflection")
	require.Contains(t, saidLate(t, p), "N of main.Reply")
}

// saidLate is what went wrong since the last update.
func saidLate(t *testing.T, p *Process) string {
	text, err := json.Marshal(p.Status())
	require.NoError(t, err)
	return string(text)
}
