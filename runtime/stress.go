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
	every  atomic.Uint64
	polls  atomic.Uint64
	budget atomic.Int64
}

// stats counts what the process did, for the stress report and the status.
var stats counters

type counters struct {
	captures atomic.Uint64
	frames   atomic.Uint64
	late     atomic.Uint64
	deep     atomic.Uint64
}

func (c *counters) deepest(n int) {
	for {
		d := c.deep.Load()
		if uint64(n) <= d || c.deep.CompareAndSwap(d, uint64(n)) {
			return
		}
	}
}

func initStress(r *Release) {
	n := StressDefault
	if s := os.Getenv("UPSTARE_STRESS"); s != "" {
		v, err := strconv.ParseUint(s, 10, 32)
		if err != nil {
			os.Stderr.WriteString("upstarego: UPSTARE_STRESS: not a number: " + s + "\n")
			os.Exit(2)
		}
		n = v
	}
	if n == 0 {
		return
	}
	stress.every.Store(n)
	stress.budget.Store(stressBudget)
	r.Word.Store(r.Word.Load() | wordStress)
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
		// Before main's gate, in package initialisation.
		return false
	}
	if used := int64(stats.frames.Load()); used > stress.budget.Load() {
		stress.budget.Add(stressBudget)
		stress.every.CompareAndSwap(n, 2*n)
	}
	return true
}

// Report writes the stress report to the file that UPSTARE_STRESS_REPORT names.
// The generated main calls it when main.main has returned; own calls of os.Exit
// call it before they leave.
func Report() {
	name := os.Getenv("UPSTARE_STRESS_REPORT")
	if name == "" {
		return
	}
	u := func(v uint64) string { return strconv.FormatUint(v, 10) }
	s := `{"polls":` + u(stress.polls.Load()) + `,"captures":` + u(stats.captures.Load()) +
		`,"frames":` + u(stats.frames.Load()) + `,"deepest":` + u(stats.deep.Load()) +
		`,"every":` + u(stress.every.Load()) + "}\n"
	if err := os.WriteFile(name, []byte(s), 0o644); err != nil {
		os.Stderr.WriteString("upstarego: stress report: " + err.Error() + "\n")
	}
}
