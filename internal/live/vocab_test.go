package live

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// vocab puts releases of testdata/live/vocab.txtar together.
func vocab(from *Shared, parts ...string) *Shared {
	return &Shared{From: from, Source: func(t testing.TB) string {
		return Assemble(t, "../../testdata/live/vocab.txtar", parts...)
	}}
}

var (
	vocab1 = vocab(nil, "common", "r1")
	vocab2 = vocab(vocab1, "common", "r2")
	vocab3 = &Shared{From: vocab2, Last: true, Source: func(t testing.TB) string {
		return Copy(t, Assemble(t, "../../testdata/live/vocab.txtar", "common", "r2"), `release = "r2"`, `release = "r3"`)
	}}
)

// TestGo: goroutines that the new release has and the old one had not begin at
// commit, with what the map gives them, those of literals too; there is none if the
// update is given up. A goroutine that was captured for the update that was given up
// stands at no point of the function that it was captured in, however near one is that
// nobody may stand at.
func TestGo(t *testing.T) {
	veto := filepath.Join(t.TempDir(), "veto")
	t.Setenv("VETO", veto)
	p := Start(t, vocab1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.NoError(t, os.WriteFile(veto, []byte("validate"), 0o666))
	require.Equal(t, "waiting", p.Ask("spin busy"))
	p.MustFail("UP2010", vocab2.Update(t))
	require.Equal(t, "waiting", p.Ask("serve late"))
	require.Equal(t, "late r1 a", p.Ask("say late a"))
	require.NoError(t, os.Remove(veto))
	o := p.MustUpdate(vocab2.Update(t))
	require.Nil(t, o.Result["warnings"])
	require.ElementsMatch(t, []string{"sweep by one", "sweep by two"}, []string{p.Ask("begun"), p.Ask("begun")})
	require.Equal(t, "r2 sweeper of srv swept a", p.Ask("sweep a"))
	require.Equal(t, "2", p.Ask("sweepers"))
	require.Equal(t, "r2 map x 11", p.Ask("count x"))
	require.Equal(t, "r2 map x 12", p.Ask("count x"))

	require.Equal(t, "busy r2 was told by another", p.Ask("stop busy"), "beside a goroutine that was captured")
	require.Equal(t, "r2 wrote to late: r2 b, 100", p.Ask("say late b"), "beside one that was parked")
	require.Equal(t, "r2 wrote to late: r2 c, 101", p.Ask("say late c"))
	require.Equal(t, "waiting", p.Ask("serve new"))
	require.Equal(t, "r2 wrote to new: r2 d, 1", p.Ask("say new d"), "one that the program started itself")
}

// TestGoThroughALaterRelease: a goroutine that begins beside one that has waited for
// two updates begins in the newest release.
func TestGoThroughALaterRelease(t *testing.T) {
	p := Start(t, vocab1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "waiting", p.Ask("serve late"))
	p.MustUpdate(vocab2.Update(t))
	p.MustUpdate(vocab3.Update(t))
	require.Equal(t, "r3 wrote to late: r3 a, 100", p.Ask("say late a"))
	require.ElementsMatch(t, []string{"sweep by one", "sweep by two"}, []string{p.Ask("begun"), p.Ask("begun")})
	require.Equal(t, "r3 sweeper of srv swept a", p.Ask("sweep a"))
	require.Equal(t, "2", p.Ask("sweepers"))
}

// TestFromElsewhere: locals of a new frame have their values from a frame further out
// and from a variable, in goroutines that are captured and in those that are parked.
func TestFromElsewhere(t *testing.T) {
	p := Start(t, vocab1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "waiting", p.Ask("chat waits"))
	require.Equal(t, "waiting", p.Ask("chat spins busy"))
	require.Equal(t, "waits r1 a", p.Ask("say waits a"))
	p.MustUpdate(vocab2.Update(t))
	require.Equal(t, "waits r2 b 42 hi there srv", p.Ask("say waits b"))
	require.Equal(t, "waits r2 c 1043 hi there srv", p.Ask("say waits c"))
	require.Equal(t, "spins r2 stopped 41 hi there srv", p.Ask("stop spins"))
	require.Equal(t, "spins r2 stopped 1042 hi there srv", p.Ask("stop spins"))
}

// TestAsked: a hook before the stop, and a condition on what the old variables hold,
// give the update up; a dry run leaves the hook out.
func TestAsked(t *testing.T) {
	veto := filepath.Join(t.TempDir(), "veto")
	t.Setenv("VETO", veto)
	p := Start(t, vocab1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "waiting", p.Ask("chat unwanted"))
	o := p.MustFail("UP2007", vocab2.Update(t), "-timeout", "1s")
	require.Contains(t, o.Stderr, "srv has a client that is unwanted")
	require.NoError(t, os.WriteFile(veto, []byte("before"), 0o666))
	o = p.MustFail("UP2010", vocab2.Update(t))
	require.Contains(t, o.Stderr, "vetoed by before")
	require.Contains(t, o.Stdout, `"load"`)
	require.NotContains(t, o.Stdout, `"quiesce"`, "the program is not stopped")
	p.MustFail("UP2010", vocab2.Update(t), "-dry-run") // that asks, too
	require.NoError(t, os.Remove(veto))
	require.Equal(t, "fits", p.Update(vocab2.Update(t), "-dry-run").Result["state"])
	require.Equal(t, "unwanted r1 a", p.Ask("say unwanted a"))
}

// TestDefers: a call that only the new function defers is made for frames of the old
// one if the map says so; what one that is dropped would have done is done when the
// frames go on.
func TestDefers(t *testing.T) {
	p := Start(t, vocab1.Exe(t))
	require.Equal(t, "ready", p.Line())
	for _, name := range []string{"first", "loud", "silent"} {
		require.Equal(t, "waiting", p.Ask("hold "+name))
		require.Equal(t, "1", p.Ask("users "+name))
	}
	require.Equal(t, "first r1 a", p.Ask("say first a"))
	p.MustUpdate(vocab2.Update(t))
	require.Equal(t, "1", p.Ask("users loud"), "it has not come back yet")
	require.Equal(t, "loud r2 a", p.Ask("say loud a"))
	require.Equal(t, "loud closed after all", p.Ask("hear"))
	require.Equal(t, "0", p.Ask("users loud"))
	require.Equal(t, "silent r2 a", p.Ask("say silent a"))
	require.Equal(t, "0", p.Ask("users silent"))
	require.Equal(t, "waiting", p.Ask("hold new"))
	require.Equal(t, "new r2 a", p.Ask("say new a"))
	require.Equal(t, "new closed after 3", p.Ask("hear"), "and nothing of silent")
}

// TestResults: foreign code that has called a function before the update gets results as
// that one returned them, from what the new one returns, two releases later too.
func TestResults(t *testing.T) {
	p := Start(t, vocab1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "waiting", p.Ask("ask before"))
	require.Equal(t, "waiting", p.Ask("ask long"))
	require.Equal(t, "waiting", p.Ask("ask busy"))
	p.MustUpdate(vocab2.Update(t))
	require.Equal(t, "before r2 301", p.Ask("say before x"))
	require.Equal(t, "waiting", p.Ask("ask after"))
	p.MustUpdate(vocab3.Update(t))
	require.Equal(t, "after r3 1", p.Ask("say after x"))
	require.Equal(t, "long r3 302", p.Ask("say long xx"))
	require.Equal(t, "busy r3 306", p.Ask("stop busy"), "captured twice")
}

// TestGoAndThenPanic: what fails behind commit is told: a warning if the map was to start
// a goroutine, of which there is none then; a panic of the goroutine that comes back if
// it was for that.
func TestGoAndThenPanic(t *testing.T) {
	veto := filepath.Join(t.TempDir(), "veto")
	t.Setenv("VETO", veto)
	p := Start(t, vocab1.Exe(t))
	require.Equal(t, "ready", p.Line())
	require.Equal(t, "waiting", p.Ask("hold late"))
	require.NoError(t, os.WriteFile(veto, []byte("go"), 0o666))
	o := p.MustUpdate(vocab2.Update(t))
	require.Len(t, o.Result["warnings"], 1)
	require.Contains(t, o.Result["warnings"].([]any)[0], "the rule that starts example.com/vocab.(*server).sweep panicked: vetoed by go; none of its goroutines was started")
	require.Equal(t, "0", p.Ask("sweepers"))
	require.Equal(t, "r2 map x 11", p.Ask("count x"), "the others are")
	require.NoError(t, os.WriteFile(veto, []byte("then"), 0o666))
	p.Send("say late a")
	p.Ended()
	require.Contains(t, p.Errors(), "what a rule does when a frame goes on panicked: vetoed by then")
}

// TestThenFirst: a goroutine that was captured does not go on before what the map does in
// place of what it has not done.
func TestThenFirst(t *testing.T) {
	t.Parallel()
	then := func(part string) string { return Assemble(t, "../../testdata/live/then.txtar", "common", part) }
	r1 := Build(t, then("r1"), "")
	r2 := Build(t, then("r2"), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "ready", p.Line())
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "open: true", p.Line())
	p.Send("")
	p.Ended()
}
