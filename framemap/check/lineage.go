package check

import (
	"fmt"
	"go/token"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A Since is a release of the lineage, the base included, and what becomes of its
// points: a goroutine may have been parked at any of them since that release was the
// current one.
type Since struct {
	Release int
	Known   bool // the base says what points it had; what follows is of these
	Funcs   int
	Points  int
	Moved   int   // have a place that is another function's or has another number
	Left    int   // nobody is there: an earlier update was made when all had left
	Leave   []Old // have to be left before this update
	Open    []Old // have no place
}

// An Old is a point of an earlier release.
type Old struct {
	File  string // import path + "/" + file name
	Line  int
	Key   string
	Point int
	Now   ledger.Stand // where a goroutine that stands there goes on in the base release

	lost bool // in a step before that: Now is where
}

// Placed is how many points have a place in the new release.
func (s *Since) Placed() int { return s.Points - s.Left - len(s.Leave) - len(s.Open) }

// NewPass is the step that rules make, for the ledger of the new release.
func NewPass(old, new *ledger.Release, rules *Rules) ledger.Pass {
	p := ledger.Pass{Number: old.Number}
	same := map[string]bool{}
	for i := range rules.Funcs {
		r := &rules.Funcs[i]
		o, n := old.Func(r.Old), new.Func(r.New)
		if n != nil && r.New == r.Old && r.Points == nil && r.Starts == nil && o.Gate == n.Gate {
			same[r.Old] = true
			continue
		}
		f := ledger.Passed{Key: o.Key, File: o.File, Gate: o.Gate, New: r.New, Points: r.Points, Left: r.Never, Starts: r.Starts}
		for _, pt := range o.Points {
			f.Lines = append(f.Lines, pt.Line)
		}
		for _, at := range r.At {
			if f.Made == nil {
				f.Made = map[int][]ledger.Stand{}
			}
			f.Made[at] = []ledger.Stand{}
			for _, l := range r.Leads[at] {
				f.Made[at] = append(f.Made[at], ledger.Stand{Key: l.Key, Point: l.Point})
			}
		}
		p.Funcs = append(p.Funcs, f)
	}
	for i := range new.Funcs {
		if key := new.Funcs[i].Key; !same[key] {
			p.Added = append(p.Added, key)
		}
	}
	return p
}

// Passes are those of a release that follows old by rules.
func Passes(old, new *ledger.Release, rules *Rules) []ledger.Pass {
	return append(slices.Clip(old.Passes), NewPass(old, new, rules))
}

// A lineage is what is known of the steps up to the base.
type lineage struct {
	base   *ledger.Release
	passes map[int]map[string]*ledger.Passed // by number of the release they start from, and key
	funcs  map[int]map[string]*ledger.Passed // the functions of each release
	known  map[int]map[ledger.Stand][]fate   // by release, as they are asked for
}

func newLineage(base *ledger.Release) *lineage {
	l := &lineage{base, map[int]map[string]*ledger.Passed{}, map[int]map[string]*ledger.Passed{}, map[int]map[ledger.Stand][]fate{}}
	all := map[string]*ledger.Passed{}
	for i := range base.Funcs {
		f := &base.Funcs[i]
		p := &ledger.Passed{Key: f.Key, File: f.File, Gate: f.Gate}
		for _, pt := range f.Points {
			p.Lines = append(p.Lines, pt.Line)
		}
		all[f.Key] = p
	}
	l.funcs[base.Number] = all
	for _, pass := range slices.Backward(base.Passes) {
		all = maps.Clone(all)
		for _, key := range pass.Added {
			delete(all, key)
		}
		l.passes[pass.Number] = map[string]*ledger.Passed{}
		for i := range pass.Funcs {
			f := &pass.Funcs[i]
			all[f.Key], l.passes[pass.Number][f.Key] = f, f
		}
		l.funcs[pass.Number] = all
	}
	return l
}

// A fate is where a frame of an earlier release is by the time of the base.
type fate struct {
	at   ledger.Stand
	left bool // nobody is there
	open bool // a step says nothing of it
}

// fates follows a point through the steps up to the base: what a frame that stands there
// since then becomes, and the goroutines that begin beside it, each once: functions that
// are split in one step and joined in the next one lead to the same place many times over.
func (l *lineage) fates(release int, at ledger.Stand) []fate {
	all, is := l.known[release][at]
	if !is {
		all = l.follow(release, at)
		if l.known[release] == nil {
			l.known[release] = map[ledger.Stand][]fate{}
		}
		l.known[release][at] = all
	}
	return all
}

// follow is fates by one step.
func (l *lineage) follow(release int, at ledger.Stand) (all []fate) {
	if release == l.base.Number {
		return []fate{{at: at, open: l.funcs[release][at.Key] == nil || at.Point >= len(l.funcs[release][at.Key].Lines)}}
	}
	f := l.passes[release][at.Key]
	switch {
	case f == nil && l.funcs[release][at.Key] == nil:
		return []fate{{at: at, open: true}}
	case f == nil:
		return l.fates(release+1, at)
	case slices.Contains(f.Left, at.Point):
		return []fate{{at: at, left: true}}
	}
	add := func(at ledger.Stand) {
		for _, to := range l.fates(release+1, at) {
			if !slices.Contains(all, to) {
				all = append(all, to)
			}
		}
	}
	for _, key := range f.Starts {
		add(ledger.Stand{Key: key})
	}
	made, is := f.Made[at.Point]
	switch {
	case is:
		for _, m := range made {
			add(m)
		}
		return all
	case f.Points != nil && f.Points[at.Point] < 0:
		return append(all, fate{at: at, open: true})
	case f.Points != nil:
		at.Point = f.Points[at.Point]
	}
	at.Key = f.New
	add(at)
	return all
}

// each calls f for all points of a release at which a frame may stand, in order.
func (l *lineage) each(release int, f func(fn *ledger.Passed, at ledger.Stand)) {
	for _, key := range slices.Sorted(maps.Keys(l.funcs[release])) {
		fn := l.funcs[release][key]
		for pt := range fn.Lines {
			if pt > 0 || fn.Gate { // nobody waits at another entry
				f(fn, ledger.Stand{Key: key, Point: pt})
			}
		}
	}
}

// since finds, for each point of the base, the points of earlier releases from which
// frames come there.
func (l *lineage) since() map[ledger.Stand][]string {
	m := map[ledger.Stand][]string{}
	for n := range l.base.Number {
		l.each(n, func(fn *ledger.Passed, at ledger.Stand) {
			for _, to := range l.fates(n, at) {
				if !to.left && !to.open {
					m[to.at] = append(m[to.at], fmt.Sprintf("point %d of %s in release %d", at.Point, at.Key, n))
				}
			}
		})
	}
	return m
}

// lineage says of every release what becomes of its points.
func (c *checker) lineage(r *Rules) (all []Since) {
	resolved := map[string]*Resolved{}
	for i := range r.Funcs {
		resolved[r.Funcs[i].Old] = &r.Funcs[i]
	}
	for n := 1; n <= c.Old.Number; n++ {
		s := Since{Release: n, Known: c.line.funcs[n] != nil, Funcs: len(c.line.funcs[n])}
		c.line.each(n, func(fn *ledger.Passed, at ledger.Stand) {
			s.Points++
			old := Old{File: fn.File, Line: fn.Lines[at.Point], Key: at.Key, Point: at.Point}
			open, leave, moved, left := false, false, false, false
			for _, to := range c.line.fates(n, at) {
				if to.left { // nobody was where all of it comes from, either
					left = true
					break
				}
				p := resolved[to.at.Key]
				switch {
				case to.open || p == nil:
					open, old.lost, old.Now = true, to.open, to.at
				case slices.Contains(p.Never, to.at.Point):
					if leave = true; !open {
						old.Now = to.at
					}
				case slices.Contains(p.At, to.at.Point):
					moved = true
				case p.Points != nil && p.Points[to.at.Point] < 0:
					open, old.Now = true, to.at
				default:
					moved = moved || to.at != at || p.New != at.Key || p.Points != nil && p.Points[at.Point] != at.Point
				}
			}
			switch {
			case left:
				s.Left++
			case open:
				if old.lost && n < c.Old.Number {
					c.diags.Add(diag.UnmappedPoint, token.Position{Filename: fmt.Sprintf("%s@r%d", old.File, n), Line: old.Line, Column: 1},
						fmt.Sprintf("point %d of %s has no place in the new release for goroutines that have been parked there since release %d", at.Point, at.Key, n),
						fmt.Sprintf("point %d of %s, where the maps of the releases since then lead to, goes nowhere", old.Now.Point, old.Now.Key), "mend the map of that release, and build it again")
				}
				s.Open = append(s.Open, old)
			case leave:
				s.Leave = append(s.Leave, old)
			case moved:
				s.Moved++
			}
		})
		all = append(all, s)
	}
	return all
}

// parkedSince tells of a point of the base that goroutines may have come there from
// earlier releases.
func (c *checker) parkedSince(at ledger.Stand) string {
	if c.Old.Number == 1 {
		return ""
	}
	if c.comes == nil {
		c.comes = c.line.since()
	}
	l := c.comes[at]
	if len(l) == 0 {
		return ""
	}
	return "; goroutines that were parked at " + strings.Join(l, " or ") + " stand there as well"
}

func (o Old) String() string {
	s := fmt.Sprintf("%s:%d: point %d of %s", path.Base(o.File), o.Line, o.Point, o.Key)
	if o.Now.Key != o.Key || o.Now.Point != o.Point {
		s += fmt.Sprintf(", now point %d of %s", o.Now.Point, o.Now.Key)
	}
	return s
}
