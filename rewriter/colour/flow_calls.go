package colour

import (
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// A site is a call in SSA. One call of the source has a site in each instance
// of its function.
type site struct {
	pos     token.Pos // of the call in the index; NoPos in wrappers
	in      *ssa.Function
	instr   ssa.CallInstruction
	callees map[*ssa.Function]bool
	unknown bool // what foreign code made may be called
	quiet   bool // an iterator that works in memory may be called
}

func (f *flow) call(instr ssa.CallInstruction) {
	c := instr.Common()
	if b, ok := c.Value.(*ssa.Builtin); ok {
		if b.Name() == "recover" && instr.Value() != nil {
			f.connect(f.panics, f.local(instr.Value(), -1), false)
			f.connect(f.outside, f.local(instr.Value(), -1), false)
		}
		return
	}
	s := &site{pos: c.Pos(), in: instr.Parent(), instr: instr, callees: map[*ssa.Function]bool{}}
	if r := yieldOf(c); r != nil {
		s.pos = r.For
	}
	f.sites = append(f.sites, s)
	switch {
	case c.IsInvoke():
		n := f.local(c.Value, -1)
		f.observe(n, func(a atom) {
			if a == foreign {
				f.callUnknown(s)
				return
			}
			t := f.dynamic[a]
			if t == nil || !types.Implements(t, c.Value.Type().Underlying().(*types.Interface)) {
				return
			}
			if m := f.method(t, c.Method); m != nil {
				f.callFunc(s, m, n)
			} else {
				f.callUnknown(s)
			}
		})
	case c.StaticCallee() != nil:
		f.callFunc(s, c.StaticCallee(), nil)
	default:
		sig := c.Signature()
		f.observe(f.local(c.Value, -1), func(a atom) {
			if a == foreign {
				f.callUnknown(s)
			} else if a == quietSeq {
				s.quiet = true
				f.handOver(s, f.callbacks)
			} else if fn := f.funcs[a]; fn != nil && types.Identical(plain(fn.Signature), plain(sig)) {
				f.callFunc(s, fn, nil)
			}
		})
	}
}

// method is the concrete method that a call of an interface's method reaches.
func (f *flow) method(t types.Type, m *types.Func) *ssa.Function {
	sel := f.ssa.MethodSets.MethodSet(t).Lookup(m.Pkg(), m.Name())
	if sel == nil {
		return nil
	}
	return f.ssa.MethodValue(sel)
}

// callFunc connects a call with one callee. recv is the interface value that a
// method is called through: what functions it holds reach the receiver.
func (f *flow) callFunc(s *site, fn *ssa.Function, recv *node) {
	if s.callees[fn] {
		return
	}
	s.callees[fn] = true
	f.enterFunc(fn)
	if !f.hasBody(fn) {
		f.callForeign(s, fn)
		return
	}
	c := s.instr.Common()
	params := fn.Params
	if c.IsInvoke() && len(params) > 0 {
		f.connect(recv, f.local(params[0], -1), true)
		params = params[1:]
	}
	for i, a := range c.Args {
		if i < len(params) {
			f.connect(f.local(a, -1), f.local(params[i], -1), false)
		}
	}
	if v := s.instr.Value(); v != nil {
		for k := range fn.Signature.Results().Len() {
			f.connect(f.result(fn, k), f.resultOf(v, k), false)
		}
	}
}

func (f *flow) hasBody(fn *ssa.Function) bool { return len(fn.Blocks) > 0 }

// resultOf is the node of the k-th result of a call.
func (f *flow) resultOf(v *ssa.Call, k int) *node {
	if _, ok := v.Type().(*types.Tuple); ok {
		return f.local(v, k)
	}
	return f.local(v, -1)
}

// callUnknown is a call of something that foreign code made.
func (f *flow) callUnknown(s *site) {
	if !s.unknown {
		s.unknown = true
		f.handOver(s, f.outside)
	}
}

// callForeign is a call of a function without a body: all that is given to it
// is foreign code's from then on, unless it is known to call it and forget it.
func (f *flow) callForeign(s *site, fn *ssa.Function) {
	to := f.outside
	if obj, ok := fn.Object().(*types.Func); ok && WalksInMemory(obj) {
		if v := s.instr.Value(); v != nil {
			f.add(f.local(v, -1), quietSeq)
		}
		for _, a := range s.instr.Common().Args {
			f.expose(a.Type())
		}
		return
	}
	if obj, ok := fn.Object().(*types.Func); ok && !f.prog.IsOwn(obj.Pkg()) {
		if v, methods := judge(obj.Origin()); v == back && (methods == nil || obj.Pkg() != nil && obj.Pkg().Path() == "sort") {
			to = f.callbacks
		}
	}
	f.handOver(s, to)
}

func (f *flow) handOver(s *site, to *node) {
	c := s.instr.Common()
	if c.IsInvoke() {
		f.connect(f.local(c.Value, -1), to, false)
	}
	for _, a := range c.Args {
		f.connect(f.local(a, -1), to, false)
		f.escapes(a)
		if !carries(a.Type()) || to == f.outside {
			f.expose(a.Type())
		}
	}
	if v := s.instr.Value(); v != nil {
		for k := range c.Signature().Results().Len() {
			f.connect(f.outside, f.resultOf(v, k), true)
			f.expose(c.Signature().Results().At(k).Type())
		}
	}
}

// arriveOutside is called for everything that foreign code gets: it may call
// functions, and methods of dynamic types that its interfaces ask for. kept
// says that it may do so at any later time.
func (f *flow) arriveOutside(a atom, kept bool) {
	if a == foreign || a == quietSeq {
		return
	}
	if fn := f.funcs[a]; fn != nil {
		f.enterFromOutside(fn, kept)
		return
	}
	t := f.dynamic[a]
	if kept {
		f.expose(t)
	}
	f.exposeMethods(t, kept)
}

// exposeMethods lets foreign code call methods of a type.
func (f *flow) exposeMethods(t types.Type, kept bool) {
	if types.IsInterface(t) {
		return
	}
	ms := f.ssa.MethodSets.MethodSet(t)
	for i := range ms.Len() {
		obj := ms.At(i).Obj().(*types.Func)
		if obj.Exported() && f.names.mayCall(obj) {
			if m := f.ssa.MethodValue(ms.At(i)); m != nil {
				f.enterFromOutside(m, kept)
			}
		}
	}
}

// enterFromOutside lets foreign code call a function with anything it has.
func (f *flow) enterFromOutside(fn *ssa.Function, kept bool) {
	if f.called[fn] || !kept && f.borrowed[fn] {
		return
	}
	if kept {
		f.called[fn] = true
	} else {
		f.borrowed[fn] = true
	}
	f.fromOutside(fn)
}

// fromOutside lets anything flow into a function's parameters, and its results out.
func (f *flow) fromOutside(fn *ssa.Function) {
	f.enterFunc(fn)
	if !f.hasBody(fn) {
		return
	}
	for i, p := range fn.Params {
		f.connect(f.outside, f.local(p, -1), true)
		f.connect(f.callbacks, f.local(p, -1), true)
		if i > 0 || fn.Signature.Recv() == nil { // of the receiver nothing is seen by calling its method
			f.expose(p.Type())
		}
	}
	for k := range fn.Signature.Results().Len() {
		f.connect(f.result(fn, k), f.outside, false)
		f.expose(fn.Signature.Results().At(k).Type())
	}
}

// expose lets foreign code reach what a value of type t leads to: through
// pointers, elements, and by reflection exported fields. Values of named types
// found there may be made interface values by reflection, so their methods are
// exposed too.
func (f *flow) expose(t types.Type) { f.reach(t, false) }

// reach does the work of expose. all says that unexported fields are reached
// too: through unsafe.Pointer.
func (f *flow) reach(t types.Type, all bool) {
	t = types.Unalias(t)
	if before, ok := f.exposed.At(t).(bool); ok && (before || !all) {
		return
	}
	f.exposed.Set(t, all)
	if n, ok := t.(*types.Named); ok && !types.IsInterface(n) && f.prog.IsOwn(n.Obj().Pkg()) {
		f.add(f.outside, f.typeAtom(n))
		f.add(f.outside, f.typeAtom(types.NewPointer(n)))
	}
	elem := func(e types.Type) {
		if n := f.elem(e); n != nil {
			f.open(n)
		}
		f.reach(e, all)
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		elem(u.Elem())
	case *types.Slice:
		elem(u.Elem())
	case *types.Array:
		elem(u.Elem())
	case *types.Chan:
		elem(u.Elem())
	case *types.Map:
		elem(u.Key())
		elem(u.Elem())
	case *types.Tuple:
		for v := range u.Variables() {
			f.reach(v.Type(), all)
		}
	case *types.Struct:
		for i := range u.NumFields() {
			v := u.Field(i)
			if !all && !v.Exported() && !v.Embedded() {
				continue // reflection gives no way to call or set it
			}
			if n := f.field(u, i); n != nil {
				f.open(n)
			}
			f.reach(v.Type(), all)
		}
	}
}

// ownOnly reports whether no foreign type can implement an interface: it has
// an unexported method of an own package.
func (f *flow) ownOnly(t types.Type) bool {
	if t == nil {
		return false
	}
	i, ok := t.Underlying().(*types.Interface)
	if !ok {
		return false
	}
	for m := range i.Methods() {
		if !m.Exported() && f.prog.IsOwn(m.Pkg()) {
			return true
		}
	}
	return false
}
