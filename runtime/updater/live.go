package updater

import (
	"bytes"
	"fmt"
	"path"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/runtime"
)

// profileDepth is how many frames of a stack the goroutine profile shows.
const profileDepth = 128

// A watch is a point that must not be on any stack.
type watch struct {
	file string
	line int
	at   Position

	// rel is the release whose code it is: another one's may have a point on that line
	// that is none to watch.
	rel *runtime.Release
}

// holds reports whether a profile's line "#\t0x… \tname+0x…\tfile:line" is of the
// watch's release, as far as that is known.
func (w watch) holds(line string) bool {
	if w.rel == nil || w.rel.Text[1] == 0 {
		return true
	}
	pc, ok := address(line)
	return !ok || w.rel.Text[0] <= pc && pc < w.rel.Text[1]
}

const pinnedWhy = "a call is in flight there that may use an object whose type the update changes"

func (fp *funcPlan) pinned(pt int) bool {
	return fp != nil && fp.m != nil && slices.Contains(fp.m.Pinned, pt)
}

func splitPos(pos string) (file string, line int, ok bool) {
	cut := func(s string) (string, int, bool) {
		i := strings.LastIndexByte(s, ':')
		if i < 0 {
			return s, 0, false
		}
		n, err := strconv.Atoi(s[i+1:])
		return s[:i], n, err == nil
	}
	f, n, ok := cut(pos)
	if !ok {
		return "", 0, false
	}
	if g, m, ok := cut(f); ok {
		return g, m, true
	}
	return f, n, true
}

// onStacks looks for watched points on all stacks. With the program at a stop,
// frames that have been captured are not on stacks: onCaptured finds those.
// unstarted says that some goroutine has been made and has not run yet: nobody
// can say where it will begin.
func onStacks(ws *watches, calls map[string]Position) (found []Position, unstarted bool, err error) {
	if ws.none && len(calls) == 0 {
		return nil, false, nil
	}
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		return nil, false, err
	}
	found, unstarted = watched(b.String(), ws, calls)
	return found, unstarted && !ws.none, nil
}

// watched reads a goroutine profile in text form: groups of equal stacks, one
// line "N @ pc pc …" and then one line per frame that ends in file:line. A stack
// that has not run yet is the end of all stacks alone, with at most one function
// at its very start before it.
func watched(profile string, ws *watches, calls map[string]Position) (found []Position, unstarted bool) {
	seen := map[Position]bool{}
	put := func(p Position) {
		key := Position{Pos: p.Pos, Func: p.Func, Point: p.Point} // also of an earlier release
		if !seen[key] {
			seen[key] = true
			found = append(found, p)
		}
	}
	for group := range strings.SplitSeq(profile, "\n\n") {
		own, deep, frames, depth := false, false, 0, 0
		for line := range strings.SplitSeq(group, "\n") {
			if _, pcs, ok := strings.Cut(line, " @ "); ok {
				depth = len(strings.Fields(pcs))
				deep = depth >= profileDepth
				continue
			}
			fields := strings.Split(line, "\t")
			file, n, ok := splitLine(fields[len(fields)-1])
			if !ok {
				continue
			}
			if waits(line) {
				frames++
				own = own || runtime.OwnFile(file)
				continue
			}
			if frames++; frames == 1 && depth == 2 && strings.HasSuffix(strings.TrimRight(strings.Join(fields[:len(fields)-1], "\t"), "\t"), "+0x0") {
				unstarted = true
			}
			own = own || runtime.OwnFile(file)
			ws.at(file, n, line, put)
		}
		for _, at := range calledByReflection(strings.Split(group, "\n"), calls) {
			put(at)
		}
		unstarted = unstarted || depth == 1 && frames == 0
		if own && deep {
			put(Position{Why: fmt.Sprintf("a stack is deeper than the %d frames that can be looked at while points are left out of the map", profileDepth)})
		}
	}
	return found, unstarted
}

// waits reports whether a profile's line "#\t0x… \tname+0x…\tfile:line" is of a base: it
// has been left for good, and its line may be that of any point.
func waits(line string) bool {
	pc, ok := address(line)
	return ok && runtime.Waits(pc+1)
}

// address is the one that such a line begins with.
func address(line string) (pc uintptr, ok bool) {
	rest, ok := strings.CutPrefix(line, "#\t0x")
	if !ok {
		return 0, false
	}
	text, _, _ := strings.Cut(rest, "\t")
	n, err := strconv.ParseUint(text, 16, 64)
	return uintptr(n), err == nil
}

func splitLine(s string) (file string, line int, ok bool) {
	i := strings.LastIndexByte(s, ':')
	if i < 0 {
		return "", 0, false
	}
	n, err := strconv.Atoi(s[i+1:])
	return s[:i], n, err == nil
}

// sameFile compares a position's file with a compiler's: one may be relative.
func sameFile(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || path.Base(a) == path.Base(b) && strings.HasSuffix(b, "/"+strings.TrimPrefix(a, "./"))
}

// onCaptured looks for frames without a place among the captured ones. Those that have
// been parked since an earlier release and came back during the stop are on no stack
// either; they go through the chain of maps when the program goes on.
func (p *plan) onCaptured(earlier []*plan) (found []Position) {
	chain := append(append([]*plan(nil), earlier...), p)
	look := func(f *runtime.Func, pt int, besides string) {
		why, leave := p.up.unmapped(f, pt)+besides, false
		if f.Release() != p.old {
			i := slices.IndexFunc(earlier, func(q *plan) bool { return q.old == f.Release() })
			why, leave, _ = nowhere(f, pt, chain[i:], false)
		} else if p.where(f).mapped(pt) {
			why = ""
		} else {
			leave = p.up.forbids(f, pt)
		}
		if why != "" {
			found = append(found, Position{Pos: f.Pos(pt), Func: f.Key, Point: pt, Why: why, leave: leave})
		}
	}
	runtime.CapturedSegments(func(_ *runtime.Rec, frames []runtime.Frame) error {
		called := frames[len(frames)-1].Reflected
		frames, _ = turns(frames)
		if base := frames[len(frames)-1]; called && base.Pt > 0 {
			if at, ok := p.reflects[base.Fn.Key]; ok {
				found = append(found, at)
			}
		}
		for _, fr := range frames {
			look(fr.Fn, fr.Pt, "")
		}
		return nil
	})
	// Those for which something is done before they go on, likewise.
	runtime.WaitingSegments(func(frames []runtime.Frame) {
		frames, _ = turns(frames)
		for _, fr := range frames {
			look(fr.Fn, fr.Pt, ", and about to go on")
		}
	})
	runtime.WaitingAtGates(func(f *runtime.Func) { look(f, 0, ", and about to be entered") })
	return found
}
