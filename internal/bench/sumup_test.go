package bench

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSumUp: the mean is that of the programs in one run, the worst is that by median, and programs that allocate more
// are named.
func TestSumUp(t *testing.T) {
	b := &bench{Report: newReport(false)}
	b.sumUp([]Program{
		{Name: "one", times: []float64{1, 1, 9}, cpus: []float64{2, 2, 2}, Instructions: 1, Branches: 1, Plain: Cost{Instructions: 5, Allocs: 100}, Other: Cost{Allocs: 100.5}},
		{Name: "two", times: []float64{4, 4, 4}, cpus: []float64{1, 1, 1}, Instructions: 4, Branches: 9, Plain: Cost{Instructions: 5}, Other: Cost{Allocs: 1}},
	}, "without three")
	require.InDelta(t, 2, float64(b.row("compute/time").Figure.Median), 1e-9)
	require.Equal(t, "2 programs without three", b.row("compute/time").Note)
	require.Equal(t, "two", b.row("compute/worst").Note)
	require.InDelta(t, 4, float64(b.row("compute/worst").Figure.Median), 1e-9)
	require.Equal(t, "one", b.row("compute/cpu-worst").Note)
	require.InDelta(t, 2, float64(b.row("compute/instructions").Figure.Median), 1e-9)
	require.InDelta(t, 3, float64(b.row("compute/branches").Figure.Median), 1e-9)
	require.Equal(t, "two 0 → 1", b.row("compute/allocations").Note)
	require.Equal(t, Missed, b.row("compute/allocations").Verdict)
}
