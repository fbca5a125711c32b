package live

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/runtime/updater"
)

var graphs = flag.Int("graphs", 60, "how many random graphs TestGraphs carries over")

// digests are what the process says of its graphs, by what holds each.
func digests(p *Process, release string) (l []string) {
	p.t.Helper()
	require.Equal(p.t, release, p.Ask("digest"))
	return p.Until("end")
}

var (
	graphR1 = &Shared{Source: func(t testing.TB) string { return Assemble(t, graphArchive, "common", "r1") }}
	graphR2 = &Shared{Source: func(t testing.TB) string { return Assemble(t, graphArchive, "common", "r2") }, From: graphR1, Flags: []string{"-back"}}
)

const graphArchive = "../../testdata/live/graph.txtar"

var largeGraph = flag.Int("graphs.large", 2_000, "how many nodes the graph of TestLargeGraph has; ten objects come with each")

// TestLargeGraph: the same for one large graph.
func TestLargeGraph(t *testing.T) {
	r1, r2 := graphR1.Exe(t), graphR2.Exe(t)
	p := Start(t, r1)
	longer := time.Duration(*largeGraph / 100_000)
	p.patience += longer * patience
	timeout := "-timeout=" + (updater.DefaultTimeout * (1 + longer)).String()
	require.Equal(t, "made", p.Ask(fmt.Sprint("one 5 0 ", *largeGraph)))
	before := digests(p, "r1")
	o := p.MustUpdate(r2+".update", timeout)
	require.Greater(t, o.Result["objects"], float64(*largeGraph))
	t.Logf("%v objects there; the program stood still for %v ms", o.Result["objects"], ms(o))
	require.Equal(t, before, digests(p, "r2"))
	o = p.MustUpdate(r2+".back.update", timeout)
	t.Logf("%v objects back; the program stood still for %v ms", o.Result["objects"], ms(o))
	require.Equal(t, before, digests(p, "r1"))
}

// ms is how long an update has stopped its program.
func ms(o Outcome) int64 { return int64(o.Result["stop_ns"].(float64)) / 1e6 }

// TestGraphs: random graphs of state, held by variables and by the frames of waiting
// goroutines, have the same shape after an update that changes their types, object for
// object, and are the very same ones after the way back.
func TestGraphs(t *testing.T) {
	r1, r2 := graphR1.Exe(t), graphR2.Exe(t)
	const each = 500 // graphs of one process
	for from := 0; from < *graphs; from += each {
		count := min(each, *graphs-from)
		p := Start(t, r1)
		require.Equal(t, "made", p.Ask(fmt.Sprint("make ", from, " ", count, " 60")))
		before := digests(p, "r1")
		same := func(l []string, when string) {
			t.Helper()
			require.Len(t, l, len(before))
			var bad []string
			for i := range l {
				if l[i] != before[i] {
					bad = append(bad, before[i]+" is "+l[i])
				}
			}
			if bad != nil {
				t.Fatalf("%s %d of %d differ:\n%.2000s", when, len(bad), len(l), strings.Join(bad, "\n"))
			}
		}
		o := p.MustUpdate(r2 + ".update")
		same(digests(p, "r2"), "in release 2")
		back := p.MustUpdate(r2 + ".back.update")
		same(digests(p, "r1"), "in release 1 again")
		t.Logf("seeds %d to %d: %v objects there, %v back", from, from+count-1, o.Result["objects"], back.Result["objects"])
	}
}
