package live

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// onward makes a release of testdata/live/onward. From the third on a card's number is
// wider, and what it says is ten times as much.
func onward(release string, from *Shared) *Shared {
	change := []string{`release = "r1"`, `release = "` + release + `"`}
	if from != nil && from.From != nil {
		change = append(change, "N    int32", "N    int64")
	}
	return &Shared{Source: func(t testing.TB) string { return Copy(t, "../../testdata/live/onward", change...) }, From: from}
}

var (
	onward1 = onward("r1", nil)
	onward2 = onward("r2", onward1)
	onward3 = onward("r3", onward2)
	onward4 = onward("r4", onward3).AsLast()
)

// startOnward starts release 1 with clients, whose names say what release 2 does before
// they go on: they wait if verb is hold, and are busy if it is spin.
func startOnward(t *testing.T, verb string, clients ...string) *Process {
	p := Start(t, onward1.Exe(t))
	require.Equal(t, "ready", p.Line())
	for _, c := range clients {
		require.Equal(t, "waiting", p.Ask(verb+" "+c))
	}
	return p
}

// TestThenLater: what a map of release 2 calls for goroutines that come back when
// further releases have come is the newest release's code, and gets its arguments as
// that knows them, whether it can stop or not.
func TestThenLater(t *testing.T) {
	t.Parallel()
	p := startOnward(t, "hold", "admitted-1", "admitted-2", "admitted-3", "named-2", "named-3", "early-2", "early-3", "waiting-2", "waiting-3")
	p.MustUpdate(onward2.Update(t))
	p.Send("say admitted-1 x")
	require.Equal(t, "r2 admits admitted-1 with 7", p.Ask("told"))
	require.Equal(t, "admitted-1 r2 x", p.Ask("hear"))
	for _, r := range []struct{ name, number, card string }{{"r3", "2", "70"}, {"r4", "3", "70"}} {
		if r.name == "r3" {
			p.MustUpdate(onward3.Update(t))
		} else {
			p.MustUpdate(onward4.Update(t))
		}
		p.Send("say admitted-" + r.number + " x")
		require.Equal(t, r.name+" admits admitted-"+r.number+" with "+r.card, p.Ask("told"))
		require.Equal(t, "admitted-"+r.number+" "+r.name+" x", p.Ask("hear"))
		p.Send("say named-" + r.number + " x")
		require.Equal(t, r.name+" named-"+r.number, p.Ask("told"), "a function that cannot stop")
		require.Equal(t, "named-"+r.number+" "+r.name+" x", p.Ask("hear"))
		p.Send("say early-" + r.number + " x")
		require.Equal(t, r.name+" admits early-"+r.number+" with "+r.card, p.Ask("told"), "called while the frame is made")
		require.Equal(t, "early-"+r.number+" "+r.name+" x", p.Ask("hear"))
		p.Send("say waiting-" + r.number + " x")
		require.Equal(t, r.name+" has waiting-"+r.number+" wait", p.Ask("told"))
		p.Send("pass waiting-" + r.number)
		require.Equal(t, r.name+" lets waiting-"+r.number+" pass", p.Ask("told"))
		require.Equal(t, r.name+" admits waiting-"+r.number+" with "+r.card, p.Ask("told"))
		require.Equal(t, "waiting-"+r.number+" "+r.name+" x", p.Ask("hear"))
	}
	for _, u := range []string{"1", "2", "3"} {
		_, n := failures(p, u)
		require.Zero(t, n)
	}
}

// TestThenWaits: a goroutine whose Then waits in own code does not hold further updates
// up: that code is parked, and goes on in the newest release, as does the goroutine.
func TestThenWaits(t *testing.T) {
	for _, verb := range []string{"hold", "spin"} {
		t.Run(verb, func(t *testing.T) {
			p := startOnward(t, verb, "waiting-1")
			if verb == "hold" {
				p.MustUpdate(onward2.Update(t))
				p.Send("say waiting-1 x")
			} else {
				// It is captured, and the update waits until it has gone on, or its time is over.
				o := p.MustUpdate(onward2.Update(t), "-timeout", "2s")
				require.Contains(t, o.Result["warnings"].([]any)[0], "what a rule does when a frame goes on has not come to its end")
			}
			require.Equal(t, "r2 has waiting-1 wait", p.Ask("told"))
			p.MustUpdate(onward3.Update(t))
			p.MustUpdate(onward4.Update(t))
			p.Send("pass waiting-1")
			require.Equal(t, "r4 lets waiting-1 pass", p.Ask("told"))
			require.Equal(t, "r4 admits waiting-1 with 70", p.Ask("told"))
			p.Send("stop waiting-1")
			require.Equal(t, "waiting-1 r4 "+map[string]string{"hold": "x", "spin": "stopped"}[verb], p.Ask("hear"))
			for _, u := range []string{"1", "2", "3"} {
				_, n := failures(p, u)
				require.Zero(t, n)
			}
		})
	}
}

// TestThenWaitsOutside: while Then's own function waits, which has no points, no further
// update can be made; who is in the way is named.
func TestThenWaitsOutside(t *testing.T) {
	p := startOnward(t, "hold", "outside-1")
	p.MustUpdate(onward2.Update(t))
	p.Send("say outside-1 x")
	o := p.MustFail("UP2007", onward3.Update(t), "-timeout", "1s")
	require.Contains(t, o.Stdout+o.Stderr, "framemap.go")
	p.Send("open outside-1")
	require.Equal(t, "outside-1 r2 x", p.Ask("hear"))
	p.MustUpdate(onward3.Update(t))
}

// TestThenPanics: it is a panic of the goroutine, at its point in the newest release,
// which the program recovers, whether it was parked at commit or captured; what else was
// to be done for it is not; the update's status names it.
func TestThenPanics(t *testing.T) {
	for _, verb := range []string{"hold", "spin"} {
		for _, updates := range []int{1, 2, 3} {
			if verb == "spin" && updates > 1 {
				continue // it has gone on at the first
			}
			p := startOnward(t, verb, "refused-1")
			newest := ""
			for _, r := range []*Shared{onward2, onward3, onward4}[:updates] {
				o := p.MustUpdate(r.Update(t))
				if verb == "spin" {
					require.Equal(t, 1.0, o.Result["late_failures"], "the update's result has it: it has waited for the goroutine")
					require.Contains(t, o.Stderr, "no place for refused-1")
				}
			}
			newest = []string{"r2", "r3", "r4"}[updates-1]
			if verb == "hold" {
				p.Send("say refused-1 x")
			}
			heard := p.Ask("hear")
			require.True(t, strings.HasPrefix(heard, "refused-1 "+newest+" recovered: a goroutine goes on in release 2, and what was to be done before has failed: "), heard)
			require.Contains(t, heard, "no place for refused-1")
			l, n := failures(p, "1")
			require.Equal(t, 1, n)
			require.Contains(t, l[0], "main.go:")
			require.Contains(t, l[0], "example.com/onward.(*client)."+verb)
			require.Contains(t, l[0], "no place for refused-1")
		}
	}
}
