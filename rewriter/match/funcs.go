package match

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// functions pairs old functions with new ones: declared ones by key, and if there is
// none of that key by what they do; literals by their parents and by what they are. keys are functions without frames that are called
// otherwise now.
func functions(old, new []ledger.Func, keys map[string]string) map[*ledger.Func]*ledger.Func {
	pairs := map[*ledger.Func]*ledger.Func{}
	taken := map[*ledger.Func]bool{}
	pair := func(o, n *ledger.Func) { pairs[o], taken[n] = n, true }
	byKey := map[string]*ledger.Func{}
	for i := range new {
		byKey[new[i].Key] = &new[i]
	}
	was, is := families(old), families(new)
	for i := range old {
		if o := &old[i]; !literal(o) && byKey[o.Key] != nil {
			pair(o, byKey[o.Key])
		}
	}
	renamed(old, new, pairs, taken, maps.Clone(keys))
	// Parents come before their literals in a ledger, but need not be in it: a
	// function may be instrumented for its literals' sake alone.
	newParent := map[string]string{}
	for o, n := range pairs {
		newParent[o.Key] = n.Key
	}
	parents := make([]string, 0, len(was))
	for p := range was {
		parents = append(parents, p)
	}
	sort.Slice(parents, func(i, j int) bool {
		if d, e := depth(parents[i]), depth(parents[j]); d != e {
			return d < e
		}
		return parents[i] < parents[j]
	})
	for _, p := range parents {
		q, ok := newParent[p]
		if !ok {
			q = p
		}
		a, b := was[p], is[q]
		claim := func(o, n *ledger.Func) {
			pair(o, n)
			newParent[o.Key] = n.Key
		}
		inOrder(a, b, func(o, n *ledger.Func) float64 {
			if o.Hash == n.Hash && kindOf(o) == kindOf(n) {
				return 1
			}
			return 0
		}, claim)
		a, b = free(a, func(f *ledger.Func) bool { return pairs[f] != nil }), free(b, func(f *ledger.Func) bool { return taken[f] })
		// As many literals as before: one that does the same in the same place is
		// the same, whatever its operands.
		place := map[*ledger.Func]int{}
		if len(was[p]) == len(is[q]) {
			for i := range was[p] {
				place[was[p][i]], place[is[q][i]] = i, i
			}
		}
		inOrder(a, b, func(o, n *ledger.Func) float64 {
			if kindOf(o) != kindOf(n) {
				return 0
			}
			if len(place) > 0 && place[o] == place[n] && o.Results == n.Results && Relate(o, n, newParent).sameCalls() {
				return 1
			}
			if w := alike(o, n); w >= 0.5 && o.Results == n.Results {
				return w
			}
			return 0
		}, claim)
	}
	// A literal that moved into another function of its package with its text and
	// all that it captures.
	moved := func(f *ledger.Func) string { return fmt.Sprint(kindOf(f), packageOf(f), f.Hash, f.Results, shape(f)) }
	a, b := map[string][]*ledger.Func{}, map[string][]*ledger.Func{}
	for i := range old {
		if f := &old[i]; literal(f) && pairs[f] == nil {
			a[moved(f)] = append(a[moved(f)], f)
		}
	}
	for i := range new {
		if f := &new[i]; literal(f) && !taken[f] {
			b[moved(f)] = append(b[moved(f)], f)
		}
	}
	for k, o := range a {
		if n := b[k]; len(o) == 1 && len(n) == 1 {
			pair(o[0], n[0])
		}
	}
	// One that is gone, uses nothing of the function that it stood in, and has the text of
	// another one of which that is true, has become that: frames have all there is to it.
	for i := range old {
		o := &old[i]
		if pairs[o] != nil || o.Closed == "" {
			continue
		}
		for k := range new {
			if n := &new[k]; n.Closed == o.Closed && packageOf(o) == packageOf(n) && o.Results == n.Results && shape(o) == shape(n) && sameText(o, n) && sameFuncs(o, n) && (n.Gate || !o.Gate) {
				pairs[o] = n
				break
			}
		}
	}
	return pairs
}

// sameText reports whether two functions have the same text, but for names of variables and
// how it is laid out.
func sameText(o, n *ledger.Func) bool {
	inner := func(line string) bool { return strings.Contains(line, "{…}") }
	return o.Hash == n.Hash || len(o.Text) > 0 && slices.Equal(o.Text, n.Text) && !slices.ContainsFunc(o.Text, inner)
}

// sameFuncs reports whether the operations of two functions with one text are of the same
// functions: names of packages may mean others in another file.
func sameFuncs(o, n *ledger.Func) bool {
	return slices.EqualFunc(o.Points, n.Points, func(p, q ledger.Point) bool { return p.Func == q.Func && p.Calls == q.Calls })
}

// renamed pairs declared functions that are the same but for their names, and those of
// functions of which that is true, too. Two that could be the same one are left alone:
// callers tell more of them. So are those of other packages, where the same names may
// be those of other things.
func renamed(old, new []ledger.Func, pairs map[*ledger.Func]*ledger.Func, taken map[*ledger.Func]bool, keys map[string]string) {
	for again := true; again; {
		again = false
		is, was := map[*ledger.Func][]*ledger.Func{}, map[*ledger.Func]int{}
		for i := range old {
			o := &old[i]
			if literal(o) || pairs[o] != nil || len(o.Text) == 0 {
				continue
			}
			for k := range new {
				n := &new[k]
				if literal(n) || taken[n] || owner(o) != owner(n) || !sameArguments(o, n) || len(o.Text) != len(n.Text) || o.Results != n.Results || o.Gate && !n.Gate || o.Base != n.Base {
					continue
				}
				if Relate(o, n, keys).Same() {
					is[o] = append(is[o], n)
					was[n]++
				}
			}
		}
		for o, l := range is {
			if len(l) == 1 && was[l[0]] == 1 {
				pairs[o], taken[l[0]] = l[0], true
				keys[o.Key] = l[0].Key
				again = true
			}
		}
	}
}

// renamedLeaves finds the functions without frames that are called otherwise in the next
// release, and are the same ones: old key → new one.
func renamedLeaves(old, new *ledger.Release) map[string]string {
	known := func(r *ledger.Release) map[string]bool {
		m := map[string]bool{}
		for i := range r.Funcs {
			m[r.Funcs[i].Key] = true
		}
		for i := range r.Leaves {
			m[r.Leaves[i].Key] = true
		}
		return m
	}
	group := func(l []ledger.Leaf, other map[string]bool) map[[2]string][]string {
		m := map[[2]string][]string{}
		for i := range l {
			if f := l[i].Func(); !other[f.Key] && !literal(&f) {
				k := [2]string{owner(&f), l[i].Form}
				m[k] = append(m[k], f.Key)
			}
		}
		return m
	}
	keys := map[string]string{}
	is := group(new.Leaves, known(old))
	for k, l := range group(old.Leaves, known(new)) {
		if n := is[k]; len(l) == 1 && len(n) == 1 {
			keys[l[0]] = n[0]
		}
	}
	return keys
}

func sameArguments(o, n *ledger.Func) bool {
	_, a := arguments(o.Key)
	_, b := arguments(n.Key)
	return a == b
}

// owner is the package of a function, or the type that it is a method of.
func owner(f *ledger.Func) string {
	key := bare(f.Key)
	return key[:strings.LastIndexByte(key, '.')]
}

// families lists literals by the function they stand in.
func families(fs []ledger.Func) map[string][]*ledger.Func {
	m := map[string][]*ledger.Func{}
	for i := range fs {
		if literal(&fs[i]) {
			p := parent(fs[i].Key)
			m[p] = append(m[p], &fs[i])
		}
	}
	return m
}

// Literal reports whether a function is a literal, whose key has a number.
func Literal(f *ledger.Func) bool { return literal(f) }

func literal(f *ledger.Func) bool { return parent(f.Key) != "" }

// parent cuts ".funcN" from a literal's key, or ".rangeN", which is the body of a loop
// over a function. Those in variable initialisers are numbered through a declaration:
// "p.glob.v.func1".
func parent(key string) string {
	i := strings.LastIndexByte(key, '.')
	if i < 0 {
		return ""
	}
	number, ok := strings.CutPrefix(key[i+1:], "func")
	if !ok {
		number, ok = strings.CutPrefix(key[i+1:], "range")
	}
	if !ok || number == "" || strings.Trim(number, "0123456789") != "" {
		return ""
	}
	// A function of the package, or a method, that somebody has called func1.
	name, _, _ := strings.Cut(key[:i], "[")
	if strings.HasSuffix(name, ")") || !strings.Contains(name[strings.LastIndexByte(name, '/')+1:], ".") {
		return ""
	}
	return key[:i]
}

// kindOf tells the bodies of loops from literals that are written as such.
func kindOf(f *ledger.Func) string {
	return strings.TrimRight(f.Key[strings.LastIndexByte(f.Key, '.')+1:], "0123456789")
}

// depth is how many literals a literal stands in.
func depth(key string) (n int) {
	for p := parent(key); p != ""; p = parent(p) {
		n++
	}
	return n
}

func packageOf(f *ledger.Func) string { return f.File[:strings.LastIndexByte(f.File, '/')] }

func shape(f *ledger.Func) string {
	var b strings.Builder
	for _, v := range f.Frame {
		fmt.Fprint(&b, v.Source, v.Role, v.Type, v.Boxed, ";")
	}
	for _, p := range f.Points {
		fmt.Fprint(&b, p.What, p.Kind, len(p.Live), ";")
	}
	return b.String()
}

func free(l []*ledger.Func, taken func(*ledger.Func) bool) []*ledger.Func {
	var r []*ledger.Func
	for _, f := range l {
		if !taken(f) {
			r = append(r, f)
		}
	}
	return r
}

// inOrder pairs the functions of two lists so that the sum of what weight says is
// greatest, keeping their order. Functions of no weight are not paired.
func inOrder(a, b []*ledger.Func, weight func(o, n *ledger.Func) float64, pair func(o, n *ledger.Func)) {
	best := make([][]float64, len(a)+1)
	for i := range best {
		best[i] = make([]float64, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if w := weight(a[i], b[j]); w > 0 {
				best[i][j] = max(best[i][j], best[i+1][j+1]+w)
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch w := weight(a[i], b[j]); {
		case w > 0 && best[i][j] == best[i+1][j+1]+w:
			pair(a[i], b[j])
			i, j = i+1, j+1
		case best[i][j] == best[i+1][j]:
			i++
		default:
			j++
		}
	}
}

// alike says how much of what two functions do, and of their variables, is the same.
func alike(o, n *ledger.Func) float64 {
	points := func(f *ledger.Func) (l []string) {
		for _, p := range f.Points[1:] {
			l = append(l, p.Kind+p.What)
		}
		return l
	}
	variables := func(f *ledger.Func) (l []string) {
		for _, v := range f.Frame {
			if v.Source != "" {
				l = append(l, v.Source+" "+v.Type)
			}
		}
		return l
	}
	return 0.7*common(points(o), points(n)) + 0.3*common(variables(o), variables(n))
}

// candidates are new functions that an old one may have become.
func candidates(o *ledger.Func, fresh []*ledger.Func, known *relations) []Candidate {
	var l []Candidate
	for _, n := range fresh {
		c := Candidate{Func: n, Confidence: 0.8 * alike(o, n)}
		var why []string
		share := 0.0
		if lastName(o.Key) == lastName(n.Key) || known.lines(o, n) >= 0.2 {
			share = known.of(o, n).Share()
		}
		if 0.9*share > c.Confidence {
			c.Confidence = 0.9 * share
			why = append(why, fmt.Sprintf("%.0f%% of its text", 100*share))
		} else if c.Confidence > 0.3 {
			why = append(why, "similar points and locals")
		}
		if lastName(o.Key) == lastName(n.Key) && !literal(o) {
			c.Confidence += 0.2
			why = append(why, "the same name")
		}
		if o.Results != n.Results {
			c.Confidence /= 2
			why = append(why, "other results")
		}
		c.Reason, c.Confidence = strings.Join(why, ", "), min(c.Confidence, 0.95)
		if c.Confidence >= 0.3 {
			l = append(l, c)
		}
	}
	sort.SliceStable(l, func(i, j int) bool { return l[i].Confidence > l[j].Confidence })
	return l[:min(len(l), 3)]
}

// elsewhere looks in new functions for points whose counterpart is not certain:
// the old function may have been split.
func elsewhere(m *Func, fresh []*ledger.Func, known *relations) {
	var open []int
	for i := 1; i < len(m.Old.Points); i++ {
		if m.New == nil || m.Points != nil && m.Points[i] < 0 {
			open = append(open, i)
		}
	}
	if len(open) == 0 {
		return
	}
	if m.Guesses == nil {
		m.Guesses = map[int][]Guess{}
	}
	for _, n := range fresh {
		if !known.operations(m.Old, n) {
			continue
		}
		r := known.of(m.Old, n)
		for _, i := range open {
			for j := 1; j < len(n.Points); j++ {
				w := r.likeness(i, j)
				if w < 0.6 || m.New != nil && !r.says(i, j) && !calls(m.New, n.Key) {
					continue
				}
				reason := "the same operation in a new function"
				if !r.says(i, j) {
					reason = "a like operation in a new function"
				}
				m.Guesses[i] = append(m.Guesses[i], Guess{Func: n, Point: j, Confidence: 0.9 * w, Reason: reason})
			}
		}
	}
	for _, i := range open {
		sort.SliceStable(m.Guesses[i], func(a, b int) bool { return m.Guesses[i][a].Confidence > m.Guesses[i][b].Confidence })
	}
}

// calls reports whether a function calls another one, or may.
func calls(f *ledger.Func, key string) bool {
	return slices.ContainsFunc(f.Calls, func(c ledger.Call) bool { return slices.Contains(c.Callees, bare(key)) })
}
