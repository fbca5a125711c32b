package colour

import (
	"fmt"
	"go/token"
	"slices"
)

// A reason is the operation that makes a function pausable, and the callee
// whose reason comes next.
type reason struct {
	pos  token.Pos
	what string
	next *function
}

// spread decides operations, pausable functions and loops.
//
// Pausable is the least set that holds every function with a park operation, a
// Marked or Lock call, a loop that needs a poll, or a place in a cycle of calls,
// and every function that calls one of the set. A go statement calls nothing.
func spread(x *index) {
	callers := map[*function][]caller{}
	for _, f := range x.all() {
		for _, c := range f.calls {
			if c.manner == started {
				continue
			}
			for _, g := range slices.Concat(c.own, c.backs) {
				callers[g] = append(callers[g], caller{f, c})
			}
		}
	}
	markCycles(x)
	markLoopy(x, callers)

	for _, c := range x.calls {
		c.op = initialOp(c)
	}
	var work []*function
	for _, f := range x.all() {
		if why, ok := x.seed(f); ok {
			f.pausable, f.why = true, why
			work = append(work, f)
		}
	}
	// First come, first served: chains of reasons are as short as can be.
	for len(work) > 0 {
		g := work[0]
		work = work[1:]
		for _, c := range callers[g] {
			if f := c.f; !f.pausable {
				f.pausable = true
				what := g.name
				if g.escapes {
					what += ", which stops alone,"
				}
				if slices.Contains(c.backs, g) {
					what = c.stops() + ", which calls back " + g.name
				}
				f.why = reason{c.pos(), c.manner.verb() + " " + what, g}
				work = append(work, f)
			}
		}
	}
	for _, c := range x.calls {
		c.op = finalOp(c)
	}
	for _, f := range x.funcs {
		x.decideLoops(f, true)
	}
	markLasting(x, callers)
}

// A caller is a function and one of its calls.
type caller struct {
	f *function
	*call
}

func (m manner) verb() string {
	return [...]string{"calls", "defers", "starts"}[m]
}

// initialOp is what a call is by its callees alone.
func initialOp(c *call) Op {
	switch {
	case c.manner == started:
		return Plain
	case c.unknown != "" || c.verdict == blocks:
		return Marked
	case c.verdict == locks:
		if c.static == nil || c.manner == deferred {
			return Marked // there is nothing to try first
		}
		return Lock
	}
	return Plain
}

// finalOp takes the colours of own callees in.
func finalOp(c *call) Op {
	op := initialOp(c)
	if op == Marked || c.manner == started {
		return op
	}
	for _, g := range c.backs {
		if g.pausable {
			return Marked // foreign frames lie between the call and what stops
		}
	}
	for _, g := range c.own {
		if g.pausable {
			if op == Lock {
				return Marked
			}
			op = Call
		}
	}
	return op
}

// seed says why a function is pausable by itself.
func (x *index) seed(f *function) (reason, bool) {
	if f.body == nil {
		return reason{}, false
	}
	if len(f.parks) > 0 {
		return reason{pos: f.parks[0].node.Pos(), what: f.parks[0].what}, true
	}
	if f.special != nil {
		return reason{pos: f.special.node.Pos(), what: f.special.what}, true
	}
	for _, c := range f.calls {
		switch c.op {
		case Marked:
			return reason{pos: c.pos(), what: c.manner.verb() + " " + c.stops()}, true
		case Lock:
			return reason{pos: c.pos(), what: c.manner.verb() + " " + c.stops() + ", which may wait"}, true
		}
	}
	if f.recursive {
		return reason{pos: f.node.Pos(), what: "is recursive"}, true
	}
	if f.back != nil && x.needsPoll(f.parent, f.back, false) {
		return reason{pos: f.back.stmt.Pos(), what: "polls for the loop around it, whose trips may take long"}, true
	}
	x.decideLoops(f, false)
	for _, l := range f.loops {
		if l.poll {
			return reason{pos: l.stmt.Pos(), what: "loops, for an unknown time"}, true
		}
	}
	return reason{}, false
}

// stops names what makes a call Marked or Lock.
func (c *call) stops() string {
	for _, f := range c.foreign {
		if v, _ := judge(f); v == blocks || v == locks {
			return "foreign " + f.FullName()
		}
	}
	if c.unknown != "" {
		return c.unknown
	}
	if len(c.foreign) > 0 {
		return "foreign " + c.foreign[0].FullName()
	}
	return "foreign code"
}

// markLoopy spreads "takes time in proportion to something" to callers.
func markLoopy(x *index, callers map[*function][]caller) {
	var work []*function
	for _, f := range x.all() {
		for _, l := range f.loops {
			if l.body == nil || x.loopKind(f.pkg.Info, l.stmt) != few {
				f.loopy = true
			}
		}
		if f.recursive {
			f.loopy = true
		}
		if f.loopy {
			work = append(work, f)
		}
	}
	for len(work) > 0 {
		g := work[len(work)-1]
		work = work[:len(work)-1]
		for _, c := range callers[g] {
			if !c.f.loopy {
				c.f.loopy = true
				work = append(work, c.f)
			}
		}
	}
}

// markCycles finds the strongly connected components of the call graph
// (Tarjan; with a stack of its own, since call chains may be deep).
func markCycles(x *index) {
	type frame struct {
		f     *function
		succs []*function
		next  int
	}
	var (
		num, low = map[*function]int{}, map[*function]int{}
		onStack  = map[*function]bool{}
		stack    []*function
		frames   []frame
	)
	succs := func(f *function) (s []*function) {
		for _, c := range f.calls {
			if c.manner != started {
				s = append(append(s, c.own...), c.backs...)
			}
		}
		return s
	}
	enter := func(f *function) {
		num[f] = len(num) + 1
		low[f] = num[f]
		stack = append(stack, f)
		onStack[f] = true
		frames = append(frames, frame{f: f, succs: succs(f)})
	}
	for _, root := range x.all() {
		if num[root] != 0 {
			continue
		}
		enter(root)
		for len(frames) > 0 {
			top := &frames[len(frames)-1]
			if top.next < len(top.succs) {
				g := top.succs[top.next]
				top.next++
				if g == top.f {
					g.recursive = true
				}
				if num[g] == 0 {
					enter(g)
				} else if onStack[g] {
					low[top.f] = min(low[top.f], num[g])
				}
				continue
			}
			f := top.f
			frames = frames[:len(frames)-1]
			if len(frames) > 0 {
				up := frames[len(frames)-1].f
				low[up] = min(low[up], low[f])
			}
			if low[f] != num[f] {
				continue
			}
			for i := len(stack) - 1; ; i-- {
				onStack[stack[i]] = false
				if stack[i] == f {
					if len(stack)-i > 1 {
						for _, g := range stack[i:] {
							g.recursive = true
						}
					}
					stack = stack[:i]
					break
				}
			}
		}
	}
}

// chain is the reasons of a function from itself to what stops.
func (x *index) chain(f *function) (steps []Step) {
	for f != nil && f.pausable {
		steps = append(steps, Step{f.name, x.prog.Fset.Position(f.why.pos), f.why.what})
		f = f.why.next
	}
	return steps
}

func (s Step) String() string { return fmt.Sprintf("%s %s (%s)", s.Func, s.What, s.Pos) }
