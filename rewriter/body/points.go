package body

import (
	"fmt"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/desugar"
)

// Lines that no source file has tell generated frames from the user's on a
// stack; runtime/capture.go knows the same numbers.
const (
	lineBase    = 10_000_000 // functions whose frames are bases whoever calls them begin here
	linePoint   = 20_000_000 // point functions
	lineSkip    = 30_000_000 // what Bind returns, makers
	lineForeign = 40_000_000 // wrappers around deferred calls

	// LineResume, with the line of the user's function, is where a resume body
	// begins. Its statements stand on the user's lines.
	LineResume = 15_000_000

	// LinePoint and LineSkip are for what else is generated.
	LinePoint = linePoint
	LineSkip  = lineSkip
)

// id is the text of a generated identifier: a frame type F, point function P, ask
// for recover A, binder B, maker of a literal M, descriptor D. Those of generic
// functions are generic too, and instantiated with the same type parameters.
func (p *filePrinter) id(kind string, fn *desugar.Func, n int) string {
	return p.bare(kind, fn, n) + p.typeArgs(fn.Tree.TypeParams)
}

// declare is id where it is declared.
func (p *filePrinter) declare(kind string, fn *desugar.Func, n int) string {
	return p.bare(kind, fn, n) + p.typeParams(fn.Tree.TypeParams)
}

func (p *filePrinter) bare(kind string, fn *desugar.Func, n int) string {
	if n < 0 {
		return "upstare" + kind + "_" + fn.ID
	}
	return fmt.Sprintf("upstare%s_%s_%d", kind, fn.ID, n)
}

// descriptor is the text of a pointer to the function's runtime.Func.
func (p *filePrinter) descriptor(fn *desugar.Func) string {
	if len(fn.Tree.TypeParams) > 0 {
		return p.id("D", fn, -1) + "()"
	}
	return fmt.Sprintf("&%s[%d]", FuncsName, fn.Index)
}

func (p *filePrinter) typeArgs(list []*types.TypeParam) string {
	if len(list) == 0 {
		return ""
	}
	var l []string
	for _, tp := range list {
		l = append(l, p.typ(tp))
	}
	return "[" + strings.Join(l, ", ") + "]"
}

func (p *filePrinter) typeParams(list []*types.TypeParam) string {
	if len(list) == 0 {
		return ""
	}
	var l []string
	for _, tp := range list {
		l = append(l, p.typ(tp)+" "+p.typ(tp.Constraint()))
	}
	return "[" + strings.Join(l, ", ") + "]"
}

// FuncsName is the variable in every own package that holds its runtime.Funcs. It
// is one variable in the first file of its package because the order in which
// package variables are initialised must not change: the compiler counts every
// variable that a function mentions as something to wait for, also those without
// an initialiser, and takes the first of the ready ones.
const FuncsName = "upstareFuncs"

// IsFrame reports whether a linker name is that of a type of frames.
func IsFrame(name string) bool { return strings.Contains(name, ".upstareF_") }

func (p *filePrinter) frameVars(fn *desugar.Func) []*desugar.Var { return FrameVars(fn) }

// FrameVars are the fields of a function's frame records.
func FrameVars(fn *desugar.Func) []*desugar.Var {
	live := map[*desugar.Var]bool{}
	for _, pt := range fn.Points {
		for _, v := range pt.Live {
			live[v] = true
		}
	}
	var l []*desugar.Var
	for _, v := range append(append([]*desugar.Var{}, fn.Captured...), fn.Locals...) {
		if live[v] {
			l = append(l, v)
		}
	}
	return l
}

// HasEntry reports whether the function has a gate.
func HasEntry(fn *desugar.Func) bool {
	return fn.Deferred || fn.Info.Gate != colour.None
}

// Starts reports whether a goroutine may begin with what Bind makes of the entry:
// its gate makes the goroutine known.
func Starts(fn *desugar.Func) bool {
	return entersFast(fn) && fn.Info.Gate == colour.Full
}

// entersFast reports whether a frame for the entry calls the function as it is.
func entersFast(fn *desugar.Func) bool {
	return HasEntry(fn) && !fn.Deferred && !fn.HasRecover && !fn.DefersRecover
}

// frameType prints the struct of a function's frame records.
func (p *printer) frameType(fn *desugar.Func) {
	p.f("// %s is a frame of %s.\ntype %s%s struct {\nuppt int\n", p.bare("F", fn, -1), fn.Key, p.bare("F", fn, -1), p.generic(fn, all))
	for _, v := range p.frameVars(fn) {
		p.f("%s %s\n", v.Name, p.heldType(fn, v))
	}
	if plainLog(fn) {
		p.f("%s []%s.Armed\n", logName(fn), p.upstare())
	}
	p.f("}\n")
	p.oddFrame(fn)
}

func (p *printer) pointSig(fn *desugar.Func) string {
	var l []string
	for i := 0; i < fn.Sig.Results().Len(); i++ {
		l = append(l, fmt.Sprintf("upr%d %s", i, p.typ(fn.Sig.Results().At(i).Type())))
	}
	return "(" + strings.Join(l, ", ") + ")"
}

// baseLoop prints the loop of a base: rebuild, run, and again if the rebuilt
// segment was captured.
func (p *printer) baseLoop(fn *desugar.Func) {
	names := resultNames(fn)
	result := "func() " + p.sigResults(fn)
	call := fmt.Sprintf("%s.Fit(%[1]s.Outer(), (*%s)(nil)).(%[2]s)()", p.upstare(), result)
	stop := "!" + p.upstare() + ".Unwinding()"
	if fn.HasRecover {
		stop += " || " + p.upstare() + ".AskPending()"
	}
	if len(names) > 0 {
		call = strings.Join(names, ", ") + " = " + call
	}
	p.f("for {\n%s\nif %s {\nreturn %s\n}\n}\n", call, stop, strings.Join(names, ", "))
}

func (p *filePrinter) sigResults(fn *desugar.Func) string {
	var l []string
	for i := 0; i < fn.Sig.Results().Len(); i++ {
		l = append(l, p.typ(fn.Sig.Results().At(i).Type()))
	}
	return "(" + strings.Join(l, ", ") + ")"
}

// pointFuncs prints the point functions of a function.
func (p *printer) pointFuncs(fn *desugar.Func) {
	ret := "return " + strings.Join(resultNames(fn), ", ")
	frame := func(pt *desugar.Point, entry bool) string {
		var names, values []string
		for _, v := range pt.Live {
			val := v.Name
			if entry && v.Owner == fn && v.Boxed {
				val = "&" + v.Name
			} else if !v.Boxed {
				val = p.own(v)
			}
			names, values = append(names, v.Name), append(values, val)
		}
		if plainLog(fn) && !entry {
			names, values = append(names, logName(fn)), append(values, logName(fn))
		}
		before, text := p.newFrame(fn, p.livesIn(fn, pt), names, values)
		p.f("%s", before)
		return fmt.Sprintf("%s.Pointer(%s)", p.upstare(), text)
	}
	declare := func(pt *desugar.Point) string { return p.bare("P", fn, pt.N) + p.generic(fn, p.livesIn(fn, pt)) }
	for _, pt := range fn.Points {
		if pt.N == 0 {
			if !HasEntry(fn) {
				continue
			}
			var params []string
			for _, v := range pt.Live {
				t := p.heldType(fn, v)
				if v.Owner == fn {
					t = p.varType(v)
				}
				params = append(params, v.Name+" "+t)
			}
			p.f("\n//go:noinline\nfunc %s(%s) %s {\n", declare(pt), strings.Join(params, ", "), p.pointSig(fn))
			at := frame(pt, true)
			p.f("%s.PushEntry(%s, %s)\n", p.upstare(), p.descriptor(fn), at)
			p.baseLoop(fn)
			p.f("}\n")
			continue
		}
		if pt.Op.Kind == desugar.OpRecover {
			continue // never polls: only the resume body stands here
		}
		var params []string
		for _, v := range pt.Live {
			params = append(params, v.Name+" "+p.heldType(fn, v))
		}
		if plainLog(fn) {
			params = append(params, logName(fn)+" []"+p.upstare()+".Armed")
		}
		p.f("\n//go:noinline\nfunc %s(%s) %s {\n", declare(pt), strings.Join(params, ", "), p.pointSig(fn))
		at := frame(pt, false)
		p.f("if %s.Push(%s, %d, %s) {\n%s\n}\n", p.upstare(), p.descriptor(fn), pt.N, at, ret)
		p.baseLoop(fn)
		p.f("}\n")
	}
	if fn.HasRecover {
		p.f("\n//go:noinline\nfunc %s() %s {\n", p.declare("A", fn, -1), p.pointSig(fn))
		p.baseLoop(fn)
		p.f("}\n")
	}
}

// own is the text of a local as a frame keeps it, so that the local need not stand on
// the heap: runtime.Own.
func (p *printer) own(v *desugar.Var) string {
	if v.Type == nil || p.odd(v) {
		return v.Name
	}
	switch t := types.Unalias(v.Type).(type) {
	case *types.Basic:
		if t.Kind() == types.String {
			return fmt.Sprintf("%s.Own(%s)", p.upstare(), v.Name)
		}
	case *types.Named:
		if b, ok := t.Underlying().(*types.Basic); ok && b.Kind() == types.String {
			return fmt.Sprintf("%s(%s.Own((%s)(%s)))", p.typ(t), p.upstare(), p.typ(types.Typ[types.String]), v.Name)
		}
	}
	return v.Name
}

// bindFunc prints the function that makes a frame callable.
func (p *printer) bindFunc(fn *desugar.Func) {
	p.f("\nfunc %s(uppt int, upd %s.Pointer) interface{} {\n", p.declare("B", fn, -1), p.upstare())
	if len(p.oddTypes(fn)) > 0 {
		p.f("upf := %s.Typed(upd, %s)\n_ = upf\n", p.upstare(), p.nilFrame(fn, none))
	} else {
		p.f("upf := (*%s)(upd)\n_ = upf\n", p.id("F", fn, -1))
	}
	res := p.sigResults(fn)
	if entersFast(fn) {
		var args []string
		for i, v := range fn.Params {
			arg := ""
			switch {
			case v == nil:
				arg = fmt.Sprintf("*new(%s)", p.typ(fn.Sig.Params().At(i).Type()))
			case v.Boxed:
				arg = "*upf." + v.Name
			default:
				arg = "upf." + v.Name
			}
			if fn.Sig.Variadic() && i == len(fn.Params)-1 {
				arg += "..."
			}
			args = append(args, arg)
		}
		callee := ""
		switch {
		case fn.Lit != nil:
			var caps []string
			for _, v := range fn.Captured {
				caps = append(caps, "upf."+v.Name)
			}
			// Not inlined here: its frame would have no Func.
			callee = fmt.Sprintf("%s(%s)", p.id("M", fn, -1), strings.Join(caps, ", "))
			if len(p.oddTypes(fn)) == 0 {
				callee = fmt.Sprintf("%s.Apart(%s).(%s)", p.upstare(), callee, p.typ(fn.Sig))
			}
		case fn.Sig.Recv() != nil:
			recv := fmt.Sprintf("(*new(%s))", p.typ(fn.Sig.Recv().Type()))
			if fn.Recv != nil {
				recv = "upf." + fn.Recv.Name
				if fn.Recv.Boxed {
					recv = "(*" + recv + ")"
				}
			}
			callee = recv + "." + fn.Decl.Name.Name
		default:
			callee = fn.Decl.Name.Name + p.typeArgs(fn.Tree.TypeParams)
		}
		ret := ""
		if fn.Sig.Results().Len() > 0 {
			ret = "return "
		}
		p.f("if uppt == 0 {\nreturn func() %s {\n%s%s(%s)\n}\n}\n", res, ret, callee, strings.Join(args, ", "))
		if !fn.Pausable() {
			p.f("panic(\"upstarego: no such point\")\n}\n")
			return
		}
	}
	if NeedsResume(fn) {
		// A method value: its frame is a wrapper, which runtime.Callers leaves
		// out, so that a resumed caller shows as the direct caller.
		if len(p.oddTypes(fn)) > 0 {
			p.f("return (&%s{uppt, upd}).upresume\n}\n", p.resumer(fn))
			return
		}
		p.f("upf.uppt = uppt\nreturn upf.upresume\n}\n")
	} else {
		p.f("panic(\"upstarego: no such point\")\n}\n")
	}
}

// maker prints the function that makes a literal over variables given as frames
// hold them.
func (p *printer) maker(fn *desugar.Func) string {
	c := &context{fn: fn, ptr: map[*desugar.Var]bool{}}
	var params []string
	typed := ""
	for i, v := range fn.Captured {
		if p.odd(v) {
			params = append(params, fmt.Sprintf("upv%d interface{}", i))
			typed += fmt.Sprintf("%s := %s.As(upv%d, %s)\n", v.Fast, p.upstare(), i, p.heldZero(v))
		} else {
			params = append(params, v.Fast+" "+p.fieldType(v))
		}
		if v.Boxed {
			c.ptr[v] = true
		}
	}
	return p.sub(func() {
		p.f("\n//line :%d:1\nfunc %s(%s) func(%s) %s {\n%sreturn %sfunc(%s%s) %s{ %s\n%s}\n}\n",
			lineSkip, p.declare("M", fn, -1), strings.Join(params, ", "), p.params(c, fn), p.results(fn),
			typed, p.at(fn.Lit.Pos()), p.mark(fn.Lit.Pos()), p.params(c, fn), p.results(fn), p.at(fn.Lit.Body.Lbrace), p.fastBody(c))
	})
}

// needsMaker reports whether the text of a literal is asked for where the variables
// it captures are hoisted. A deferred one is printed at its defer statement, unless
// the function around it stays as it is: that one's text is printed as a whole.
func needsMaker(fn *desugar.Func) bool {
	return fn.Lit != nil && (!fn.Deferred || fn.Parent != nil && !fn.Parent.Rewrite)
}

// NeedsResume reports whether frames of the function can stand behind its entry.
func NeedsResume(fn *desugar.Func) bool { return fn.Pausable() || fn.Deferred }

// register prints the statements that enter a function into a release.
func (p *printer) register(fn *desugar.Func) string {
	var pos []string
	for _, pt := range fn.Points {
		where := pt.Pos
		if pt.Op != nil {
			where = pt.Op.P // what the compiler records for it
		}
		at := p.prog.Fset.Position(where)
		pos = append(pos, fmt.Sprintf("%s:%d", baseName(at.Filename), at.Line))
	}
	var silent []string
	for _, pt := range fn.Points {
		if pt.Op != nil && pt.Op.Kind == desugar.OpRecover {
			silent = append(silent, strconv.Itoa(pt.N))
		}
	}
	more := ""
	if len(silent) > 0 {
		more = fmt.Sprintf(", Silent: []int{%s}", strings.Join(silent, ", "))
	}
	more += p.chanOps(fn)
	receiver := ""
	if HasEntry(fn) && fn.Recv != nil {
		receiver = fn.Recv.Name
	}
	expression, wrapped := Expressions(fn)
	more = fmt.Sprintf(", Params: []string{%s}, Boxes: []string{%s}, Held: %t, Receiver: %q, Expression: %t, Wrapped: %t, Registers: %t, Deferred: %t%s",
		strings.Join(gateParams(fn, false), ", "), strings.Join(gateParams(fn, true), ", "), fn.Info.Taken, receiver, expression, wrapped, Registers(fn), fn.Deferred, more)
	slot := fmt.Sprintf("%s[%d]", FuncsName, fn.Index)
	if len(fn.Tree.TypeParams) > 0 {
		return fmt.Sprintf("%s = %s.Func{Key: %q, Points: %d, PointPos: %q%s}\nr.AddTemplate(&%s)\n",
			slot, p.upstare(), fn.Key, len(fn.Points), strings.Join(pos, "\n"), more, slot)
	}
	return fmt.Sprintf("%s = %s.Func{Key: %q, Frame: %s.TypeTo(%s), Points: %d, PointPos: %q, Results: %s.TypeTo((*func() %s)(nil)), Bind: %s%s}\nr.AddFunc(&%s)\n",
		slot, p.upstare(), fn.Key, p.upstare(), p.nilFrame(fn, none), len(fn.Points), strings.Join(pos, "\n"),
		p.upstare(), p.sigResults(fn), p.id("B", fn, -1), more, slot)
}

// chanOps says what the function's frames hold of operations on channels that name
// them to the runtime.
func (p *printer) chanOps(fn *desugar.Func) string {
	var l []string
	for _, pt := range fn.Points {
		if pt.Op == nil || pt.Op.Chans.Fmt == "" {
			continue
		}
		field := func(v *desugar.Var) string {
			switch {
			case v == nil || !slices.Contains(pt.Live, v):
				return ""
			case v.Boxed:
				return "*" + v.Name
			}
			return v.Name
		}
		op, rt := pt.Op, p.upstare()
		var cases []string
		put := func(send bool, value, ok *desugar.Var) {
			if send {
				value = nil
			}
			cases = append(cases, fmt.Sprintf("{Send: %t, Value: %q, OK: %q}", send, field(value), field(ok)))
		}
		switch {
		case op.Kind == desugar.OpSelect:
			for _, c := range op.Comms {
				put(c.Send, c.Value, c.OK)
			}
		case op.Send:
			put(true, nil, nil)
		default:
			lhs := received(op)
			for len(lhs) < 2 {
				lhs = append(lhs, desugar.LHS{})
			}
			put(false, lhs[0].Var, lhs[1].Var)
		}
		l = append(l, fmt.Sprintf("{Point: %d, Index: %q, Cases: []%s.ChanCase{%s}}", pt.N, field(op.Index), rt, strings.Join(cases, ", ")))
	}
	if l == nil {
		return ""
	}
	return fmt.Sprintf(", ChanOps: []%s.ChanOp{%s}", p.upstare(), strings.Join(l, ", "))
}

// expressions reports whether the program has a method's expression as a value somewhere, and
// whether any of them is not the method itself.
func Expressions(fn *desugar.Func) (expression, wrapped bool) {
	if fn.Recv == nil || fn.Decl == nil {
		return false, false
	}
	obj, _ := fn.Tree.Pkg.Info.Defs[fn.Decl.Name].(*types.Func)
	for _, pkg := range fn.Tree.Prog.Own {
		for _, s := range pkg.Info.Selections {
			if s.Kind() != types.MethodExpr {
				continue
			}
			if m, ok := s.Obj().(*types.Func); ok && m.Origin() == obj {
				expression = true
				_, pointer := types.Unalias(obj.Signature().Recv().Type()).(*types.Pointer)
				wrapped = wrapped || !pointer || len(s.Index()) > 1
			}
		}
	}
	return expression, expression && (wrapped || fn.Recv.Boxed || len(fn.Tree.TypeParams) > 0)
}

// gateParams are the parameters that a caller in a later release hands over as it
// knows them. A receiver is of the old type, unless a method expression was called: methods of
// the new one are the new release's. Of those that are boxed frames have a pointer.
func gateParams(fn *desugar.Func, boxed bool) []string {
	var l []string
	if !HasEntry(fn) || fn.Deferred {
		return nil
	}
	for _, v := range fn.Params {
		if v != nil && (v.Boxed || !boxed) {
			l = append(l, strconv.Quote(v.Name))
		}
	}
	return l
}

// InstanceName is the function that enters one instance of a generic declaration
// and of the literals inside it.
func InstanceName(fn *desugar.Func) string { return "UpstareInstance_" + fn.ID }

// instances prints the descriptors of a generic declaration's functions, and the
// function that enters one instance of them.
func (p *printer) instances() {
	params := p.t.TypeParams
	if len(params) == 0 {
		return
	}
	var all, args []string
	for _, tp := range params {
		args = append(args, fmt.Sprintf("%s.TypeOf[%s]()", p.upstare(), p.typ(tp)))
	}
	for _, fn := range p.t.Funcs {
		if !fn.Rewrite {
			continue
		}
		p.f("\nfunc %s() *%s.Func {\nreturn %s.Instance(&%s[%d], %s.TypeTo(%s), %s.TypeOf[func() %s](), %s, %s)\n}\n", p.declare("D", fn, -1), p.upstare(),
			p.upstare(), FuncsName, fn.Index, p.upstare(), p.nilFrame(fn, none), p.upstare(), p.sigResults(fn), p.id("B", fn, -1), strings.Join(args, ", "))
		all = append(all, p.descriptor(fn))
	}
	p.f("\n// %s enters an instance of %s.\nfunc %s%s() {\n%s\n}\n", InstanceName(p.t.Funcs[0]), p.t.Funcs[0].Key, InstanceName(p.t.Funcs[0]), p.typeParams(params), strings.Join(all, "\n"))
}

func baseName(s string) string {
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		return s[i+1:]
	}
	return s
}
