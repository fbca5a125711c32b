package live

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMoved: a library has another import path in the next release. Nothing is to be said
// about it, and what the release after that changes in it is seen by values of its types.
func TestMoved(t *testing.T) {
	t.Parallel()
	const archive = "../../testdata/live/moved.txtar"
	r1 := Build(t, Assemble(t, archive, "common", "r1"), "", "-instrument", "example.com/...")
	dir := Assemble(t, archive, "common", "r2")
	r2 := Build(t, dir, r1, "-instrument", "example.com/...,example.org/...", "-update-only")
	p := Start(t, r1)
	state := func(release, end string, n int) string {
		count := string(rune('0' + n))
		return release + " " + count + " true true true ada " + count + " 1 1 true item boxed item kept " + count + end
	}
	require.Equal(t, "r1 s:item a", p.Ask("a"))
	require.Equal(t, "r1 spin s 1", p.Ask("spin"))
	require.Equal(t, state("r1", " 1", 1), p.Ask("state"))
	p.MustUpdate(r2 + ".update")
	require.Equal(t, state("r2", " 1 fresh", 2), p.Ask("state"))
	require.Equal(t, "r2 spin s 12", p.Ask("spin"))
	require.Equal(t, "r2 s:item b", p.Ask("b"))
	require.Equal(t, "r2 s:item c", p.Ask("c"))
	require.Equal(t, state("r2", " 203 fresh", 3), p.Ask("state"))

	// The release after it.
	edit(t, filepath.Join(dir, "store/store.go"), `"item " + i.Name`, `"thing " + i.Name`)
	edit(t, filepath.Join(dir, "store/store.go"), "type Item struct{ Name string }", "type Item struct {\n\tlength int\n\tName   string\n}")
	edit(t, filepath.Join(dir, "store/store.go"), `return "tag"`, `return "label"`)
	edit(t, filepath.Join(dir, "main.go"), `"r2"`, `"r3"`)
	r3 := Build(t, dir, r2+".ledger", "-instrument", "example.com/...,example.org/...", "-update-only")
	p.MustUpdate(r3 + ".update")
	require.Equal(t, strings.ReplaceAll(state("r3", " 203 fresh", 4), "item", "thing"), p.Ask("state"))
	require.Equal(t, "r3 s:thing d", p.Ask("d"))
	require.Equal(t, "r3 label", p.Ask("tag"))         // of a type that is what it was
	require.Equal(t, "r2 s/thing late", p.Ask("late")) // who has waited since the first release
}

func edit(t *testing.T, file, old, new string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), old)
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), old, new)), 0o666))
}
