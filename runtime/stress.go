package runtime

import (
	"os"
	"strconv"
	"sync/atomic"
)

// StressDefault is the -stress N that the program was built with; the generated
// main sets it. UPSTARE_STRESS overrides it at run time, 0 is off.
var StressDefault uint64

// What a stressed process may use up at one N; then N doubles. Frames are bounded
// so that deep recursions end. Captures are bounded so that no program outweighs
// the others it is tried with: it makes all those that it was asked for up to the
// first bound, and after that a number that grows with the logarithm of its polls.
const (
	stressFrames   = 1 << 17 // at each N
	stressCaptures = 3 << 14 // at the N that was asked for
	stressMore     = 1 << 11 // at each N after that
)

var stress struct {
	asked     uint64 // N to begin with; set before anything polls
	every     atomic.Uint64
	polls     atomic.Uint64
	frames    atomic.Uint64 // rebuilt in all, when N doubles
	captures  atomic.Uint64 // made in all, when N doubles
	doubling  mutex
	doublings atomic.Uint64
}

// stats counts what the process did, for the stress report and the status.
var stats counters

type counters struct {
	captures atomic.Uint64
	frames   atomic.Uint64
	late     atomic.Uint64
	deep     atomic.Uint64
	points   atomic.Uint64 // that are polled, of all functions entered
}

func (c *counters) deepest(n int) {
	for {
		d := c.deep.Load()
		if uint64(n) <= d || c.deep.CompareAndSwap(d, uint64(n)) {
			return
		}
	}
}

// initStress decides about N. It must come before any own code that is to be
// stressed, and sets w if there is something to do at polls.
func initStress(w *atomic.Uint32) {
	n := StressDefault
	if s := os.Getenv("UPSTARE_STRESS"); s != "" {
		v, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			os.Stderr.WriteString("upstarego: UPSTARE_STRESS: not a number: " + s + "\n")
			os.Exit(2)
		}
		n = v
	}
	stress.asked = n
	stress.every.Store(n)
	stress.frames.Store(stressFrames)
	stress.captures.Store(stressCaptures)
	if n != 0 {
		w.Store(w.Load() | wordStress)
	}
	startReport()
}

// Stressed reports whether the process captures itself.
func Stressed() bool { return stress.every.Load() != 0 }

func stressDue(r *Rec) bool {
	n := stress.every.Load()
	p := stress.polls.Add(1)
	if n == 0 || p%n != 0 {
		return false
	}
	if r.state.Load() != Running {
		return false // a goroutine that has come through no gate
	}
	if usedUp() {
		double()
	}
	return true
}

func usedUp() bool {
	return stats.frames.Load() >= stress.frames.Load() || stats.captures.Load() >= stress.captures.Load()
}

// double makes captures half as frequent and grants what the new N may use up.
func double() {
	stress.doubling.Lock()
	defer stress.doubling.Unlock()
	if !usedUp() {
		return // another goroutine has done it
	}
	stress.frames.Store(stats.frames.Load() + stressFrames)
	stress.captures.Store(stats.captures.Load() + stressMore)
	stress.every.Store(2 * stress.every.Load())
	stress.doublings.Add(1)
}
