package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	known1 = &Shared{Source: knownPart("r1")}
	known2 = &Shared{Source: knownPart("r2"), From: known1, Last: true}
)

func knownPart(part string) func(testing.TB) string {
	return func(t testing.TB) string { return Assemble(t, "../../testdata/live/known.txtar", "common", part) }
}

// TestKnownValues: what frames of the new release need and the old ones do not hold is known
// without a frame map: variables that are behind a pointer now, those that are what they are
// declared with, checks that ask about fields that nobody has set. A literal that is gone
// becomes another one of its text, and a call whose result is returned goes on at another one.
func TestKnownValues(t *testing.T) {
	p := Start(t, known1.Exe(t))
	for _, what := range []string{"total a", "pair b", "ask c", "tail d", "call e"} {
		require.Equal(t, "waiting", p.Ask(what))
	}
	require.Equal(t, "r1 a 3", p.Ask("say a xx"))
	p.MustUpdate(known2.Update(t))
	require.Equal(t, "r2 a 6", p.Ask("say a yyy"))
	require.Equal(t, "r2 a 7", p.Ask("say a z"), "it stays one variable")
	require.Equal(t, "r2 inner id of b", p.Ask("say b x"))
	require.Equal(t, "r2 outer id of b", p.Line())
	require.Equal(t, "r2 hello 2 [hello]", p.Ask("say c hello"))
	require.Equal(t, "d had first x", p.Ask("say d x"))
	require.Equal(t, "e called answer y", p.Ask("say e y"))
	require.Equal(t, "waiting", p.Ask("ask f"))
	require.Equal(t, "r2 new 2 [new]", p.Ask("say f new"))
}
