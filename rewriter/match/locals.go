package match

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// Moves says which field of the old frame each field of the new one is carried
// over from. Names alone do not tell: the rewriter numbers variables of the same
// name and its own temporaries through a function, so that a statement added
// before them changes them; and developers give other names to what stays the same.
//
// Variables are matched by what stands about them in the texts, else by name, type and
// declaration; temporaries by what they are for. points is the alignment of the
// functions' points.
func (r *Relation) Moves(points []int) map[string]string {
	o, n := r.Old, r.New
	m := map[string]string{}
	used := map[string]bool{}
	pair := func(old, new ledger.Field) {
		m[new.Name] = old.Name
		used[old.Name] = true
	}
	fits := func(a, b ledger.Field) bool { return a.Type == b.Type && a.Boxed == b.Boxed }
	// A variable that only the new function holds by pointer is put behind one: see Shared.
	same := func(a, b ledger.Field) bool {
		return fits(a, b) || a.Type == b.Type && !a.Boxed || structs(a, b) || !parameter(n, b) && Pointed(a, b)
	}

	// Temporaries.
	roles := map[string]ledger.Field{}
	for _, f := range o.Frame {
		if f.Role != "" {
			roles[r.translate(f.Role, points)] = f
		}
	}
	// What belongs to a line goes with it.
	lines := map[ledger.Field]ledger.Field{}
	of := func(line int, f ledger.Field) ledger.Field {
		return ledger.Field{In: line, Part: f.Part, Type: f.Type, Boxed: f.Boxed}
	}
	for _, f := range o.Frame {
		if f.In > 0 && r.equal(f.In) {
			lines[of(r.lines[f.In], f)] = f
		}
	}
	for _, f := range n.Frame {
		if f.In == 0 || m[f.Name] != "" {
			continue
		}
		if old, ok := lines[of(f.In, f)]; ok && !used[old.Name] {
			pair(old, f)
		}
	}
	for _, f := range n.Frame {
		old, ok := roles[f.Role]
		if m[f.Name] != "" || used[old.Name] {
			continue
		}
		if i := slices.IndexFunc(o.Frame, isLog); i >= 0 && isLog(f) && r.sameWords(o.Frame[i].Role, f.Role) {
			old, ok = o.Frame[i], true
		}
		if !ok || f.Role == "" || !fits(old, f) {
			continue
		}
		if j, of := pointOf(f.Role); of && strings.HasSuffix(f.Role, " case") {
			if i, _ := pointOf(old.Role); !equal(r.translated(o.Points[i].Cases), n.Points[j].Cases) {
				continue // the cases are numbered otherwise
			}
		}
		pair(old, f)
	}

	// Variables that the texts tell.
	told := map[string]bool{} // new fields, with or without a counterpart
	for v, u := range r.vars {
		was, is := fieldOf(o, v), fieldOf(n, u)
		if is != nil {
			told[is.Name] = true
		}
		if was != nil {
			used[was.Name] = true
		}
		if was != nil && is != nil && same(*was, *is) {
			pair(*was, *is)
		}
	}

	// What a call returns goes to what the new function gives its results to.
	for i, j := range points {
		if i == 0 || j <= 0 || o.Points[i].Kind != "call" && o.Points[i].Kind != "park" {
			continue
		}
		was, is := results(o, i), results(n, j)
		for k := range min(len(was), len(is)) {
			if was[k] == "" || is[k] == "" || m[is[k]] != "" || used[was[k]] {
				continue
			}
			a, b := fieldNamed(o, was[k]), fieldNamed(n, is[k])
			if fits(*a, *b) && (a.Source == "" || b.Source == "") && !told[b.Name] {
				pair(*a, *b)
			}
		}
	}

	// Variables with the same declaration, in order.
	source := func(fs []ledger.Field, name string, known func(f ledger.Field) bool) []ledger.Field {
		var l []ledger.Field
		for _, f := range fs {
			if f.Source == name && !known(f) {
				l = append(l, f)
			}
		}
		return l
	}
	seen := map[string]bool{}
	for _, f := range n.Frame {
		if f.Source == "" || seen[f.Source] {
			continue
		}
		seen[f.Source] = true
		was := source(o.Frame, f.Source, func(f ledger.Field) bool { return used[f.Name] })
		is := source(n.Frame, f.Source, func(f ledger.Field) bool { return told[f.Name] })
		declared := func(a, b ledger.Field) bool { return same(a, b) && r.Translate(a.Decl) == b.Decl }
		for _, p := range sequence(was, is, declared) {
			pair(was[p[0]], is[p[1]])
		}
		was = slices.DeleteFunc(was, func(f ledger.Field) bool { return used[f.Name] })
		is = slices.DeleteFunc(is, func(f ledger.Field) bool { return m[f.Name] != "" })
		// One is left on both sides: it is declared otherwise, and still the one, unless one of
		// them is what callers give the function.
		if len(was) == 1 && len(is) == 1 && same(was[0], is[0]) && parameter(o, was[0]) == parameter(n, is[0]) && !(was[0].Var > 0 && is[0].Var > 0 && r.against(was[0].Var-1, is[0].Var-1)) {
			pair(was[0], is[0])
		}
	}
	return m
}

// MovesTo is Moves for frames that go from point i to point j, whatever the alignment of the
// points says of the two: what belongs to the point is taken from them.
func (r *Relation) MovesTo(i, j int, aligned []int) map[string]string {
	at := slices.Clone(aligned)
	for k := range at {
		if at[k] == j {
			at[k] = -1
		}
	}
	at[i] = j
	return r.Moves(at)
}

// results are the fields that hold what the call at a point has returned, "" where none does:
// temporaries, or the variables that the call's line gives its results to.
func results(f *ledger.Func, i int) (l []string) {
	p := &f.Points[i]
	put := func(k int, name string) {
		for len(l) <= k {
			l = append(l, "")
		}
		if l[k] == "" {
			l[k] = name
		}
	}
	if p.Form != "" && p.In > 0 {
		left, found := strings.CutSuffix(strings.TrimLeft(f.Text[p.In], "\t"), "= "+p.Form)
		if left = strings.TrimSuffix(left, ":"); found {
			for k, s := range strings.Split(left, ",") {
				if v, ok := variable(strings.TrimSpace(s)); ok {
					if field := fieldOf(f, v); field != nil {
						put(k, field.Name)
					}
				}
			}
		}
	}
	for _, v := range f.Frame {
		if rest, ok := strings.CutPrefix(v.Role, fmt.Sprintf("@%d result ", i)); ok {
			if k, err := strconv.Atoi(rest); err == nil {
				put(k, v.Name)
			}
		}
	}
	return l
}

// parameter reports whether a variable is one of the function's parameters or results.
func parameter(f *ledger.Func, v ledger.Field) bool {
	if v.Var == 0 {
		return v.Decl == ""
	}
	name := fmt.Sprintf(" ‹%d› ", v.Var-1)
	for _, what := range []string{"of", "takes", "returns"} {
		if slices.ContainsFunc(f.Text, func(line string) bool { return strings.HasPrefix(line, what+name) }) {
			return true
		}
	}
	return false
}

// isLog reports whether a field holds the calls that a function has deferred in loops.
func isLog(f ledger.Field) bool { return strings.HasPrefix(f.Role, "log;") }

func fieldNamed(f *ledger.Func, name string) *ledger.Field {
	for i := range f.Frame {
		if f.Frame[i].Name == name {
			return &f.Frame[i]
		}
	}
	return nil
}

// fieldOf is the field that holds a variable; nil if frames do not.
func fieldOf(f *ledger.Func, v int) *ledger.Field {
	for i := range f.Frame {
		if f.Frame[i].Var == v+1 {
			return &f.Frame[i]
		}
	}
	return nil
}

// ByName reports whether moves is what carrying over by name and type would do.
func ByName(moves map[string]string, o, n *ledger.Func) bool {
	old := map[string]ledger.Field{}
	for _, f := range o.Frame {
		old[f.Name] = f
	}
	for _, f := range n.Frame {
		was, has := old[f.Name]
		if from, ok := moves[f.Name]; ok && from != f.Name || !ok && has {
			return false
		}
		_ = was
	}
	return true
}

// sequence is a longest common subsequence as pairs of indices.
func sequence(a, b []ledger.Field, same func(a, b ledger.Field) bool) (l [][2]int) {
	n := make([][]int, len(a)+1)
	for i := range n {
		n[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if same(a[i], b[j]) {
				n[i][j] = n[i+1][j+1] + 1
			} else {
				n[i][j] = max(n[i+1][j], n[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case same(a[i], b[j]):
			l = append(l, [2]int{i, j})
			i, j = i+1, j+1
		case n[i+1][j] >= n[i][j+1]:
			i++
		default:
			j++
		}
	}
	return l
}

var atPoint = regexp.MustCompile(`^@(\d+)`)

// translate puts the new point's number and the new names into an old temporary's role.
func (r *Relation) translate(role string, points []int) string {
	i, ok := pointOf(role)
	if !ok {
		return r.Translate(role)
	}
	if i >= len(points) || points[i] < 0 {
		return "" // belongs to a point that is gone
	}
	return "@" + strconv.Itoa(points[i]) + r.Translate(atPoint.ReplaceAllString(role, ""))
}

// pointOf is the point that a temporary belongs to.
func pointOf(role string) (int, bool) {
	s := atPoint.FindStringSubmatch(role)
	if s == nil {
		return 0, false
	}
	i, _ := strconv.Atoi(s[1])
	return i, true
}

// structs reports whether two variables are the same struct although only one of their types has
// a name.
func structs(a, b ledger.Field) bool {
	return a.Boxed == b.Boxed && (b.Under != "" && b.Under == a.Type || a.Under != "" && a.Under == b.Type)
}

// Pointed reports whether a new variable is a pointer to the struct that the old one was behind a
// pointer. One that is said to lead into something else (`&x.y`) is not: it would be a copy of that.
func Pointed(a, b ledger.Field) bool {
	if !a.Boxed || b.Boxed || b.Type != "*"+a.Type && (b.Under == "" || b.Under != "*"+a.Type) {
		return false
	}
	_, made, ok := strings.Cut(b.Decl, "= ")
	return !ok || !strings.HasPrefix(made, "&") || strings.Contains(made, "{")
}

// Missing lists the fields that the new frame needs at point j, that an old frame at
// point i does not hold, and that are not what they begin with either.
func (r *Relation) Missing(i, j int, moves map[string]string) []string {
	o, n := r.Old, r.New
	var l []string
	for _, name := range n.Points[j].Live {
		f := fieldNamed(n, name)
		if f == nil || r.newCase(i, j, f.Role) || r.undeferred(i, j, f.Role) {
			continue
		}
		from, held := moves[name]
		held = held && slices.Contains(o.Points[i].Live, from)
		if held && Shared(fieldNamed(o, from), f, i, j) || !held && !Begins(f, j) {
			l = append(l, name)
		}
	}
	return l
}

// Begun lists the variables of the new frame that an old frame at point i does not hold and
// that begin at point j with what they are declared with.
func (r *Relation) Begun(i, j int, moves map[string]string) (l []*ledger.Field) {
	for _, name := range r.New.Points[j].Live {
		f := fieldNamed(r.New, name)
		if from, held := moves[name]; f != nil && Begins(f, j) && !(held && slices.Contains(r.Old.Points[i].Live, from)) {
			l = append(l, f)
		}
	}
	return l
}

// Begins reports whether a new frame's variable is at a point what it begins with: a constant
// or its zero value, whatever the old frame holds.
func Begins(f *ledger.Field, j int) bool { return f.Init != "" && f.Holds(ledger.Initial, j) }

// Shared reports whether a variable that the old frame holds by value and the new one by
// pointer has to be one with that of somebody else: literals have their copies of it, which
// could no more be told from one variable only if nothing gives it another value.
func Shared(was, is *ledger.Field, i, j int) bool {
	return was != nil && is.Boxed && !was.Boxed && !was.Holds(ledger.Owned, i) && !is.Holds(ledger.Settled, j)
}

// newCase reports whether a temporary is what a case of a select received that the
// old select did not have: the case was not taken, and nothing looks at it.
func (r *Relation) newCase(i, j int, role string) bool {
	o, n := r.Old, r.New
	comm, ok := strings.CutPrefix(role, "@"+strconv.Itoa(j)+" ")
	if !ok || o.Points[i].Kind != "select" || n.Points[j].Kind != "select" {
		return false
	}
	comm, value := strings.CutSuffix(comm, ": value")
	comm, open := strings.CutSuffix(comm, ": open")
	return (value || open) && slices.Contains(n.Points[j].Cases, comm) && !slices.Contains(r.translated(o.Points[i].Cases), comm)
}

// undeferred reports whether a flag, or an operand, is of a call that only the new function
// defers and that frames at point i have not: they go on as they would have. It is another
// thing, and for the developer to say, if the call gives something back that frames may have
// (a lock, a count), or if the old function does behind the point, or has deferred, what the
// new one does not: the call may do it in its place.
func (r *Relation) undeferred(i, j int, role string) bool {
	call := ledger.Deferred(role)
	if call == "" || returning.MatchString(call) {
		return false
	}
	if slices.ContainsFunc(r.Old.Frame, func(f ledger.Field) bool { return r.Translate(ledger.Deferred(f.Role)) == call }) {
		return false // it is deferred, and was not matched
	}
	if slices.ContainsFunc(r.Old.Frame, func(f ledger.Field) bool {
		old := r.Translate(ledger.Deferred(f.Role))
		return old != "" && !slices.ContainsFunc(r.New.Frame, func(n ledger.Field) bool { return ledger.Deferred(n.Role) == old })
	}) {
		return false // the other one is deferred no more: this one may stand for it
	}
	for k := range r.Old.Effects {
		e := &r.Old.Effects[k]
		switch e.Kind {
		case ledger.CallOf, ledger.Close, ledger.Unlock, ledger.Uncount, ledger.Send, ledger.Go:
		default:
			continue
		}
		if ledger.From(e.Places, i) != ledger.Ahead {
			continue
		}
		if !slices.ContainsFunc(r.New.Effects, func(n ledger.Effect) bool {
			return ledger.From(n.Places, j) == ledger.Ahead && (n.Same() == e.Same() || n.What == r.Translate(e.What))
		}) {
			return false
		}
	}
	return true
}

// returning are calls that give back what has been taken.
var returning = regexp.MustCompile(`(Unlock|Done|Add|Release)\(`)

// Lost lists the deferred calls that may be armed at old point i and that the new
// function does not know of: they would not be made. Those that are dropped on purpose
// are left out. n may be nil: no function.
func Lost(o, n *ledger.Func, i int, moves map[string]string, dropped []string) []string {
	kept := map[string]bool{}
	for _, from := range moves {
		kept[from] = true
	}
	var l []string
	for _, f := range o.Frame {
		call, armed := strings.CutSuffix(f.Role, ": armed")
		log := isLog(f)
		if kept[f.Name] || !(armed && slices.Contains(o.Points[i].Live, f.Name) || log) {
			continue
		}
		if log {
			l = append(l, strings.TrimPrefix(f.Role, "log; defer "))
		} else if call = ledger.Deferred(call); !slices.Contains(dropped, call) {
			l = append(l, call)
		}
	}
	return l
}

// Defers lists the deferred calls of a function whose frames hold of each whether it
// has been deferred.
func Defers(f *ledger.Func) []string {
	var l []string
	for _, v := range f.Frame {
		if role, armed := strings.CutSuffix(v.Role, ": armed"); armed {
			l = append(l, ledger.Deferred(role))
		}
	}
	return l
}
