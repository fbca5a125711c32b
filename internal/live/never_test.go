package live

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestNeverSince: a point that the third release keeps free is one at which a goroutine has
// waited since the first, where it has another number and its function another name. The
// update waits until the goroutine has left.
func TestNeverSince(t *testing.T) {
	t.Parallel()
	never := func(part string) string { return Assemble(t, "../../testdata/live/never.txtar", "common", part) }
	r1 := Build(t, never("r1"), "")
	r2 := Build(t, never("r2"), r1)
	r3 := Build(t, never("r3"), r2, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "waiting r1", p.Ask("wait a"))
	require.Equal(t, "waiting r1", p.Ask("wait b"))
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "r2 a", p.Ask("go a"))
	done := make(chan Outcome)
	go func() { done <- p.Update(r3 + ".update") }()
	p.Under("quiesce")
	late := p.straggler()
	require.Equal(t, "example.com/never.(*job).do", late["func"])
	require.Contains(t, late["pos"], "job.go:")
	require.Contains(t, late["why"], "parked since an earlier release")
	require.Positive(t, late["for_ns"])
	require.Equal(t, "r2 b", p.Ask("go b"))
	o := <-done
	require.Equal(t, "committed", o.Result["state"], o.Stdout+o.Stderr)
	require.Equal(t, "beginning r3", p.Ask("wait c"))
	require.Equal(t, "r3 c", p.Ask("go c"))
}

// TestNeverOnThatLine: the function that a point to be left is in stands where another
// one stood in the first release, in which a goroutine has waited since. That is none of
// the update's business.
func TestNeverOnThatLine(t *testing.T) {
	t.Parallel()
	line := func(part string) string { return Assemble(t, "../../testdata/live/never.txtar", "common", part) }
	r1 := Build(t, line("line1"), "", "-trimpath") // all have the same names of files
	r2 := Build(t, line("line2"), r1, "-trimpath")
	r3 := Build(t, line("line3"), r2, "-trimpath", "-update-only")
	p := Start(t, r1)
	require.Equal(t, "waiting", p.Ask("wait a"))
	p.MustUpdate(r2 + ".update")
	p.MustUpdate(r3 + ".update")
	require.Equal(t, "gone on a", p.Ask("go a"))
}

// straggler waits until the update under way says who is in its way, more than once.
func (p *Process) straggler() map[string]any {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if u, ok := p.Status()["update"].(map[string]any); ok && u["attempts"].(float64) > 1 {
			if l, ok := u["stragglers"].([]any); ok {
				return l[0].(map[string]any)
			}
		}
	}
	p.t.Fatal("nobody is said to be in the way")
	return nil
}

// TestForceParked: who is parked where nobody may stand does not hold up an update that is
// forced, and panics when he comes back: it is the end of the program if no function further
// out has a place and recovers. Others go on.
func TestForceParked(t *testing.T) {
	t.Parallel()
	never := func(part string) string { return Assemble(t, "../../testdata/live/never.txtar", "common", part) }
	r1 := Build(t, never("r1"), "")
	r2 := Build(t, never("r2"), r1)
	r3 := Build(t, never("r3"), r2, "-update-only")
	p := Start(t, r2)
	require.Equal(t, "beginning r2", p.Ask("wait a"))
	require.Equal(t, "waiting r2", p.Line())
	p.MustFail("UP2007", r3+".update", "-limit", "quiesce=300ms")
	p.MustUpdate(r3+".update", "-force-parked")
	require.Equal(t, "beginning r3", p.Ask("wait b"))
	require.Equal(t, "r3 b", p.Ask("go b"))
	p.Send("go a")
	p.Ended()
	require.Contains(t, p.Errors(), "panic: a goroutine has come back into release 2 with what cannot be carried over")
}

// TestNeverIsNoEntry: a function that nobody may stand in is called when the update has been made, by a value that the old
// release has made: it begins in the new one.
func TestNeverIsNoEntry(t *testing.T) {
	t.Parallel()
	value := func(part string) string {
		return Assemble(t, "../../testdata/live/never_value.txtar", "common", part)
	}
	r1 := Build(t, value("r1"), "")
	r2 := Build(t, value("r2"), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "r1 a", p.Ask("say"))
	p.MustUpdate(r2 + ".update")
	require.Equal(t, "r2 a", p.Ask("say"))
}
