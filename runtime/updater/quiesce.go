package updater

import (
	goruntime "runtime"
	"time"

	"github.com/upstarego/upstarego/runtime"
)

const (
	firstBudget = 50 * time.Millisecond // of the first stop; each one more gets twice as much,
	mostBudget  = time.Second           // up to this
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
