package updater

import (
	"errors"
	"reflect"
	"slices"
	"time"
	"unsafe"

	"github.com/upstarego/upstarego/runtime"
)

// leave finds, at a stop, the goroutines that have to be taken out of operations on
// channels, and what they have to do again in the new release. waiting says that some
// of them are on their way, or have still to do one again after an earlier update.
func (p *plan) leave(earlier []*plan) (found []Position, waiting error) {
	p.leaving = nil
	if p.tr == nil {
		return nil, nil
	}
	if runtime.Pending() {
		return nil, &runtime.OnTheWay{}
	}
	ws, err := runtime.FindChanWaits(p.tr.changes, p.tr.holds)
	if err != nil {
		return nil, err
	}
	refuse := func(w *runtime.ChanWait, why string) {
		found = append(found, Position{Pos: w.Func.Pos(w.Point), Func: w.Func.Key, Point: w.Point, Why: why, leave: true})
	}
	for _, w := range ws.Shared {
		refuse(w, "a goroutine waits there for a channel whose elements change, and so does foreign code, which would go on with the old one")
	}
	for _, w := range ws.Waits {
		op := w.Func.ChanOp(w.Point)
		why := p.doneAgain(w.Func, w.Point, op, earlier)
		if why == "" && w.Twice(op) {
			why = "a goroutine waits there to send on one channel, whose elements change, by two cases of a select"
		}
		if why != "" {
			refuse(w, why)
			continue
		}
		p.leaving = append(p.leaving, ws.Again(w, op))
	}
	p.tr.leaving(ws.Left)
	return found, nil
}

// doneAgain says why an operation on channels cannot be done again in the new release, or
// "". f may be a template: then that goes for all its instances.
func (p *plan) doneAgain(f *runtime.Func, pt int, op *runtime.ChanOp, earlier []*plan) (why string) {
	chain := append(slices.Clone(earlier), p)
	i := slices.IndexFunc(chain, func(q *plan) bool { return q.old == f.Release() })
	if i < 0 {
		return "its release is not known"
	}
	for g := range f.Release().AllFuncs() {
		if g != f && g.Origin() != f {
			continue
		}
		const gone = "a goroutine waits there for a channel whose elements change, and the operation has no like in the new release"
		l := places(g, pt, chain[i:])
		if len(l) != 1 || l[0].lost != "" || l[0].why != "" || !p.where(l[0].f).mapped(l[0].pt) {
			return gone
		}
		to, at, ok := p.goesTo(l[0].f, l[0].pt)
		if !ok || !op.Same(to.ChanOp(at)) {
			return gone
		}
	}
	return ""
}

// goesTo is the point of the new release that a frame goes on at, if it is one.
func (p *plan) goesTo(f *runtime.Func, pt int) (to *runtime.Func, at int, ok bool) {
	fp := p.where(f)
	if leads, made := fp.m.Leads[pt]; made {
		if len(leads) != 1 {
			return nil, 0, false
		}
		to = p.next.Func(leads[0].Key)
		return to, leads[0].Point, to != nil
	}
	if to = fp.new; to == nil {
		to = p.next.Func(fp.m.New)
	}
	return to, fp.points[pt], to != nil
}

// settleLeave is leave when everybody has had time to get where he is going.
func (j *job) settleLeave(p *plan) (found []Position, err error) {
	for end, sleep := time.Now().Add(firstBudget), firstSleep; ; {
		found, err = p.leave(j.u.plans)
		if !errors.As(err, new(*runtime.OnTheWay)) || j.ctx.Err() != nil || time.Now().After(end) {
			return found, err
		}
		time.Sleep(sleep)
		sleep = min(2*sleep, longestWait)
	}
}

// carryLeaving notes what the goroutines that leave take along.
func (p *plan) carryLeaving() error {
	for _, a := range p.leaving {
		for i := range a.Slots {
			if err := p.tr.inPlace(reflect.NewAt(anyType, unsafe.Pointer(&a.Slots[i])).Elem()); err != nil {
				return err
			}
		}
	}
	return nil
}

var anyType = reflect.TypeFor[any]()
