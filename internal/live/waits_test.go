package live

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const waits = "../../testdata/live/waits"

// What is tested here about waiters was seen to fail in each test (but those of Go) when UnparkOn did not look into moves; those of Undone and Go when whatever is found
// was taken for settled. Rules that need many tries to show are
// tested in package runtime (settle_test.go) and in the model (waits.pml).

// Each release turns the guard's fields round, so that every guard moves.
var (
	waitsFields = []string{"\tcount int // under mu\n\ttally *tally\n", "\ttally *tally\n\tcount int // under mu\n"}
	waitsR1     = &Shared{Source: func(t testing.TB) string { return Copy(t, waits) }}
	waitsR2     = &Shared{Source: func(t testing.TB) string {
		return Copy(t, waits, append([]string{`release = "r1"`, `release = "r2"`}, waitsFields...)...)
	}, From: waitsR1}
	waitsR3 = &Shared{Source: func(t testing.TB) string { return Copy(t, waits, `release = "r1"`, `release = "r3"`) }, From: waitsR2, Last: true}
)

// TestWaitingForMutex: goroutines sleep at a mutex whose struct moves, while it is held
// by one that is parked, or by one that is captured. They get the new one, one after the
// other, and so does who holds it.
func TestWaitingForMutex(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ hold, let string }{{"hold", "go"}, {"spin", "stop"}} {
		t.Run(tt.hold, func(t *testing.T) {
			p := Start(t, waitsR1.Exe(t))
			require.Equal(t, "yes", p.Ask(tt.hold+" a"))
			require.Equal(t, "yes", p.Ask("lock a 7"))
			require.Equal(t, "yes", p.Ask("take b 3"))
			require.Equal(t, "all true wrong 0 r1:3 count 3", p.Ask("end b"))
			p.MustUpdate(waitsR2.Update(t))
			require.Equal(t, "locked", p.Ask("try a"))
			require.Equal(t, "free", p.Ask("try b"))
			require.Equal(t, "yes", p.Ask("lock a 2"))
			p.Ask(tt.let + " a")
			require.Equal(t, "all true wrong 0 r2:10 count 10", p.Ask("end a"))
			require.Equal(t, "free", p.Ask("try a"))
		})
	}
}

// TestWaitingForMutexTwice: a second update comes right behind the first, and a third.
func TestWaitingForMutexTwice(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	require.Equal(t, "yes", p.Ask("hold a"))
	require.Equal(t, "yes", p.Ask("lock a 50"))
	p.MustUpdate(waitsR2.Update(t))
	p.MustUpdate(waitsR3.Update(t))
	require.Equal(t, "locked", p.Ask("try a"))
	p.Ask("go a")
	require.Equal(t, "all true wrong 0 r3:51 count 51", p.Ask("end a"))
}

// TestWaitingForMutexUndone: a waiter that no record names keeps its mutex from being
// settled; the update is undone and everything goes on, until that one has left.
func TestWaitingForMutexUndone(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	require.Equal(t, "yes", p.Ask("hold a"))
	require.Equal(t, "yes", p.Ask("lock a 5"))
	require.Equal(t, "yes", p.Ask("hold b"))
	require.Equal(t, "yes", p.Ask("unnamed b"))
	for range 2 {
		o := p.MustFail("UP2010", waitsR2.Update(t))
		require.Contains(t, o.Stderr, "guard.mu: goroutines wait on it")
		require.Contains(t, o.Stderr, "found at example.com/waits.guards[…]")
	}
	require.Equal(t, "r1", p.Ask("release a"))
	require.Equal(t, "yes", p.Ask("lock a 2"))
	p.Ask("go b")
	require.Equal(t, "all true wrong 0 r1:2 count 2", p.Ask("end b"))
	p.MustUpdate(waitsR2.Update(t))
	p.Ask("go a")
	require.Equal(t, "all true wrong 0 r2:8 count 8", p.Ask("end a"))
}

// TestWaitingForMutexUnderLoad: the update comes while goroutines are on their way in and out.
func TestWaitingForMutexUnderLoad(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	for i := range 3 {
		require.Equal(t, "yes", p.Ask(fmt.Sprintf("busy %c 6", 'a'+i)))
	}
	p.MustUpdate(waitsR2.Update(t))
	p.MustUpdate(waitsR3.Update(t))
	for i := range 3 {
		p.Ask(fmt.Sprintf("stop %c", 'a'+i))
		require.Contains(t, p.Ask(fmt.Sprintf("end %c", 'a'+i)), "all true wrong 0")
	}
}

// TestWaitingForRWMutex: readers and writers wait for a writer, and for readers in front
// of a writer.
func TestWaitingForRWMutex(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	for _, command := range []string{"holdwriting w", "read w 5", "write w 3", "holdreading r", "holdreading r", "write r 2", "read r 5", "holdreading only"} {
		require.Equal(t, "yes", p.Ask(command))
	}
	p.MustUpdate(waitsR2.Update(t))
	require.Equal(t, "locked", p.Ask("tryreading w"))
	require.Equal(t, "locked", p.Ask("trywriting r"))
	require.Equal(t, "free", p.Ask("tryreading only"))
	require.Equal(t, "locked", p.Ask("trywriting only"))
	require.Equal(t, "yes", p.Ask("read w 2"))
	p.Ask("go r")
	require.Equal(t, "1 wrong 0", p.Ask("ended r 1"), "one reader is left, a writer waits for it")
	p.MustUpdate(waitsR3.Update(t))
	p.Ask("go w")
	p.Ask("go r")
	p.Ask("go only")
	require.Equal(t, "all true wrong 0 r3:11 count 0", p.Ask("end w"))
	require.Equal(t, "all true wrong 0 r2:1 r3:8 count 0", p.Ask("end r"))
	require.Equal(t, "all true wrong 0 r3:1 count 0", p.Ask("end only"))
	require.Equal(t, "free", p.Ask("trywriting r"))
}

// TestWaitingForWaitGroup: nobody is back before the last one is done, and all are then.
func TestWaitingForWaitGroup(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	for _, command := range []string{"add a 3", "wait a 4", "done a 1"} {
		require.Equal(t, "yes", p.Ask(command))
	}
	p.MustUpdate(waitsR2.Update(t))
	require.Equal(t, "0 wrong 0", p.Ask("ended a 0"))
	require.Equal(t, "yes", p.Ask("done a 1"))
	require.Equal(t, "yes", p.Ask("wait a 1"))
	p.MustUpdate(waitsR3.Update(t))
	require.Equal(t, "0 wrong 0", p.Ask("ended a 0"))
	require.Equal(t, "yes", p.Ask("done a 1"))
	require.Equal(t, "all true wrong 0 r3:5 count 0", p.Ask("end a"))
}

// TestWaitGroupMoves: goroutines of WaitGroup.Go that park, run, or are foreign code alone
// count the group down where it is by then, twice moved; nobody is back before the last.
func TestWaitGroupMoves(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	for _, command := range []string{"work a 3", "wait a 4"} {
		require.Equal(t, "yes", p.Ask(command))
	}
	p.MustUpdate(waitsR2.Update(t))
	require.Equal(t, "yes", p.Ask("wait a 1"))
	require.Equal(t, "yes", p.Ask("unlock a"))
	require.Equal(t, "yes", p.Ask("finish a"))
	require.Equal(t, "0 wrong 0", p.Ask("ended a 0"))
	require.Equal(t, "yes", p.Ask("work b 1"), "of the second release")
	p.MustUpdate(waitsR3.Update(t))
	require.Equal(t, "0 wrong 0", p.Ask("ended a 0"))
	require.Equal(t, "yes", p.Ask("stop a"))
	require.Equal(t, "all true wrong 0 r3:5 count 0", p.Ask("end a"))
	require.Equal(t, "yes", p.Ask("finish b"))
	require.Equal(t, "yes", p.Ask("wait b 1"))
	require.Equal(t, "all true wrong 0 r3:1 count 0", p.Ask("end b"))
}

// TestWaitGroupMovesUnderLoad: goroutines of WaitGroup.Go are started and end all the time.
func TestWaitGroupMovesUnderLoad(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	for i := range 3 {
		require.Equal(t, "yes", p.Ask(fmt.Sprintf("rounds %c", 'a'+i)))
	}
	p.MustUpdate(waitsR2.Update(t))
	for i := range 3 {
		require.Equal(t, "yes", p.Ask(fmt.Sprintf("round %c", 'a'+i)))
	}
	p.MustUpdate(waitsR3.Update(t))
	for i := range 3 {
		require.Equal(t, "yes", p.Ask(fmt.Sprintf("round %c", 'a'+i)))
		p.Ask(fmt.Sprintf("stop %c", 'a'+i))
		require.Equal(t, "all true wrong 0 r3:1 count 0", p.Ask(fmt.Sprintf("end %c", 'a'+i)))
	}
}

// TestWaitGroupMovesLate: only who waits has the group. It moves when somebody else who has
// it comes back; some that it counts have ended before, and some end afterwards.
func TestWaitGroupMovesLate(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	require.Equal(t, "yes", p.Ask("aloneworks a 3"))
	p.MustUpdate(waitsR2.Update(t))
	require.Equal(t, "yes", p.Ask("finish a"))
	require.Equal(t, "yes", p.Ask("unlock a"))
	p.Ask("go a")
	require.Equal(t, "1 wrong 0", p.Ask("ended a 1"))
	require.Equal(t, "1", p.Ask("left a"))
	p.Ask("stop a")
	require.Equal(t, "all true wrong 0 r2:4", p.Ask("end a"))
	l, n := failures(p, "1")
	require.Empty(t, l)
	require.Zero(t, n)
}

// TestWaitGroupGoIsRefused: a goroutine of WaitGroup.Go that was started through a function
// value would count the old one down.
func TestWaitGroupGoIsRefused(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	require.Equal(t, "yes", p.Ask("work a 1"))
	require.Equal(t, "yes", p.Ask("byvalue a"))
	o := p.MustFail("UP2010", waitsR2.Update(t))
	require.Contains(t, o.Stderr, "guard.group: goroutines that WaitGroup.Go has started")
	p.Ask("finish a")
	p.Ask("finish a")
	require.Equal(t, "yes", p.Ask("wait a 1"))
	require.Equal(t, "all true wrong 0 r1:1 count 0", p.Ask("end a"))
	p.MustUpdate(waitsR2.Update(t))
	require.Equal(t, "yes", p.Ask("work a 1"))
	p.MustUpdate(waitsR3.Update(t))
	p.Ask("finish a")
	require.Equal(t, "yes", p.Ask("wait a 1"))
	require.Equal(t, "all true wrong 0 r1:1 r3:1 count 0", p.Ask("end a"))
}

// TestOnceMoves: one runs the function and others wait for it while the Once moves, twice;
// it runs once.
func TestOnceMoves(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	require.Equal(t, "yes", p.Ask("once a 3"))
	p.MustUpdate(waitsR2.Update(t))
	require.Equal(t, "0 wrong 0", p.Ask("ended a 0"))
	require.Equal(t, "yes", p.Ask("once a 2"))
	p.MustUpdate(waitsR3.Update(t))
	require.Equal(t, "0 wrong 0", p.Ask("ended a 0"))
	p.Ask("go a")
	require.Equal(t, "all true wrong 0 r3:5 count 0", p.Ask("end a"))
	require.Equal(t, "yes", p.Ask("once a 2"))
	require.Equal(t, "all true wrong 0 r3:7 count 0", p.Ask("end a"))
}

// TestOnceMovesUnderLoad: Onces are done all the time, by several goroutines each.
func TestOnceMovesUnderLoad(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	require.Equal(t, "yes", p.Ask("onces a"))
	p.MustUpdate(waitsR2.Update(t))
	require.Equal(t, "yes", p.Ask("round a"))
	p.MustUpdate(waitsR3.Update(t))
	require.Equal(t, "yes", p.Ask("round a"))
	p.Ask("stop a")
	require.Equal(t, "all true wrong 0 r3:1 count 0", p.Ask("end a"))
}

// TestOnceMovesLate: only who waits for the function, and who runs it, has the Once.
func TestOnceMovesLate(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	require.Equal(t, "yes", p.Ask("aloneonce a 3"))
	p.MustUpdate(waitsR2.Update(t))
	p.Ask("go a")
	require.Equal(t, "1 wrong 0", p.Ask("ended a 1"))
	p.Ask("finish a")
	require.Equal(t, "all true wrong 0 r2:4", p.Ask("end a"))
	l, n := failures(p, "1")
	require.Empty(t, l)
	require.Zero(t, n)
}

// TestOnceByValueIsRefused: who has called it through a function value has it at the old
// address.
func TestOnceByValueIsRefused(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	require.Equal(t, "yes", p.Ask("oncebyvalue a"))
	o := p.MustFail("UP2010", waitsR2.Update(t))
	require.Contains(t, o.Stderr, "guard.once: its function is running")
	p.Ask("go a")
	require.Equal(t, "all true wrong 0 r1:1 count 0", p.Ask("end a"))
	p.MustUpdate(waitsR2.Update(t))
	require.Equal(t, "yes", p.Ask("once a 2"))
	require.Equal(t, "all true wrong 0 r1:1 r2:2 count 0", p.Ask("end a"))
}

// TestWaitingForCond: a signal wakes one, in whatever release it was given and the waiter
// had come: of a Cond that moves, and of one that stays while its lock moves.
func TestWaitingForCond(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	for _, c := range []struct{ await, signal string }{{"awaitown", "signalown"}, {"await", "signal"}} {
		// Two of six have been signalled and wait for the lock, which somebody holds.
		for _, command := range []string{c.await + " %s 6", "hold %s", c.signal + " %s 2"} {
			require.Equal(t, "yes", p.Ask(fmt.Sprintf(command, c.await)))
		}
		// Nobody holds the lock.
		require.Equal(t, "yes", p.Ask(c.await+" free"+c.await+" 3"))
	}
	p.MustUpdate(waitsR2.Update(t))
	for _, c := range []struct{ await, signal string }{{"awaitown", "signalown"}, {"await", "signal"}} {
		require.Equal(t, "0 wrong 0", p.Ask("ended "+c.await+" 0"))
		p.Ask("go " + c.await)
		require.Equal(t, "3 wrong 0", p.Ask("ended "+c.await+" 3"), "the holder, and who was signalled")
		p.Ask(c.signal + " " + c.await + " 1")
		require.Equal(t, "4 wrong 0", p.Ask("ended "+c.await+" 4"))
		require.Equal(t, "yes", p.Ask(c.await+" "+c.await+" 1"))
		p.Ask(c.signal + " free" + c.await + " 1")
		require.Equal(t, "1 wrong 0", p.Ask("ended free"+c.await+" 1"))
	}
	p.MustUpdate(waitsR3.Update(t))
	for _, c := range []struct{ await, signal string }{{"awaitown", "signalown"}, {"await", "signal"}} {
		p.Ask(c.signal + " " + c.await + " 2")
		require.Equal(t, "6 wrong 0", p.Ask("ended "+c.await+" 6"))
		p.Ask("broadcast " + c.await)
		require.Equal(t, "all true wrong 0 r2:4 r3:4 count 1", p.Ask("end "+c.await))
		p.Ask("broadcast free" + c.await)
		require.Equal(t, "all true wrong 0 r2:1 r3:2 count 0", p.Ask("end free"+c.await))
	}
}

// TestWaitingUndone: the update is undone when everything else had been made ready;
// everything goes on in the old release.
func TestWaitingUndone(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	for _, command := range []string{"holdwriting a", "read a 3", "write a 3", "hold b", "add b 1", "wait b 3", "awaitown c 3", "await c 3", "hold z", "unnamed z"} {
		require.Equal(t, "yes", p.Ask(command))
	}
	p.MustFail("UP2010", waitsR2.Update(t))
	p.Ask("done b 1")
	require.Equal(t, "3 wrong 0", p.Ask("ended b 3"))
	p.Ask("go b")
	require.Equal(t, "all true wrong 0 r1:4 count 1", p.Ask("end b"))
	p.Ask("signalown c 1")
	p.Ask("signal c 1")
	require.Equal(t, "2 wrong 0", p.Ask("ended c 2"))
	p.Ask("go a")
	require.Equal(t, "all true wrong 0 r1:7 count 0", p.Ask("end a"))
	p.Ask("go z")
	require.Equal(t, "all true wrong 0 r1:2 count 2", p.Ask("end z"))
	p.MustUpdate(waitsR2.Update(t))
	p.Ask("signalown c 2")
	p.Ask("signal c 2")
	require.Equal(t, "all true wrong 0 r1:2 r2:4 count 0", p.Ask("end c"))
}

// TestWaitingLate: only who waits has the objects. They move when the holder comes back.
func TestWaitingLate(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	require.Equal(t, "yes", p.Ask("alone a 4"))
	require.Equal(t, "yes", p.Ask("alone b 4"))
	p.MustUpdate(waitsR2.Update(t))
	p.Ask("go a")
	require.Equal(t, "all true wrong 0 r2:19", p.Ask("end a"))
	p.MustUpdate(waitsR3.Update(t))
	p.Ask("go b")
	require.Equal(t, "all true wrong 0 r3:19", p.Ask("end b"))
	l, n := failures(p, "1")
	require.Empty(t, l)
	require.Zero(t, n)
}
