package body

import (
	"go/ast"
	"slices"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// once prints, in front of a loop, the literals that calls in the straight line of its
// body are given and that capture nothing of a trip's own: one is made for the loop, not
// one for each trip. A callee that can be captured has what it is given in its frame
// records, so that literals for it stand on the heap; in the plain program they often
// do not. Func values have no identity, and a loop that does not go round makes none.
//
// It is the fast body's alone: frames do not have these variables, and resume bodies
// make literals where they stand.
func (p *printer) once(c *context, s *desugar.Range) (fns []*desugar.Func) {
	trips := rangeTrips(c, s)
	if c.resume || c.hoisted != nil || trips == "" {
		return nil
	}
	own := map[*desugar.Var]bool{s.Idx: true}
	declare := func(lhs ...desugar.LHS) {
		for _, l := range lhs {
			own[l.Var] = true
		}
	}
	for _, l := range []*desugar.LHS{s.Key, s.Val} {
		if l != nil {
			declare(*l)
		}
	}
	for _, st := range s.Body {
		switch st := st.(type) {
		case *desugar.Define:
			declare(st.Lhs...)
		case *desugar.Zero:
			own[st.Var] = true
		case *desugar.Op:
			for _, fn := range p.literalsFor(st) {
				if slices.ContainsFunc(fn.Captured, func(v *desugar.Var) bool { return own[v] }) {
					continue
				}
				name := "uplit_" + fn.ID
				p.f("var %s %s\nif %s {\n", name, p.typ(fn.Sig), trips)
				p.line(fn.Lit.Pos())
				p.f("%s = %s\n}\n", name, p.literal(c, fn))
				p.ahead[fn] = name
				fns = append(fns, fn)
			}
			declare(st.Lhs...)
		}
	}
	p.line(s.At())
	return fns
}

// rangeTrips is the condition that a loop goes round, "" if that is not known in front
// of it.
func rangeTrips(c *context, s *desugar.Range) string {
	switch s.Kind {
	case desugar.RangeInt:
		return c.v(s.X) + " > 0"
	case desugar.RangeSlice, desugar.RangeString, desugar.RangeMap:
		return "len(" + c.v(s.X) + ") > 0"
	}
	return ""
}

// literalsFor are the literals that an own call is given as arguments.
func (p *printer) literalsFor(s *desugar.Op) (fns []*desugar.Func) {
	if s.Kind != desugar.OpCall || s.Point == nil {
		return nil
	}
	for _, a := range s.Rhs.Args {
		call, ok := a.(ast.Node)
		if root, isRoot := desugar.RootNode(a); isRoot {
			call, ok = root, true
		}
		if !ok {
			continue
		}
		if call, ok := call.(*ast.CallExpr); ok {
			for _, arg := range call.Args {
				lit, ok := ast.Unparen(arg).(*ast.FuncLit)
				if !ok || p.t.Subst[arg] != nil || p.t.Subst[lit] != nil {
					continue
				}
				if fn := p.t.Lits[lit]; fn != nil && len(fn.Captured) > 0 && !p.t.Unnameable(fn.Sig) {
					fns = append(fns, fn)
				}
			}
		}
	}
	return fns
}
