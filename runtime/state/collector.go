package state

import (
	"math"
	"runtime/debug"
	"runtime/metrics"
)

// A transfer makes no garbage to speak of, and everything is reached while it runs: a
// collection that begins then marks all old and new objects for nothing, with a quarter of
// the processors, and has whoever allocates help. So none begins while several hands work,
// unless the memory limit says so. What is allocated meanwhile is counted, and asked for
// (Limits.Memory). When functions of the developer's are called it is over: what they
// allocate nobody counts.
//
// A collection that runs when the program is stopped would do as much harm. It is waited for
// before (Calm), while the program goes on.

// rarely is what the collector is told then, in place of GOGC. Less than nothing would
// wait for a collection that runs.
const rarely = 10_000

// uncollected keeps collections from beginning.
func (t *Transfer) uncollected() {
	if t.collects != nil {
		return
	}
	s := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(s)
	if v := s[0].Value; v.Kind() != metrics.KindUint64 || v.Uint64() >= rarely || v.Uint64() > math.MaxInt32 {
		t.collects = func() {} // it does not come often
		return
	}
	was := debug.SetGCPercent(rarely)
	t.collects = func() {
		if other := debug.SetGCPercent(was); other != rarely {
			debug.SetGCPercent(other) // foreign code has said so meanwhile
		}
	}
}

// Calm waits until no collection runs, and keeps others from beginning until Run is over, or
// Excite is called.
func (t *Transfer) Calm() {
	if t.uncollected(); t.calm {
		return
	}
	t.calm = true
	if was := debug.SetGCPercent(-1); was >= 0 { // which waits for one that runs
		debug.SetGCPercent(was)
	}
}

// Excite takes back what Calm has done.
func (t *Transfer) Excite() {
	t.collected()
	t.collects, t.calm = nil, false
}

// collected ends that, for all of this Run.
func (t *Transfer) collected() {
	if t.collects != nil {
		t.collects()
		t.collects = func() {}
	}
}
