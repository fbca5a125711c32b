package check

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// TestFatesOnce: a function is split in one step and joined in the next one, again and
// again, as around a cycle of releases. What becomes of a point is found once, and not
// along each of the 2¹⁰⁰ ways there.
func TestFatesOnce(t *testing.T) {
	const steps = 200
	base := &ledger.Release{Number: steps + 1, Funcs: []ledger.Func{
		{Key: "f", Points: []ledger.Point{{}, {}}}, {Key: "own", Gate: true, Points: []ledger.Point{{}}},
	}}
	for n := 1; n <= steps; n++ {
		pass := ledger.Pass{Number: n}
		if n%2 == 1 {
			pass.Funcs = []ledger.Passed{{Key: "f", New: "f", Lines: []int{1, 2}, Starts: []string{"own"},
				Made: map[int][]ledger.Stand{1: {{Key: "g", Point: 1}, {Key: "h", Point: 1}}}}}
			pass.Added = []string{"g", "h"}
		} else {
			pass.Funcs = []ledger.Passed{{Key: "g", New: "f", Lines: []int{1, 2}}, {Key: "h", New: "f", Lines: []int{1, 2}}}
			pass.Added = []string{"f"}
		}
		base.Passes = append(base.Passes, pass)
	}
	l := newLineage(base)
	want := []fate{{at: ledger.Stand{Key: "own"}}, {at: ledger.Stand{Key: "f", Point: 1}}}
	require.ElementsMatch(t, want, l.fates(1, ledger.Stand{Key: "f", Point: 1}))
	require.Equal(t, []fate{{at: ledger.Stand{Key: "f", Point: 1}}}, l.fates(steps, ledger.Stand{Key: "h", Point: 1}))
}
