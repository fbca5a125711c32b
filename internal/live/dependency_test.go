package live

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var dependency1 = &Shared{Source: dependency("r1")}

func dependency(part string) func(testing.TB) string {
	return func(t testing.TB) string { return Assemble(t, "../../testdata/live/dependency.txtar", "common", part) }
}

// TestDependency: new code of a package that is not updated finds the tables and the constants that it is
// made for, its counters as they were, and the errors that others have kept.
func TestDependency(t *testing.T) {
	t.Parallel()
	p := Start(t, dependency1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "2 verb 1 2 true 1", p.Ask("x"))
	p.MustUpdate(Build(t, dependency("r2")(t), dependency1.Exe(t), "-update-only") + ".update")
	require.Equal(t, "20 a verb 7 3 true 7", p.Ask("x"))
}

// TestDependencyUnmade: what an init function would have to make is refused, for it does not run again; an
// instrumented package's is made.
func TestDependencyUnmade(t *testing.T) {
	t.Parallel()
	out, err := TryBuild(t, dependency("r3")(t), filepath.Join(t.TempDir(), "exe"), dependency1.Exe(t))
	require.Error(t, err)
	require.Contains(t, out, "variable kinds of example.com/words begins with another value than before, and nobody would make it")
	require.Contains(t, out, "variable ErrEmpty of example.com/words")
	require.Contains(t, out, "[UP1210]")
	require.NotContains(t, out, "variable first") // a constant

	own := []string{"-instrument", "example.com/words"}
	r1 := Build(t, dependency("r1")(t), "", own...)
	p := Start(t, r1)
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "2 verb 1 2 true 1", p.Ask("x"))
	p.MustUpdate(Build(t, dependency("r3")(t), r1, append(own, "-update-only")...) + ".update")
	require.Equal(t, "2 verb 7 3 true 7", p.Ask("x"))
}
