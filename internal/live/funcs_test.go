package live

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const funcs = "../../testdata/live/funcs.txtar"

// askAll has the process of testdata/live/funcs.txtar call all that it holds.
func askAll(p *Process, release string) []string {
	p.t.Helper()
	require.Equal(p.t, release, p.Ask("all"))
	return p.Until("end")
}

// TestFuncs: functions whose signatures mention a changed type, and that somebody holds
// as values since the first release, do in later ones what new code expects of them: they
// take its objects, and return them.
func TestFuncs(t *testing.T) {
	t.Parallel()
	r1 := Build(t, Assemble(t, funcs, "common", "r1"), "")
	r2 := Build(t, Assemble(t, funcs, "common", "r2"), r1, "-back")
	r3 := Build(t, Assemble(t, funcs, "common", "r3"), r2, "-update-only")

	t.Run("on", func(t *testing.T) {
		p := Start(t, r1)
		want := askAll(p, "r1")
		p.MustUpdate(r2 + ".update")
		require.Equal(t, want, askAll(p, "r2"))
		p.MustUpdate(r3 + ".update")
		require.Equal(t, want, askAll(p, "r3"))
	})
	t.Run("back", func(t *testing.T) {
		p := Start(t, r1)
		want := askAll(p, "r1")
		p.MustUpdate(r2 + ".update")
		require.Equal(t, want, askAll(p, "r2"))
		p.MustUpdate(r2 + ".back.update")
		require.Equal(t, want, askAll(p, "r1"))
	})

	// Own code waits for what a held function of an earlier release returns, and an
	// update is made meanwhile.
	const parks, spins = "true 90 true true 2 true true true true true true 2", "true 90"
	for _, first := range []bool{true, false} {
		p := Start(t, r1)
		if !first {
			p.MustUpdate(r2 + ".update")
		}
		require.Equal(t, "entered", p.Ask("enter parks"))
		if first {
			p.MustUpdate(r2 + ".update")
			require.Equal(t, "r2 "+parks, p.Ask("leave"))
			require.Equal(t, "entered", p.Ask("enter parks"))
		}
		p.MustUpdate(r3 + ".update")
		require.Equal(t, "r3 "+parks, p.Ask("leave"))
	}
	p := Start(t, r1)
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "entered", p.Ask("enter spins"))
	p.MustUpdate(r3 + ".update")
	require.Equal(t, "r3 "+spins, p.Ask("leave"))

	// Foreign code that has been called before goes on calling with the objects that it
	// has: old ones, or those that it finds where the update has put new ones.
	// That the table has forgotten the old ones is no matter, nor how many updates there were.
	for _, what := range []string{"ranges", "ranges alone"} {
		p = Start(t, r1)
		require.Equal(t, "entered", p.Ask("enter "+what))
		p.MustUpdate(r2 + ".update")
		require.Equal(t, "r2 40 90 70 30 ", p.Ask("leave"))

		p = Start(t, r1)
		require.Equal(t, "entered", p.Ask("enter "+what))
		p.MustUpdate(r2 + ".update")
		require.Equal(t, "collected", p.Ask("collect"))
		p.MustUpdate(r3 + ".update")
		require.Equal(t, "collected", p.Ask("collect"))
		require.Equal(t, "r3 40 90 70 30 ", p.Ask("leave"))
	}
}

// TestFuncsByValue: functions that take or return values of a changed type cannot be called
// through an old value by new code: the words are others.
func TestFuncsByValue(t *testing.T) {
	t.Parallel()
	hold := []string{"byValue        []any", `byValue = []any{
		func(n node) int { return int(n.Color) },
		func(m node) int { p := &m; return int(p.Color) },
		func(l [2]node) int { return int(l[0].Color) },
		func() node { return *root },
		func() struct{ N node } { return struct{ N node }{*root} },
	}`}
	r1 := Build(t, Copy(t, Assemble(t, funcs, "common", "r1"), hold...), "")
	out, err := TryBuild(t, Copy(t, Assemble(t, funcs, "common", "r2"), hold...), filepath.Join(t.TempDir(), "exe"), r1, "-update-only")
	require.Error(t, err)
	for _, what := range []string{
		"takes n by value, whose type funcs.node changed", "takes m by value", "takes l by value",
		"returns a funcs.node by value", "returns a struct{N funcs.node} by value", "[UP3022]",
	} {
		require.Contains(t, out, what)
	}
}

// TestFuncsOfForeignCode: a function of foreign code that was made in the release before
// goes on giving what it has captured then, which nobody converts.
func TestFuncsOfForeignCode(t *testing.T) {
	t.Parallel()
	hold := []string{"byValue        []any", `byValue = []any{slices.Values([]*node{{Color: 5}})}`}
	r1 := Build(t, Copy(t, Assemble(t, funcs, "common", "r1"), hold...), "")
	r2 := Build(t, Copy(t, Assemble(t, funcs, "common", "r2"), hold...), r1, "-update-only")
	p := Start(t, r1)
	want := askAll(p, "r1")
	o := p.MustFail("UP2010", r2+".update")
	require.Contains(t, o.Stderr, "a func value of foreign code (")
	require.Contains(t, o.Stderr, "hold a function of the program in its place")
	require.Equal(t, want, askAll(p, "r1"))
}
