package updater

import (
	"cmp"
	"slices"

	"github.com/upstarego/upstarego/runtime"
)

// watches are the points that must not be on any stack: those of the release that runs are
// listed; of an earlier one only those are looked at that somebody stands at, since
// hardly anybody does, and there may be a thousand releases.
type watches struct {
	now   map[int][]watch // of the release that runs, by line
	none  bool            // every point has a place
	chain []*plan         // of the earlier releases, oldest first, and the update's own
	texts []textOf        // of the earlier releases, in order; those that are not known first
	older map[*runtime.Release]pointIndex
	said  map[standsAt]*Position // of an earlier release's: nil if it has a place
}

// A textOf is where a release's code lies, which plan i of the chain starts from.
type textOf struct {
	lo, hi uintptr // 0, 0: it is not known
	i      int
}

// may are the earlier releases that code at pc may be of.
func (ws *watches) may(pc uintptr, known bool) []textOf {
	if !known {
		return ws.texts
	}
	unknown, _ := slices.BinarySearchFunc(ws.texts, 1, func(t textOf, hi uintptr) int { return cmp.Compare(t.hi, hi) })
	at, _ := slices.BinarySearchFunc(ws.texts, pc+1, func(t textOf, pc uintptr) int { return cmp.Compare(t.hi, pc) })
	if at == len(ws.texts) || pc < ws.texts[at].lo {
		return ws.texts[:unknown]
	}
	return append(ws.texts[:unknown:unknown], ws.texts[at])
}

func (ws *watches) add(w watch) { ws.now[w.line] = append(ws.now[w.line], w) }

// at calls f for the watched points at a line of a profile.
func (ws *watches) at(file string, n int, line string, f func(Position)) {
	for _, w := range ws.now[n] {
		if sameFile(w.file, file) && w.holds(line) {
			f(w.at)
		}
	}
	pc, known := address(line)
	for _, text := range ws.may(pc, known) {
		for _, p := range ws.points(ws.chain[text.i].old)[n] {
			if !sameFile(p.file, file) {
				continue
			}
			if at := ws.nowhere(text.i, p); at != nil {
				f(*at)
			}
		}
	}
}

// points are those of an earlier release.
func (ws *watches) points(r *runtime.Release) pointIndex {
	x, ok := ws.older[r]
	if !ok {
		x = indexPoints(r)
		ws.older[r] = x
	}
	return x
}

// nowhere is a point of the release that plan i of the chain starts from, if there is no
// way into the new one.
func (ws *watches) nowhere(i int, p pointOn) *Position {
	stands := standsAt{p.f, p.pt}
	at, ok := ws.said[stands]
	if !ok {
		at = unplaced(p.f, p.pt, ws.chain[i:])
		ws.said[stands] = at
	}
	return at
}

func unplaced(f *runtime.Func, pt int, chain []*plan) *Position {
	why, leave, force := nowhere(f, pt, chain, true)
	if why == "" {
		return nil
	}
	return &Position{Pos: f.Pos(pt), Func: f.Key, Point: pt, Why: why, leave: leave, force: force}
}

// blindPoints are those that cannot be found on a stack.
func blindPoints(r *runtime.Release) (l []standsAt) {
	for f := range r.AllFuncs() {
		for pt := 1; pt < f.Points; pt++ {
			if _, _, ok := splitPos(f.Pos(pt)); !ok {
				l = append(l, standsAt{f, pt})
			}
		}
	}
	return l
}

// watches are the points of the old release, and of those before it, from which
// there is no way into the new one.
func (p *plan) watches(earlier []*plan) (*watches, error) {
	p.blind = blindPoints(p.old)
	ws := &watches{now: map[int][]watch{}, none: true, older: map[*runtime.Release]pointIndex{}, said: map[standsAt]*Position{}}
	var blind []Position
	unseen := func(at Position) {
		at.Why += ", and it has no position, so that nobody can say whether a goroutine stands there"
		blind = append(blind, at)
	}
	add := func(f *runtime.Func, pt int, why string, leave, force bool) {
		at := Position{Pos: f.Pos(pt), Func: f.Key, Point: pt, Why: why, leave: leave, force: force}
		if file, line, ok := splitPos(at.Pos); ok {
			ws.add(watch{file, line, at, f.Release()})
		} else {
			unseen(at)
		}
	}
	for f, fp := range p.funcs {
		for pt := range f.Points {
			if fp.pinned(pt) {
				ws.none = false
				add(f, pt, pinnedWhy, true, false)
				continue
			}
			if !fp.mapped(pt) {
				ws.none = false
				// Point 0 is the entry: the records show who waits there. A
				// goroutine that was made to start there and has not run yet
				// stands on the function's first line.
				if pt > 0 || f.Pos(0) != "" {
					add(f, pt, p.up.unmapped(f, pt), p.up.forbids(f, pt), pt > 0)
				}
			}
		}
	}
	if ws.none {
		return ws, nil
	}
	ws.chain = append(append([]*plan(nil), earlier...), p)
	for i, q := range earlier {
		ws.texts = append(ws.texts, textOf{q.old.Text[0], q.old.Text[1], i})
		for _, at := range q.blind {
			if found := unplaced(at.f, at.pt, ws.chain[i:]); found != nil {
				unseen(*found)
			}
		}
	}
	slices.SortFunc(ws.texts, func(a, b textOf) int { return cmp.Compare(a.hi, b.hi) })
	if len(blind) > 0 {
		return nil, &Error{Code: CodeMapIncomplete, Message: "the frame map leaves points out", Positions: blind}
	}
	return ws, nil
}
