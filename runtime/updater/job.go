package updater

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var (
	errTimedOut  = errors.New("out of time")
	errPhase     = errors.New("out of the phase's time")
	errCancelled = errors.New("cancelled")
)

// A job is one update on its way.
type job struct {
	u      *Updater
	req    Request
	ctx    context.Context // ends at the timeout or when the update is given up
	cancel context.CancelFunc
	giveUp context.CancelCauseFunc
	done   chan struct{} // closed when the update is decided

	res   Result // under u.mu
	phase time.Time

	// phaseCtx ends with ctx, or when the phase has taken as long as it may.
	phaseCtx context.Context
	endPhase context.CancelFunc

	left *bounded // what the update has given up waiting for

	late map[string]*lateness // who is in the way
}

// set changes the result.
func (j *job) set(f func(*Result)) {
	j.u.mu.Lock()
	defer j.u.mu.Unlock()
	f(&j.res)
}

// enter begins a phase and ends the one before it. A phase that is entered again
// goes on counting.
func (j *job) enter(name string) {
	if j.endPhase != nil {
		j.endPhase()
	}
	j.phaseCtx, j.endPhase = j.limited(name)
	j.set(func(r *Result) {
		j.clock(r)
		r.Phase = name
		for _, p := range r.Phases {
			if p.Name == name {
				return
			}
		}
		r.Phases = append(r.Phases, Phase{Name: name})
	})
}

// clock adds the time since the last call to the current phase.
func (j *job) clock(r *Result) {
	now := time.Now()
	for i := range r.Phases {
		if r.Phases[i].Name == r.Phase {
			r.Phases[i].DurationNS += int64(now.Sub(j.phase))
		}
	}
	j.phase = now
}

// run is the updater's goroutine.
func (j *job) run() {
	defer j.cancel()
	var left *rest
	err := guard("the updater", func() (err error) {
		left, err = j.update()
		return err
	})
	defer func() { j.endPhase() }()
	j.late, j.req.Ready, j.req.Tried = nil, nil, nil // results are remembered
	j.set(func(r *Result) {
		j.clock(r)
		switch {
		case r.ReleaseAfter != r.ReleaseBefore:
			r.State = StateCommitted
			j.u.totals.Committed++
		case err == nil:
			r.State = StateFits
			j.u.totals.Fits++
		default:
			r.State = StateUndone
			j.u.totals.Undone++
		}
		if err != nil {
			r.Error = asError(err, CodeFailed, "the update failed")
		}
	})
	// Hooks belong to the update: no other one starts before they are through.
	warnings := j.do(left)
	j.set(func(r *Result) {
		r.Warnings = append(r.Warnings, warnings...)
		j.u.running = nil
	})
	close(j.done)
}

// over reports whether the time of the update, or of its phase, is over.
func (j *job) over() error {
	if j.phaseCtx.Err() == nil {
		return nil
	}
	return j.overWith(nil)
}

func (j *job) overWith(last error) error {
	why := fmt.Sprintf("ran out of time after %s", j.req.Timeout)
	switch cause := context.Cause(j.phaseCtx); {
	case errors.Is(cause, errCancelled):
		return errorf(CodeFailed, "the update was given up on request")
	case errors.Is(cause, errPhase):
		phase := j.res.Phase // only this goroutine writes it
		why = fmt.Sprintf("has been in phase %s for %s, as long as it may", phase, j.req.Limits[phase])
	}
	if last == nil {
		return errorf(CodeTimedOut, "the update %s and was undone", why)
	}
	e := *asError(last, CodeTimedOut, "")
	e.Code = CodeTimedOut
	e.Message = fmt.Sprintf("the update %s and was undone: %s", why, e.Message)
	return &e
}
