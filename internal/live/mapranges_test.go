package live

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMapRanges: who stands in a range over a map that gets new memory goes on in the new
// map, in own code, in foreign code that returns after commit, and through two updates: each
// entry comes once, and what is deleted before its turn not at all. Behind a range whose
// iterator is foreign code, the function goes on in the new release.
func TestMapRanges(t *testing.T) {
	t.Parallel()
	part := func(parts ...string) string { return Assemble(t, "../../testdata/live/mapranges.txtar", parts...) }
	r1 := Build(t, part("common", "r1"), "")
	r2 := Build(t, part("common", "r2"), r1)
	r3 := Build(t, part("common", "r3"), r2, "-update-only")
	p := Start(t, r1)
	require.Equal(t, "ready", p.Line())
	const size = 40
	walks := []string{"keys", "late", "values"}
	step := func(release, walk string, times int) {
		for range times {
			require.True(t, strings.HasPrefix(p.Ask("step "+walk), release+" "))
		}
	}
	seen := func(walk string) (ids []int) {
		for _, f := range strings.Fields(strings.Trim(p.Ask("seen "+walk), "[]")) {
			var id int
			fmt.Sscan(f, &id)
			require.Positive(t, id, "%s has come to what is not in the map", walk)
			ids = append(ids, id)
		}
		return ids
	}
	for _, w := range append(walks, "numbers") {
		step("r1", w, 5)
	}
	p.MustUpdate(r2 + ".update")
	var met, gone, want []int
	for _, w := range walks {
		met = append(met, seen(w)...)
	}
	for id := 1; id <= size; id++ {
		if len(gone) < 6 && !slices.Contains(met, id) {
			require.Equal(t, "dropped", p.Ask(fmt.Sprint("drop ", id)))
			gone = append(gone, id)
			continue
		}
		want = append(want, id)
	}
	for _, w := range append(walks, "numbers") {
		step("r2", w, 9)
	}
	p.MustUpdate(r3 + ".update")
	step("r3", "numbers", 6)
	require.Equal(t, "r3 end", p.Ask("step numbers"))
	for _, w := range walks {
		for s := p.Ask("step " + w); s != "end"; s = p.Ask("step " + w) {
			require.True(t, strings.HasPrefix(s, "r3 "), s)
		}
		require.Equal(t, want, seen(w), w)
	}
}
