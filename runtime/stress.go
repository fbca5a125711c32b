package runtime

import (
	"os"
	"strconv"
	"sync/atomic"
)

// StressDefault is the -stress N that the program was built with; the generated
// main sets it. UPSTARE_STRESS overrides it at run time, 0 is off.
var StressDefault uint64

// stressBudget bounds the frames a stressed program rebuilds at one N; then N
// doubles, so that deep recursions end.
const stressBudget = 1 << 17

var stress struct {
	asked     uint64 // N to begin with; set before anything polls
	every     atomic.Uint64
	polls     atomic.Uint64
	budget    atomic.Int64
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
	stress.budget.Store(stressBudget)
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
	if used := int64(stats.frames.Load()); used > stress.budget.Load() {
		stress.budget.Add(stressBudget)
		if stress.every.CompareAndSwap(n, 2*n) {
			stress.doublings.Add(1)
		}
	}
	return true
}
