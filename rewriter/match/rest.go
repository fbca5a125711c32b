package match

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

// What a frame does from its point on decides where it may go: if the rest of the old
// function is that of a new one behind some point, a frame that goes on there does what it
// would have done, whatever operation the two points are.

// A rest is what is done behind a statement, up to the function's end or the next turn of
// a loop.
type rest struct {
	lines []int
	depth []int // of each, less that of the list of statements it is in
	again int   // header of the loop, -1: none
}

// restOf is what is done behind the statement of a line, if that can be told without
// following jumps.
func restOf(text []string, at int) (r rest, ok bool) {
	r.again = -1
	depth := func(i int) int { return len(text[i]) - len(strings.TrimLeft(text[i], "\t")) }
	word := func(i int) string {
		w, _, _ := strings.Cut(strings.TrimLeft(text[i], "\t"), " ")
		return w
	}
	clause := func(i int) bool { w := word(i); return w == "case" || w == "default" }
	outer := func(i, d int) int { // the header of the block at depth d that line i is in
		for i--; i > 0 && depth(i) != d-1; i-- {
		}
		return i
	}
	d, i := depth(at), at+1
	for {
		for ; i < len(text) && depth(i) == d && !(clause(i) || word(i) == "else"); i++ {
			switch w := word(i); {
			case w == "return" || w == "panic":
				r.lines, r.depth = append(r.lines, i), append(r.depth, 0)
				return r, true
			case w == "continue" && strings.TrimLeft(text[i], "\t") == w:
				for ; d > 0; d-- {
					if h := outer(i, d); word(h) == "for" {
						r.again = h
						return r, true
					}
				}
				return r, false
			case jump(text[i], w):
				return r, false
			}
			r.lines, r.depth = append(r.lines, i), append(r.depth, 0)
			for ; i+1 < len(text) && (depth(i+1) > d || depth(i+1) == d && (word(i+1) == "else" || clause(i+1))); i++ {
				if jump(text[i+1], word(i+1)) {
					return r, false
				}
				r.lines, r.depth = append(r.lines, i+1), append(r.depth, depth(i+1)-d)
			}
		}
		if d == 0 {
			return r, true // the end
		}
		h := outer(i, d)
		if word(h) == "for" {
			r.again = h
			return r, true
		}
		// Behind the statement that the block is part of.
		for ; i < len(text) && (depth(i) >= d || depth(i) == d-1 && (word(i) == "else" || clause(i) && clause(h))); i++ {
		}
		d--
	}
}

// jump reports whether a line leads to another place than the next one, or may be led to.
func jump(line, word string) bool {
	switch word {
	case "break", "continue", "goto", "fallthrough":
		return true
	}
	return strings.HasSuffix(line, " :") && word != "case" && word != "default"
}

// alone reports whether a point's operation is a statement, whose results nobody has.
func alone(f *ledger.Func, p *ledger.Point) bool {
	return p.Form != "" && p.In > 0 && strings.TrimLeft(f.Text[p.In], "\t") == p.Form
}

// last reports whether a point's operation is all that a function returns: its results go to
// the caller, and nothing is left to do.
func last(f *ledger.Func, p *ledger.Point) bool {
	return p.Form != "" && p.In > 0 && strings.TrimLeft(f.Text[p.In], "\t") == "return "+p.Form
}

// rests reports whether a frame that goes on at point j of the new function does what it
// would have done at point i of the old one, and nothing else.
func (r *Relation) rests(i, j int) bool {
	p, q := &r.Old.Points[i], &r.New.Points[j]
	call := func(p *ledger.Point) bool { return p.Kind == "call" || p.Kind == "park" }
	if p.Calls != "" && r.keys[p.Calls] == "" {
		return false // the frame inside has no place: what was done there may be done here now
	}
	if !call(p) || !call(q) || p.Results != q.Results {
		return false
	}
	if last(r.Old, p) && last(r.New, q) {
		return r.Old.Results == r.New.Results
	}
	if !alone(r.Old, p) || !alone(r.New, q) {
		return false
	}
	a, ok := restOf(r.Old.Text, p.In)
	b, is := restOf(r.New.Text, q.In)
	if !ok || !is || len(a.lines) != len(b.lines) || !slices.Equal(a.depth, b.depth) || (a.again < 0) != (b.again < 0) {
		return false
	}
	if a.again >= 0 && (r.lines[a.again] != b.again || !r.equal(a.again)) {
		return false
	}
	for k := range a.lines {
		if !r.sameLine(a.lines[k], b.lines[k]) {
			return false
		}
	}
	return true
}

// ends reports whether nothing is left to do behind two points but to return the same, or to
// go into a loop's next turn: what has not been asked before them guards nothing any more.
func (r *Relation) ends(i, j int) bool {
	if r == nil || !r.rests(i, j) {
		return false
	}
	if last(r.Old, &r.Old.Points[i]) {
		return true
	}
	rest, _ := restOf(r.Old.Text, r.Old.Points[i].In)
	return len(rest.lines) == 0 || len(rest.lines) == 1 && strings.HasPrefix(strings.TrimLeft(r.Old.Text[rest.lines[0]], "\t"), "return")
}

// sameLine reports whether two lines say the same, the variables in them being the same ones.
func (r *Relation) sameLine(i, j int) bool {
	a, b := strings.Split(strings.TrimLeft(r.Old.Text[i], "\t"), " "), strings.Split(strings.TrimLeft(r.New.Text[j], "\t"), " ")
	return slices.EqualFunc(a, b, func(s, t string) bool {
		v, one := variable(s)
		u, two := variable(t)
		if one && two {
			return r.are(v, u)
		}
		return s == t || !one && !two && r.pairs[[2]string{s, t}]
	})
}

// resting looks for a point at which frames at point i of the old function do what they
// would have done, if it has no counterpart: the one nearest to where it would be.
func (r *Relation) resting(i int, aligned []int, fits func(j int) bool) int {
	from := 0
	for k := i - 1; k > 0 && from == 0; k-- {
		from = max(from, aligned[k])
	}
	best := -1
	for j := 1; j < len(r.New.Points); j++ {
		if r.rests(i, j) && fits(j) && (best < 0 || distance(j, from+1) < distance(best, from+1)) {
			best = j
		}
	}
	return best
}

func distance(a, b int) int { return max(a-b, b-a) }

// goesOn reports whether point j is certainly point i: it is the same operation, or a call of
// the same function in the same place whose results mean the same, or what comes behind it
// is the same.
func (r *Relation) goesOn(i, j int) bool {
	return r.says(i, j) || r.rests(i, j) || r.recalled(i, j)
}

// Why says what makes point j certain to be point i, if the texts are not the same.
func (r *Relation) Why(i, j int) string {
	switch {
	case r.says(i, j):
		return "the same operation, with names as they are now"
	case r.rests(i, j):
		return "what comes behind it is the same"
	case r.recalled(i, j):
		return "the same call, given something else"
	}
	return "another operation"
}

// recalled reports whether two points are the same call, given something else, in the
// same line. Either nobody has its results; or what it is given has the same names and the
// same constants, and is only got to in another way, or the function takes more.
func (r *Relation) recalled(i, j int) bool {
	p, q := &r.Old.Points[i], &r.New.Points[j]
	if p.Kind != q.Kind || !r.calling(i, j) && (p.Func == "" || p.Func != q.Func) || p.In >= len(r.lines) || r.lines[p.In] != q.In {
		return false
	}
	only := func(f *ledger.Func, at *ledger.Point) bool {
		n := 0
		for k := range f.Points {
			if o := &f.Points[k]; o.In == at.In && o.Calls == at.Calls && o.Func == at.Func {
				n++
			}
		}
		return n == 1
	}
	if !only(r.Old, p) || !only(r.New, q) {
		return false
	}
	if alone(r.Old, p) && alone(r.New, q) {
		return true
	}
	a, b := operands(r.Translate(p.What)), operands(q.What)
	if a == nil || b == nil || len(a) < len(b) && p.Calls == "" {
		return false
	}
	for _, s := range a {
		k := slices.Index(b, s)
		if k < 0 {
			return false
		}
		b = slices.Delete(b, k, k+1)
	}
	return true
}

// operands are what a call is given, its receiver first, each by what tells its meaning:
// of what is selected the last name, of everything else the text. nil: that cannot be told.
func operands(text string) (l []string) {
	x, err := parser.ParseExpr(text)
	call, ok := x.(*ast.CallExpr)
	if err != nil || !ok {
		return nil
	}
	l = []string{}
	args := call.Args
	if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
		args = append([]ast.Expr{sel.X}, args...)
	}
	for _, a := range args {
		for {
			switch y := a.(type) {
			case *ast.ParenExpr:
				a = y.X
				continue
			case *ast.StarExpr:
				a = y.X
				continue
			case *ast.UnaryExpr:
				if y.Op == token.AND {
					a = y.X
					continue
				}
			case *ast.SelectorExpr:
				a = y.Sel
			}
			break
		}
		l = append(l, types.ExprString(a))
	}
	return l
}

// Handed are notes for review: calls in flight that have been given something else than
// the new function gives them. They go on behind the new call with what the old one
// returns.
func (r *Relation) Handed(s *Step) (notes []Concern) {
	operation := func(p *ledger.Point) *ledger.Effect {
		return &ledger.Effect{Kind: ledger.CallOf, What: p.What, Line: p.Line}
	}
	for i, j := range s.To {
		if i == 0 || j <= 0 {
			continue
		}
		p, q := &r.Old.Points[i], &r.New.Points[j]
		if p.Callee != "" && (r.Translate(p.Callee) == q.Callee || r.calling(i, j)) && !r.says(i, j) {
			is := operation(q)
			notes = append(notes, Concern{Verdict: Given, Step: s, Points: []int{i}, Effect: is, Old: operation(p), New: is})
		}
	}
	return notes
}
