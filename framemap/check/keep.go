package check

import (
	"maps"
	"slices"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// What is open at a point at which nobody stays need not be decided: the update is made
// when nobody stands there, as framemap.Never would say. Where goroutines stay it is asked
// about, since the update would wait in vain.
//
// To wait is always right, whatever is open: no frame stands at the point when the update is
// committed, and one that comes to it later has come there in the new release.

// A Kept is a point that is kept free without a rule.
type Kept struct {
	Func  *ledger.Func
	Point int
	Why   string
}

// passings tells at which points of a release nobody stays.
type passings struct {
	old   *ledger.Release
	slow  map[string]bool         // locks that are held at operations at which goroutines stay, by Of; "" is one that nobody knows
	waits map[string]bool         // functions in which such a lock is taken, by ledger.Generic
	stays map[string]map[int]bool // lines at which somebody may stay, by file
	calls map[string]bool         // functions that something calls, by ledger.Generic
}

func newPassings(old *ledger.Release) *passings {
	p := &passings{old: old, slow: map[string]bool{}, waits: map[string]bool{}, stays: map[string]map[int]bool{}}
	callers := map[string][]string{}
	for i := range old.Funcs {
		f := &old.Funcs[i]
		for k := range f.Points {
			// What is called there may wait as well; most that is called with a lock held does not.
			if q := &f.Points[k]; k > 0 && !q.Brief && q.Kind != "call" && q.Func != "(*sync.Cond).Wait" {
				for _, key := range q.Held {
					p.slow[lockOf(f, key)] = true
				}
			}
		}
		for _, c := range f.Calls {
			for _, callee := range c.Callees {
				callers[callee] = append(callers[callee], ledger.Generic(f.Key))
			}
		}
	}
	var spread func(key string)
	spread = func(key string) {
		if !p.waits[key] {
			p.waits[key] = true
			for _, c := range callers[key] {
				spread(c)
			}
		}
	}
	for i := range old.Funcs {
		f := &old.Funcs[i]
		if slices.ContainsFunc(f.Points, func(q ledger.Point) bool { return p.slowLock(f, &q) }) {
			spread(ledger.Generic(f.Key))
		}
	}
	p.reach()
	for i := range old.Funcs {
		f := &old.Funcs[i]
		for k := 1; k < len(f.Points); k++ {
			if p.stay(f, k) && p.calls[ledger.Generic(f.Key)] {
				if p.stays[f.File] == nil {
					p.stays[f.File] = map[int]bool{}
				}
				p.stays[f.File][f.Points[k].Line] = true
			}
		}
	}
	return p
}

// reach finds the functions in which somebody may be: what is entered from outside, or by a
// value, or by a go statement, and what such functions call. Functions without frames are
// taken for called.
func (p *passings) reach() {
	p.calls = map[string]bool{}
	byKey := map[string][]*ledger.Func{}
	var work []string
	add := func(key string) {
		if key = ledger.Generic(key); !p.calls[key] {
			p.calls[key] = true
			work = append(work, key)
		}
	}
	for i := range p.old.Funcs {
		f := &p.old.Funcs[i]
		byKey[ledger.Generic(f.Key)] = append(byKey[ledger.Generic(f.Key)], f)
		if f.Gate || f.Outside || f.Base {
			add(f.Key)
		}
	}
	all := func(l []ledger.Call) {
		for _, c := range l {
			for _, key := range c.Callees {
				add(key)
			}
		}
	}
	for i := range p.old.Leaves {
		all(p.old.Leaves[i].Calls)
	}
	for len(work) > 0 {
		key := work[len(work)-1]
		work = work[:len(work)-1]
		for _, f := range byKey[key] {
			all(f.Calls)
			for k := range f.Points {
				add(f.Points[k].Calls)
			}
		}
	}
}

// lockOf is the lock of a key in Held, in whichever function.
func lockOf(f *ledger.Func, key string) string {
	for i := range f.Effects {
		e := &f.Effects[i]
		if k := e.Key; e.Kind == ledger.Lock && (k == key || k == "" && e.What == key) {
			return e.Of
		}
	}
	return ""
}

// slowLock reports whether a point is one at which a lock is taken that somebody may hold
// for long.
func (p *passings) slowLock(f *ledger.Func, q *ledger.Point) bool {
	found := q.Kind == "lock"
	of := ""
	for i := range f.Effects {
		if e := &f.Effects[i]; e.Kind == ledger.Lock && e.By == "" && e.What == q.What {
			found = true
			if of = e.Of; e.Line == q.Line {
				break
			}
		}
	}
	return found && p.slow[of]
}

// stay reports whether a goroutine may stay at a point.
func (p *passings) stay(f *ledger.Func, i int) bool {
	q := &f.Points[i]
	return !q.Brief || p.slowLock(f, q) || slices.ContainsFunc(f.Calls, func(c ledger.Call) bool {
		return c.Point == i && slices.ContainsFunc(c.Callees, func(key string) bool { return p.waits[key] })
	})
}

// passing reports whether nobody stays at a point, so that an update can wait until nobody
// stands there: at an entry, if no call can come after it.
func (p *passings) passing(f *ledger.Func, i int) bool {
	if !p.calls[ledger.Generic(f.Key)] {
		return true // nobody is ever there
	}
	if i == 0 {
		return f.Direct
	}
	// A parked goroutine is told by the line that it is in.
	return !p.stay(f, i) && !p.stays[f.File][f.Points[i].Line]
}

// passing reports whether a point of which something is open is kept free instead.
func (c *checker) passing(o *ledger.Func, i int) bool {
	if c.waits == nil {
		c.waits = newPassings(c.Old)
	}
	return c.waits.passing(o, i) && !c.cameTo(o, i)
}

// cameTo reports, on the way back, whether the map of the way there leads to a point: where
// it comes from tells where it goes.
func (c *checker) cameTo(o *ledger.Func, i int) bool {
	s := c.there()
	return s != nil && slices.ContainsFunc(s.Steps, func(r Resolved) bool {
		return r.New == o.Key && (r.Points == nil && i <= r.Last || slices.Contains(r.Points, i))
	})
}

// keep keeps a point free.
func (r *Resolved) keep(o *ledger.Func, i int, why string) {
	if slices.Contains(r.Never, i) {
		return
	}
	if r.Kept == nil {
		r.Kept = map[int]string{}
	}
	r.Kept[i] = why
	r.Never = append(r.Never, i)
	slices.Sort(r.Never)
	if r.Points == nil {
		r.Points = make([]int, len(o.Points))
		for k := range r.Points {
			r.Points[k] = k
		}
	}
	r.Points[i] = -1
}

// keptFree lists the points that are kept free without a rule.
func (c *checker) keptFree(l []Resolved) (all []Kept) {
	for i := range l {
		for _, pt := range slices.Sorted(maps.Keys(l[i].Kept)) {
			all = append(all, Kept{c.Old.Func(l[i].Old), pt, l[i].Kept[pt]})
		}
	}
	return all
}
