package match

import (
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// A Relation is what the texts of two functions have in common: which lines of the old
// one are which of the new one, and which local variables of the old one are called
// otherwise there.
//
// Lines are aligned in their order, so that the sum of how much they are alike is
// greatest. A variable is certainly another one if it is declared in a line that is the
// same but for the names of variables, if it stands in the place of the other one in
// every line of that kind that either of them is in, and if there is no doubt of that
// which comes from the names themselves.
type Relation struct {
	Old, New *ledger.Func

	lines []int  // old line → new one, -1: none
	same  []bool // of old lines: but for the names of variables
	votes map[[2]int]int
	vars  map[int]int        // old variable → the new one that it certainly is
	names map[string]string  // of variables that are called otherwise, as far as a name tells
	keys  map[string]string  // old function → new one
	calls map[string]string  // of those that are called, as far as a name tells: names that are others now
	pairs map[[2]string]bool // old names of functions, and the new ones
}

// Relate compares two functions. keys tells of other functions which old one has become
// which new one; those with the same key need not be in it.
func Relate(o, n *ledger.Func, keys map[string]string) *Relation {
	r := &Relation{Old: o, New: n, votes: map[[2]int]int{}, vars: map[int]int{}, names: map[string]string{}, keys: keys}
	r.functions()
	was, is := r.split()
	r.align(was, is)
	r.variables(was, is)
	return r
}

// functions finds which names of functions are others now.
func (r *Relation) functions() {
	r.calls, r.pairs = map[string]string{}, map[[2]string]bool{}
	home, _ := packaged(r.Old.Key)
	name := func(key string) string {
		pkg, rest := packaged(bare(key))
		if i := strings.LastIndexByte(rest, '.'); i >= 0 {
			return rest[i:] // a method stands behind a dot
		} else if pkg != home {
			return "." + rest
		}
		return rest
	}
	ambiguous := map[string]bool{}
	add := func(old, new string) {
		a, b := name(old), name(new)
		if was, known := r.calls[a]; known && was != b {
			ambiguous[a] = true
		}
		r.calls[a] = b
	}
	for old, new := range r.keys {
		if a, b := lastName(bare(old)), lastName(bare(new)); a != b {
			r.pairs[[2]string{a, b}] = true
		}
	}
	called := func(key string) {
		if to := r.keys[key]; key != "" && to != "" {
			add(key, to)
		}
	}
	for i := range r.Old.Points {
		called(r.Old.Points[i].Calls)
	}
	for i := range r.Old.Calls {
		for _, key := range r.Old.Calls[i].Callees {
			called(key)
		}
	}
	if !literal(r.Old) && !literal(r.New) {
		add(r.Old.Key, r.New.Key)
		r.pairs[[2]string{lastName(bare(r.Old.Key)), lastName(bare(r.New.Key))}] = true
	}
	for a, b := range r.calls {
		if a == b || ambiguous[a] {
			delete(r.calls, a)
		}
	}
}

// packaged cuts a key behind its package.
func packaged(key string) (pkg, rest string) {
	i := strings.LastIndexByte(key, '/') + 1
	name, rest, _ := strings.Cut(key[i:], ".")
	return key[:i] + name, rest
}

// bare is a function's key without type arguments.
func bare(key string) string {
	name, _ := arguments(key)
	return name
}

// arguments tells the type arguments in a key from the rest.
func arguments(key string) (rest, args string) {
	var name, in strings.Builder
	depth := 0
	for _, c := range key {
		if c == '[' {
			depth++
		}
		if depth > 0 {
			in.WriteRune(c)
		} else {
			name.WriteRune(c)
		}
		if c == ']' {
			depth--
		}
	}
	return name.String(), in.String()
}

// A line is one of a Text.
type line struct {
	depth  int
	tokens []string // "‹" in the place of variables
	vars   []int    // which, in their order
	sorted []int    // tokens, by numbers that stand for them
	text   string   // tokens, joined
	weight float64  // how much it tells
}

func (r *Relation) split() (was, is []line) {
	numbers := map[string]int{}
	return split(r.Old.Text, numbers), split(r.New.Text, numbers)
}

func split(text []string, numbers map[string]int) []line {
	l := make([]line, len(text))
	for i, s := range text {
		t := strings.TrimLeft(s, "\t")
		l[i] = line{depth: len(s) - len(t), tokens: strings.Split(t, " ")}
		for k, tok := range l[i].tokens {
			if v, ok := variable(tok); ok {
				l[i].tokens[k], l[i].vars = "‹", append(l[i].vars, v)
			}
		}
		for _, tok := range l[i].tokens {
			if _, known := numbers[tok]; !known {
				numbers[tok] = len(numbers)
			}
			l[i].sorted = append(l[i].sorted, numbers[tok])
		}
		slices.Sort(l[i].sorted)
		l[i].text = strings.Join(l[i].tokens, " ")
		// "return nil", "else" and the like are everywhere.
		l[i].weight = min(1, float64(len(l[i].tokens))/5)
	}
	return l
}

// variable is the number of a variable in a Text.
func variable(token string) (int, bool) {
	s, ok := strings.CutPrefix(token, "‹")
	if !ok {
		return 0, false
	}
	v, err := strconv.Atoi(strings.TrimSuffix(s, "›"))
	return v, err == nil
}

// most is how many pairs of lines are compared between two that are certainly the same.
const most = 1 << 18

// align pairs lines.
func (r *Relation) align(was, is []line) {
	r.lines, r.same = make([]int, len(was)), make([]bool, len(was))
	for i := range r.lines {
		r.lines[i] = -1
	}
	equal := func(i, j int) bool {
		return r.sameText(&was[i], &is[j]) && was[i].depth == is[j].depth && r.called(was[i].vars, is[j].vars) == len(was[i].vars)
	}
	a, b := len(was), len(is)
	from := 0
	for from < a && from < b && equal(from, from) {
		r.lines[from], r.same[from] = from, true
		from++
	}
	for a > from && b > from && equal(a-1, b-1) {
		a, b = a-1, b-1
		r.lines[a], r.same[a] = b, true
	}
	part := func(from, a, to, b int) {
		if (a-from)*(b-to) > most {
			return
		}
		rest, next := was[from:a], is[to:b]
		for _, p := range aligned(len(rest), len(next), func(i, j int) float64 { return r.alike(&rest[i], &next[j]) }) {
			i, j := from+p[0], to+p[1]
			r.lines[i], r.same[i] = j, r.sameText(&was[i], &is[j])
		}
	}
	to := from
	for _, p := range r.anchors(was, is, from, a, to, b) {
		part(from, p[0], to, p[1])
		from, to = p[0]+1, p[1]+1
		r.lines[p[0]], r.same[p[0]] = p[1], true
	}
	part(from, a, to, b)
}

// anchors are, in large functions, lines that stand once in either of them with all names,
// and that keep their order: what is between two of them is compared by itself.
func (r *Relation) anchors(was, is []line, from, a, to, b int) (l [][2]int) {
	if (a-from)*(b-to) <= most/8 {
		return nil
	}
	places := func(text []string, names []string, from, to int) map[string]int {
		m := map[string]int{}
		for i := from; i < to; i++ {
			words := strings.Split(text[i], " ")
			for k, w := range words {
				if v, ok := variable(strings.TrimLeft(w, "\t")); ok {
					words[k] = names[v]
				}
			}
			s := strings.Join(words, " ")
			if _, twice := m[s]; twice {
				m[s] = -1
			} else {
				m[s] = i
			}
		}
		return m
	}
	once := places(r.New.Text, r.New.Vars, to, b)
	var at [][2]int
	for s, i := range places(r.Old.Text, r.Old.Vars, from, a) {
		if j, ok := once[s]; ok && i >= 0 && j >= 0 && was[i].weight == 1 && r.sameText(&was[i], &is[j]) {
			at = append(at, [2]int{i, j})
		}
	}
	slices.SortFunc(at, func(p, q [2]int) int { return p[0] - q[0] })
	return increasing(at)
}

// increasing is a longest part of a list whose second numbers increase.
func increasing(l [][2]int) (best [][2]int) {
	var last []int // for each length, the index of the smallest that it can end with
	before := make([]int, len(l))
	for i, p := range l {
		k, _ := slices.BinarySearchFunc(last, p[1], func(e, v int) int { return l[e][1] - v })
		before[i] = -1
		if k > 0 {
			before[i] = last[k-1]
		}
		if k == len(last) {
			last = append(last, i)
		} else {
			last[k] = i
		}
	}
	if len(last) > 0 {
		for i := last[len(last)-1]; i >= 0; i = before[i] {
			best = append(best, l[i])
		}
		slices.Reverse(best)
	}
	return best
}

// sameText reports whether two lines are the same but for names of variables and of
// functions.
func (r *Relation) sameText(a, b *line) bool {
	if a.text == b.text || len(r.pairs) == 0 || len(a.tokens) != len(b.tokens) {
		return a.text == b.text
	}
	for k, t := range a.tokens {
		if t != b.tokens[k] && !r.pairs[[2]string{t, b.tokens[k]}] {
			return false
		}
	}
	return true
}

// called is how many variables in corresponding places have the same name.
func (r *Relation) called(a, b []int) (n int) {
	for i := range min(len(a), len(b)) {
		if r.Old.Vars[a[i]] == r.New.Vars[b[i]] {
			n++
		}
	}
	return n
}

// alike weighs how much two lines have in common, 0 if too little.
func (r *Relation) alike(a, b *line) float64 {
	w := 0.0
	switch {
	case r.sameText(a, b):
		w = 1
		if n := len(a.vars); n > 0 {
			w = 0.7 + 0.3*float64(r.called(a.vars, b.vars))/float64(n)
		}
	case a.tokens[0] != b.tokens[0] && (a.tokens[0] != "‹" || b.tokens[0] != "‹"):
		return 0
	default:
		all := len(a.sorted) + len(b.sorted)
		if w = 2 * float64(min(len(a.sorted), len(b.sorted))) / float64(all); w < 0.6 {
			return 0
		}
		if w = 2 * float64(both(a.sorted, b.sorted)) / float64(all); w < 0.6 {
			return 0
		}
		w *= 0.6
	}
	if a.depth == b.depth {
		w += 0.05
	}
	return w * min(a.weight, b.weight)
}

// both counts what two sorted lists have in common.
func both(a, b []int) (n int) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			n, i, j = n+1, i+1, j+1
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return n
}

// variables finds which variables are certainly which.
func (r *Relation) variables(was, is []line) {
	type place struct{ line, nth int }
	first := func(l []line, n int) []place {
		p := make([]place, n)
		for i := len(l) - 1; i >= 0; i-- {
			for k := len(l[i].vars) - 1; k >= 0; k-- {
				p[l[i].vars[k]] = place{i, k}
			}
		}
		return p
	}
	a, b := first(was, len(r.Old.Vars)), first(is, len(r.New.Vars))
	uses := func(l []line, n int) []int {
		in := make([]int, n)
		for i := range l {
			for k, v := range l[i].vars {
				if !slices.Contains(l[i].vars[:k], v) {
					in[v]++
				}
			}
		}
		return in
	}
	inOld, inNew := uses(was, len(r.Old.Vars)), uses(is, len(r.New.Vars))
	to, from, in := map[int][]int{}, map[int][]int{}, map[int]int{}
	for i, j := range r.lines {
		if j < 0 || !r.same[i] {
			continue
		}
		for k, v := range was[i].vars {
			u := is[j].vars[k]
			if !slices.Contains(was[i].vars[:k], v) {
				in[v]++
			}
			if r.votes[[2]int{v, u}]++; !slices.Contains(to[v], u) {
				to[v], from[u] = append(to[v], u), append(from[u], v)
			}
		}
	}
	for v, l := range to {
		u := l[0]
		if len(l) > 1 || len(from[u]) > 1 || r.lines[a[v].line] != b[u].line || !r.same[a[v].line] || a[v].nth != b[u].nth {
			continue
		}
		if name := r.Old.Vars[v]; name != r.New.Vars[u] && (2*in[v] < max(inOld[v], inNew[u]) || r.mayBe(name, from)) {
			continue
		}
		r.vars[v] = u
	}
	ambiguous := map[string]bool{}
	for v, u := range r.vars {
		name, as := r.Old.Vars[v], r.New.Vars[u]
		if known, ok := r.names[name]; ok && known != as {
			ambiguous[name] = true
		}
		r.names[name] = as
	}
	for v, name := range r.Old.Vars {
		if _, ok := r.vars[v]; !ok && r.names[name] != "" && r.names[name] != name {
			ambiguous[name] = true
		}
	}
	for name := range ambiguous {
		delete(r.names, name)
	}
}

// equal reports whether an old line says the same as its counterpart: the variables in it
// are the same ones, whatever they are called.
func (r *Relation) equal(i int) bool {
	if r.lines[i] < 0 || !r.same[i] {
		return false
	}
	a, b := strings.Split(r.Old.Text[i], " "), strings.Split(r.New.Text[r.lines[i]], " ")
	for k := range a {
		v, one := variable(strings.TrimLeft(a[k], "\t"))
		u, _ := variable(strings.TrimLeft(b[k], "\t"))
		if one && !r.are(v, u) {
			return false
		}
	}
	return true
}

// are reports whether an old variable is a new one: certainly, or by its name.
func (r *Relation) are(v, u int) bool {
	if is, ok := r.vars[v]; ok {
		return is == u
	}
	return r.Old.Vars[v] == r.New.Vars[u]
}

// mayBe reports whether a new variable of a name may be an old one of that name: no line
// says that it is another one.
func (r *Relation) mayBe(name string, from map[int][]int) bool {
	for u, s := range r.New.Vars {
		if s == name && len(from[u]) == 0 {
			return true
		}
	}
	return false
}

// against reports whether lines say of an old variable and a new one that they are not
// the same.
func (r *Relation) against(v, u int) bool {
	if r.votes[[2]int{v, u}] > 0 {
		return false
	}
	if is, ok := r.vars[v]; ok {
		return is != u
	}
	for p := range r.votes {
		if p[0] == v || p[1] == u {
			return true
		}
	}
	return false
}

// Share is how much of the longer one of the two functions stands in the other, from 0 to 1.
func (r *Relation) Share() float64 {
	sum := func(l []line) (w float64) {
		for i := range l {
			w += l[i].weight
		}
		return w
	}
	was, is := r.split()
	got := 0.0
	for i, j := range r.lines {
		if j >= 0 {
			got += min(1, r.alike(&was[i], &is[j])/max(0.01, min(was[i].weight, is[j].weight))) * min(was[i].weight, is[j].weight)
		}
	}
	if all := max(sum(was), sum(is)); all > 0 {
		return got / all
	}
	return 0
}

// Same reports whether the two functions are the same but for names: their own, those of
// local variables, and those of functions that keys has told of.
func (r *Relation) Same() bool {
	if len(r.Old.Text) == 0 || len(r.Old.Text) != len(r.New.Text) || len(r.vars) != len(r.Old.Vars) || len(r.vars) != len(r.New.Vars) {
		return false
	}
	for i := range r.lines {
		if r.lines[i] != i || !r.same[i] {
			return false
		}
	}
	return true
}

// says reports whether the operation of point j of the new function has the text of that
// of point i of the old one, but for names.
func (r *Relation) says(i, j int) bool {
	p, q := &r.Old.Points[i], &r.New.Points[j]
	if p.What == q.What && (p.Form == "" || !r.named(p, q)) {
		return true
	}
	if p.Form == "" || q.Form == "" {
		return r.Translate(p.What) == q.What
	}
	a, b := strings.Split(p.Form, " "), strings.Split(q.Form, " ")
	if len(a) != len(b) {
		return false
	}
	for k := range a {
		v, one := variable(a[k])
		u, two := variable(b[k])
		switch {
		case one && two:
			if !r.are(v, u) {
				return false
			}
		case a[k] != b[k] && (one || two || !r.pairs[[2]string{a[k], b[k]}]):
			return false
		}
	}
	return true
}

// named reports whether two operations with one text name variables that are certainly
// not the same.
func (r *Relation) named(p, q *ledger.Point) bool {
	a, b := strings.Split(p.Form, " "), strings.Split(q.Form, " ")
	for k := range min(len(a), len(b)) {
		v, one := variable(a[k])
		u, two := variable(b[k])
		if is, ok := r.vars[v]; one && two && ok && is != u {
			return true
		}
	}
	return false
}

// Translate puts the names that variables and functions have in the new function in the
// place of their old ones.
func (r *Relation) Translate(text string) string {
	if len(r.names) == 0 && len(r.calls) == 0 {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case c == '"' || c == '`' || c == '\'':
			end := i + 1
			for end < len(text) && text[end] != c {
				if text[end] == '\\' && c != '`' {
					end++
				}
				end++
			}
			end = min(end+1, len(text))
			b.WriteString(text[i:end])
			i = end
		case letter(c):
			end := i
			for end < len(text) && (letter(text[end]) || text[end] >= '0' && text[end] <= '9') {
				end++
			}
			word := text[i:end]
			behind := i > 0 && text[i-1] == '.'
			if to, ok := r.calls["."+word]; ok && behind {
				word = to[1:]
			} else if to, ok := r.calls[word]; ok && !behind && r.names[word] == "" {
				word = to
			} else if to, ok := r.names[word]; ok && !behind {
				word = to
			}
			b.WriteString(word)
			i = end
		default:
			b.WriteByte(c)
			i++
		}
	}
	return b.String()
}

// sameWords reports whether two texts are the same but for names that are others now.
func (r *Relation) sameWords(old, new string) bool {
	return slices.EqualFunc(wordsOf(old), wordsOf(new), func(a, b string) bool {
		return a == b || r.names[a] == b || r.pairs[[2]string{a, b}]
	})
}

// wordsOf cuts a text into its words and what stands between them.
func wordsOf(s string) (l []string) {
	for len(s) > 0 {
		n := 1
		for is := letter(s[0]); n < len(s) && letter(s[n]) == is; n++ {
		}
		l, s = append(l, s[:n]), s[n:]
	}
	return l
}

func letter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 }

func (r *Relation) translated(l []string) []string {
	if len(r.names) == 0 && len(r.calls) == 0 {
		return l
	}
	m := make([]string, len(l))
	for i, s := range l {
		m[i] = r.Translate(s)
	}
	return m
}
