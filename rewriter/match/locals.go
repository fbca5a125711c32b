package match

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// Moves says which field of the old frame each field of the new one is carried
// over from. Names alone do not tell: the rewriter numbers variables of the same
// name and its own temporaries through a function, so that a statement added
// before them changes them.
//
// Variables are matched by name, type and declaration, temporaries by what they
// are for. points is the alignment of the functions' points.
func Moves(o, n *ledger.Func, points []int) map[string]string {
	m := map[string]string{}
	used := map[string]bool{}
	pair := func(old, new ledger.Field) {
		m[new.Name] = old.Name
		used[old.Name] = true
	}
	fits := func(a, b ledger.Field) bool { return a.Type == b.Type && a.Boxed == b.Boxed }

	// Temporaries.
	roles := map[string]ledger.Field{}
	for _, f := range o.Frame {
		if f.Role != "" {
			roles[translate(f.Role, points)] = f
		}
	}
	for _, f := range n.Frame {
		old, ok := roles[f.Role]
		if !ok || f.Role == "" || !fits(old, f) {
			continue
		}
		if j, of := pointOf(f.Role); of && strings.HasSuffix(f.Role, " case") {
			if i, _ := pointOf(old.Role); !equal(o.Points[i].Cases, n.Points[j].Cases) {
				continue // the cases are numbered otherwise
			}
		}
		pair(old, f)
	}

	// Variables with the same declaration, in order.
	source := func(fs []ledger.Field, name string) []ledger.Field {
		var l []ledger.Field
		for _, f := range fs {
			if f.Source == name {
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
		was, is := source(o.Frame, f.Source), source(n.Frame, f.Source)
		declared := func(a, b ledger.Field) bool { return fits(a, b) && a.Decl == b.Decl }
		for _, p := range sequence(was, is, declared) {
			pair(was[p[0]], is[p[1]])
		}
		was = slices.DeleteFunc(was, func(f ledger.Field) bool { return used[f.Name] })
		is = slices.DeleteFunc(is, func(f ledger.Field) bool { return m[f.Name] != "" })
		// One is left on both sides: it is declared otherwise, and still the one.
		if len(was) == 1 && len(is) == 1 && fits(was[0], is[0]) {
			pair(was[0], is[0])
		}
	}
	return m
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

// translate puts the new point's number into an old temporary's role.
func translate(role string, points []int) string {
	i, ok := pointOf(role)
	if !ok {
		return role
	}
	if i >= len(points) || points[i] < 0 {
		return "" // belongs to a point that is gone
	}
	return "@" + strconv.Itoa(points[i]) + atPoint.ReplaceAllString(role, "")
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

// Missing lists the fields that the new frame needs at point j and that an old
// frame at point i does not hold.
func Missing(o, n *ledger.Func, i, j int, moves map[string]string) []string {
	var l []string
	role := map[string]string{}
	for _, f := range n.Frame {
		role[f.Name] = f.Role
	}
	for _, f := range n.Points[j].Live {
		if newCase(o, n, i, j, role[f]) {
			continue
		}
		if from, ok := moves[f]; !ok || !slices.Contains(o.Points[i].Live, from) {
			l = append(l, f)
		}
	}
	return l
}

// newCase reports whether a temporary is what a case of a select received that the
// old select did not have: the case was not taken, and nothing looks at it.
func newCase(o, n *ledger.Func, i, j int, role string) bool {
	comm, ok := strings.CutPrefix(role, "@"+strconv.Itoa(j)+" ")
	if !ok || o.Points[i].Kind != "select" || n.Points[j].Kind != "select" {
		return false
	}
	comm, value := strings.CutSuffix(comm, ": value")
	comm, open := strings.CutSuffix(comm, ": open")
	return (value || open) && slices.Contains(n.Points[j].Cases, comm) && !slices.Contains(o.Points[i].Cases, comm)
}

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
		log := strings.HasPrefix(f.Role, "log;")
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
