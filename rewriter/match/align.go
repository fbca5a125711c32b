package match

import (
	"slices"
	"strconv"
	"strings"
)

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
