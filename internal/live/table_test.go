package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	table1 = &Shared{Source: table("r1")}
	table2 = &Shared{Source: table("r2"), From: table1, Last: true}
)

func table(parts ...string) func(testing.TB) string {
	return func(t testing.TB) string { return Assemble(t, "../../testdata/live/table.txtar", parts...) }
}

// TestTable: the new release calls functions through values that the old one made,
// with arguments of a type that has changed since. The functions' frames have a rule
// of the map, which must not take the new arguments for old ones.
func TestTable(t *testing.T) {
	p := Start(t, table1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "r1 s 2 [a b]", p.Ask("say a b"))
	require.Equal(t, "r1 bound s [c]", p.Ask("bound c"))
	p.MustUpdate(table2.Update(t))
	require.Equal(t, "r2 s 1 [a b d] 2", p.Ask("say d"))
	require.Equal(t, "r2 bound s [e] 5", p.Ask("bound e"))
	require.Equal(t, "r2 s 1 [a b d f] 7", p.Ask("say f"))
}
