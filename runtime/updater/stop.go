package updater

import (
	"errors"
	"slices"
	"time"

	"github.com/upstarego/upstarego/runtime"
)

var errUnstarted error = errorf(CodeTimedOut, "a goroutine has been started and has not run yet, while points are left out of the map")

// stop brings the program to a standstill in which the update can be made, and
// returns since when. Each attempt may last twice as long as the one before, and
// the program runs in between for as long as it has been kept waiting, and longer from
// attempt to attempt: what does not hold yet is asked for often at first.
func (j *job) stop(p *plan, ws *watches) (time.Time, error) {
	var last error
	pause := firstPause
	for budget := firstBudget; ; budget = min(2*budget, mostBudget) {
		since := time.Now()
		again, err := j.attempt(p, ws, budget)
		if err != nil && j.req.Tried != nil {
			j.req.Tried(err, again)
		}
		if err == nil || !again || j.left != nil {
			return since, err
		}
		// An attempt that was cut short says less than those before.
		if last == nil || err != errUnstarted && j.phaseCtx.Err() == nil {
			last = err
		}
		select {
		case <-j.phaseCtx.Done():
			return since, j.overWith(last)
		case <-time.After(max(time.Since(since), pause)):
		}
		pause = min(2*pause, longestPause)
	}
}

// attempt is one attempt to stop the program. Unless it succeeds the program
// runs again when it returns; again says that a later one may succeed.
func (j *job) attempt(p *plan, ws *watches, budget time.Duration) (again bool, err error) {
	if p.tr != nil {
		p.tr.calm() // before the stop, and not in it
	}
	runtime.StopWorld()
	stay := false
	defer func() {
		if !stay { // also when something panics
			runtime.Resume()
			if p.tr != nil {
				p.tr.excite()
			}
		}
	}()
	j.set(func(r *Result) { r.Attempts++ })
	if err := j.fault("stopped"); err != nil {
		return false, err
	}
	quiet, err := j.waitQuiet(budget)
	if err != nil {
		return false, err
	}
	if !quiet {
		return true, j.tooLate()
	}
	if err := j.fault("quiet"); err != nil {
		return false, err
	}
	again, err = j.ready(p, ws)
	if err == nil {
		err, again = j.fault("ready"), false
	}
	stay = err == nil
	return again, err
}

// tooLate says who is in the way of a stop.
func (j *job) tooLate() error {
	late := stragglers(runtime.Scan().Running)
	j.inTheWay(late)
	if len(late) == 0 {
		return errorf(CodeTimedOut, "not every goroutine reached a point where it can stop")
	}
	return errorf(CodeTimedOut, "%d goroutines did not reach a point where they can stop; the first is %s\n%s", len(late), late[0].Goroutine, late[0].Stack)
}

// ready looks, at a stop, whether everything is where the update needs it. again
// says that it may be later.
func (j *job) ready(p *plan, ws *watches) (again bool, err error) {
	found, unstarted, err := onStacks(ws, p.reflects)
	if err != nil {
		return false, err
	}
	// Where a new goroutine begins is known once it runs; it stops soon after.
	for end := time.Now().Add(firstBudget); unstarted && j.phaseCtx.Err() == nil && time.Now().Before(end); {
		time.Sleep(firstSleep)
		if found, unstarted, err = onStacks(ws, p.reflects); err != nil {
			return false, err
		}
	}
	leave, err := j.settleLeave(p)
	if on := (*runtime.OnTheWay)(nil); errors.As(err, &on) {
		e := errorf(CodeTimedOut, "%v", err)
		if on.Func != nil {
			e.Positions = []Position{{Pos: on.Func.Pos(on.Point), Func: on.Func.Key, Point: on.Point, Why: "it has said that it waits there, and does not sleep"}}
			j.inTheWay(standing(e.Positions))
		}
		return true, e
	}
	if err != nil {
		return false, asError(err, CodeFailed, "the channels cannot be looked at")
	}
	found = append(found, leave...)
	if !ws.none || p.tr != nil {
		// Someone may have come back from a park while the stacks were looked at, and
		// be on the way to its base.
		if quiet, err := j.waitQuiet(firstBudget); err != nil {
			return false, err
		} else if !quiet {
			return true, j.tooLate()
		}
	}
	if j.req.ForceParked {
		found = slices.DeleteFunc(found, func(at Position) bool { return at.force })
	}
	if found = append(found, p.onCaptured(j.u.plans)...); len(found) > 0 {
		j.inTheWay(standing(found))
		again := true
		for _, at := range found {
			again = again && at.leave
		}
		return again, liveError(found)
	}
	if unstarted {
		return true, errUnstarted
	}
	counts := runtime.Scan()
	j.set(func(r *Result) { r.Captured, r.Parked, r.Outside = counts.Captured, counts.Parked, counts.Out })
	if p.up.Predicate != nil {
		const what = "the predicate"
		err := j.call(what, func() error { return lend(what, p.up.Predicate) })
		if err != nil {
			return true, asError(err, CodeFailed, "the update's predicate does not hold")
		}
	}
	return false, nil
}

func liveError(found []Position) error {
	return &Error{Code: CodeMapIncomplete, Positions: found,
		Message: "goroutines stand where the update cannot take them; map the points, or update when nobody is there"}
}
