package match

import (
	"regexp"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A crossing knows the checks that moved from some functions of a program to others, and
// what else is followed between functions. A goroutine may stand between the two: in either
// of them, or in a function that calls both, one after the other.
type crossing struct {
	old, new *callers
	moved    map[string]*movedCheck // by sign
	steps    map[*ledger.Func]*Step // by old function
}

type movedCheck struct {
	sign     string
	from, to []*ledger.Func
	was, is  *doers
	old, new *ledger.Effect
}

// callers says which calls lead to a function.
type callers struct {
	funcs []*ledger.Func
	byKey map[string]*ledger.Func // by ledger.Generic of their keys, as all below
	sites map[string][]site       // by callee
	names map[string]string       // what a function was called in the old release; "" where names has it: it is new
}

type site struct {
	in   *ledger.Func
	call *ledger.Call
}

func callersOf(funcs []*ledger.Func) *callers {
	c := &callers{funcs: funcs, byKey: map[string]*ledger.Func{}, sites: map[string][]site{}, names: map[string]string{}}
	for _, f := range funcs {
		c.byKey[ledger.Generic(f.Key)] = f
		for i := range f.Calls {
			for _, key := range f.Calls[i].Callees {
				c.sites[key] = append(c.sites[key], site{f, &f.Calls[i]})
			}
		}
	}
	return c
}

// sign is by what a check is known in another function: what it calls, or its text if it
// calls nothing; "" if that would tell too little, as of a comparison of locals. The close
// of a channel is known by the channel.
func sign(e *ledger.Effect) string {
	switch {
	case e.Kind == ledger.Close && e.Of != "":
		return "close " + e.Of
	case e.Kind != ledger.Check:
		return ""
	}
	var names []string
	for _, m := range called.FindAllStringSubmatch(e.Same(), -1) {
		pkg, _, qualified := strings.Cut(m[1], ".")
		if name := m[1]; !(qualified && slices.Contains(plain, pkg)) && !slices.Contains(everyday, name) && !slices.Contains(names, name) {
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
	everyday = []string{"len", "cap", "int", "string", "byte", "func"}
	// plain are packages of the standard library whose functions tell nothing without what
	// they are given.
	plain = []string{"atomic", "bufio", "bytes", "errors", "filepath", "fmt", "io", "maps", "math", "net", "os", "path", "slices", "sort", "strconv", "strings", "sync", "time", "unicode", "utf8"}
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
	lits := literals(old.Leaves, new.Leaves)
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
		} else if key := lits[o.Key]; s == nil && key != "" {
			n = byKey[key]
		}
		if n != nil {
			pairs[n] = o
			x.new.names[ledger.Generic(n.Key)] = ledger.Generic(o.Key)
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
			if _, known := x.new.names[ledger.Generic(n.Key)]; !known { // another instance
				x.new.names[ledger.Generic(n.Key)] = ""
			}
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

// doers are the functions that do something, by its sign: themselves or by what they
// call.
type doers struct {
	*callers
	sign string
	may  map[string]bool // some call that they make may lead to it
	sure map[string]bool // they do it whatever is called where one of several is

	ways map[string][]string // see by
}

func (c *callers) doing(s string) *doers {
	d := &doers{c, s, map[string]bool{}, map[string]bool{}, map[string][]string{}}
	var may, sure func(key string)
	may = func(key string) {
		if d.may[key] {
			return
		}
		d.may[key] = true
		for _, at := range c.sites[key] {
			may(ledger.Generic(at.in.Key))
		}
	}
	sure = func(key string) {
		if d.sure[key] {
			return
		}
		d.sure[key] = true
		for _, at := range c.sites[key] {
			if d.all(at.call) {
				sure(ledger.Generic(at.in.Key))
			}
		}
	}
	for _, f := range c.funcs {
		if find(f, s) != nil {
			may(ledger.Generic(f.Key))
			sure(ledger.Generic(f.Key))
		}
	}
	return d
}

// all reports whether a call surely does it, whichever function is called.
func (d *doers) all(c *ledger.Call) bool {
	return !slices.ContainsFunc(c.Callees, func(key string) bool { return !d.sure[key] })
}

// A way is how something is done, before a point or behind it.
type way struct {
	sure bool
	by   []string // the functions that surely do it and may have been called, as the old release calls them; "": the function itself
}

func (w way) may() bool { return len(w.by) > 0 }

// beyond reports whether it may be done in a way in which it is not by the other one.
func (w way) beyond(other way) bool {
	return !other.sure && slices.ContainsFunc(w.by, func(key string) bool { return !slices.Contains(other.by, key) })
}

// by are the functions by which one does it that may do it: itself if it surely does, or
// else those among what it may call.
func (d *doers) by(key string) []string {
	if l, known := d.ways[key]; known {
		return l
	}
	var l []string
	seen := map[string]bool{}
	var visit func(key string)
	visit = func(key string) {
		if seen[key] || !d.may[key] {
			return
		}
		seen[key] = true
		if !d.sure[key] {
			for i := range d.byKey[key].Calls {
				d.each(&d.byKey[key].Calls[i], visit)
			}
			return
		}
		if name := d.names[key]; name != "" {
			key = name
		}
		l = append(l, key)
	}
	visit(key)
	d.ways[key] = l
	return l
}

// each goes through what a call may lead to. A function that is new is left out where it is
// one of several and others are not: no goroutine has called it instead of them.
func (d *doers) each(c *ledger.Call, do func(key string)) {
	others := slices.ContainsFunc(c.Callees, func(key string) bool { return d.byKey[key] != nil && !d.fresh(key) })
	for _, key := range c.Callees {
		if d.may[key] && !(others && d.fresh(key)) {
			do(key)
		}
	}
}

// fresh reports whether a function is new in the release.
func (c *callers) fresh(key string) bool {
	name, known := c.names[key]
	return known && name == ""
}

// stands is how a function has done it at a point, by itself or by what it has called, and
// how it has it still before it.
func (d *doers) stands(f *ledger.Func, point int, but *ledger.Call) (done, ahead way) {
	at := func(places string) *way {
		switch ledger.From(places, point) {
		case ledger.Done, ledger.Over:
			return &done
		case ledger.Ahead:
			return &ahead
		}
		return nil
	}
	for i := range f.Effects {
		if sign(&f.Effects[i]) == d.sign {
			if w := at(f.Effects[i].Places); w != nil {
				w.sure, w.by = true, append(w.by, "")
			}
		}
	}
	for i := range f.Calls {
		c := &f.Calls[i]
		w := at(c.Places)
		if w == nil || c == but {
			continue
		}
		w.sure = w.sure || d.all(c)
		d.each(c, func(key string) { w.by = append(w.by, d.by(key)...) })
	}
	return done, ahead
}

// inherits reports whether a new check asks for no more than what a function returns into
// which a check has moved that a frame at point i of o has made.
func (x *crossing) inherits(o *ledger.Func, i int, n *ledger.Func, e *ledger.Effect) bool {
	names := strings.Fields(sign(e))
	if len(names) != 1 {
		return false
	}
	for _, m := range x.moved {
		if done, _ := m.was.stands(o, i, nil); !done.sure {
			continue
		}
		for k := range n.Calls {
			c := &n.Calls[k]
			if c.Places == e.Places && m.is.all(c) && slices.ContainsFunc(c.Callees, func(key string) bool { return lastName(key) == names[0] }) {
				return true
			}
		}
	}
	return false
}

// around asks, of every call that leads to a function, whether it has been done there
// before it (or is ahead after it): every is whether it surely is so whoever has called,
// some whether it may be so for one of them. Functions that others may call than those
// whose calls are known count as called by somebody who does neither. Who has begun a
// goroutine may have done something before, and what he does later is not for it.
func (d *doers) around(key string, ahead bool, seen map[string]bool) (every, some bool) {
	if seen[key] {
		return true, false
	}
	seen[key] = true
	f := d.byKey[key]
	sites := d.sites[key]
	every = f != nil && !f.Outside && len(sites) > 0
	for _, at := range sites {
		if at.call.Point == 0 || ahead && at.call.Point >= len(at.in.Points) {
			every = false // no frame is known to wait there
			continue
		}
		w, after := d.stands(at.in, at.call.Point, at.call)
		if ahead {
			w = after
		}
		if some = some || w.may(); w.sure {
			continue
		}
		e, o := d.around(ledger.Generic(at.in.Key), ahead, seen)
		every, some = every && e, some || o
	}
	return every, some
}

// before reports whether somebody who calls a new function may have done it by then. If
// not, who has it before him is where anybody is who begins in the new release, although
// that does it in fewer cases.
func (x *crossing) before(n *ledger.Func, m *movedCheck) bool {
	_, some := m.is.around(ledger.Generic(n.Key), false, map[string]bool{})
	return some
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
		if m.was.may[ledger.Generic(o.Key)] || m.is.may[ledger.Generic(n.Key)] {
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
			oD, oA := m.was.stands(o, i, nil)
			nD, nA := m.is.stands(n, j, nil)
			switch {
			case nD.beyond(oD):
				if every, _ := m.was.around(ledger.Generic(o.Key), false, map[string]bool{}); oA.may() || !every {
					add(Skipped, i)
				}
			case oA.beyond(nA) && !oD.sure && (!nA.may() || nD.may() || x.before(n, m)):
				if every, _ := m.is.around(ledger.Generic(n.Key), true, map[string]bool{}); !every {
					add(Skipped, i)
				}
			case nA.beyond(oA) && !nD.may():
				if _, some := m.was.around(ledger.Generic(o.Key), false, map[string]bool{}); oD.may() || some && !oA.may() {
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

// literals pairs literals without frames, whose numbers change when others are added before
// them: those with the same text, then those with the same key, then the rest in order.
func literals(old, new []ledger.Leaf) map[string]string {
	m, taken := map[string]string{}, map[string]bool{}
	in := func(key string) string { return numbered.ReplaceAllString(key, "") }
	for _, same := range []func(o, n *ledger.Leaf) bool{
		func(o, n *ledger.Leaf) bool { return o.Hash == n.Hash },
		func(o, n *ledger.Leaf) bool { return o.Key == n.Key },
		func(o, n *ledger.Leaf) bool { return true },
	} {
		for i := range old {
			o := &old[i]
			if in(o.Key) == o.Key || m[o.Key] != "" {
				continue
			}
			for k := range new {
				if n := &new[k]; !taken[n.Key] && in(n.Key) == in(o.Key) && same(o, n) {
					m[o.Key], taken[n.Key] = n.Key, true
					break
				}
			}
		}
	}
	return m
}

// numbered ends the key of a literal.
var numbered = regexp.MustCompile(`\.func\d+(\.\d+)*$`)
