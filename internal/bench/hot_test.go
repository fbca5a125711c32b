package bench

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// escaping are the programs that allocate more instrumented than plain, how much in a round, and what it is. A variable
// that is live at a point is given to the function that makes the frame record, so that what it leads to stands on the
// heap.
var escaping = map[string]struct {
	more float64
	what string
}{
	"interfaces":  {1, "the literal that each is given, once for the loop of 100 calls"},
	"interpreter": {2, "the arrays of stack and calls, which are live at the loop's point"},
	"parser":      {1, "l, whose methods have it in their frames"},
	"regexps":     {1, "once for each range over strings.Lines, whose body is a literal"},
}

// severalGoroutines are the programs in which runtimes allocate as the order decides in which goroutines run.
var severalGoroutines = map[string]bool{"contention": true, "fft": true, "pingpong": true, "selects": true, "sieve": true}

// mayCost are limits of the instructions that instrumented programs need, plain ones needing 1: what is gained must not
// be lost in silence. They are a little above what was counted.
var mayCost = []struct {
	name   string
	rounds float64 // in a millisecond, as count takes it
	most   float64
}{
	{"fannkuch", 1, 1.10},   // loops over two indices have no poll
	{"fib", 60, 1.21},       // a poll is a comparison and a branch
	{"interfaces", 20, 1.4}, // one literal for a loop
	{"nbody", 10, 1.07},
}

// checkAllocations compares what the plain and the instrumented programs allocate with what is known of it.
func checkAllocations(t *testing.T, exes [2]string, names []string) {
	const few, rounds = 5, 100
	for _, n := range names {
		var least [2]float64 // of a round
		for i, exe := range exes {
			for attempt := range 3 {
				a, err := execute(t.Context(), exe, n, few)
				require.NoError(t, err)
				b, err := execute(t.Context(), exe, n, few+rounds)
				require.NoError(t, err)
				if got := (float64(b.Allocs) - float64(a.Allocs)) / rounds; attempt == 0 || got < least[i] {
					least[i] = got
				}
			}
		}
		slack := 0.3
		if severalGoroutines[n] {
			slack += least[0] / 10
		}
		require.InDelta(t, least[0]+escaping[n].more, least[1], slack, "%s: allocations in a round; known to be more: %s", n, escaping[n].what)
	}
}

// checkInstructions holds the programs to mayCost.
func checkInstructions(t *testing.T, exes [2]string) {
	if _, err := exec.LookPath("valgrind"); err != nil {
		t.Log("valgrind is not installed: instructions are not counted")
		return
	}
	b := &bench{Report: newReport(true)}
	b.Quick = true
	for _, m := range mayCost {
		p := Program{Name: m.name}
		require.NoError(t, b.count(t.Context(), &p, exes, m.rounds))
		t.Logf("%s: %.3f times the instructions", m.name, float64(p.Instructions))
		require.Less(t, float64(p.Instructions), m.most, m.name)
	}
}
