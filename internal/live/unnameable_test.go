package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	unnameable1 = &Shared{Source: func(t testing.TB) string { return Assemble(t, "../../testdata/live/unnameable.txtar", "r1") }}
	unnameable2 = &Shared{From: unnameable1, Last: true, Source: func(t testing.TB) string {
		return Copy(t, Assemble(t, "../../testdata/live/unnameable.txtar", "r1"),
			`"r1"`, `"r2"`,
			"N    int\n\tNext *record\n", "Next *record\n\tN    int\n",
			`return "plain"`, `return "other"`,
		)
	}}
)

// TestUnnameable: locals, captured ones among them, whose types the frame's package cannot write are carried over,
// and converted where those types change.
func TestUnnameable(t *testing.T) {
	t.Parallel()
	p := Start(t, unnameable1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "r1 plain 2 4 1 true 13 258", p.Ask("one"))
	p.MustUpdate(unnameable2.Update(t))
	require.Equal(t, "r2 other 3 6 2 true 16 258", p.Ask("two"))
}
