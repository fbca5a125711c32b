package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	older1 = &Shared{Source: older("common", "r1")}
	older2 = &Shared{Source: older("common", "r2"), From: older1}
	older3 = &Shared{Source: older("common", "r3"), From: older2}
)

func older(parts ...string) func(testing.TB) string {
	return func(t testing.TB) string { return Assemble(t, "../../testdata/live/older.txtar", parts...) }
}

// TestOlder: assertions and switches of the new release see the new objects behind what
// foreign code has kept.
func TestOlder(t *testing.T) {
	p := Start(t, older1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "filled", p.Ask("fill"))
	p.MustUpdate(older2.Update(t))
	for _, c := range [][2]string{
		{"pool", "20 pooled"},
		{"shelf", "true true"},
	} {
		require.Equal(t, c[1], p.Ask(c[0]), c[0])
	}
}
