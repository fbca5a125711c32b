package runtime

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// TestBarrier: a goroutine that marks and unmarks itself all the time is never seen to be
// parked while an own statement of it is still to run, whose poll has not seen the stop. The
// look comes as soon behind the word as it can; StopWorld takes longer.
func TestBarrier(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("one processor sees its own stores")
	}
	for name, wait := range map[string]func(){"membarrier": barrier, "the world": stopTheWorld} {
		t.Run(name, func(t *testing.T) {
			if n := overlooked(wait); n != 0 {
				t.Errorf("statements have run %d times after the goroutine was seen to be parked", n)
			}
		})
	}
	if overlooked(func() {}) == 0 {
		t.Log("this machine would do without a barrier") // or the time was too short
	}
}

// TestStopGoesThroughABarrier: behind the word, and before anybody is looked at.
func TestStopGoesThroughABarrier(t *testing.T) {
	defer func(was func()) { await = was }(await)
	times := 0
	await = func() {
		times++
		if current.Load().Word.Load()&wordStop == 0 {
			t.Error("the word does not say stop yet")
		}
	}
	stopped(t, func(*atomic.Uint32) {
		if Resume(); times != 1 {
			t.Errorf("%d barriers", times)
		}
	})
}

// overlooked tells how often a statement runs behind a look that says it cannot.
func overlooked(wait func()) (times int) {
	var shared struct { // each in a line of its own
		word       atomic.Uint32
		_          [124]byte
		statements owned
		_          [124]byte
		end        atomic.Bool
	}
	word, statements, end := &shared.word, &shared.statements, &shared.end
	rec, ended := make(chan *Rec), make(chan bool)
	go func() {
		defer close(ended)
		r := Cur()
		rec <- r
		for !end.Load() {
			r.state.set(Parked)
			for range 30 { // it is away for a while
				word.Load()
			}
			r.Unpark()
			if word.Load() == 0 {
				statements.set(statements.v + 1)
			}
		}
		r.state.Store(Out)
	}()
	r := <-rec
	for over := time.Now().Add(time.Second); time.Now().Before(over); {
		for range 1000 {
			word.Store(1)
			wait()
			if r.state.Load() == Parked {
				was := statements.Load()
				for range 500 {
					if statements.Load() != was {
						times++
						break
					}
				}
			}
			word.Store(0)
		}
	}
	end.Store(true)
	<-ended
	return times
}

// BenchmarkStores is what a mark costs around what may wait, by plain stores and by exchanges,
// and BenchmarkBarrier what a stop pays for the former.
func BenchmarkStores(b *testing.B) {
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			Park().Unpark()
		}
	})
	b.Run("exchanges", func(b *testing.B) {
		for b.Loop() {
			r := Cur()
			r.seq.Store(r.seq.Load() + 1)
			r.state.Store(Parked)
			r.state.Swap(Running)
		}
	})
	Cur().state.Store(Out)
}

func BenchmarkBarrier(b *testing.B) {
	b.Run("membarrier", func(b *testing.B) {
		for b.Loop() {
			barrier()
		}
	})
	b.Run("the world", func(b *testing.B) {
		for b.Loop() {
			stopTheWorld()
		}
	})
}
