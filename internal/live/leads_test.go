package live

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLeads: a field is the successor of what an old one led to, by an object that the new release
// has not, and by one that it has and works on. Who comes back late has what was there when the
// update was made, also behind one more update; what nobody else has is found by it.
func TestLeads(t *testing.T) {
	t.Parallel()
	leads := func(part string) string { return Assemble(t, "../../testdata/live/leads.txtar", "common", part) }
	r1 := Build(t, leads("r1"), "")
	r2 := Build(t, leads("r2"), r1)
	r3 := Build(t, leads("r3"), r2, "-update-only")
	for _, further := range []bool{false, true} {
		p := Start(t, r1)
		require.Equal(t, "ready", p.Line())
		name := fmt.Sprintf("d%x", rand.Uint64())
		require.Equal(t, "named", p.Ask("name "+name))
		require.Equal(t, "made", p.Ask("new a"))
		require.Equal(t, fmt.Sprintf("r1 a %s 3 %s true 1", name, name), p.Ask("say a"))
		require.Equal(t, "waiting", p.Ask("hold b"))
		require.Equal(t, "waiting", p.Ask("alone c"))
		p.MustUpdate(r2 + ".update")
		require.Equal(t, fmt.Sprintf("r2 a %s 6 %s true 2", name, name), p.Ask("say a"))
		require.Equal(t, "linked", p.Ask("relink another"))
		release := "r2"
		if further {
			p.MustUpdate(r3 + ".update")
			release = "r3"
		}
		require.Equal(t, fmt.Sprintf("%s a %s 9 %s true 3", release, name, name), p.Ask("say a"))
		require.Equal(t, fmt.Sprintf("%s b %s 12 %s true 1", release, name, name), p.Ask("go b"), "what led there leads to another one now")
		require.Equal(t, release+" c alone 3 alone false 1", p.Ask("go c"))
		require.Equal(t, fmt.Sprintf("%s a %s 15 %s true 4", release, name, name), p.Ask("say a"))
		l, n := failures(p, "1")
		require.Empty(t, l)
		require.Zero(t, n)
	}
}
