package updater

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/upstarego/upstarego/runtime"
)

var (
	errTimedOut  = errors.New("out of time")
	errCancelled = errors.New("cancelled")

	errUnstarted error = errorf(CodeTimedOut, "a goroutine has been started and has not run yet, while points are left out of the map")
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

	late map[string]int // goroutine → attempts for which it was too late
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
	j.set(func(r *Result) {
		j.clock(r)
		switch {
		case r.ReleaseAfter != r.ReleaseBefore:
			r.State = StateCommitted
		case err == nil:
			r.State = StateFits
		default:
			r.State = StateUndone
		}
		if err != nil {
			r.Error = asError(err, CodeFailed, "the update failed")
		}
	})
	// Hooks belong to the update: no other one starts before they are through.
	warnings := left.do(j.ctx)
	j.set(func(r *Result) {
		r.Warnings = append(r.Warnings, warnings...)
		j.u.running = nil
	})
	close(j.done)
}

// onward names the functions of framemap.Then in errors.
const onward = "what a rule does when a frame goes on"

// A rest is what is left to do when an update has been committed and the program runs.
type rest struct {
	onward     sync.WaitGroup // goroutines that were captured and have something done before they go on
	newcomers  []func()       // let goroutines begin
	afterwards []func()       // hooks
}

// do does it, and returns what failed. It waits for goroutines that have not gone on yet
// until ctx ends.
func (r *rest) do(ctx context.Context) (warnings []string) {
	if r == nil {
		return nil
	}
	gone := make(chan struct{})
	go func() {
		r.onward.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
		warnings = append(warnings, onward+" has not come to its end; the rest of the update does not wait for it any longer")
	}
	try := func(what string, f func()) {
		if err := lend(what, func() error { f(); return nil }); err != nil {
			warnings = append(warnings, err.Error())
		}
	}
	for _, f := range r.newcomers {
		try(onward, f)
	}
	for i, f := range r.afterwards {
		try(fmt.Sprintf("hook %d after commit", i+1), f)
	}
	return warnings
}

// update takes the program through all phases. Every way out but the last leaves
// it as it was. When it has been committed there is a rest to do.
func (j *job) update() (_ *rest, err error) {
	j.enter(PhaseCheck)
	for _, p := range j.u.plans {
		p.sweep()
	}
	err = j.u.loader.Check(j.req.Path)
	if c, ok := j.u.loader.(Checker); ok {
		j.set(func(r *Result) { r.Digest, r.Signer = c.Checked() })
	}
	if err != nil {
		return nil, asError(err, CodeRefused, "the update was refused")
	}
	if err := j.over(); err != nil {
		return nil, err
	}

	j.enter(PhaseLoad)
	mod, err := j.u.loader.Load(j.req.Path)
	if err != nil {
		return nil, asError(err, CodeRefused, "the update cannot be loaded")
	}
	committed := false
	defer func() {
		if committed {
			return
		}
		if aerr := mod.Abandon(); aerr != nil {
			err = errors.Join(err, aerr)
		}
	}()
	p, ws, err := j.plan(mod)
	if err != nil {
		return nil, err
	}
	defer func() {
		if !committed && p.tr != nil {
			p.tr.discard()
		}
	}()
	if j.req.DryRun {
		found, _, err := onStacks(ws)
		if err == nil && len(found) > 0 {
			err = liveError(found)
		}
		return nil, err
	}

	if j.req.Ready != nil {
		j.req.Ready(j.ctx)
		if err := j.over(); err != nil {
			return nil, err
		}
	}
	for i, f := range p.up.BeforeStop {
		if err := lend(fmt.Sprintf("hook %d before the stop", i+1), f); err != nil {
			return nil, asError(err, CodeFailed, "a hook before the stop gave the update up")
		}
	}

	stopped, err := j.stop(p, ws)
	if err != nil {
		return nil, err
	}
	// The program stands still.
	defer runtime.Resume()

	j.enter(PhaseTransform)
	var (
		converted map[*runtime.Rec][]runtime.Frame
		then      map[*runtime.Rec][]func()
		writes    []func()
	)
	runtime.Lend(func() { converted, then, writes, err = j.transform(p) })
	if err == nil {
		err = j.over()
	}
	if err != nil {
		return nil, err
	}

	j.enter(PhaseCommit)
	if err := mod.Commit(); err != nil {
		return nil, asError(err, CodeFailed, "the new code cannot be made part of the program")
	}
	committed = true // nothing can fail from here on
	if p.tr != nil {
		p.tr.apply()
		runtime.Leave(p.leaving)
		p.leaving = nil
	}
	for _, w := range writes {
		w()
	}
	for _, set := range p.fromVars {
		set()
	}
	newcomers, warnings := p.newcomers()
	p.next.Convert = p.convert
	p.failed = func(e *Error) { j.set(func(r *Result) { r.late(e) }) }
	left := &rest{newcomers: newcomers, afterwards: p.up.AfterCommit}
	onward := map[*runtime.Rec]func() error{}
	for r, fs := range then {
		f := p.onward(converted[r][0], fs)
		left.onward.Add(1)
		onward[r] = func() error {
			defer left.onward.Done()
			return f()
		}
	}
	p.lettingGo = true
	runtime.CommitRelease(p.next, converted, onward)
	j.u.plans = append(j.u.plans, p)
	serveOlder(j.u.plans)
	now := time.Now()
	j.set(func(r *Result) {
		r.RequestToCommitNS = int64(now.Sub(r.Requested))
		r.StopNS = int64(now.Sub(stopped))
		r.ReleaseAfter, r.ReleaseID = p.next.Number, p.next.ID
		for _, fs := range converted {
			r.Frames += len(fs)
		}
		r.Rebuilt = len(converted)
		r.Warnings = warnings
		if p.tr != nil {
			r.Objects = p.tr.objects()
		}
		r.Stragglers = nil
	})
	j.enter(PhaseResume)
	go p.letGo()
	return left, nil
}

// plan gets the update's maps and proves them.
func (j *job) plan(mod Module) (*plan, []watch, error) {
	var up *Update
	err := lend("the update's Upstare function", func() (err error) {
		up, err = mod.Update()
		return err
	})
	if err != nil {
		return nil, nil, asError(err, CodeRefused, "the update cannot be loaded")
	}
	p, err := newPlan(runtime.Current(), up)
	if err != nil {
		return nil, nil, err
	}
	if up.heap != nil {
		up.heap(program{p})
	}
	ws, err := p.watches(j.u.plans)
	if err == nil {
		err = p.prepareVars()
	}
	if err == nil {
		err = j.over()
	}
	return p, ws, err
}

// stop brings the program to a standstill in which the update can be made, and
// returns since when. Each attempt may last twice as long as the one before, and
// the program runs in between for as long as it has been kept waiting.
func (j *job) stop(p *plan, ws []watch) (time.Time, error) {
	j.enter(PhaseQuiesce)
	var last error
	for budget := firstBudget; ; budget = min(2*budget, DefaultTimeout) {
		since := time.Now()
		again, err := j.attempt(p, ws, budget)
		if err != nil && j.req.Tried != nil {
			j.req.Tried(err, again)
		}
		if err == nil || !again {
			return since, err
		}
		// An attempt that was cut short says less than those before.
		if last == nil || err != errUnstarted && j.ctx.Err() == nil {
			last = err
		}
		select {
		case <-j.ctx.Done():
			return since, j.overWith(last)
		case <-time.After(time.Since(since)):
		}
	}
}

// attempt is one attempt to stop the program. Unless it succeeds the program
// runs again when it returns; again says that a later one may succeed.
func (j *job) attempt(p *plan, ws []watch, budget time.Duration) (again bool, err error) {
	runtime.StopWorld()
	stay := false
	defer func() {
		if !stay { // also when something panics
			runtime.Resume()
		}
	}()
	j.set(func(r *Result) { r.Attempts++ })
	if !waitQuiet(j.ctx, budget) {
		return true, j.tooLate()
	}
	again, err = j.ready(p, ws)
	stay = err == nil
	return again, err
}

// tooLate says who is in the way of a stop.
func (j *job) tooLate() error {
	late := stragglers(runtime.Scan().Running)
	j.lateFirst(late)
	j.set(func(r *Result) {
		// An attempt that was cut short says less than those before: who would have
		// got there in time is among them.
		if j.ctx.Err() == nil || len(r.Stragglers) == 0 {
			r.Stragglers = late
		}
	})
	if len(late) == 0 {
		return errorf(CodeTimedOut, "not every goroutine reached a point where it can stop")
	}
	return errorf(CodeTimedOut, "%d goroutines did not reach a point where they can stop; the first is %s\n%s", len(late), late[0].Goroutine, late[0].Stack)
}

// lateFirst sorts stragglers by how often they were late: on a busy machine anybody
// may be late once, and who is late every time is in the way.
func (j *job) lateFirst(late []Straggler) {
	if j.late == nil {
		j.late = map[string]int{}
	}
	number := func(s Straggler) string { n, _, _ := strings.Cut(s.Goroutine, " ["); return n }
	for _, s := range late {
		j.late[number(s)]++
	}
	slices.SortStableFunc(late, func(a, b Straggler) int { return j.late[number(b)] - j.late[number(a)] })
}

// ready looks, at a stop, whether everything is where the update needs it. again
// says that it may be later.
func (j *job) ready(p *plan, ws []watch) (again bool, err error) {
	found, unstarted, err := onStacks(ws)
	if err != nil {
		return false, err
	}
	// Where a new goroutine begins is known once it runs; it stops soon after.
	for end := time.Now().Add(firstBudget); unstarted && j.ctx.Err() == nil && time.Now().Before(end); {
		time.Sleep(firstSleep)
		if found, unstarted, err = onStacks(ws); err != nil {
			return false, err
		}
	}
	leave, err := j.settleLeave(p)
	if on := (*runtime.OnTheWay)(nil); errors.As(err, &on) {
		e := errorf(CodeTimedOut, "%v", err)
		if on.Func != nil {
			e.Positions = []Position{{Pos: pointPos(on.Func, on.Point), Func: on.Func.Key, Point: on.Point, Why: "it has said that it waits there, and does not sleep"}}
		}
		return true, e
	}
	if err != nil {
		return false, asError(err, CodeFailed, "the channels cannot be looked at")
	}
	found = append(found, leave...)
	if (len(ws) > 0 || p.tr != nil) && !waitQuiet(j.ctx, firstBudget) {
		// Someone has come back from a park while the stacks were looked at and
		// is on the way to its base.
		return true, j.tooLate()
	}
	if found = append(found, p.onCaptured(j.u.plans)...); len(found) > 0 {
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
		err := lend("the predicate", p.up.Predicate)
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

// transform converts aside what the program consists of. writes are left for commit;
// then is what is to be done before goroutines that are converted go on.
func (j *job) transform(p *plan) (converted map[*runtime.Rec][]runtime.Frame, then map[*runtime.Rec][]func(), writes []func(), err error) {
	if err := p.collectVars(); err != nil {
		return nil, nil, nil, err
	}
	converted, then = map[*runtime.Rec][]runtime.Frame{}, map[*runtime.Rec][]func(){}
	err = runtime.CapturedSegments(func(r *runtime.Rec, frames []runtime.Frame) error {
		if frames[0].Fn.Release() != p.old {
			return nil // parked since an earlier release: it goes through the chain
		}
		fs, onward, err := p.segment(frames, false, false)
		converted[r] = fs
		if len(onward) > 0 {
			then[r] = onward
		}
		return err
	})
	if err == nil && p.tr != nil {
		err = p.carryLeaving()
	}
	if err == nil && p.tr != nil {
		if err = p.tr.run(); err != nil {
			err = asError(err, CodeFailed, "the program's state cannot be carried over")
		}
	}
	if err != nil {
		return nil, nil, nil, err
	}
	writes, err = p.finishVars()
	return converted, then, writes, err
}

// over reports whether the update's time is over.
func (j *job) over() error {
	if j.ctx.Err() == nil {
		return nil
	}
	return j.overWith(nil)
}

func (j *job) overWith(last error) error {
	switch {
	case errors.Is(context.Cause(j.ctx), errCancelled):
		return errorf(CodeFailed, "the update was given up on request")
	case last != nil:
		e := *asError(last, CodeTimedOut, "")
		e.Code = CodeTimedOut
		e.Message = fmt.Sprintf("the update ran out of time after %s and was undone: %s", j.req.Timeout, e.Message)
		return &e
	}
	return errorf(CodeTimedOut, "the update ran out of time after %s and was undone", j.req.Timeout)
}
