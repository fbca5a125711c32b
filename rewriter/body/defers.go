package body

import (
	"fmt"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// deferFast arms a defer in a fast body.
func (p *printer) deferFast(c *context, s *desugar.Defer) {
	p.arm(c, s)
	p.moved(c, s, nil)
}

// moved prints the defer statement, and in a loop's body what gives the call to the
// function around the loop.
func (p *printer) moved(c *context, s *desugar.Defer, params func(v *desugar.Var) string) {
	move := func(print func()) {
		if s.Into == nil {
			print()
			return
		}
		p.f("func() {\nuptaken := %s.Taken()\n_ = uptaken\nfor uponce := true; uponce; uponce = false {\n", c.v(s.Into))
		print()
		p.f("}\n%s.Move()\n}()\n", c.v(s.Into))
	}
	if len(s.Keep) > 0 { // nothing to give to the function around the loop otherwise
		value := c.v
		if params != nil {
			value = params
		}
		move(func() { p.keep(c, s, value) })
	}
	move(func() { p.deferStmt(c, s, params) })
	if s.Shim {
		move(func() { p.unmark(c, s) })
	}
}

// keep prints what keeps the objects alive behind a deferred call's uintptr arguments,
// where the call is one of a function value: the compiler does so for calls of named
// functions and methods.
func (p *printer) keep(c *context, s *desugar.Defer, value func(v *desugar.Var) string) {
	if len(s.Keep) == 0 {
		return
	}
	var l []string
	for _, v := range s.Keep {
		l = append(l, value(v))
	}
	p.line(s.P)
	p.f("defer %s.Keep(%s)\n", p.upstare(), strings.Join(l, ", "))
}

// unmark prints what runs right before a deferred call that may recover: a literal
// takes back the mark of an operation that has panicked by itself.
func (p *printer) unmark(c *context, s *desugar.Defer) {
	_, flag := p.takenFlag(c, s)
	p.line(s.P)
	p.f("defer %s.Unmark(%s)\n", p.upstare(), flag)
}

// deferRecover prints a deferred recover. It works when the function that defers it
// returns to the panic that called it. The fast body's does so also for a frame that
// was taken over, because what is deferred is always a base; the resume body's leaves
// word that the base has to do it.
func (p *printer) deferRecover(c *context, s *desugar.Defer) {
	p.line(s.P)
	if !c.resume {
		p.f("defer recover()\n")
		return
	}
	p.f("defer uprecovers.Recover(&%s)\n", p.unw(c.fn))
}

// takenFlag is what tells a deferred call that the frame it belongs to has been
// taken over, and its address.
func (p *printer) takenFlag(c *context, s *desugar.Defer) (value, addr string) {
	if s.Into != nil && c.fn.Range != nil {
		return "*uptaken", "uptaken"
	}
	return p.unw(c.fn), "&" + p.unw(c.fn)
}

// arm notes that a defer has been armed, with what it needs.
func (p *printer) arm(c *context, s *desugar.Defer) {
	if s.Armed != nil {
		p.f("%s = true\n", c.v(s.Armed))
		return
	}
	var data []string
	for _, v := range s.Vars {
		data = append(data, c.held(v))
	}
	armed := fmt.Sprintf("%s.Armed{N: %d, Data: []interface{}{%s}}", p.upstare(), s.N, strings.Join(data, ", "))
	switch {
	case s.Into != nil:
		p.f("%s.Arm(%s)\n", c.v(s.Into), armed)
	case c.fn.Log != nil:
		p.f("%s = %s.Arm(%s)\n", c.v(c.fn.Log), c.v(c.fn.Log), armed)
	default:
		p.f("%s = append(%s, %s)\n", logName(c.fn), logName(c.fn), armed)
	}
}

// deferStmt prints the defer statement. With params, the variables it needs are
// handed over as arguments, because the resume body's are hoisted; params gives
// their values.
func (p *printer) deferStmt(c *context, s *desugar.Defer, params func(v *desugar.Var) string) {
	if s.Recover {
		p.deferRecover(c, s)
		return
	}
	inner := *c
	var decl, args []string
	if params != nil {
		inner.ptr = map[*desugar.Var]bool{}
		inner.hoisted = map[*desugar.Var]bool{}
		for v := range c.hoisted {
			inner.hoisted[v] = true
		}
		for v := range c.ptr {
			inner.ptr[v] = true
		}
		block := false
		for i, v := range s.Vars {
			if v.Boxed {
				inner.ptr[v] = true
			}
			if !p.odd(v) {
				decl = append(decl, inner.name(v)+" "+p.fieldType(v))
				args = append(args, params(v))
				continue
			}
			if s.Shim || s.Lit != nil && i < len(s.Args) {
				decl = append(decl, "")
				args = append(args, params(v))
				continue
			}
			// A parameter's type would have to be written: a variable around
			// the statement.
			if !block {
				block = true
				p.f("{\n")
				defer p.f("}\n")
			}
			p.f("%s := %s\n_ = %s\n", inner.name(v), params(v), inner.name(v))
			decl, args = append(decl, ""), append(args, "")
		}
	}
	unw, flag := p.takenFlag(c, s)
	nothing := "" // what a literal with results returns
	if s.Lit != nil {
		var zeros []string
		for i := range s.Lit.Sig.Results().Len() {
			zeros = append(zeros, p.zero(s.Lit.Sig.Results().At(i).Type()))
		}
		nothing = strings.Join(zeros, ", ")
	}
	guard := fmt.Sprintf("if %s {\nreturn %s\n}\n", unw, nothing)
	p.line(s.P)
	if s.Shim {
		// Nothing may stand between the deferred call and a function that
		// calls recover: runtime.guard.
		gc := *c
		if params != nil {
			gc.text = map[*desugar.Var]string{}
			for _, v := range s.Args {
				gc.text[v] = params(v)
			}
		}
		guarded := "Guarded"
		if s.Bare {
			guarded = "GuardedCall"
		}
		p.f("defer %s.%s(%s, %s)%s\n", p.upstare(), guarded, p.x(&gc, s.Fn), flag, p.x(&gc, s.Call))
		return
	}
	if s.Lit == nil {
		p.f("defer /*line :%d:1*/func(%s) {\n%s", lineForeign, given(decl), guard)
		p.f("%s%s\n", p.x(&inner, s.Fn), p.x(&inner, s.Call))
		p.f("}(%s)\n", given(args))
		return
	}
	lit := s.Lit
	lc := inner
	lc.fn, lc.resume, lc.boxedRet, lc.flat = lit, false, false, nil
	sig := p.params(&lc, lit)
	if len(decl) > 0 {
		// Captured variables first, then the literal's own parameters, whose
		// values are among the variables: bind them by name.
		var caps, vals []string
		for i := range s.Vars {
			if i >= len(s.Args) && decl[i] != "" {
				caps, vals = append(caps, decl[i]), append(vals, args[i])
			}
		}
		own := args[:len(s.Args)]
		all := caps
		if sig != "" {
			all = append(all, sig)
		}
		p.f("defer /*line :%d:1*/func(%s%s) %s{ %s\n%s", lineBase, p.mark(lit.Lit.Pos()), strings.Join(all, ", "), p.results(lit), p.at(lit.Lit.Body.Lbrace), guard)
		p.f("%s}(%s)\n", p.fastBody(&lc), strings.Join(append(vals, own...), ", "))
		return
	}
	var own []string
	for _, v := range s.Args {
		own = append(own, c.v(v))
	}
	p.f("defer /*line :%d:1*/func(%s%s) %s{ %s\n%s", lineBase, p.mark(lit.Lit.Pos()), sig, p.results(lit), p.at(lit.Lit.Body.Lbrace), guard)
	p.f("%s}(%s)\n", p.fastBody(&lc), strings.Join(own, ", "))
}

// given joins what is not empty.
func given(l []string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(l), func(s string) bool { return s == "" }), ", ")
}
