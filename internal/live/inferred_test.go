package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	inferred1 = &Shared{Source: inferred("r1")}
	inferred2 = &Shared{Source: inferred("r2"), From: inferred1, Last: true}
)

func inferred(part string) func(testing.TB) string {
	return func(t testing.TB) string { return Assemble(t, "../../testdata/live/inferred.txtar", "common", part) }
}

// TestInferredValues: numbers get another size or sign, as fields, elements and keys of maps,
// and a type gets fields that every new object is made with alike. No frame map says so.
func TestInferredValues(t *testing.T) {
	t.Parallel()
	p := Start(t, inferred1.Exe(t))
	require.Equal(t, "put a", p.Ask("put a 3 65535 -1"))
	require.Equal(t, "put b", p.Ask("put b -128 0 5"))
	require.Equal(t, "a: main.rank 3 in [3 -128], int 65535, int64 -1, float32 0.5", p.Ask("show a"))
	p.MustUpdate(inferred2.Update(t))
	require.Equal(t, "a: main.rank 3 in [3 -128], uint16 65535, int64 -1, float64 0.5", p.Ask("show a"))
	require.Equal(t, "a", p.Ask("of 3"))
	require.Equal(t, "b", p.Ask("of -128"))
	require.Equal(t, `a map[x:1] ""`, p.Ask("tag a x"))
	require.Equal(t, `b map[z:1] ""`, p.Ask("tag b z"), "each has its own map")
	require.Equal(t, `a map[x:1 y:1] "x"`, p.Ask("tag a y"))
	require.Equal(t, "a of kg: 2 tags are enough", p.Ask("tag a z"))
	require.Equal(t, "put c", p.Ask("put c 3 1 1"))
	require.Equal(t, "a c", p.Ask("of 3"))
}

// TestInferredMisfit: a number that does not fit undoes the update, and the program goes on as
// it was. When the number has gone the update is made.
func TestInferredMisfit(t *testing.T) {
	for what, put := range map[string]string{
		"a value of main.rank is 128, which does not fit into int8":        "put a 128 1 1",
		"field size of main.item is -1, which does not fit into uint16":    "put a 1 -1 1",
		"field size of main.item is 65536, which does not fit into uint16": "put a 1 65536 1",
	} {
		p := Start(t, inferred1.Exe(t))
		require.Equal(t, "put a", p.Ask(put))
		before := p.Ask("show a")
		o := p.MustFail("UP2010", inferred2.Update(t))
		require.Contains(t, o.Stdout+o.Stderr, what)
		require.Equal(t, before, p.Ask("show a"))
		require.Equal(t, "what?", p.Ask("tag a x"))
	}
}
