package live

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const everywhere = "../../testdata/live/everywhere"

// bodiesOnly turns release 1's text into a release in which every function that
// a goroutine stands in goes on with another statement.
var bodiesOnly = []string{
	`"r1 "+format`, `"r2 "+format`,
	`say("`, `say("new `,
	"old.Add(1)", "_ = old.Load()",
	"return n + 1\n", "return n + 2\n",
	"leaf(n) - 1", "leaf(n) - 2",
}

// expected is what everywhere says when its goroutines go on; %s stands for the
// release's marks. Sums depend on leaf, which adds one more in release 2.
var expected = []string{
	"bottom 3 6 s+++", "client answer asked", "closure 12 22", "contending 8", "deferred kept! result",
	"depth 10002", "handler h asked", "holding 8", "less 1 0", "middle 0 0 s", "middle 1 2 s+", "middle 2 4 s++",
	"ranged 12", "result s+++432", "returned result", "running true", "select a 103", "selected 103", "shared 22", "sorted [1 2 3]",
}

func with(prefix string) []string {
	var l []string
	for _, s := range expected {
		l = append(l, prefix+s)
	}
	return l
}

// The two releases of everywhere that most tests use.
var (
	everywhere1 = &Shared{Source: func(testing.TB) string { return everywhere + "/r1" }}
	everywhere2 = &Shared{Source: func(t testing.TB) string { return Copy(t, everywhere+"/r1", bodiesOnly...) }, From: everywhere1}
)

func TestMain(m *testing.M) {
	code := m.Run()
	Clean()
	os.Exit(code)
}

// TestEverywhere: a goroutine in the middle of a stack, in a closure, with a
// deferred function still to run, under sort.Slice, under an http.Handler, in a
// select, holding a mutex, waiting for one, at recursion depth 10,000, in a busy
// loop and in a map range runs the next statement of the new function with its
// old locals; no statement of the old release runs after commit, leaves included.
func TestEverywhere(t *testing.T) {
	r1, r2 := everywhere1.Exe(t), everywhere2.Exe(t)
	p := Start(t, r1)
	require.Equal(t, "ready", p.Line())
	before := p.Ask("old")
	require.NotEqual(t, "old 0", before)
	p.MustUpdate(r2 + ".update")
	require.Equal(t, before, p.Ask("old"))
	p.Send("go")
	require.Equal(t, with("r2 new "), p.Until("end"))
	require.Equal(t, before, p.Ask("old"), "statements of the old release ran after commit")
}

// TestAbortedThenRepaired: an update that is given up leaves the program as
// before, twice in a row; then one succeeds, and the program can go back.
func TestAbortedThenRepaired(t *testing.T) {
	t.Parallel()
	r1, r2 := everywhere1.Exe(t), everywhere2.Exe(t)
	p := Start(t, r1)
	require.Equal(t, "ready", p.Line())
	for range 2 {
		// long has no point for as long as it runs: nobody may be carried away
		// from it.
		require.Equal(t, "started", p.Ask("long"))
		o := p.MustFail("UP2007", r2+".update", "-timeout", "3s")
		require.Contains(t, o.Stderr, "main.long(", "the straggler is named")
		require.True(t, strings.HasPrefix(p.Ask("old"), "old "))
		require.Equal(t, "spins true", p.Ask("spins"))
	}
	p.MustUpdate(r2+".update", "-timeout", "60s")
	p.Send("go")
	require.Equal(t, with("r2 new "), p.Until("end"))
}

// TestBadInput: what is not an update for this process is refused by code, and
// the process goes on.
func TestBadInput(t *testing.T) {
	t.Parallel()
	r1, r2 := everywhere1.Exe(t), everywhere2.Exe(t)
	stranger := Build(t, Copy(t, everywhere+"/r1", "leaf(n) - 1", "leaf(n) + 0 - 1"), "")
	strange := Build(t, Copy(t, everywhere+"/r1", "return n + 1\n", "return n + 3\n"), stranger, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "ready", p.Line())
	file, err := os.ReadFile(r2 + ".update")
	require.NoError(t, err)
	put := func(name string, b []byte) string {
		path := filepath.Join(t.TempDir(), name)
		require.NoError(t, os.WriteFile(path, b, 0o600))
		return path
	}
	edited := append([]byte{}, file...)
	edited[len(edited)/2] ^= 1
	for _, c := range []struct{ name, code, file string }{
		{"missing", "UP1001", filepath.Join(t.TempDir(), "none")},
		{"empty", "UP2023", put("empty", nil)},
		{"no update", "UP2022", put("text", []byte(strings.Repeat("not an update\n", 100)))},
		{"truncated", "UP2023", put("short", file[:len(file)-100])},
		{"edited", "UP2024", put("edited", edited)},
		{"other lineage", "UP2029", strange + ".update"},
	} {
		o := p.MustFail(c.code, c.file)
		t.Logf("%s: %s", c.name, strings.TrimSpace(o.Stderr))
		require.Equal(t, "spins true", p.Ask("spins"), c.name)
	}
	p.MustUpdate(r2 + ".update")
	p.MustFail("UP20", r2+".update") // wrong base now
	p.Send("go")
	require.Equal(t, with("r2 new "), p.Until("end"))
}
