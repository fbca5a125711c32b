package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLent: foreign code that has been lent memory of an object is in the way of an update
// that moves the object. Memory that a function has made for itself is none of any object's.
func TestLent(t *testing.T) {
	t.Parallel()
	lent := func(part string) string { return Assemble(t, "../../testdata/live/lent.txtar", "common", part) }
	r1 := Build(t, lent("r1"), "")
	r2 := Build(t, lent("r2"), r1, "-update-only")

	p := Start(t, r1)
	require.Equal(t, "sent", p.Ask(`"\x00\x00\x00\x04ab"`)) // it waits for the rest of the message
	p.MustUpdate(r2 + ".update")
	p.Send(`"cd"`)
	require.ElementsMatch(t, []string{"sent", "abcd r2 1 4"}, []string{p.Line(), p.Line()})
	p.Send(`"\x00\x00\x00\x01e"`)
	require.ElementsMatch(t, []string{"sent", "e r2 1 4"}, []string{p.Line(), p.Line()})

	p = Start(t, r1)
	require.Equal(t, "sent", p.Ask(`"\x00\x00"`)) // it waits for the rest of the length
	done := make(chan Outcome)
	go func() { done <- p.Update(r2 + ".update") }()
	late := p.straggler()
	require.Equal(t, "example.com/lent.readLen", late["func"])
	require.Contains(t, late["why"], "may use an object whose type the update changes")
	require.Equal(t, "sent", p.Ask(`"\x00\x02a"`))
	require.Equal(t, "committed", (<-done).Result["state"])
	p.Send(`"b"`)
	require.ElementsMatch(t, []string{"sent", "ab r2 1 4"}, []string{p.Line(), p.Line()})
}
