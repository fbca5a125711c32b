package live

import (
	"path/filepath"
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
	t.Parallel()
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

// TestKnownValuesAreAsked: what is not known is asked about, and no update is made of it.
func TestKnownValuesAreAsked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, new, want string }{
		{"the literal assigns its variable", `fmt.Println("r2 inner", id)`, `id += "!"` + "\n\t\t" + `fmt.Println("r2 inner", id)`, "local id of example.com/known.(*job).pair has no value"},
		{"the new field has other values", "gate: make(chan string)}", "gate: make(chan string), limit: 9}", "`if j.limited() || j.strict && len(j.name) > 1` is skipped"},
		{"the variable has been assigned", `fmt.Println("waiting")` + "\n\ts := <-j.gate\n\ttries--", `if len(j.name) > 3 {` + "\n\t\ttries = 4\n\t}\n\t" + `fmt.Println("waiting")` + "\n\ts := <-j.gate\n\ttries--", "local tries of example.com/known.(*job).ask has no value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := TryBuild(t, Copy(t, knownPart("r2")(t), c.old, c.new), filepath.Join(t.TempDir(), "r2"), known1.Exe(t), "-update-only")
			require.Error(t, err, out)
			require.Contains(t, out, c.want)
		})
	}
}
