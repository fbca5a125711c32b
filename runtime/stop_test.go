package runtime

import (
	"sync/atomic"
	"testing"
	"time"
)

// stopped runs f at a stop of a release of its own, with everybody else outside own code.
func stopped(t *testing.T, f func(word *atomic.Uint32)) {
	eachRec(func(r *Rec) bool { // other tests leave theirs as it comes
		r.state.Store(Out)
		return true
	})
	var word atomic.Uint32
	was := current.Swap(NewRelease(t.Name(), &word))
	defer current.Store(was)
	StopWorld()
	f(&word)
}

// someRec is the record of a goroutine that does nothing until the test has ended.
func someRec(t *testing.T) *Rec {
	rec, end := make(chan *Rec), make(chan bool)
	t.Cleanup(func() { close(end) })
	go func() { rec <- Cur(); <-end }()
	return <-rec
}

// TestQuietLooksAgain: who has been seen not to run is not looked at again before Quiet
// has said yes, and everybody is afterwards, so that those who have come back since are
// waited for.
func TestQuietLooksAgain(t *testing.T) {
	a, b := someRec(t), someRec(t)
	stopped(t, func(*atomic.Uint32) {
		defer Resume()
		is := func(want bool, when string) {
			if got := Quiet(); got != want {
				t.Errorf("%s: quiet is %v", when, got)
			}
		}
		a.state.Store(Running)
		b.state.Store(Parked)
		is(false, "one runs")
		b.state.Store(Running)
		a.state.Store(Parked)
		is(true, "each has been seen not to run")
		is(false, "one has come back")
		b.state.Store(Out)
		is(true, "it has left")
	})
}

// TestCapturedForAStop: the stop's list has who is captured for it, and nobody who was
// captured for one that is over.
func TestCapturedForAStop(t *testing.T) {
	for range 3 {
		stopped(t, func(*atomic.Uint32) {
			gate := new(Func)
			ended := make(chan bool)
			const n = 50
			for range n {
				go func() {
					r := Cur()
					r.state.Swap(Running)
					r.waitAtGate(gate)
					r.state.Store(Out)
					ended <- true
				}()
			}
			for end := time.Now().Add(10 * time.Second); Scan().Captured < n && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			found := 0
			WaitingAtGates(func(f *Func) {
				if f == gate {
					found++
				}
			})
			if c := Scan(); found != n || c.Captured != n || !Quiet() {
				t.Errorf("%d are listed, and %+v", found, c)
			}
			s := stopping.Load()
			Resume()
			for range n {
				<-ended
			}
			if s.captured.Load() != nil {
				t.Error("the stop is over and keeps who was captured")
			}
		})
	}
}

// TestEndWaitsForUnwinding: the word is not clear before who unwinds has got to his base.
func TestEndWaitsForUnwinding(t *testing.T) {
	r := someRec(t)
	stopped(t, func(word *atomic.Uint32) {
		r.unwind()
		r.unwind() // once more says nothing new
		ended := make(chan bool)
		go func() { Resume(); close(ended) }()
		select {
		case <-ended:
			t.Fatal("the stop has ended")
		case <-time.After(20 * time.Millisecond):
		}
		for word.Load() != wordEnding {
			time.Sleep(time.Millisecond) // Resume has not had its turn yet
		}
		if !r.unwound() || r.unwound() {
			t.Error("what has been said once is taken back once")
		}
		<-ended
		if word.Load() != 0 || unwinders.Load() != 0 {
			t.Errorf("the word is %d, and %d unwind", word.Load(), unwinders.Load())
		}
	})
}
