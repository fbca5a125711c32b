package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBack: to the next release and back by the way that was built with it, with a
// goroutine that was parked all the time, and one that came after the first update. The
// source of the first release is gone by then.
func TestBack(t *testing.T) {
	t.Parallel()
	back := func(part string) string { return Assemble(t, "../../testdata/live/back.txtar", part) }
	r1 := Build(t, back("r1"), "")
	r2 := Build(t, back("r2"), r1, "-back")
	p := Start(t, r1)
	require.Equal(t, "waiting r1", p.Ask("wait a"))
	require.Equal(t, "waiting r1", p.Ask("wait b"))
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "r2 a 1 of 10", p.Ask("go a"))
	require.Equal(t, "waiting r2", p.Ask("wait c"))
	p.MustUpdate(r2 + ".back.update")
	require.Equal(t, "r1 b 1", p.Ask("go b"))
	require.Equal(t, "r1 c 2", p.Ask("go c"))
	require.Equal(t, "waiting r1", p.Ask("wait d"))
	require.Equal(t, "r1 d 1", p.Ask("go d"))

	// The release after that starts from the one that went back.
	r4 := Build(t, back("r2"), r2+".back")
	p.MustUpdate(r4 + ".update")
	require.Equal(t, "waiting r2", p.Ask("wait e"))
	require.Equal(t, "r2 e 2 of 10", p.Ask("go e"))
}
