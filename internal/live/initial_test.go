package live

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	initial1 = &Shared{Source: initial("r1")}
	initial2 = &Shared{Source: initial("r2"), From: initial1, Last: true}
)

func initial(parts ...string) func(testing.TB) string {
	return func(t testing.TB) string { return Assemble(t, "../../testdata/live/initial.txtar", parts...) }
}

// TestInitialValues: variables that an update adds have the values that a cold start would give them, those that
// depend on others and come in pairs among them; each initialiser runs once.
func TestInitialValues(t *testing.T) {
	p := Start(t, initial1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "r1 11 3", p.Ask("show"))
	p.MustUpdate(initial2.Update(t))
	require.Equal(t, "r2 11 4 24 12 1second of 24second of 24map[pair:2 zeta:1] 513 true <nil>", p.Ask("show"))
}

// TestInitialValueOfChanging: a value that would be made from one that the update changes as well is refused.
func TestInitialValueOfChanging(t *testing.T) {
	dir := initial("refused")(t)
	out, err := TryBuild(t, dir, filepath.Join(t.TempDir(), "exe"), initial1.Exe(t))
	require.Error(t, err)
	require.Contains(t, out, "main.go:16:5: the initial value of example.com/initial.twice is made from example.com/initial.limit")
	require.Contains(t, out, "framemap.Var [UP3013]")
}
