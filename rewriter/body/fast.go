package body

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/desugar"
)

// sub runs f with a fresh output and returns what it printed.
func (p *printer) sub(f func()) string {
	old := p.w
	p.w = strings.Builder{}
	f()
	s := p.w.String()
	p.w = old
	return s
}

// fastBody is the function's body between its braces: gate, then the user's
// code with polls.
func (p *printer) fastBody(c *context) string {
	fn := c.fn
	return p.sub(func() {
		p.entry(c)
		if !fn.Pausable() && len(fn.Body) == 0 {
			b := fn.Block()
			p.line(b.Lbrace)
			p.f("%s", p.inner(c, b))
			return
		}
		p.tops(c)
		p.stmts(c, fn.Body)
		p.line(fn.Block().Rbrace)
		if n := len(fn.Body); fn.Sig.Results().Len() > 0 && n > 0 && !terminates(fn.Body[n-1]) {
			p.f("panic(\"unreachable\")\n")
		}
	})
}

// inner is the text between a block's braces.
func (p *printer) inner(c *context, b *ast.BlockStmt) string {
	s := p.node(c, b, b)
	return s[1 : len(s)-1]
}

// terminates: the compiler sees that the function does not run off its end.
func terminates(s desugar.Stmt) bool {
	_, ok := s.(*desugar.Return)
	return ok
}

// entry prints the gate.
func (p *printer) entry(c *context) {
	fn := c.fn
	entered := "false"
	switch {
	case fn.Deferred:
		p.f("upentered := %s.EnterDeferred()\n", p.upstare())
		entered = "upentered"
	case fn.Info.Gate == colour.Full:
		p.f("upgate := %s.Enter()\nif upgate.Entered() {\ndefer upgate.Leave()\n}\n", p.upstare())
		entered = "upgate.Entered()"
	case fn.Info.Gate == colour.Redirect:
	default:
		return
	}
	p.f("if %s.Asks() {\n", p.word())
	call := fmt.Sprintf("%s(%s)", p.id("P", fn, 0), strings.Join(p.heldEntry(c), ", "))
	p.callPoint(c, fn, fmt.Sprintf("%s.AtEntry(%s, %s)", p.upstare(), p.descriptor(fn), entered), call, 0)
	p.f("}\n")
}

// heldEntry is what the entry's point function takes: captured variables as
// frames hold them, the rest by value.
func (p *printer) heldEntry(c *context) []string {
	var l []string
	for _, v := range c.fn.Points[0].Live {
		if v.Owner == c.fn {
			l = append(l, c.v(v))
		} else {
			l = append(l, c.held(v))
		}
	}
	return l
}

// resultNames are the names a point function's results get.
func resultNames(fn *desugar.Func) []string {
	var l []string
	for i := 0; i < fn.Sig.Results().Len(); i++ {
		l = append(l, fmt.Sprintf("upr%d", i))
	}
	return l
}

// callPoint prints what hands a frame over: if ask, which is behind the poll of point
// n, says so, the point function is called, and nothing of the frame is needed any
// more. Were the frame to go on after it, its locals would be kept alive for as long
// as what was rebuilt from it runs.
func (p *printer) callPoint(c *context, fn *desugar.Func, ask, call string, n int) {
	names := resultNames(fn)
	list := strings.Join(names, ", ")
	assign, again := "", ""
	if len(names) > 0 {
		assign, again = list+" := ", list+" = "
	}
	p.f("if %s {\n", ask)
	if len(fn.Defers) > 0 && n > 0 {
		p.taken(fn)
	}
	recovers, recovering, boxed := fn.HasRecover && !c.resume, fn.DefersRecover && !c.resume, boxedResult(fn) && !c.resume
	switch {
	case len(names) > 0 && !recovers && !recovering && !boxed:
		p.f("return %s\n}\n", call)
		return
	default:
		p.f("%s%s\n", assign, call)
	}
	if recovers {
		// recover works only here, directly under the deferred call.
		p.f("for %s.Asked() {\n%s.GiveRecovered(recover())\n%s%s()\n}\n", p.upstare(), p.upstare(), again, p.id("A", fn, -1))
	}
	if recovering {
		p.f("if %s.Recovering() {\nrecover()\n}\n", p.upstare())
	}
	if boxed {
		// Returning zero values would set the results, which the frame shares.
		p.f("if %s.Unwinding() {\nreturn\n}\n", p.upstare())
	}
	p.f("return %s\n}\n", list)
}

func boxedResult(fn *desugar.Func) bool {
	for _, r := range fn.Results {
		if r.Boxed {
			return true
		}
	}
	return false
}

// poll prints the poll behind an operation, and what is done only behind it: shared
// variables are given the operation's results. If its frame is the innermost one, it
// is captured with them.
func (p *printer) poll(c *context, s *desugar.Op) {
	pt := s.Point
	var args []string
	for _, v := range pt.Live {
		args = append(args, c.held(v))
	}
	if plainLog(c.fn) {
		args = append(args, logName(c.fn))
	}
	give := ""
	for i, v := range s.Via {
		if v != nil {
			give += fmt.Sprintf("%s = %s\n", c.v(s.Lhs[i].Var), c.v(v))
		}
	}
	p.f("if %s.Asks() {\n", p.word())
	if give != "" {
		p.f("if !%s.Unwinding() {\n%s}\n", p.upstare(), give)
	}
	ask := fmt.Sprintf("%s.Begin(%s)", p.upstare(), p.descriptor(c.fn))
	p.callPoint(c, c.fn, ask, fmt.Sprintf("%s(%s)", p.id("P", c.fn, pt.N), strings.Join(args, ", ")), pt.N)
	p.f("}\n%s", give)
}

// received are the variables that an operation itself sets.
func received(s *desugar.Op) []desugar.LHS {
	if s.Via == nil {
		return s.Lhs
	}
	l := append([]desugar.LHS{}, s.Lhs...)
	for i, v := range s.Via {
		if v != nil {
			l[i] = desugar.LHS{Var: v}
		}
	}
	return l
}

// unw is the variable that tells a function's deferred calls that its frame has
// been taken over.
func (p *printer) unw(fn *desugar.Func) string { return "upunw_" + fn.ID }

func (p *printer) rec(fn *desugar.Func) string { return "uprec" }

// tops declares what has to be known at every point.
func (p *printer) tops(c *context) {
	fn := c.fn
	if len(fn.Defers) > 0 {
		p.f("var %s bool\n", p.unw(fn))
	}
	if fn.DefersRecover {
		p.f("_ = %s\n", p.unw(fn)) // a deferred recover does not look at it
	}
	if plainLog(fn) {
		p.f("var %s []%s.Armed\n", logName(fn), p.upstare())
	}
	if fn.Log != nil {
		// Only a function with a defer in a loop runs what its loops' bodies
		// have deferred for it.
		p.f("for upi := 0; upi < 0; upi++ {\ndefer func() {}()\n}\n")
		if len(fn.Defers) > 0 { // else a recover is all they defer, which does nothing there
			p.f("_ = %s\n", p.unw(fn))
		}
	}
	for _, v := range fn.Locals {
		if v.Top {
			p.declareVar(v.Name, v)
			p.f("_ = %s\n", v.Name)
		}
	}
	if hasPark(fn) {
		p.f("var %s *%s.Rec\n", p.rec(fn), p.upstare())
	}
}

func logName(fn *desugar.Func) string { return "uplog_" + fn.ID }

// plainLog: the function's log of armed defers is its own, no variable that others
// share.
func plainLog(fn *desugar.Func) bool { return fn.HasLog && fn.Log == nil }

// taken says to a function's deferred calls whether its frame has been taken over.
func (p *printer) taken(fn *desugar.Func) {
	p.f("%s = true\n", p.unw(fn))
	if fn.Log != nil {
		p.f("%s.Take()\n", fn.Log.Name)
	}
}

func hasPark(fn *desugar.Func) bool {
	for _, pt := range fn.Points[1:] {
		switch pt.Op.Kind {
		case desugar.OpPark, desugar.OpLock, desugar.OpSelect:
			if !pt.Op.Once {
				return true
			}
		}
	}
	return false
}

func (p *printer) stmts(c *context, list []desugar.Stmt) {
	for _, s := range list {
		p.stmt(c, s)
	}
}

func (p *printer) stmt(c *context, s desugar.Stmt) {
	p.line(s.At())
	switch s := s.(type) {
	case *desugar.Simple:
		p.f("%s\n", p.x(c, s.X))
	case *desugar.Define:
		p.define(c, s)
	case *desugar.Zero:
		if s.Var.Top {
			p.f("%s = %s\n", c.v(s.Var), p.zeroVar(s.Var))
		} else {
			p.declareVar(c.v(s.Var), s.Var)
		}
	case *desugar.Op:
		p.op(c, s)
		if s.Point != nil && s.Kind != desugar.OpRecover {
			p.poll(c, s)
		}
	case *desugar.If:
		p.f("if %s {\n", p.x(c, s.Cond))
		p.stmts(c, s.Then)
		if len(s.Else) > 0 {
			p.f("} else {\n")
			p.stmts(c, s.Else)
		}
		p.f("}\n")
	case *desugar.Block:
		p.f("{\n")
		p.stmts(c, s.Body)
		p.f("}\n")
	case *desugar.Loop:
		p.loop(c, s)
	case *desugar.Range:
		p.rangeLoop(c, s)
	case *desugar.Switch:
		p.label(s.Label)
		tag := ""
		if s.Tag != nil {
			tag = p.x(c, *s.Tag)
		}
		p.f("switch %s {\n", tag)
		for _, cl := range s.Clauses {
			p.caseLine(c, cl)
			p.stmts(c, cl.Body)
		}
		p.f("}\n")
	case *desugar.TypeSwitch:
		p.label(s.Label)
		sym := ""
		if s.Sym != "" {
			sym = s.Sym + " := "
		}
		p.f("switch %s(%s).(type) {\n", sym, p.subject(c, s))
		for _, cl := range s.Clauses {
			p.typeCase(c, cl)
			if cl.Var != nil && cl.Var.Top {
				p.f("%s = %s\n", c.v(cl.Var), s.Sym)
			}
			p.stmts(c, cl.Body)
		}
		p.f("}\n")
	case *desugar.Return:
		var l []string
		for _, r := range s.Results {
			l = append(l, p.x(c, r))
		}
		p.f("return %s\n", strings.Join(l, ", "))
	case *desugar.Exit:
		p.f("break\n")
	case *desugar.Label:
		p.f("%s:\n", s.Name)
	case *desugar.Branch:
		p.f("%s\n", p.node(c, s.Node, nil))
	case *desugar.Defer:
		p.deferFast(c, s)
	default:
		panic(fmt.Sprintf("body: statement %T", s))
	}
}

func (p *printer) label(l string) {
	if l != "" {
		p.f("%s:\n", l)
	}
}

func (p *printer) caseLine(c *context, cl *desugar.Clause) {
	p.line(cl.P)
	if cl.Default {
		p.f("default:\n")
		return
	}
	var l []string
	for _, x := range cl.Cases {
		l = append(l, p.x(c, x))
	}
	p.f("case %s:\n", strings.Join(l, ", "))
}

func (p *printer) typeCase(c *context, cl *desugar.Clause) {
	p.line(cl.P)
	if cl.Default {
		p.f("default:\n")
		return
	}
	var l []string
	for _, x := range cl.Types {
		l = append(l, p.node(c, x, nil))
	}
	p.f("case %s:\n", strings.Join(l, ", "))
}

// define prints a definition of the fast body.
func (p *printer) define(c *context, s *desugar.Define) {
	rhs := p.x(c, s.Rhs)
	p.assign(c, s.At(), s.Lhs, rhs, s.Explicit)
}

// assign prints lhs = rhs, declaring what is new. It stands at pos, whatever is declared
// in front of it.
func (p *printer) assign(c *context, pos token.Pos, lhs []desugar.LHS, rhs string, explicit bool) {
	if len(lhs) == 0 {
		p.f("%s\n", rhs)
		return
	}
	fresh, plainOld := 0, true
	var names []string
	for _, l := range lhs {
		if l.Var == nil {
			names = append(names, "_")
			continue
		}
		names = append(names, c.v(l.Var))
		if l.New && !l.Var.Top {
			fresh++
		} else if l.Var.Top || c.ptr[l.Var] {
			plainOld = false
		}
	}
	left := strings.Join(names, ", ")
	switch {
	case fresh == 0:
		p.f("%s = %s\n", left, rhs)
	case explicit && len(lhs) == 1 && !p.odd(lhs[0].Var):
		p.f("var %s %s = %s\n", left, p.varType(lhs[0].Var), rhs)
	case plainOld && !explicit:
		p.f("%s := %s\n", left, rhs)
	default:
		for _, l := range lhs {
			if l.New && l.Var != nil && !l.Var.Top {
				p.declareVar(c.v(l.Var), l.Var)
			}
		}
		p.line(pos)
		p.f("%s = %s\n", left, rhs)
	}
}

// op prints an operation without its poll. In the resume body variables are
// declared already.
func (p *printer) op(c *context, s *desugar.Op) {
	rec := p.rec(c.fn)
	do := func() {
		p.line(s.P) // what came before must not move the user's line
		switch {
		case c.resume:
			p.assignFlat(c, received(s), p.x(c, s.Rhs))
		case s.Via != nil:
			for i, l := range s.Lhs {
				if v := s.Via[i]; v != nil {
					p.declareVar(c.v(v), v)
				} else if l.Var != nil && l.New && !l.Var.Top {
					p.declareVar(c.v(l.Var), l.Var)
				}
			}
			p.line(s.P)
			p.assignFlat(c, received(s), p.x(c, s.Rhs))
		default:
			p.assign(c, s.P, s.Lhs, p.x(c, s.Rhs), false)
		}
	}
	switch s.Kind {
	case desugar.OpPoll:
	case desugar.OpCall, desugar.OpRecover:
		do()
	case desugar.OpPark:
		if s.Once {
			do()
			break
		}
		park, unpark := p.park(c, s)
		p.f("%s = %s\n", rec, park)
		do()
		p.f("%s.%s()\n", rec, unpark)
	case desugar.OpLock:
		park, unpark := p.park(c, s)
		p.f("if !%s {\n%s = %s\n", p.x(c, s.Try), rec, park)
		do()
		p.f("%s.%s()\n}\n", rec, unpark)
	case desugar.OpSelect:
		waits, park, unpark := s.Point != nil, "", ""
		if waits {
			park, unpark = p.park(c, s)
			p.f("%s = %s\n", rec, park)
		}
		p.line(s.P)
		p.f("select {\n")
		for i, cm := range s.Comms {
			switch {
			case cm.Default:
				p.f("default:\n")
			case cm.Send:
				p.f("case %s <- %s:\n", c.v(cm.Chan), c.v(cm.Value))
			case cm.Value == nil && cm.OK == nil:
				p.f("case <-%s:\n", c.v(cm.Chan))
			default:
				v, ok := "_", ""
				if cm.Value != nil {
					v = c.v(cm.Value)
				}
				if cm.OK != nil {
					ok = ", " + c.v(cm.OK)
				}
				p.f("case %s%s = <-%s:\n", v, ok, c.v(cm.Chan))
			}
			p.f("%s = %d\n", c.v(s.Index), i+1)
		}
		p.f("}\n")
		if waits {
			p.f("%s.%s()\n", rec, unpark)
		}
	}
}

// park is the mark of an operation, and what ends it.
func (p *printer) park(c *context, s *desugar.Op) (park, unpark string) {
	switch {
	case s.Chans.Fmt != "":
		// The generic function stands for its instances.
		what := "Chan"
		if s.Kind == desugar.OpSelect {
			what = "Select"
		}
		return fmt.Sprintf("%s.Park%s(&%s[%d], %d, %s)", p.upstare(), what, FuncsName, c.fn.Index, s.Point.N, p.x(c, s.Chans)), "Unpark" + what
	case s.Park.Fmt == "":
		return p.upstare() + ".Park()", "Unpark"
	}
	return p.x(c, s.Park), "UnparkOn"
}

func (p *printer) loop(c *context, s *desugar.Loop) {
	if s.First != nil {
		p.f("var %s bool\n", c.v(s.First))
	}
	p.label(s.Label)
	init, cond, post := "", "", ""
	if s.Init != nil {
		init = p.node(c, s.Init, nil)
	}
	inHeader := s.Cond != nil && len(s.CondPre) == 0 && s.First == nil
	if inHeader {
		cond = p.x(c, *s.Cond)
	}
	if s.Post != nil {
		post = p.node(c, s.Post, nil)
	}
	if init == "" && post == "" {
		p.f("for %s {\n", cond)
	} else {
		p.f("for %s; %s; %s {\n", init, cond, post)
	}
	if s.First != nil {
		p.f("if %s {\n", c.v(s.First))
		p.stmts(c, s.PostIR)
		p.f("}\n%s = true\n", c.v(s.First))
	}
	if s.Cond != nil && !inHeader {
		p.stmts(c, s.CondPre)
		p.f("if !(%s) {\nbreak\n}\n", p.x(c, *s.Cond))
	}
	p.stmts(c, s.Body)
	p.line(s.Node.End())
	p.f("}\n")
}

func (p *printer) rangeLoop(c *context, s *desugar.Range) {
	for _, fn := range p.once(c, s) {
		defer delete(p.ahead, fn)
	}
	x, i := c.v(s.X), c.v(s.Idx)
	key, val := "", ""
	if s.Key != nil {
		key = c.v(s.Key.Var)
	}
	if s.Val != nil {
		val = c.v(s.Val.Var)
	}
	if s.Kind == desugar.RangeMap {
		p.f("var %s %s.MapIter\n", i, p.upstare())
		p.label(s.Label)
		p.f("for %s.Start(%s); %s.More(); %s.Next() {\n", i, x, i, i)
		m := desugar.Under(s.X.Type).(*types.Map)
		k, e := p.mapEntry(m, x, i)
		p.bind(c, s, key, val, k, e)
		p.stmts(c, s.Body)
		p.line(s.Node.End())
		p.f("}\n")
		return
	}
	p.label(s.Label)
	elem := x + "[" + i + "]"
	switch s.Kind {
	case desugar.RangeSlice, desugar.RangeArrayPtr, desugar.RangeString:
		if val != "" {
			p.f("for %s, %s := range %s {\n", i, val, x)
			val = ""
		} else if s.ValX != nil && s.Kind == desugar.RangeString {
			p.f("for %s, upv := range %s {\n", i, x)
			elem = "upv"
		} else {
			p.f("for %s := range %s {\n", i, x)
		}
	default:
		p.f("for %s := range %s {\n", i, x)
	}
	p.f("_ = %s\n", i)
	p.bind(c, s, key, val, i, elem)
	p.stmts(c, s.Body)
	p.line(s.Node.End())
	p.f("}\n")
}

// bind gives an iteration's key and value to what the loop names.
func (p *printer) bind(c *context, s *desugar.Range, key, val, k, e string) {
	op := ":="
	if c.resume {
		op = "="
		for _, l := range []*desugar.LHS{s.Key, s.Val} {
			if l != nil && l.Var.Boxed {
				p.f("%s = %s\n", c.box(l.Var), p.made(l.Var))
			}
		}
	}
	if key != "" {
		p.f("%s %s %s\n", key, op, k)
	}
	if val != "" {
		p.f("%s %s %s\n", val, op, e)
	}
	switch {
	case s.KeyX != nil && s.ValX != nil:
		p.f("%s, %s = %s, %s\n", p.x(c, *s.KeyX), p.x(c, *s.ValX), k, e)
	case s.KeyX != nil:
		p.f("%s = %s\n", p.x(c, *s.KeyX), k)
	case s.ValX != nil:
		p.f("%s = %s\n", p.x(c, *s.ValX), e)
	}
}

// params is a literal's parameter list as the source has it, renamed.
func (p *printer) params(c *context, fn *desugar.Func) string {
	if fn.Range != nil {
		var l []string
		for i, v := range fn.Params {
			name := "_"
			if v != nil {
				name = c.v(v)
			}
			l = append(l, name+" "+p.typ(fn.Sig.Params().At(i).Type()))
		}
		return strings.Join(l, ", ")
	}
	l := fn.Type().Params
	s := p.node(c, l, nil)
	return strings.TrimSpace(s[1 : len(s)-1])
}

// results is a literal's result list.
func (p *printer) results(fn *desugar.Func) string {
	if fn.Range != nil {
		return "bool "
	}
	r := fn.Type().Results
	if r == nil {
		return ""
	}
	if fn.OwnResults {
		return p.ownResults(fn)
	}
	return p.node(&context{fn: fn}, r, nil) + " "
}

// ownResults is the result list of a function whose results have got names.
func (p *printer) ownResults(fn *desugar.Func) string {
	var l []string
	for i, v := range fn.Results {
		l = append(l, v.Name+" "+p.typ(fn.Sig.Results().At(i).Type()))
	}
	return "(" + strings.Join(l, ", ") + ") "
}

// literal is the text of a function literal in a context.
func (p *printer) literal(c *context, fn *desugar.Func) string {
	if !fn.Rewrite {
		text := p.node(c.plain(), fn.Lit, nil)
		return "func(" + p.mark(fn.Lit.Pos()) + text[fn.Lit.Type.Params.Opening+1-fn.Lit.Pos():]
	}
	if c.hoisted != nil {
		// The variables it captures are hoisted here; the maker binds them.
		// What follows stands on the line on which the literal ends.
		return p.id("M", fn, -1) + "(" + p.captureArgs(c, fn) + ")" + p.at(fn.Lit.End())
	}
	if name := p.ahead[fn]; name != "" {
		return name + p.at(fn.Lit.End())
	}
	lc := *c.plain()
	lc.fn = fn
	return fmt.Sprintf("func(%s%s) %s{\n%s}%s", p.mark(fn.Lit.Pos()), p.params(&lc, fn), p.results(fn), p.fastBody(&lc), p.at(fn.Lit.End()))
}

func (p *printer) captureArgs(c *context, fn *desugar.Func) string {
	var l []string
	for _, v := range fn.Captured {
		l = append(l, c.held(v))
	}
	return strings.Join(l, ", ")
}

var _ = token.NoPos
