package updater

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTextsOfReleases: code is looked for in the releases that it may be of.
func TestTextsOfReleases(t *testing.T) {
	ws := &watches{texts: []textOf{{0, 0, 4}, {0, 0, 2}, {10, 20, 3}, {20, 30, 0}, {40, 50, 1}}}
	of := func(pc uintptr) (l []int) {
		for _, x := range ws.may(pc, true) {
			l = append(l, x.i)
		}
		slices.Sort(l)
		return l
	}
	for pc, want := range map[uintptr][]int{
		9: {2, 4}, 10: {2, 3, 4}, 19: {2, 3, 4}, 20: {0, 2, 4}, 29: {0, 2, 4}, 30: {2, 4}, 39: {2, 4}, 49: {1, 2, 4}, 50: {2, 4},
	} {
		require.Equal(t, want, of(pc), "at %d", pc)
	}
	require.Len(t, ws.may(0, false), 5)
	require.Equal(t, []textOf{{0, 0, 4}, {0, 0, 2}, {10, 20, 3}, {20, 30, 0}, {40, 50, 1}}, ws.texts)
}
