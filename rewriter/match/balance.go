package match

import (
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// What is locked and counted belongs to a goroutine and not to a frame: what a frame has
// taken, its callers may have had, or may have now.

// balances finds locks that a step's frames hold and should not, or the other way round,
// and counts.
func (x *crossing) balances(s *Step) (l []Concern) {
	o, n := s.Old, s.New
	changed := o.Hash != n.Hash
	if !changed && !slices.ContainsFunc(n.Effects, func(e ledger.Effect) bool { return e.By != "" }) {
		return nil
	}
	above := map[string][]carried{} // by counter
	for _, key := range counters(o, n) {
		above[key] = x.above(o, anyOf(o, n, key), map[*ledger.Func]bool{})
	}
	for i := 1; i < len(s.To); i++ {
		j := s.To[i]
		if j < 1 {
			continue
		}
		if changed {
			for _, key := range n.Points[j].Held {
				if !slices.Contains(o.Points[i].Held, key) && !x.handed(o, of(n, key), true, map[*ledger.Func]bool{}) {
					l = enter(l, s, NotHeld, i, lock(o, key), lock(n, key))
				}
			}
			for _, key := range o.Points[i].Held {
				if !slices.Contains(n.Points[j].Held, key) && !x.handed(o, of(o, key), false, map[*ledger.Func]bool{}) {
					l = enter(l, s, Kept, i, lock(o, key), lock(n, key))
				}
			}
		}
		for _, key := range counters(o, n) {
			a, b := sumOf(o, i, key), sumOf(n, j, key)
			var v Verdict
			var caller carried
			moved := func(up bool) bool {
				k := slices.IndexFunc(above[key], func(c carried) bool { return c.moved && (c.by > 0) == up })
				if k >= 0 {
					caller = above[key][k]
				}
				return k >= 0
			}
			switch by := b.done - a.done; {
			case by != 0:
				if changed && direct(o, i, n, j, key) != 0 && slices.ContainsFunc(above[key], func(c carried) bool { return c.by != -by }) {
					v = balance(a, b)
				}
			case moved(true):
				v = Uncounted
			case moved(false):
				v = Overcount
			}
			if v == "" {
				continue
			}
			before := len(l)
			if l = enter(l, s, v, i, a.first, b.first); len(l) == before {
				continue
			}
			c := &l[before]
			if v == Overcount && c.Old == nil {
				c.From, c.Was = caller.in, caller.at
			}
			if v == Uncounted && c.New == nil {
				c.To, c.Is = caller.in, caller.at
			}
		}
	}
	return l
}

// handed reports whether a lock that frames of a function take over with another balance
// is balanced by those who have called it, all of them: the new function holds it and the
// frame does not, since the callers did (taken), or the other way round.
func (x *crossing) handed(o *ledger.Func, of string, taken bool, seen map[*ledger.Func]bool) bool {
	if seen[o] {
		return true // asked for already
	}
	seen[o] = true
	sites := x.old.sites[ledger.Generic(o.Key)]
	if of == "" || o.Outside || len(sites) == 0 {
		return false
	}
	for _, at := range sites {
		if x.free(at) {
			continue
		}
		s, p, q := x.waits(at)
		if s == nil {
			return false
		}
		had, has := holds(at.in, p, of), holds(s.New, q, of)
		if had == has && !x.handed(at.in, of, taken, seen) || had != has && had != taken {
			return false
		}
	}
	return true
}

// waits is where a caller's frame goes, and its point there; nil if that is not known.
func (x *crossing) waits(at site) (s *Step, old, new int) {
	s, old = x.steps[at.in], at.call.Point
	if s == nil || s.New == nil || old == 0 || old >= len(s.To) || s.To[old] < 1 {
		return nil, 0, 0
	}
	return s, old, s.To[old]
}

// free reports whether nobody waits for a call when the step is made.
func (x *crossing) free(at site) bool {
	s := x.steps[at.in]
	return s != nil && at.call.Point > 0 && slices.Contains(s.Free, at.call.Point)
}

func holds(f *ledger.Func, point int, what string) bool {
	return slices.ContainsFunc(f.Points[point].Held, func(key string) bool { return of(f, key) == what })
}

// of is what a lock or a counter of a function is in all others.
func of(f *ledger.Func, key string) string {
	for i := range f.Effects {
		if e := &f.Effects[i]; (counts(e) || e.Kind == ledger.Lock || e.Kind == ledger.Unlock) && keyOf(e) == key {
			return e.Of
		}
	}
	return ""
}

func anyOf(o, n *ledger.Func, key string) string {
	if s := of(n, key); s != "" {
		return s
	}
	return of(o, key)
}

// carried is how much more a new function has counted than its frame, where it waits for
// another one, without what that has counted; moved is whether it is the same when that has
// returned: one does what the other did.
type carried struct {
	by    int
	moved bool
	in    *ledger.Func // who carries it, in the old release or in the new one
	at    *ledger.Effect
}

// above lists what the callers of a function carry, or theirs if they carry nothing.
func (x *crossing) above(o *ledger.Func, of string, seen map[*ledger.Func]bool) (l []carried) {
	if seen[o] {
		return nil // listed already
	}
	seen[o] = true
	sites := x.old.sites[ledger.Generic(o.Key)]
	if of == "" || o.Outside || len(sites) == 0 {
		return []carried{{}}
	}
	for _, at := range sites {
		if x.free(at) {
			continue
		}
		c := carried{}
		if at.call.Point >= len(at.in.Points) { // a goroutine begins there
			l = append(l, c)
			continue
		}
		if s, p, q := x.waits(at); s != nil {
			var past int
			for _, side := range []struct {
				f     *ledger.Func
				point int
				by    int
				to    *ledger.Func
			}{{at.in, p, -1, o}, {s.New, q, 1, x.become(o)}} {
				for i := range side.f.Effects {
					e := &side.f.Effects[i]
					if at := ledger.From(e.Places, side.point); !counts(e) || e.Of != of || at != ledger.Done && at != ledger.Over {
						continue
					}
					by := side.by
					if e.Kind == ledger.Uncount {
						by = -by
					}
					past += by
					if side.to == nil || e.By != ledger.Generic(side.to.Key) {
						c.by += by
						if c.at == nil {
							c.in, c.at = side.f, e
						}
					}
				}
			}
			c.moved = c.by != 0 && past == 0
		}
		if c.by == 0 {
			l = append(l, x.above(at.in, of, seen)...)
		} else {
			l = append(l, c)
		}
	}
	return l
}

// become is the function that a step leads to.
func (x *crossing) become(o *ledger.Func) *ledger.Func {
	if s := x.steps[o]; s != nil {
		return s.New
	}
	return nil
}

// lock is the first place where a function takes a lock.
func lock(f *ledger.Func, key string) *ledger.Effect {
	for i := range f.Effects {
		if e := &f.Effects[i]; e.Kind == ledger.Lock && keyOf(e) == key {
			return e
		}
	}
	return nil
}

func counts(e *ledger.Effect) bool { return e.Kind == ledger.Count || e.Kind == ledger.Uncount }

// counters lists what two functions count.
func counters(o, n *ledger.Func) []string {
	var l []string
	for _, f := range []*ledger.Func{n, o} {
		for i := range f.Effects {
			if e := &f.Effects[i]; counts(e) && !slices.Contains(l, keyOf(e)) {
				l = append(l, keyOf(e))
			}
		}
	}
	return l
}

// A sum is how a function counts, seen from a point.
type sum struct {
	done, up, down int            // up less down so far; what is ahead
	first          *ledger.Effect // what was counted, or else what would be
	group          bool           // a sync.WaitGroup
}

func sumOf(f *ledger.Func, point int, key string) (s sum) {
	for i := range f.Effects {
		e := &f.Effects[i]
		if !counts(e) || keyOf(e) != key {
			continue
		}
		by, at := 1, ledger.From(e.Places, point)
		if e.Kind == ledger.Uncount {
			by = -1
		}
		s.group = s.group || strings.HasSuffix(key, ledger.Group)
		switch {
		case at == ledger.Done || at == ledger.Over:
			s.done += by
		case at == ledger.Ahead && by > 0:
			s.up++
		case at == ledger.Ahead:
			s.down++
		}
		if s.first == nil || at == ledger.Done || at == ledger.Over {
			s.first = e
		}
	}
	return s
}

// direct is how much more a new function has counted than its frame, but for what differs
// within functions that both have called: that is between those and their own frames.
func direct(o *ledger.Func, i int, n *ledger.Func, j int, key string) (by int) {
	both := func(f *ledger.Func, key string) bool {
		return slices.ContainsFunc(f.Calls, func(c ledger.Call) bool { return len(c.Callees) == 1 && c.Callees[0] == key })
	}
	for _, side := range []struct {
		f, other  *ledger.Func
		point, by int
	}{{o, n, i, -1}, {n, o, j, 1}} {
		for k := range side.f.Effects {
			e := &side.f.Effects[k]
			if at := ledger.From(e.Places, side.point); !counts(e) || keyOf(e) != key || at != ledger.Done && at != ledger.Over || e.By != "" && both(side.other, e.By) {
				continue
			}
			if e.Kind == ledger.Count {
				by += side.by
			} else {
				by -= side.by
			}
		}
	}
	return by
}

// balance compares what a frame has counted with what the new function has. A counter
// that is only ever counted up in one of the two, and nowhere else in it, tells
// something about the release and nothing about the frame.
func balance(a, b sum) Verdict {
	group := a.group || b.group
	switch {
	case b.done > a.done && (a.up > b.up || b.down > a.down || a.down < b.down || group):
		return Uncounted
	case b.done < a.done && (b.up > a.up || a.down > b.down || group):
		return Overcount
	}
	return ""
}
