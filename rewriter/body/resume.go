package body

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"github.com/upstarego/upstarego/rewriter/desugar"
)

// The resume body is flat: every statement that contains a point is taken apart
// into labels and jumps at the top level of the function, so that a frame can be
// entered at any point by one switch. Statements without points stay as they
// are. All variables that flat statements declare are hoisted.

// labelMark begins a line that defines a label; labels nobody jumps to go away.
const labelMark = "\x00label "

func (p *printer) newLabel(what string) string {
	p.n++
	return fmt.Sprintf("up%s%d", what, p.n)
}

func (p *printer) jump(label string) string {
	p.used[label] = true
	return "goto " + label
}

func (p *printer) place(label string) { p.f("\n%s%s\n", labelMark, label) }

// resumeFunc prints a function's resume body.
func (p *printer) resumeFunc(fn *desugar.Func) string {
	p.used = map[string]bool{}
	c := &context{fn: fn, resume: true, ptr: map[*desugar.Var]bool{}, hoisted: map[*desugar.Var]bool{}, flat: map[ast.Stmt]*labels{}}
	inFrame := map[*desugar.Var]bool{}
	for _, v := range p.frameVars(fn) {
		inFrame[v] = true
	}
	for _, v := range fn.Captured {
		c.hoisted[v] = true
	}
	hoist := p.flatVars(fn)
	for _, v := range hoist {
		c.hoisted[v] = true
	}
	for _, r := range fn.Results {
		if r.Boxed {
			c.boxedRet = true
		}
	}
	for v := range c.hoisted {
		if v.Boxed {
			c.ptr[v] = true
		}
	}
	var sig []string
	for i := 0; i < fn.Sig.Results().Len(); i++ {
		name := fmt.Sprintf("upr%d", i)
		if len(fn.Results) > 0 && !c.boxedRet {
			name = fn.Results[i].Name
		}
		sig = append(sig, name+" "+p.typ(fn.Sig.Results().At(i).Type()))
	}
	recv := "upf"
	if len(p.oddTypes(fn)) > 0 {
		recv = "upg"
	}
	body := p.sub(func() {
		if recv == "upg" {
			p.f("upf := %s.Typed(upg.upd, %s)\n_ = upf\n", p.upstare(), p.nilFrame(fn, none))
		}
		if p.helpers[fn] {
			p.f("if %s.uppt < 0 {\n%s.Helping().Helper()\nreturn\n}\n", recv, p.upstare())
		}
		for _, v := range append(append([]*desugar.Var{}, fn.Captured...), hoist...) {
			if v.Owner == fn && !c.boxedRet && isResult(fn, v) {
				if inFrame[v] {
					p.f("%s = upf.%s\n", v.Name, v.Name)
				}
				continue
			}
			if inFrame[v] {
				p.f("%s := upf.%s\n", v.Name, v.Name)
			} else {
				p.hoistVar(v)
			}
			p.f("_ = %s\n", v.Name)
		}
		if len(fn.Defers) > 0 {
			p.f("var %s bool\n", p.unw(fn))
		}
		if plainLog(fn) {
			p.f("%s := upf.%s\n_ = %s\n", logName(fn), logName(fn), logName(fn))
		}
		if hasPark(fn) {
			p.f("var %s *%s.Rec\n", p.rec(fn), p.upstare())
		}
		if fn.DefersRecover {
			p.f("var uprecovers %s.Recovers\ndefer uprecovers.Leave()\n", p.upstare())
		}
		if c.boxedRet {
			// Behind the entry a frame has them; at the entry there are none yet.
			made := ""
			for _, v := range fn.Results {
				if v.Boxed && inFrame[v] {
					made += fmt.Sprintf("%s = %s\n", c.box(v), p.made(v))
				}
			}
			if !entersFast(fn) && made != "" {
				p.f("if %s.uppt == 0 {\n%s}\n", recv, made)
			}
			var l, r []string
			for i, v := range fn.Results {
				l = append(l, fmt.Sprintf("upr%d", i))
				r = append(r, c.v(v))
			}
			p.f("defer func() {\n%s = %s\n}()\n", strings.Join(l, ", "), strings.Join(r, ", "))
		}
		p.rearm(c)
		if len(fn.Body) == 0 {
			p.line(fn.Block().Lbrace)
			p.f("%s", p.inner(c, fn.Block()))
			return
		}
		p.f("switch %s.uppt {\n", recv)
		for _, pt := range fn.Points[1:] {
			p.f("case %d:\n%s\n", pt.N, p.jump(pointLabel(pt)))
		}
		p.f("}\n")
		p.flat(c, fn.Body)
		p.line(fn.Block().Rbrace)
		if fn.Sig.Results().Len() > 0 {
			p.f("panic(\"unreachable\")\n")
		}
	})
	body = p.dropLabels(body)
	return fmt.Sprintf("\n//line %s\nfunc (%s *%s) upresume() (%s) {\n%s}\n",
		p.onLine(fn.Block().Lbrace, LineResume), recv, p.resumer(fn), strings.Join(sig, ", "), body)
}

func isResult(fn *desugar.Func, v *desugar.Var) bool {
	for _, r := range fn.Results {
		if r == v {
			return true
		}
	}
	return false
}

func pointLabel(pt *desugar.Point) string { return fmt.Sprintf("upP%d", pt.N) }

// dropLabels removes labels that nothing jumps to: the compiler refuses them.
func (p *printer) dropLabels(s string) string {
	var b strings.Builder
	for _, line := range strings.SplitAfter(s, "\n") {
		if l, ok := strings.CutPrefix(line, labelMark); ok {
			name := strings.TrimSpace(l)
			if p.used[name] {
				b.WriteString(name + ":\n")
			}
			continue
		}
		b.WriteString(line)
	}
	return b.String()
}

// flatVars are the function's own variables that flat statements declare, and
// its parameters and results.
func (p *printer) flatVars(fn *desugar.Func) []*desugar.Var {
	seen := map[*desugar.Var]bool{}
	add := func(v *desugar.Var) {
		if v != nil && v.Owner == fn {
			seen[v] = true
		}
	}
	lhs := func(l []desugar.LHS) {
		for _, d := range l {
			add(d.Var)
		}
	}
	var walk func(list []desugar.Stmt)
	walk = func(list []desugar.Stmt) {
		for _, s := range list {
			switch s := s.(type) {
			case *desugar.Define:
				lhs(s.Lhs)
			case *desugar.Zero:
				add(s.Var)
			case *desugar.Op:
				lhs(s.Lhs)
				for _, v := range s.Via {
					add(v)
				}
				add(s.Index)
				for _, c := range s.Comms {
					add(c.Chan)
					add(c.Value)
					add(c.OK)
				}
			case *desugar.If:
				walk(s.Then)
				walk(s.Else)
			case *desugar.Block:
				walk(s.Body)
			case *desugar.Loop:
				walk(s.InitIR)
				walk(s.CondPre)
				walk(s.PostIR)
				add(s.First)
				walk(s.Body)
			case *desugar.Range:
				add(s.X)
				add(s.Idx)
				if s.Key != nil {
					add(s.Key.Var)
				}
				if s.Val != nil {
					add(s.Val.Var)
				}
				walk(s.Body)
			case *desugar.Switch:
				for _, c := range s.Clauses {
					walk(c.Body)
				}
			case *desugar.TypeSwitch:
				for _, c := range s.Clauses {
					add(c.Var)
					walk(c.Body)
				}
			}
		}
	}
	walk(fn.Body)
	add(fn.Recv)
	for _, v := range fn.Params {
		add(v)
	}
	for _, v := range fn.Results {
		add(v)
	}
	var l []*desugar.Var
	for _, v := range fn.Locals {
		if seen[v] || v.Top {
			l = append(l, v)
		}
	}
	return l
}

// rearm arms again what the captured frame had armed, in order.
func (p *printer) rearm(c *context) {
	fn := c.fn
	if len(fn.Defers) == 0 {
		return
	}
	p.line(fn.Block().Lbrace)
	if !fn.HasLog {
		for _, d := range fn.Defers {
			p.f("if %s {\n", c.v(d.Armed))
			p.keep(c, d, c.held)
			p.deferStmt(c, d, c.held)
			if d.Shim {
				p.unmark(c, d)
			}
			p.f("}\n")
		}
		return
	}
	log := logName(fn)
	if fn.Log != nil {
		log = fn.Log.Name + ".Armed()"
	}
	p.f("for _, upa := range %s {\nswitch upa.N {\n", log)
	for _, d := range fn.Defers {
		p.f("case %d:\n", d.N)
		index := map[*desugar.Var]int{}
		for i, v := range d.Vars {
			index[v] = i
		}
		armed := func(v *desugar.Var) string {
			if p.odd(v) {
				return fmt.Sprintf("%s.As(upa.Data[%d], %s)", p.upstare(), index[v], p.heldZero(v))
			}
			t := p.fieldType(v)
			return fmt.Sprintf("func() %s {\nupv, _ := upa.Data[%d].(%s)\nreturn upv\n}()", t, index[v], t)
		}
		p.keep(c, d, armed)
		p.deferStmt(c, d, armed)
		if d.Shim {
			p.unmark(c, d)
		}
	}
	p.f("}\n}\n")
	if fn.Log != nil {
		p.f("%s.Again(%s.DeferRange())\n", fn.Log.Name, p.upstare())
	}
}

// flat prints statements at the function's top level.
func (p *printer) flat(c *context, list []desugar.Stmt) {
	for _, s := range list {
		p.flatStmt(c, s)
	}
}

func (p *printer) flatStmt(c *context, s desugar.Stmt) {
	p.line(s.At())
	switch s := s.(type) {
	case *desugar.Simple:
		p.f("%s\n", p.x(c, s.X))
	case *desugar.Define:
		p.fresh(c, s.Lhs)
		p.assignFlat(c, s.Lhs, p.x(c, s.Rhs))
	case *desugar.Zero:
		if s.Var.Boxed {
			p.f("%s = %s\n", c.box(s.Var), p.made(s.Var))
		} else {
			p.f("%s = %s\n", c.v(s.Var), p.zeroVar(s.Var))
		}
	case *desugar.Op:
		p.flatOp(c, s)
	case *desugar.If:
		els, end := p.newLabel("Else"), p.newLabel("End")
		p.f("if !(%s) {\n%s\n}\n", p.x(c, s.Cond), p.jump(els))
		p.flat(c, s.Then)
		if len(s.Else) > 0 {
			p.f("%s\n", p.jump(end))
		}
		p.place(els)
		p.flat(c, s.Else)
		p.place(end)
	case *desugar.Block:
		p.flat(c, s.Body)
	case *desugar.Loop:
		p.flatLoop(c, s)
	case *desugar.Range:
		p.flatRange(c, s)
	case *desugar.Switch:
		p.flatSwitch(c, s)
	case *desugar.TypeSwitch:
		p.flatTypeSwitch(c, s)
	case *desugar.Return:
		p.flatReturn(c, s)
	case *desugar.Exit:
		p.f("%s\n", p.jump(c.flat[s.Node].brk))
	case *desugar.Label:
		p.place(s.Name)
	case *desugar.Branch:
		if s.Node.Tok == token.FALLTHROUGH {
			p.f("%s\n", p.jump(c.fall))
			return
		}
		p.f("%s\n", p.node(c, s.Node, nil))
	case *desugar.Defer:
		p.arm(c, s)
		p.moved(c, s, c.held)
	default:
		panic(fmt.Sprintf("body: statement %T", s))
	}
}

// fresh makes new boxes for variables that are declared here.
func (p *printer) fresh(c *context, lhs []desugar.LHS) {
	for _, l := range lhs {
		if l.Var != nil && l.New && l.Var.Boxed {
			p.f("%s = %s\n", c.box(l.Var), p.made(l.Var))
		}
	}
}

// assignFlat assigns; everything is declared.
func (p *printer) assignFlat(c *context, lhs []desugar.LHS, rhs string) {
	if len(lhs) == 0 {
		p.f("%s\n", rhs)
		return
	}
	var l []string
	for _, d := range lhs {
		if d.Var == nil {
			l = append(l, "_")
		} else {
			l = append(l, c.v(d.Var))
		}
	}
	p.f("%s = %s\n", strings.Join(l, ", "), rhs)
}

// flatOp prints an operation that a frame may stand behind: the normal way in,
// the way in of a rebuilt frame, and the poll that both reach.
func (p *printer) flatOp(c *context, s *desugar.Op) {
	if s.Point == nil { // a select that never waits
		p.op(c, s)
		return
	}
	pt := s.Point
	after := p.newLabel("After")
	poll := p.newLabel("Poll")
	p.fresh(c, s.Lhs)
	if s.Kind == desugar.OpRecover {
		var names, values []string
		for _, v := range pt.Live {
			names, values = append(names, v.Name), append(values, c.held(v))
		}
		if plainLog(c.fn) {
			names, values = append(names, logName(c.fn)), append(values, logName(c.fn))
		}
		before, frame := p.newFrame(c.fn, none, names, values)
		p.f("{\n%sif %s.AskRecover(%s, %d, %s.Pointer(%s)) {\n", before, p.upstare(), p.descriptor(c.fn), pt.N, p.upstare(), frame)
		if len(c.fn.Defers) > 0 {
			p.taken(c.fn)
		}
		p.f("return %s\n}\n}\n", p.zeroResults(c))
		p.place(pointLabel(pt))
		p.fresh(c, s.Lhs)
		p.assignFlat(c, s.Lhs, p.upstare()+".Recovered()")
		return
	}
	p.op(c, s)
	p.f("%s\n", p.jump(poll))
	p.place(pointLabel(pt))
	at := pending(s)
	p.line(at) // More may panic
	p.f("if !%s.More() {\n%s\n}\n", p.upstare(), p.jump(after))
	p.line(at)
	call := p.nextCall(s.Types)
	switch {
	case s.Kind == desugar.OpPoll, s.Kind == desugar.OpSelect, s.Kind == desugar.OpLock, len(s.Types) == 0:
		p.f("%s.Next().(func())()\n", p.upstare())
		if len(s.Types) > 0 {
			// A select, poll or lock has no frame inside it.
		}
	case len(s.Lhs) == 0:
		p.f("%s\n", call)
	case len(s.Lhs) != len(s.Types):
		p.f("panic(\"upstarego: a frame inside a receive\")\n")
	default:
		live := map[*desugar.Var]bool{}
		for _, v := range pt.Live {
			live[v] = true
		}
		var lhs []desugar.LHS
		for _, l := range received(s) {
			if l.Var != nil && l.Var.Boxed && !live[l.Var] {
				l = desugar.LHS{}
			}
			lhs = append(lhs, l)
		}
		p.assignFlat(c, lhs, call)
	}
	p.place(poll)
	p.poll(c, s)
	p.place(after)
}

func (p *printer) zeroResults(c *context) string {
	if len(c.fn.Results) > 0 {
		return ""
	}
	var l []string
	for i := 0; i < c.fn.Sig.Results().Len(); i++ {
		l = append(l, fmt.Sprintf("*new(%s)", p.typ(c.fn.Sig.Results().At(i).Type())))
	}
	return strings.Join(l, ", ")
}

func (p *printer) resultList(ts []types.Type) string {
	var l []string
	for _, t := range ts {
		l = append(l, p.typ(t))
	}
	return "(" + strings.Join(l, ", ") + ")"
}

func (p *printer) flatLoop(c *context, s *desugar.Loop) {
	top, cont, end := p.newLabel("Loop"), p.newLabel("Next"), p.newLabel("End")
	c.flat[s.Node] = &labels{end, cont}
	p.flat(c, s.InitIR)
	if s.First != nil {
		p.f("%s = false\n", c.v(s.First))
	}
	p.place(top)
	if s.First != nil {
		skip := p.newLabel("First")
		p.f("if !%s {\n%s\n}\n", c.v(s.First), p.jump(skip))
		p.flat(c, s.PostIR)
		p.place(skip)
		p.f("%s = true\n", c.v(s.First))
	}
	if s.Cond != nil {
		p.flat(c, s.CondPre)
		p.f("if !(%s) {\n%s\n}\n", p.x(c, *s.Cond), p.jump(end))
	}
	p.flat(c, s.Body)
	p.place(cont)
	for _, v := range s.Iter {
		if v.Boxed {
			// Go 1.22: the next iteration has its own copy, made before the
			// post statement.
			p.f("{\nupnew := %s\n*upnew = %s\n%s = upnew\n}\n", p.made(v), c.v(v), c.box(v))
		}
	}
	if s.Post != nil {
		p.line(s.Post.Pos())
		p.f("%s\n", p.node(c, s.Post, nil))
	}
	p.f("%s\n", p.jump(top))
	p.place(end)
}

func (p *printer) flatRange(c *context, s *desugar.Range) {
	top, cont, end := p.newLabel("Loop"), p.newLabel("Next"), p.newLabel("End")
	c.flat[s.Node] = &labels{end, cont}
	x, i := c.v(s.X), c.v(s.Idx)
	key, val := "", ""
	if s.Key != nil {
		key = c.v(s.Key.Var)
	}
	if s.Val != nil {
		val = c.v(s.Val.Var)
	}
	k, e := i, x+"["+i+"]"
	next := i + "++"
	more := fmt.Sprintf("%s < len(%s)", i, x)
	switch s.Kind {
	case desugar.RangeMap:
		m := desugar.Under(s.X.Type).(*types.Map)
		p.f("%s = %s.MapIter{}\n%s.Start(%s)\n", i, p.upstare(), i, x)
		more = i + ".More()"
		next = i + ".GoOn()"
		k, e = p.mapEntry(m, x, i)
	case desugar.RangeInt:
		p.f("%s = 0\n", i)
		more = i + " < " + x
	case desugar.RangeString:
		p.f("%s = 0\n", i)
		next = fmt.Sprintf("%s = %s.NextRune(string(%s), %s)", i, p.upstare(), x, i)
		e = fmt.Sprintf("%s.RuneAt(string(%s), %s)", p.upstare(), x, i)
	default:
		p.f("%s = 0\n", i)
	}
	p.place(top)
	p.f("if !(%s) {\n%s\n}\n", more, p.jump(end))
	p.bind(c, s, key, val, k, e)
	p.flat(c, s.Body)
	p.place(cont)
	p.f("%s\n%s\n", next, p.jump(top))
	p.place(end)
}

func (p *printer) flatSwitch(c *context, s *desugar.Switch) {
	end := p.newLabel("End")
	c.flat[s.Node] = &labels{brk: end}
	tag := ""
	if s.Tag != nil {
		tag = p.x(c, *s.Tag)
	}
	names := p.caseLabels(len(s.Clauses))
	p.f("switch %s {\n", tag)
	hasDefault := false
	for i, cl := range s.Clauses {
		p.caseLine(c, cl)
		p.f("%s\n", p.jump(names[i]))
		hasDefault = hasDefault || cl.Default
	}
	if !hasDefault {
		p.f("default:\n%s\n", p.jump(end))
	}
	p.f("}\n")
	p.flatClauses(c, s.Clauses, names, end)
}

func (p *printer) caseLabels(n int) []string {
	var l []string
	for i := 0; i < n; i++ {
		l = append(l, p.newLabel("Case"))
	}
	return l
}

func (p *printer) flatClauses(c *context, cs []*desugar.Clause, names []string, end string) {
	old := c.fall
	for i, cl := range cs {
		p.place(names[i])
		c.fall = end
		if i+1 < len(names) {
			c.fall = names[i+1]
		}
		p.flat(c, cl.Body)
		p.f("%s\n", p.jump(end))
	}
	c.fall = old
	p.place(end)
}

func (p *printer) flatTypeSwitch(c *context, s *desugar.TypeSwitch) {
	end := p.newLabel("End")
	c.flat[s.Node] = &labels{brk: end}
	names := p.caseLabels(len(s.Clauses))
	if s.Sym != "" {
		p.f("switch upv := (%s).(type) {\n", p.subject(c, s))
	} else {
		p.f("switch (%s).(type) {\n", p.subject(c, s))
	}
	hasDefault := false
	for i, cl := range s.Clauses {
		p.typeCase(c, cl)
		if cl.Var != nil {
			if cl.Var.Boxed {
				p.f("%s = %s\n", c.box(cl.Var), p.made(cl.Var))
			}
			p.f("%s = upv\n", c.v(cl.Var))
		} else if s.Sym != "" {
			p.f("_ = upv\n")
		}
		p.f("%s\n", p.jump(names[i]))
		hasDefault = hasDefault || cl.Default
	}
	if !hasDefault {
		p.f("default:\n%s\n", p.jump(end))
	}
	p.f("}\n")
	p.flatClauses(c, s.Clauses, names, end)
}

func (p *printer) flatReturn(c *context, s *desugar.Return) {
	var l []string
	for _, r := range s.Results {
		l = append(l, p.x(c, r))
	}
	if c.boxedRet {
		p.f("%s", p.setResults(c, l))
		p.f("return\n")
		return
	}
	p.f("return %s\n", strings.Join(l, ", "))
}

// setResults sets the function's results to values, or to those of one call. A result
// that is returned as it is needs nothing.
func (p *printer) setResults(c *context, vals []string) string {
	call := len(vals) != len(c.fn.Results)
	var l, r []string
	for i, v := range c.fn.Results {
		if call || c.v(v) != vals[i] {
			l = append(l, c.v(v))
			if !call {
				r = append(r, vals[i])
			}
		}
	}
	if call {
		r = vals
	}
	if len(vals) == 0 || len(l) == 0 {
		return ""
	}
	return fmt.Sprintf("%s = %s\n", strings.Join(l, ", "), strings.Join(r, ", "))
}

// boxedReturn is a return statement inside text that is kept whole.
func (p *printer) boxedReturn(c *context, s *ast.ReturnStmt) string {
	inner := *c
	inner.boxedRet = false
	var l []string
	for _, e := range s.Results {
		l = append(l, p.node(&inner, e, nil))
	}
	return p.setResults(c, l) + "return"
}
