package match

import (
	"regexp"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A crossing knows the checks that moved from some functions of a program to others.
// A goroutine may stand between the two: in either of them, or in a function that calls
// both, one after the other.
type crossing struct {
	old, new *callers
	moved    map[string]*movedCheck // by sign
	steps    map[*ledger.Func]*Step // by old function
}

type movedCheck struct {
	sign     string
	from, to []*ledger.Func
	was, is  map[string]bool // keys of functions that do it when they are called: themselves or what they call
	old, new *ledger.Effect
}

// callers says which calls lead to a function.
type callers struct {
	funcs []*ledger.Func
	byKey map[string]*ledger.Func
	sites map[string][]site // by callee
}

type site struct {
	in   *ledger.Func
	call *ledger.Call
}

func callersOf(funcs []*ledger.Func) *callers {
	c := &callers{funcs: funcs, byKey: map[string]*ledger.Func{}, sites: map[string][]site{}}
	for _, f := range funcs {
		c.byKey[f.Key] = f
		for i := range f.Calls {
			c.sites[f.Calls[i].Callee] = append(c.sites[f.Calls[i].Callee], site{f, &f.Calls[i]})
		}
	}
	return c
}

// sign is by what a check is known in another function: what it calls, or its text if it
// calls nothing; "" if that would tell too little, as of a comparison of locals.
func sign(e *ledger.Effect) string {
	if e.Kind != ledger.Check {
		return ""
	}
	var names []string
	for _, m := range called.FindAllStringSubmatch(e.Same(), -1) {
		if name := m[1]; !slices.Contains(everyday, name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if names != nil {
		slices.Sort(names)
		return strings.Join(names, " ")
	}
	if named.MatchString(typed.ReplaceAllString(quoted.ReplaceAllString(e.Same(), ""), "")) {
		return e.Same()
	}
	return ""
}

var (
	typed  = regexp.MustCompile(`‹[^›]*›`)
	quoted = regexp.MustCompile("\"[^\"]*\"|`[^`]*`")
	// called is a function's name before its operands, with a package's if it has one.
	called = regexp.MustCompile(`((?:\b[a-z]\w*\.)?\b\w+)\(`)
	// named is a selector, or a name of the package.
	named = regexp.MustCompile(`\.[A-Za-z_]|\b[A-Z]\w+`)
	// everyday are called everywhere, and tell nothing.
	everyday = []string{"len", "cap", "errors.Is", "errors.As", "strings.HasPrefix", "strings.HasSuffix", "strings.ToLower", "strings.ToUpper", "strings.EqualFold", "fmt.Sprintf", "int", "string", "byte", "func", "bytes.Equal"}
)

// crossings finds what moved.
func crossings(steps []Step, old, new *ledger.Release) *crossing {
	x := &crossing{moved: map[string]*movedCheck{}, steps: map[*ledger.Func]*Step{}}
	var was, is []*ledger.Func
	pairs := map[*ledger.Func]*ledger.Func{}
	for i := range steps {
		s := &steps[i]
		x.steps[s.Old] = s
		was = append(was, s.Old)
		if s.New != nil && pairs[s.New] == nil {
			pairs[s.New] = s.Old
		}
	}
	for i := range new.Funcs {
		is = append(is, &new.Funcs[i])
	}
	// Functions without frames are compared by their keys. One that has frames in one
	// release alone is a leaf in the other.
	byKey := map[string]*ledger.Func{}
	for i := range new.Leaves {
		f := new.Leaves[i].Func()
		byKey[f.Key] = &f
		is = append(is, &f)
	}
	for _, n := range is {
		if byKey[n.Key] == nil && pairs[n] == nil {
			byKey[n.Key] = n
		}
	}
	for i := range old.Leaves {
		f := old.Leaves[i].Func()
		was = append(was, &f)
	}
	x.old, x.new = callersOf(was), callersOf(is)
	count := func(f *ledger.Func) map[string]int {
		m := map[string]int{}
		if f != nil {
			for i := range f.Effects {
				if s := sign(&f.Effects[i]); s != "" {
					m[s]++
				}
			}
		}
		return m
	}
	of := func(s string) *movedCheck {
		if x.moved[s] == nil {
			x.moved[s] = &movedCheck{sign: s}
		}
		return x.moved[s]
	}
	for _, o := range was {
		n := byKey[o.Key]
		if s := x.steps[o]; s != nil && (s.New != nil || n == nil) {
			n = s.New
		}
		if n != nil {
			pairs[n] = o
			if o.Hash == n.Hash {
				continue
			}
		}
		a, b := count(o), count(n)
		for s, k := range a {
			if b[s] < k {
				of(s).from = append(of(s).from, o)
			}
		}
		for s, k := range b {
			if a[s] < k {
				of(s).to = append(of(s).to, n)
			}
		}
	}
	for _, n := range is {
		if pairs[n] == nil {
			for s := range count(n) {
				of(s).to = append(of(s).to, n)
			}
		}
	}
	for s, m := range x.moved {
		if len(m.from) == 0 || len(m.to) == 0 {
			delete(x.moved, s)
			continue
		}
		m.old, m.new = find(m.from[0], s), find(m.to[0], s)
		m.was, m.is = x.old.doing(s), x.new.doing(s)
	}
	return x
}

func find(f *ledger.Func, s string) *ledger.Effect {
	for i := range f.Effects {
		if sign(&f.Effects[i]) == s {
			return &f.Effects[i]
		}
	}
	return nil
}

// has reports whether an effect is one that moved.
func (x *crossing) has(e *ledger.Effect) bool { return len(x.moved) > 0 && x.moved[sign(e)] != nil }

// doing are the functions that do a check, or call one that does.
func (c *callers) doing(s string) map[string]bool {
	m := map[string]bool{}
	var add func(key string)
	add = func(key string) {
		if m[key] {
			return
		}
		m[key] = true
		for _, at := range c.sites[key] {
			add(at.in.Key)
		}
	}
	for _, f := range c.funcs {
		if find(f, s) != nil {
			add(f.Key)
		}
	}
	return m
}

// stands is whether a function has done a check at a point, by itself or by what it has
// called, or has it still before it.
func stands(f *ledger.Func, point int, s string, doing map[string]bool, but *ledger.Call) (done, ahead bool) {
	at := func(places string) {
		switch ledger.From(places, point) {
		case ledger.Done, ledger.Over:
			done = true
		case ledger.Ahead:
			ahead = true
		}
	}
	for i := range f.Effects {
		if sign(&f.Effects[i]) == s {
			at(f.Effects[i].Places)
		}
	}
	for i := range f.Calls {
		if c := &f.Calls[i]; doing[c.Callee] && c != but {
			at(c.Places)
		}
	}
	return done, ahead
}

// inherits reports whether a new check asks for no more than what a function returns into
// which a check has moved that a frame at point i of o has made.
func (x *crossing) inherits(o *ledger.Func, i int, n *ledger.Func, e *ledger.Effect) bool {
	for sg, m := range x.moved {
		if done, _ := stands(o, i, sg, m.was, nil); !done {
			continue
		}
		names := strings.Fields(sign(e))
		for k := range n.Calls {
			if key := n.Calls[k].Callee; m.is[key] && n.Calls[k].Line == e.Line && slices.Equal(names, []string{lastName(key)}) {
				return true
			}
		}
	}
	return false
}

// around asks, of every call that leads to a function, whether the check has been done
// there before it (or is ahead after it): every is whether it is so whoever has called,
// some whether it is for one of them. Functions that others may call than those whose
// calls are known count as called by somebody who does neither.
func (c *callers) around(key, s string, doing map[string]bool, ahead bool, seen map[string]bool) (every, some bool) {
	if seen[key] {
		return true, false
	}
	seen[key] = true
	f := c.byKey[key]
	sites := c.sites[key]
	every = f != nil && !f.Gate && len(sites) > 0
	for _, at := range sites {
		if at.call.Point == 0 {
			every = false // no frame is known to wait there
			continue
		}
		d, a := stands(at.in, at.call.Point, s, doing, at.call)
		ok := d && !ahead || a && ahead
		if ok {
			some = true
			continue
		}
		e, o := c.around(at.in.Key, s, doing, ahead, seen)
		every, some = every && e, some || o
	}
	return every, some
}

// between finds the points of a function whose goroutines stand between where a check
// was and where it is.
func (x *crossing) between(s *Step) (l []Concern) {
	o, n := s.Old, s.New
	if n == nil {
		return nil
	}
	var signs []string
	for sg, m := range x.moved {
		if m.was[o.Key] || m.is[n.Key] {
			signs = append(signs, sg)
		}
	}
	slices.Sort(signs)
	for _, sg := range signs {
		m := x.moved[sg]
		byVerdict := map[Verdict]*Concern{}
		add := func(v Verdict, i int) {
			if c := byVerdict[v]; c != nil {
				c.Points = append(c.Points, i)
				return
			}
			c := &Concern{Verdict: v, Step: s, Points: []int{i}, Old: find(o, sg), New: find(n, sg), From: m.from[0], To: m.to[0]}
			for _, f := range m.from {
				if f == o {
					c.From = f
				}
			}
			for _, f := range m.to {
				if f == n {
					c.To = f
				}
			}
			c.Was, c.Is = find(c.From, sg), find(c.To, sg)
			c.Via = c.Old == nil && c.New == nil
			switch {
			case c.New != nil:
				c.Effect = c.New
			case c.Old != nil:
				c.Effect = c.Old
			default:
				c.Effect = m.new
			}
			byVerdict[v] = c
		}
		for i, j := range s.To {
			if j < 0 || i == 0 && !o.Gate {
				continue
			}
			oD, oA := stands(o, i, sg, m.was, nil)
			nD, nA := stands(n, j, sg, m.is, nil)
			switch {
			case nD && !oD && oA:
				add(Skipped, i)
			case nD && !oD:
				if every, _ := x.old.around(o.Key, sg, m.was, false, map[string]bool{}); !every {
					add(Skipped, i)
				}
			case oA && !oD && !nA:
				if every, _ := x.new.around(n.Key, sg, m.is, true, map[string]bool{}); !every {
					add(Skipped, i)
				}
			case oD && nA && !nD:
				add(Twice, i)
			case nA && !nD && !oA && !oD:
				if _, some := x.old.around(o.Key, sg, m.was, false, map[string]bool{}); some {
					add(Twice, i)
				}
			}
		}
		for _, v := range []Verdict{Skipped, Twice} {
			if c := byVerdict[v]; c != nil {
				l = append(l, *c)
			}
		}
	}
	return l
}
