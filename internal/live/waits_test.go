package live

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const waits = "../../testdata/live/waits"

// Each release turns the guard's fields round, so that every guard moves.
var (
	waitsFields = []string{"\tcount int // under mu\n\ttally *tally\n", "\ttally *tally\n\tcount int // under mu\n"}
	waitsR1     = &Shared{Source: func(t testing.TB) string { return Copy(t, waits) }}
	waitsR2     = &Shared{Source: func(t testing.TB) string {
		return Copy(t, waits, append([]string{`release = "r1"`, `release = "r2"`}, waitsFields...)...)
	}, From: waitsR1}
	waitsR3 = &Shared{Source: func(t testing.TB) string { return Copy(t, waits, `release = "r1"`, `release = "r3"`) }, From: waitsR2}
)

// TestWaitingForMutex: goroutines sleep at a mutex whose struct moves, while it is held
// by one that is parked, or by one that is captured. They get the new one, one after the
// other, and so does who holds it.
func TestWaitingForMutex(t *testing.T) {
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
	require.Equal(t, "yes", p.Ask("locker b"))
	for range 2 {
		o := p.MustFail("UP2010", waitsR2.Update(t))
		require.Contains(t, o.Stderr, "guard.mu: goroutines wait on it")
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

// TestWaitingForMutexLate: only who waits has the mutex. It moves when the holder comes back.
func TestWaitingForMutexLate(t *testing.T) {
	p := Start(t, waitsR1.Exe(t))
	require.Equal(t, "yes", p.Ask("alone a 4"))
	require.Equal(t, "yes", p.Ask("alone b 4"))
	p.MustUpdate(waitsR2.Update(t))
	p.Ask("go a")
	require.Equal(t, "all true wrong 0 r2:5", p.Ask("end a"))
	p.MustUpdate(waitsR3.Update(t))
	p.Ask("go b")
	require.Equal(t, "all true wrong 0 r3:5", p.Ask("end b"))
	l, n := failures(p, "1")
	require.Empty(t, l)
	require.Zero(t, n)
}
