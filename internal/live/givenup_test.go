package live

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGivenUp: the program is stopped again and again, and every time the update is given
// up. Goroutines that come back from a blocking operation at that moment, and are about to
// leave their stacks, do so: the frames further out go on when they are there again, and
// not with the zero values that those inside return in between.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	r1 := Build(t, Assemble(t, "../../testdata/live/givenup.txtar", "common", "r1"), "")
	dir := Assemble(t, "../../testdata/live/givenup.txtar", "common", "r1", "r2")
	r2 := Build(t, dir, r1, "-update-only")
	p := Start(t, r1)
	o := p.MustFail("UP2007", r2+".update", "-timeout", "3s")
	require.Equal(t, "r1 wrong 0", p.Ask("wrong"), o.Stdout)
}
