package live

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	heapUpdates = flag.Int("heap.updates", 3, "how many updates TestHeapStays makes")
	heapFull    = flag.Int("heap.full", 8, "megabytes of TestHeapStays")
	heapLarge   = flag.Int("heap.large", 64, "megabytes of the large heap of TestBodiesAlone")
	heapRatio   = flag.Float64("heap.ratio", 0, "how much longer an update of bodies may take with the large heap; 0: not asked")
)

var heapR1 = &Shared{Source: func(t testing.TB) string { return heapRelease(t, 1) }}

const heapProgram = "../../testdata/live/heap"

// heapFields are the two orders of an item's fields.
var heapFields = []string{"\tnext *item\n\tn    int64\n", "\tn    int64\n\tnext *item\n"}

// heapRelease is the source of the k-th release. Each has the other order of fields.
func heapRelease(t testing.TB, k int) string {
	change := []string{`release = "r1"`, fmt.Sprintf("release = %q", fmt.Sprint("r", k))}
	if k%2 == 0 {
		change = append(change, heapFields...)
	}
	return Copy(t, heapProgram, change...)
}

// TestHeapStays: updates that move every object leave nothing behind: old objects and
// what was noted about them are gone with the garbage collections that follow. As many
// small objects are patched in place: what is noted about them is there after the first
// update, and does not grow with the others. What an update adds for good, whatever the
// state (its code's type tables, for the most part), is seen in a process with next to none.
func TestHeapStays(t *testing.T) {
	exe := heapR1.Exe(t)
	full, empty := Start(t, exe), Start(t, exe)
	require.Equal(t, "filled", full.Ask(fmt.Sprint("fill ", *heapFull)))
	require.Equal(t, "filled", empty.Ask("fill 1"))
	heap := func(p *Process) float64 {
		n, err := strconv.ParseFloat(p.Ask("heap"), 64)
		require.NoError(t, err)
		return n / (1 << 20)
	}
	sizes, own := []float64{heap(full)}, []float64{heap(empty)}
	for k := 2; k <= *heapUpdates+1; k++ {
		exe = Build(t, heapRelease(t, k), exe)
		for _, p := range []*Process{full, empty} {
			o := p.MustUpdate(exe + ".update")
			require.Equal(t, fmt.Sprintf("r%d 0", k), p.Ask("check"))
			if p == full {
				require.Greater(t, o.Result["objects"], 13e3*float64(*heapFull))
			}
		}
		own = append(own, heap(empty))
		// What is noted about old objects goes behind the collection that has taken these.
		size, bound := heap(full), 1.5*sizes[0]+own[k-1]-own[0]
		if k > 2 {
			bound = 1.01*sizes[1] + own[k-1] - own[1]
		}
		for end := time.Now().Add(patience); size > bound && time.Now().Before(end); {
			size = heap(full)
		}
		sizes = append(sizes, size)
	}
	last := *heapUpdates
	t.Logf("megabytes, before and after each update: %.2f; with next to no state: %.2f", sizes, own)
	grown := sizes[last] - sizes[1] - (own[last] - own[1])
	t.Logf("after %d updates %+.2f %% of the first", last, 100*grown/sizes[1])
	require.Less(t, grown, 0.02*sizes[1], "after %d updates", last)
}

// TestBodiesAlone: an update of function bodies alone takes as long with a large heap as
// with a small one. What it may not do is counted; how long it takes is printed.
func TestBodiesAlone(t *testing.T) {
	r1 := heapR1.Exe(t)
	r2 := Build(t, Copy(t, heapProgram, `release = "r1"`, `release = "r2"`), r1, "-update-only")
	best, rounds := map[int]time.Duration{}, 1
	if *heapRatio > 0 {
		rounds = 3
	}
	for range rounds {
		for _, megabytes := range []int{10, *heapLarge} {
			p := Start(t, r1)
			require.Equal(t, "filled", p.Ask(fmt.Sprint("fill ", megabytes)))
			o := p.MustUpdate(r2 + ".update")
			require.EqualValues(t, 0, o.Result["objects"])
			require.Equal(t, "r2 0", p.Ask("check"))
			d := time.Duration(o.Result["request_to_commit_ns"].(float64))
			if was, ok := best[megabytes]; !ok || d < was {
				best[megabytes] = d
			}
			p.stop()
		}
	}
	ratio := float64(best[*heapLarge]) / float64(best[10])
	t.Logf("request to commit: %v with 10 MB, %v with %d MB, %.2f times as long", best[10], best[*heapLarge], *heapLarge, ratio)
	if *heapRatio > 0 {
		require.LessOrEqual(t, ratio, *heapRatio)
	}
}

// TestUndoneHeapStays: an update that is undone when it was open leaves next to nothing
// in the heap: what was read of its file, to bind it, is gone.
func TestUndoneHeapStays(t *testing.T) {
	t.Setenv("UPSTARE_FAULTS", "on")
	r1 := heapR1.Exe(t)
	update := Build(t, heapRelease(t, 2), r1, "-update-only") + ".update"
	p := Start(t, r1)
	require.Equal(t, "filled", p.Ask("fill 1"))
	undone := func() (heap float64) {
		o := p.MustFail("UP2010", update, "-fault", "planned")
		require.Equal(t, "r1 0", p.Ask("check"), "%v", o)
		heap, err := strconv.ParseFloat(p.Ask("heap"), 64)
		require.NoError(t, err)
		return heap
	}
	first, last := undone(), 0.0
	const more = 4
	for range more {
		last = undone()
	}
	file, err := os.Stat(update)
	require.NoError(t, err)
	grown := (last - first) / more
	t.Logf("each leaves %.2f MB; the file has %.2f MB", grown/(1<<20), float64(file.Size())/(1<<20))
	require.Less(t, grown, 0.05*float64(file.Size()))
	p.MustUpdate(update)
	require.Equal(t, "r2 0", p.Ask("check"))
}
