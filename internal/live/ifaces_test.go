package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestInterfaceOfChanged: a type whose layout stays has a method that takes what changes.
// Its values are held in the interface that the method is for, which is another one then.
func TestInterfaceOfChanged(t *testing.T) {
	t.Parallel()
	part := func(parts ...string) string { return Assemble(t, "../../testdata/live/ifaces.txtar", parts...) }
	r1 := Build(t, part("common", "r1"), "")
	r2 := Build(t, part("common", "r1", "r2"), r1, "-update-only")
	p := Start(t, r1)
	p.Send("x")
	require.Equal(t, []string{"r1 out a x", "r1 out b x", "r1 in 7 x", "r1 in 8 x"}, p.Until("end"))
	p.MustUpdate(r2 + ".update")
	p.Send("y")
	require.Equal(t, []string{"r2 out a !y", "r2 out b !y", "r2 in 7 !y", "r2 in 8 !y"}, p.Until("end"))
}
