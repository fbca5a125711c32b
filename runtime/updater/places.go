package updater

import (
	"strconv"

	"github.com/upstarego/upstarego/runtime"
)

// A place is where a frame of an earlier release goes on in the one that the last of a
// chain of plans starts from. It is lost if there is none.
type place struct {
	f    *runtime.Func
	pt   int
	lost string
	why  string // it is not the frame itself that goes on there
}

// places follows a point through all plans of a chain but the last: what a frame that
// stands there since becomes, and the goroutines that are to begin beside it. Nobody
// stands at a point that an earlier update has left out: that update has made sure.
func places(f *runtime.Func, pt int, chain []*plan) (l []place) {
	if len(chain) == 1 {
		return []place{{f: f, pt: pt}}
	}
	p := chain[0]
	fp := p.where(f)
	if !fp.mapped(pt) {
		return nil
	}
	// A point is come to by many ways: each step may double them.
	last := chain[len(chain)-1]
	if l, ok := last.routes[standsAt{f, pt}]; ok {
		return l
	}
	defer func() {
		l = distinct(l)
		if last.routes == nil {
			last.routes = map[standsAt][]place{}
		}
		last.routes[standsAt{f, pt}] = l
	}()
	follow := func(key string, pt int, why string) {
		to := p.next.Func(key)
		if to == nil {
			l = append(l, place{lost: "its place in " + p.next.ID + " is gone", why: why})
			return
		}
		for _, at := range places(to, pt, chain[1:]) {
			at.why = why + at.why
			l = append(l, at)
		}
	}
	for _, key := range fp.m.Starts {
		follow(key, 0, "a goroutine is to begin beside it with "+key+": ")
	}
	leads, made := fp.m.Leads[pt]
	switch {
	case made:
		for _, to := range leads {
			follow(to.Key, to.Point, "")
		}
	case fp.m.Convert != nil && !fp.m.ruled:
		l = append(l, place{lost: "its map may lead to a place that is not mapped"})
	default:
		// A Convert of the vocabulary keeps to Points where it does not make the frames
		// itself.
		follow(fp.m.New, fp.points[pt], "")
	}
	return l
}

// standsAt is a point of a function of some release.
type standsAt struct {
	f  *runtime.Func
	pt int
}

// distinct leaves each place out but the first time.
func distinct(l []place) (out []place) {
	seen := map[place]bool{}
	for _, at := range l {
		key := at
		key.why = ""
		if !seen[key] {
			seen[key] = true
			out = append(out, at)
		}
	}
	return out
}

// nowhere says why a frame that stands at a point since an earlier release cannot be
// taken along by the last plan of the chain, or "". parked: it waits for a call to
// return. leave says that the map wants it to leave, so that it is worth to wait; force,
// that no call is in flight there that uses what moves.
func nowhere(f *runtime.Func, pt int, chain []*plan, parked bool) (why string, leave, force bool) {
	p := chain[len(chain)-1]
	leave, force = true, true
	for _, at := range places(f, pt, chain) {
		bad := at.lost
		switch {
		case bad != "":
			leave = false
		case !p.where(at.f).mapped(at.pt):
			bad = "its place in " + p.old.ID + ", point " + strconv.Itoa(at.pt) + " of " + at.f.Key + ", is not mapped"
			leave = leave && p.up.forbids(at.f, at.pt)
		case parked && p.where(at.f).pinned(at.pt):
			bad, force = pinnedWhy, false
		}
		if bad != "" && why == "" {
			why = at.why + "parked since an earlier release; " + bad
		}
	}
	return why, leave && why != "", force
}
