package updater

import (
	goruntime "runtime"
	"strings"
	"time"

	"github.com/upstarego/upstarego/runtime"
)

const (
	firstBudget = 50 * time.Millisecond // of the first stop; each one more gets twice as much
	quietSpins  = 64                    // scans before the first sleep
	firstSleep  = 20 * time.Microsecond
	longestWait = time.Millisecond

	firstPause   = time.Millisecond // between two stops
	longestPause = 128 * time.Millisecond
)

// waitQuiet scans until no record is running. It reports false when the phase's time or
// the budget is over first.
func (j *job) waitQuiet(budget time.Duration) (quiet bool, err error) {
	end := time.Now().Add(budget)
	sleep := firstSleep
	captured := 0
	for i := 0; ; i++ {
		quiet := runtime.Quiet()
		if j.req.Fault != nil {
			for n := runtime.Scan().Captured; captured < n; captured++ {
				if err := j.fault("captured"); err != nil {
					return false, err
				}
			}
		}
		if quiet {
			return true, nil
		}
		if j.phaseCtx.Err() != nil || time.Now().After(end) {
			return false, nil
		}
		if i < quietSpins {
			goruntime.Gosched()
			continue
		}
		time.Sleep(sleep)
		sleep = min(2*sleep, longestWait)
	}
}

// A Straggler is a goroutine that did not stop in time.
type Straggler struct {
	Goroutine string `json:"goroutine"` // "goroutine 12 [running]"
	Stack     string `json:"stack"`
}

const (
	maxStragglers = 20
	maxStackText  = 16 << 20
)

// stragglers finds, while a stop is asked for and n records still run, the
// goroutines in own code that have not stopped, and those in functions of a frame map.
// The records do not say which goroutine is theirs; those that the Go runtime calls
// running come first, and those that are in such a function itself, where nothing says
// that they wait.
func stragglers(n int) []Straggler {
	if n == 0 {
		return nil
	}
	var busy, other []Straggler
	for text := range strings.SplitSeq(Stacks(), "\n\n") {
		head, stack, ok := strings.Cut(text, ":\n")
		own, lent := inOwnCode(stack), strings.Contains(stack, "runtime.(*Rec).lend(")
		if !ok || !own && !lent || strings.Contains(stack, "runtime.(*Rec).waitStop(") {
			continue
		}
		s := Straggler{head, strings.TrimRight(stack, "\n")}
		if !own || strings.Contains(head, "[run") { // running or runnable: not waiting for anything
			busy = append(busy, s)
		} else {
			other = append(other, s)
		}
	}
	all := append(busy, other...)
	return all[:min(len(all), max(n, len(busy)), maxStragglers)]
}

// Stacks are the stacks of all goroutines, the caller's first, as runtime.Stack has them.
func Stacks() string {
	buf := make([]byte, 1<<20)
	for {
		k := goruntime.Stack(buf, true)
		if k < len(buf) || len(buf) >= maxStackText {
			return string(buf[:k])
		}
		buf = make([]byte, 4*len(buf))
	}
}

func inOwnCode(stack string) bool {
	for line := range strings.SplitSeq(stack, "\n") {
		at, ok := strings.CutPrefix(line, "\t")
		if !ok {
			continue
		}
		at, _, _ = strings.Cut(at, " +0x")
		if file, _, ok := splitLine(at); ok && runtime.OwnFile(file) {
			return true
		}
	}
	return false
}
