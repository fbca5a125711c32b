package runtime

import (
	"sync/atomic"
	"time"
)

// first is the release that the process was started with.
var first atomic.Pointer[Release]

// Releases lists the committed releases, oldest first. It may be called while an update
// runs.
func Releases() (l []*Release) {
	for r := first.Load(); r != nil; r = r.next.Load() {
		l = append(l, r)
	}
	return l
}

// StopBounds are the upper bounds of the buckets in which stops are counted.
var StopBounds = [...]time.Duration{
	100 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond, time.Second, 5 * time.Second,
}

// Stops counts the stops of the program, whether an update came of them or not, by how
// long the state word said stop.
type Stops struct {
	Count     uint64
	Last, Max time.Duration
	Total     time.Duration
	Within    [len(StopBounds)]uint64 // how many took at most StopBounds[i]
}

// stops is written by Resume alone, of which there is one at a time.
var stops struct {
	count            atomic.Uint64
	last, max, total atomic.Int64
	within           [len(StopBounds)]atomic.Uint64
}

func countStop(d time.Duration) {
	stops.last.Store(int64(d))
	stops.max.Store(max(int64(d), stops.max.Load()))
	stops.total.Add(int64(d))
	for i, bound := range StopBounds {
		if d <= bound {
			stops.within[i].Add(1)
		}
	}
	stops.count.Add(1)
}

// ReadStops returns the counters.
func ReadStops() (s Stops) {
	s.Count = stops.count.Load()
	s.Last, s.Max, s.Total = time.Duration(stops.last.Load()), time.Duration(stops.max.Load()), time.Duration(stops.total.Load())
	for i := range s.Within {
		s.Within[i] = stops.within[i].Load()
	}
	return s
}
