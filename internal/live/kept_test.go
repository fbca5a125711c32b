package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestKeptFree: nothing has become of an operation at which nobody stays, and no frame map says
// what would become of who is there. The update waits until he has gone on, says so, and is given
// up if that takes too long.
func TestKeptFree(t *testing.T) {
	t.Parallel()
	part := func(s string) string { return Assemble(t, "../../testdata/live/kept.txtar", "common", s) }
	r1 := Build(t, part("r1"), "")
	r2 := Build(t, part("r2"), r1, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "writing", p.Ask("start a"))
	p.MustFail("UP2007", r2+".update", "-limit", "quiesce=300ms")
	done := make(chan Outcome)
	go func() { done <- p.Update(r2 + ".update") }()
	p.Under("quiesce")
	late := p.straggler()
	require.Equal(t, "example.com/kept.(*job).do", late["func"])
	require.Contains(t, late["pos"], "job.go:7")
	require.Contains(t, late["why"], "kept free, since goroutines do not stay there: ")
	require.Equal(t, "read 1048576", p.Ask("read a"))
	o := <-done
	require.Equal(t, "committed", o.Result["state"], o.Stdout+o.Stderr)
	require.Equal(t, "ended in r2 a", p.Ask("end a"))
	require.Equal(t, "writing", p.Ask("start b"))
	require.Equal(t, "read 1048576", p.Ask("read b"))
	require.Equal(t, "ended in r2 b", p.Ask("end b"))
}
