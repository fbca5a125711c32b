package updater

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/upstarego/upstarego/runtime"
)

// update takes the program through all phases. Every way out but the last leaves
// it as it was. When it has been committed there is a rest to do.
func (j *job) update() (_ *rest, err error) {
	j.enter(PhaseCheck)
	if err := j.check(); err != nil {
		return nil, err
	}

	j.enter(PhaseLoad)
	mod, err := j.load()
	if err != nil {
		return nil, err
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
		p.space.Release()
		if !committed && p.tr != nil {
			j.atEnd(p.tr.discard)
		}
	}()
	if err := j.lastChecks(p); err != nil {
		return nil, err
	}
	if j.req.DryRun {
		found, _, err := onStacks(ws, p.reflects)
		if err == nil && len(found) > 0 {
			err = liveError(found)
		}
		return nil, err
	}

	j.touch(p)

	j.enter(PhaseQuiesce)
	stopped, err := j.stop(p, ws)
	if err != nil {
		return nil, err
	}
	// The program stands still.
	defer func() {
		runtime.Resume()
		j.fault("resumed")
	}()

	j.enter(PhaseTransform)
	made, err := j.transform(p)
	if err != nil {
		return nil, err
	}

	j.enter(PhaseCommit)
	if err := j.join(mod); err != nil {
		return nil, err
	}
	committed = true // nothing can fail from here on
	left := j.commit(p, made)
	j.set(func(r *Result) { r.StopNS = int64(time.Since(stopped)) })
	j.enter(PhaseResume)
	go p.letGo()
	return left, nil
}

// check verifies the update file.
func (j *job) check() error {
	if err := j.alone(); err != nil {
		return err
	}
	if err := j.fault("check"); err != nil {
		return err
	}
	for _, p := range j.u.plans {
		p.sweep()
	}
	if err := j.room(); err != nil {
		return err
	}
	err := j.call("the check of "+j.req.Path, func() error { return j.u.loader.Check(j.req.Path) })
	if c, ok := j.u.loader.(Checker); ok && j.left == nil {
		j.set(func(r *Result) { r.Digest, r.Signer = c.Checked() })
	}
	if err != nil {
		return asError(err, CodeRefused, "the update was refused")
	}
	return j.over()
}

// load opens the update's code.
func (j *job) load() (mod Module, err error) {
	if err := j.fault("load"); err != nil {
		return nil, err
	}
	opened := make(chan Module, 1)
	err = j.call("the loading of "+j.req.Path, func() error {
		m, err := j.u.loader.Load(j.req.Path)
		if err == nil {
			opened <- m
		}
		return err
	})
	if err != nil {
		j.atEnd(func() {
			select {
			case m := <-opened:
				m.Abandon()
			default:
			}
		})
		return nil, j.unloaded(err)
	}
	return <-opened, nil
}

// lastChecks is what comes between the plan and the stop.
func (j *job) lastChecks(p *plan) error {
	if j.req.Ready != nil && !j.req.DryRun {
		j.req.Ready(j.ctx)
		if err := j.over(); err != nil {
			return err
		}
	}
	for i, f := range p.up.BeforeStop {
		what := fmt.Sprintf("hook %d before the stop", i+1)
		if err := j.call(what, func() error { return lend(what, f) }); err != nil {
			return asError(err, CodeFailed, "a hook before the stop gave the update up")
		}
	}
	if err := j.fault("hooks"); err != nil {
		return err
	}
	if err := j.reserveRoom(p); err != nil {
		return err
	}
	return j.over()
}

// plan gets the update's maps and proves them.
func (j *job) plan(mod Module) (*plan, *watches, error) {
	if err := j.fault("loaded"); err != nil {
		return nil, nil, err
	}
	var up *Update
	const what = "the update's Upstare function"
	err := j.call(what, func() error {
		return lend(what, func() (err error) {
			up, err = mod.Update()
			return err
		})
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
	if err == nil && len(ws.texts) > 0 {
		_, _, err = onStacks(ws, nil) // what is found out of earlier releases is not to be found out in the stop
	}
	if err == nil {
		err = j.call("an initial value of a variable", p.prepareVars)
	}
	if err == nil {
		err = j.fault("planned")
	}
	if err == nil {
		err = j.over()
	}
	return p, ws, err
}

// made is what transform has made aside.
type made struct {
	converted map[*runtime.Rec][]runtime.Frame
	then      map[*runtime.Rec][]func() // to be done before goroutines that are converted go on
	writes    []func()                  // left for commit
}

// transform converts aside what the program consists of.
func (j *job) transform(p *plan) (*made, error) {
	if err := j.fault("transform"); err != nil {
		return nil, err
	}
	p.space.Release()
	m := &made{converted: map[*runtime.Rec][]runtime.Frame{}, then: map[*runtime.Rec][]func(){}}
	err := j.bound("a function of framemap.go", func(s *side) (err error) {
		p.side = s
		runtime.Lend(func() { err = guard("the transform", func() error { return j.convert(p, m) }) })
		return err
	})
	if j.left == nil {
		p.side = nil
	}
	if err == nil {
		err = j.fault("transformed")
	}
	if err == nil {
		err = j.over()
	}
	return m, err
}

func (j *job) convert(p *plan, m *made) error {
	if err := p.collectVars(); err != nil {
		return err
	}
	err := runtime.CapturedSegments(func(r *runtime.Rec, frames []runtime.Frame) error {
		if frames[0].Fn.Release() != p.old {
			return nil // parked since an earlier release: it goes through the chain
		}
		if err := j.fault("frame"); err != nil {
			return err
		}
		if err := j.over(); err != nil {
			return err
		}
		fs, onward, err := p.segment(frames, false, false)
		m.converted[r] = fs
		if len(onward) > 0 {
			m.then[r] = onward
		}
		return err
	})
	if err == nil && p.tr != nil {
		err = p.carryLeaving()
	}
	if err == nil && p.tr != nil {
		p.tr.bound(j.limits(p))
		if err = p.tr.run(); err != nil {
			err = asError(err, CodeFailed, "the program's state cannot be carried over")
		}
	}
	if err != nil {
		return err
	}
	m.writes, err = p.finishVars()
	return err
}

// join makes the new code part of the process. If it fails nothing of it is.
func (j *job) join(mod Module) error {
	if err := j.fault("commit"); err != nil {
		return err
	}
	err := j.call("an init function of the new release", func() error { return mod.Commit(j.fault) })
	if err == nil {
		err = j.over()
	}
	if err != nil {
		return asError(err, CodeFailed, "the new code cannot be made part of the program")
	}
	return nil
}

// commit makes what was made aside the program.
func (j *job) commit(p *plan, m *made) *rest {
	if p.tr != nil {
		p.tr.apply()
		runtime.Leave(p.leaving)
		p.leaving = nil
	}
	for _, w := range m.writes {
		w()
	}
	for _, set := range p.fromVars {
		set()
	}
	j.fault("applied")
	newcomers, warnings := j.newcomers(p)
	p.next.Convert = p.convert
	p.failed = j.u.tell(j.res.ID)
	left := &rest{newcomers: newcomers, afterwards: p.up.AfterCommit, empties: p.up.Emptied, plan: p}
	onward := map[*runtime.Rec]func() error{}
	for r, fs := range m.then {
		f := p.onward(m.converted[r][0], fs)
		left.onward.Add(1)
		onward[r] = func() error {
			defer left.onward.Done()
			return f()
		}
	}
	p.settle()
	p.old.Superseded()
	p.lettingGo = true
	runtime.CommitRelease(p.next, m.converted, onward)
	if n := len(j.u.plans); n > 0 {
		j.u.plans[n-1].after.Store(p)
	}
	for _, q := range slices.Backward(j.u.plans) {
		if q.tr != nil && p.tr != nil {
			q.tr.before(p.tr)
			break
		}
	}
	j.u.plans = append(j.u.plans, p)
	serveOlder(j.u.plans)
	j.set(func(r *Result) {
		r.RequestToCommitNS = int64(time.Since(r.Requested))
		r.ReleaseAfter, r.ReleaseID = p.next.Number, p.next.ID
		for _, fs := range m.converted {
			r.Frames += len(fs)
		}
		r.Rebuilt = len(m.converted)
		r.Warnings = warnings
		if p.tr != nil {
			r.Objects = p.tr.objects()
		}
		r.Stragglers = nil
	})
	j.fault("committed")
	return left
}
