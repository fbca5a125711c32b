package live

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/internal/leanbuild"
)

var (
	initial1 = &Shared{Source: initial("common", "r1"), Flags: linked("v1")}
	initial2 = &Shared{Source: initial("common", "r2"), From: initial1, Flags: linked("v2")}
)

// linked has the linker give values to variables, to some in vain.
func linked(version string) []string {
	return []string{"-ldflags", fmt.Sprintf("-X main.version=%s -X 'main.stamp=of %[1]s' -X main.made=%[1]s", version)}
}

func initial(parts ...string) func(testing.TB) string {
	return func(t testing.TB) string { return Assemble(t, "../../testdata/live/initial.txtar", parts...) }
}

// TestInitialValues: variables that an update adds have the values that a cold start would give them, those that
// depend on others and come in pairs among them; each initialiser runs once.
func TestInitialValues(t *testing.T) {
	t.Parallel()
	p := Start(t, initial1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "r1 11 3", p.Ask("show"))
	p.MustUpdate(initial2.Update(t))
	require.Equal(t, "r2 11 4 24 12 1second of 24second of 24map[pair:2 zeta:1] 513 true <nil> \"a of r2\\n\" <nil>", p.Ask("show"))
}

// TestInitialValueOfChanging: a value that would be made from one that the update changes as well is refused.
func TestInitialValueOfChanging(t *testing.T) {
	t.Parallel()
	dir := initial("common", "refused")(t)
	out, err := TryBuild(t, dir, filepath.Join(t.TempDir(), "exe"), initial1.Exe(t), linked("v2")...)
	require.Error(t, err)
	require.Contains(t, out, "main.go:16:5: the initial value of example.com/initial.twice is made from example.com/initial.limit")
	require.Contains(t, out, "framemap.Var [UP3013]")
}

// TestGivenValues: what files and the linker give to variables is that of the new
// release where it has changed, and what a cold start has. What nothing gives, and what
// the program changes, is carried over.
func TestGivenValues(t *testing.T) {
	p := Start(t, initial1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, `v1 of v1 made "a of r1\n" "a of r1\n" "b\n" "A of r1\n" "a of r1\n" <nil>`, p.Ask("given"))
	const now = `v2 of v2 made "a of r2\n" "a of r2\n" "b\n" "A of %s\n" "a of r2\n" <nil>`
	p.MustUpdate(initial2.Update(t))
	require.Equal(t, fmt.Sprintf(now, "r1"), p.Ask("given"))

	cold := Start(t, initial2.Exe(t))
	require.Equal(t, "ready", cold.Line())
	require.Equal(t, fmt.Sprintf(now, "r2"), cold.Ask("given"))
}

// TestTables: a table that could have been changed keeps what it holds, which -check says, and starts
// anew where framemap.go says so, or nobody could have changed it.
func TestTables(t *testing.T) {
	t.Parallel()
	const archive = "../../testdata/live/tables.txtar"
	more := []string{`	"a": {func() string { return "a" }},`, "	\"a\": {func() string { return \"A\" }},\n	\"b\": {func() string { return \"b\" }},"}
	r1 := Build(t, Unpack(t, archive), "")
	for _, anew := range []bool{false, true} {
		dir := Unpack(t, archive, more...)
		if !anew {
			require.NoError(t, os.RemoveAll(filepath.Join(dir, "upstare")))
			cmd := exec.Command(Tool(t), "framemap", "-from", r1, "-check", ".")
			cmd.Dir = dir
			leanbuild.Prepare(cmd)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Contains(t, string(out), "example.com/tables.commands (main.go:11) keeps what it holds although its initialiser changed")
		}
		update := Build(t, dir, r1, "-update-only") + ".update"
		p := Start(t, r1)
		require.Equal(t, "ready", p.Line())
		require.Equal(t, "a", p.Ask("a"))
		p.MustUpdate(update)
		// What is in the table has new code, as all functions have.
		want := map[bool][]string{false: {"A", "unknown"}, true: {"A", "b"}}[anew]
		require.Equal(t, want, []string{p.Ask("a"), p.Ask("b")})
	}

	constant := []string{`find("a").do = nil`, `find("a").do()`}
	r1 = Build(t, Unpack(t, archive, constant...), "")
	dir := Unpack(t, archive, append(more, constant...)...)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "upstare")))
	update := Build(t, dir, r1, "-update-only") + ".update"
	p := Start(t, r1)
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "a", p.Ask("a"))
	p.MustUpdate(update)
	require.Equal(t, []string{"A", "b"}, []string{p.Ask("a"), p.Ask("b")})
}
