package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	escapes1 = &Shared{Source: func(t testing.TB) string { return Assemble(t, "../../testdata/live/uintptrescapes.txtar", "r1") }}
	escapes2 = &Shared{From: escapes1, Last: true, Source: func(t testing.TB) string {
		return Copy(t, Assemble(t, "../../testdata/live/uintptrescapes.txtar", "r1"),
			`"r1"`, `"r2"`,
			"n    int32\n\tname string\n", "name string\n\tn    int32\n",
			"record{7, name}", "record{name, 17}", `record{8, "turning"}`, `record{"turning", 18}`,
		)
	}}
)

// TestUintptrEscapes: functions that are marked go:uintptrescapes go on in the next
// release while their callers' frames keep the objects alive; the callers do when the
// calls return.
func TestUintptrEscapes(t *testing.T) {
	t.Parallel()
	p := Start(t, escapes1.Exe(t))
	require.Equal(t, "r1 waits", p.Line())
	require.Equal(t, "r1 first's object first 8", p.Ask("look"))
	p.MustUpdate(escapes2.Update(t))
	require.Equal(t, "r2 first's object first 9", p.Ask("look"))
	require.Equal(t, "r2 first's object first 10", p.Ask("return"))
	require.Equal(t, "r2 held first 10 10", p.Line())
	require.Equal(t, "r2 waits", p.Line())
	require.Equal(t, "r2 second's object second 18", p.Ask("return"))
	require.Equal(t, "r2 held second 18 18", p.Line())
	require.Equal(t, "r2 turning another object, r2 8", p.Line())
	p.Ended()
}
