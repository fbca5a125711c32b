package live

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const chans = "../../testdata/live/chans"

// Each release turns the fields of a job round, so that every job moves and every channel
// of them gets new memory.
var (
	chansFields = []string{"\tn    int\n\ttext string\n", "\ttext string\n\tn    int\n"}
	chansR1     = &Shared{Source: func(t testing.TB) string { return Copy(t, chans) }}
	chansR2     = &Shared{Source: func(t testing.TB) string {
		return Copy(t, chans, append([]string{`release = "r1"`, `release = "r2"`}, chansFields...)...)
	}, From: chansR1}
	chansR3 = &Shared{Source: func(t testing.TB) string { return Copy(t, chans, `release = "r1"`, `release = "r3"`) }, From: chansR2, Last: true}
)

// TestReceiversMove: goroutines that sleep in receives get what the new release sends.
func TestReceiversMove(t *testing.T) {
	t.Parallel()
	p := Start(t, chansR1.Exe(t))
	ask := func(want, line string) {
		t.Helper()
		require.Equal(t, want, p.Ask(line), line)
	}
	ask("made", "make a 0")
	ask("yes", "range a 1")
	ask("yes", "val b 1")
	ask("yes", "away c 1")
	ask("yes", "ptr d 1")
	ask("before -1none", "said d 1")
	ask("yes", "any e 1")
	p.MustUpdate(chansR2.Update(t))
	ask("pushed", "pushval a 4")
	ask("range r2 4 pushed by r2", "said a 1")
	ask("yes", "asleep a 1 rangeVals")
	p.MustUpdate(chansR3.Update(t))
	ask("pushed", "pushval a 5")
	ask("range r3 5 pushed by r3", "said a 1")
	ask("pushed", "pushval b 6")
	ask("val r3 6 pushed by r3", "said b 1")
	ask("pushed", "pushval c 7")
	ask("away r3 done", "said c 1")
	ask("pushed", "pushptr d 8")
	ask("ptr r3 8 pushed by r3 true", "said d 1")
	ask("pushed", "pushany e 9")
	ask("any r3 9 pushed by r3", "said e 1")
	ask("closed", "closevals a")
	ask("range r3 closed", "said a 1")
}

// TestSendersMove: what goroutines that sleep in sends want to send arrives in the new
// release, once and in order, behind what the buffer holds.
func TestSendersMove(t *testing.T) {
	p := Start(t, chansR1.Exe(t))
	ask := func(want, line string) {
		t.Helper()
		require.Equal(t, want, p.Ask(line), line)
	}
	ask("made", "make a 2")
	ask("yes", "sendvals a 10")
	ask("yes", "sendptr b 20")
	ask("yes", "sendany c 30")
	ask("made", "make d 0")
	ask("yes", "sendvals d 40 +")
	p.MustUpdate(chansR2.Update(t))
	ask("2 2", "len a")
	ask("10 sent by r1", "pullval a")
	ask("20 sent by r1", "pullptr b")
	ask("ptr sender r2 21", "said b 1")
	ask("30 any by r1", "pullany c")
	p.MustUpdate(chansR3.Update(t))
	ask("11 sent by r1", "pullval a")
	ask("12 sent by r1", "pullval a")
	ask("sender r2 10", "said a 1")
	ask("value 31 any by r2", "pullany c")
	ask("any sender r3 30", "said c 1")
	ask("40 sent by r1", "pullval d")
	ask("41 sent by r3", "pullval d")
	ask("42 sent by r3", "pullval d")
}

// TestSelectsMove: a select goes on with all its cases; a case of a channel that stays
// counts, whenever it comes.
func TestSelectsMove(t *testing.T) {
	p := Start(t, chansR1.Exe(t))
	ask := func(want, line string) {
		t.Helper()
		require.Equal(t, want, p.Ask(line), line)
	}
	ask("made", "make a 0")
	ask("yes", "choose a 100")
	ask("yes", "generic c 0")
	p.MustUpdate(chansR2.Update(t))
	ask("ticked", "tick a")
	ask("choose r2 tick 1", "said a 1")
	ask("100 chosen by r2", "pullany a")
	ask("yes", "asleep a 1 choose")
	p.MustUpdate(chansR3.Update(t))
	ask("pushed", "pushval a 3")
	ask("choose r3 val 3 pushed by r3 ticks 1", "said a 1")
	ask("pushed", "pushptr a 4")
	ask("choose r3 ptr 4 pushed by r3 ticks 1", "said a 1")
	ask("101 chosen by r3", "pullany a")
	ask("pushed", "pushptr c 5")
	ask("generic r3 5 pushed by r3", "said c 1")
	ask("pushed", "pushval c 6")
	ask("generic r3 6 pushed by r3", "said c 1")
	ask("closed", "closeptrs a")
	ask("choose r3 closed", "said a 1")
}

// TestSendOnClosedMoves: a channel is closed under a sender that has moved there.
func TestSendOnClosedMoves(t *testing.T) {
	p := Start(t, chansR1.Exe(t))
	require.Equal(t, "yes", p.Ask("closed a 0"))
	p.MustUpdate(chansR2.Update(t))
	require.Equal(t, "closed", p.Ask("closeptrs a"))
	require.Equal(t, "panic r2 send on closed channel", p.Ask("said a 1"))
}

// TestManyLeaveOneChannel: a hundred goroutines sleep at one channel, over two updates.
func TestManyLeaveOneChannel(t *testing.T) {
	p := Start(t, chansR1.Exe(t))
	for i := range 100 {
		require.Equal(t, "yes", p.Ask(fmt.Sprint("val a ", i+1)))
	}
	p.MustUpdate(chansR2.Update(t))
	for i := range 50 {
		require.Equal(t, "pushed", p.Ask(fmt.Sprint("pushval a ", i)))
		require.Equal(t, fmt.Sprintf("val r2 %d pushed by r2", i), p.Ask("said a 1"))
	}
	p.MustUpdate(chansR3.Update(t))
	for i := range 50 {
		require.Equal(t, "pushed", p.Ask(fmt.Sprint("pushval a ", i)))
		require.Equal(t, fmt.Sprintf("val r3 %d pushed by r3", i), p.Ask("said a 1"))
	}
}

// TestSelectSendsTwice: what a select sends on one channel by two cases cannot be told
// apart; the update waits until the goroutine has left.
func TestSelectSendsTwice(t *testing.T) {
	p := Start(t, chansR1.Exe(t))
	require.Equal(t, "yes", p.Ask("either b 0"))
	o := p.MustFail("UP2007", chansR2.Update(t), "-timeout", "500ms")
	require.Contains(t, o.Stderr, "to send on one channel, whose elements change, by two cases of a select")
	require.ElementsMatch(t, []string{"1 a", "2 b"}, []string{p.Ask("pullptr b"), p.Ask("pullptr b")})
	require.Equal(t, "either r1 both", p.Ask("said b 1"))
	p.MustUpdate(chansR2.Update(t))
}

// TestChannelsMoveUnderLoad: updates come while jobs pass through channels of them, with
// goroutines in all states of an operation.
func TestChannelsMoveUnderLoad(t *testing.T) {
	for range 3 {
		p := Start(t, chansR1.Exe(t))
		for i, capacity := range []int{0, 3, 50} {
			require.Equal(t, "yes", p.Ask(fmt.Sprint("grind ", i, " ", capacity)))
		}
		p.MustUpdate(chansR2.Update(t))
		require.Equal(t, "yes", p.Ask("grind 3 1"))
		p.MustUpdate(chansR3.Update(t))
		for i := range 4 {
			require.Equal(t, "wrong 0 lost 0 idle false", p.Ask(fmt.Sprint("end ", i)))
		}
	}
}

// TestForeignCodeWaitsAsWell: a channel that foreign code waits for keeps its memory; who
// else sleeps there has to leave.
func TestForeignCodeWaitsAsWell(t *testing.T) {
	p := Start(t, chansR1.Exe(t))
	require.Equal(t, "yes", p.Ask("val a 1"))
	require.Equal(t, "yes", p.Ask("foreign a 1"))
	o := p.MustFail("UP2007", chansR2.Update(t), "-timeout", "500ms")
	require.Contains(t, o.Stderr, "and so does foreign code")
	require.Equal(t, "pushed", p.Ask("pushval a 1"))
	require.Equal(t, "val r1 1 pushed by r1", p.Ask("said a 1"))
	require.Equal(t, "pushed", p.Ask("pushval a 2"))
	require.Equal(t, "foreign r1 {2 pushed by r1}", p.Ask("said a 1"))
	p.MustUpdate(chansR2.Update(t))
}
