package runtime

import (
	goruntime "runtime"
	"sync"
	"testing"
)

// TestChannelsAreKnown: the mirrors fit, whatever else runs meanwhile. (That a sender has
// its channel's lock until it sleeps was forgotten once.)
func TestChannelsAreKnown(t *testing.T) {
	var all sync.WaitGroup
	for range 4 * goruntime.GOMAXPROCS(0) {
		all.Go(func() {
			for range 5000 {
				if !channelsFit() {
					t.Error("runtime.hchan or runtime.sudog is not as expected")
					return
				}
			}
		})
	}
	all.Wait()
}

// BenchmarkExchange is an unbuffered exchange with another goroutine as a program does
// it, as it is marked, as it is marked where the channel is named, and what else would
// let an update take who sleeps out of it: a select with a stop channel.
func BenchmarkExchange(b *testing.B) {
	type job struct{ n int }
	f := new(Func)
	ways := []struct {
		name string
		send func(c chan *job, stop chan bool, j *job)
		take func(c chan *job, stop chan bool) *job
	}{
		{"plain",
			func(c chan *job, _ chan bool, j *job) { c <- j },
			func(c chan *job, _ chan bool) *job { return <-c }},
		{"marked",
			func(c chan *job, _ chan bool, j *job) { r := Park(); c <- j; r.Unpark() },
			func(c chan *job, _ chan bool) *job { r := Park(); j := <-c; r.Unpark(); return j }},
		{"named",
			func(c chan *job, _ chan bool, j *job) { r := ParkChan(f, 1, c); c <- j; r.UnparkChan() },
			func(c chan *job, _ chan bool) *job { r := ParkChan(f, 1, c); j := <-c; r.UnparkChan(); return j }},
		{"select",
			func(c chan *job, stop chan bool, j *job) {
				r := Park()
				select {
				case c <- j:
				case <-stop:
				}
				r.Unpark()
			},
			func(c chan *job, stop chan bool) (j *job) {
				r := Park()
				select {
				case j = <-c:
				case <-stop:
				}
				r.Unpark()
				return j
			}},
	}
	for _, w := range ways {
		b.Run(w.name, func(b *testing.B) {
			there, back := make(chan *job), make(chan *job)
			go func() {
				stop := make(chan bool)
				for j := w.take(there, stop); j != nil; j = w.take(there, stop) {
					w.send(back, stop, j)
				}
			}()
			stop, j := make(chan bool), new(job)
			b.ReportAllocs()
			for b.Loop() {
				w.send(there, stop, j)
				w.take(back, stop)
			}
			w.send(there, stop, nil)
		})
	}
}
