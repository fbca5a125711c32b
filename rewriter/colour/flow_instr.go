package colour

import (
	"go/ast"
	"go/token"
	"go/types"

	"golang.org/x/tools/go/ssa"
)

// enterFunc has a function's body taken in, if it has one.
func (f *flow) enterFunc(fn *ssa.Function) {
	if fn != nil && !f.done[fn] {
		f.done[fn] = true
		f.todo = append(f.todo, fn)
	}
}

// uninstantiated functions are met as their instances.
func uninstantiated(fn *ssa.Function) bool {
	for ; fn != nil; fn = fn.Parent() {
		if fn.TypeParams().Len() > 0 && len(fn.TypeArgs()) == 0 {
			return true
		}
	}
	return false
}

func (f *flow) function(fn *ssa.Function) {
	if uninstantiated(fn) {
		return
	}
	for _, anon := range fn.AnonFuncs {
		f.enterFunc(anon)
	}
	for _, b := range fn.Blocks {
		for _, instr := range b.Instrs {
			f.instr(fn, instr)
		}
	}
}

func deref(t types.Type) types.Type {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		return p.Elem()
	}
	return t
}

// cell is the memory that a pointer points to.
func (f *flow) cell(p ssa.Value) *node {
	t := deref(p.Type())
	if !carries(t) {
		return nil
	}
	switch p := p.(type) {
	case *ssa.Alloc, *ssa.FreeVar:
		k := local{p, 0}
		n := f.locals[k]
		if n == nil {
			n = f.newNode(t)
			f.locals[k] = n
		}
		return n
	case *ssa.Global:
		k := local{p, 0}
		n := f.locals[k]
		if n == nil {
			n = f.newNode(t)
			f.locals[k] = n
			if !f.prog.IsOwn(p.Pkg.Pkg) {
				f.open(n)
			}
		}
		return n
	case *ssa.FieldAddr:
		return f.fieldOf(p.X.Type(), p.Field)
	}
	return f.elem(t)
}

// escapes is called for a pointer that is used in a way that leaves sight of
// what it points to: from then on it is one of all pointers of its type.
func (f *flow) escapes(p ssa.Value) {
	switch p.(type) {
	case *ssa.Alloc, *ssa.FreeVar, *ssa.Global, *ssa.FieldAddr:
		if n := f.cell(p); n != nil {
			f.join(n, f.elem(deref(p.Type())))
		}
	}
}

func (f *flow) instr(fn *ssa.Function, instr ssa.Instruction) {
	// Operands that are pointers escape, but where the instruction is known
	// to use them as an address only.
	var ops [8]*ssa.Value
	for i, op := range instr.Operands(ops[:0]) {
		if op == nil || *op == nil {
			continue
		}
		v := *op
		if g, ok := v.(*ssa.Function); ok {
			f.enterFunc(g)
		}
		if _, ok := v.Type().Underlying().(*types.Pointer); !ok {
			continue
		}
		switch instr := instr.(type) {
		case *ssa.UnOp, *ssa.FieldAddr, *ssa.IndexAddr, *ssa.DebugRef:
			continue
		case *ssa.Store:
			if v == instr.Addr && v != instr.Val {
				continue
			}
		case *ssa.MakeClosure:
			if i > 0 {
				continue // joined with the free variable
			}
		}
		f.escapes(v)
	}

	switch i := instr.(type) {
	case *ssa.UnOp:
		switch i.Op {
		case token.MUL:
			f.connect(f.cell(i.X), f.local(i, -1), false)
		case token.ARROW:
			e := f.elem(i.X.Type().Underlying().(*types.Chan).Elem())
			if i.CommaOk {
				f.connect(e, f.local(i, 0), false)
			} else {
				f.connect(e, f.local(i, -1), false)
			}
		}
	case *ssa.Store:
		f.connect(f.local(i.Val, -1), f.cell(i.Addr), false)
	case *ssa.Field:
		f.connect(f.fieldOf(i.X.Type(), i.Field), f.local(i, -1), false)
	case *ssa.FieldAddr:
		f.cell(i)
	case *ssa.Index:
		f.connect(f.elem(i.Type()), f.local(i, -1), false)
	case *ssa.Lookup:
		if m, ok := i.X.Type().Underlying().(*types.Map); ok {
			if i.CommaOk {
				f.connect(f.elem(m.Elem()), f.local(i, 0), false)
			} else {
				f.connect(f.elem(m.Elem()), f.local(i, -1), false)
			}
		}
	case *ssa.MapUpdate:
		m := i.Map.Type().Underlying().(*types.Map)
		f.connect(f.local(i.Key, -1), f.elem(m.Key()), false)
		f.connect(f.local(i.Value, -1), f.elem(m.Elem()), false)
	case *ssa.Send:
		f.connect(f.local(i.X, -1), f.elem(i.Chan.Type().Underlying().(*types.Chan).Elem()), false)
	case *ssa.Select:
		n := 2
		for _, s := range i.States {
			e := f.elem(s.Chan.Type().Underlying().(*types.Chan).Elem())
			if s.Dir == types.SendOnly {
				f.connect(f.local(s.Send, -1), e, false)
			} else {
				f.connect(e, f.local(i, n), false)
				n++
			}
		}
	case *ssa.Next:
		if r, ok := i.Iter.(*ssa.Range); ok {
			if m, ok := r.X.Type().Underlying().(*types.Map); ok {
				f.connect(f.elem(m.Key()), f.component(i, 1), false)
				f.connect(f.elem(m.Elem()), f.component(i, 2), false)
			}
		}
	case *ssa.Extract:
		f.connect(f.component(i.Tuple, i.Index), f.local(i, -1), false)
	case *ssa.Phi:
		for _, e := range i.Edges {
			f.connect(f.local(e, -1), f.local(i, -1), false)
		}
	case *ssa.MakeInterface:
		n := f.local(i, -1)
		f.add(n, f.typeAtom(i.X.Type()))
		f.connect(f.local(i.X, -1), n, false)
	case *ssa.TypeAssert:
		if i.CommaOk {
			f.connect(f.local(i.X, -1), f.local(i, 0), true)
		} else {
			f.connect(f.local(i.X, -1), f.local(i, -1), true)
		}
	case *ssa.ChangeInterface:
		f.connect(f.local(i.X, -1), f.local(i, -1), true)
	case *ssa.ChangeType:
		f.convert(i.X, i)
	case *ssa.Convert:
		f.convert(i.X, i)
	case *ssa.MultiConvert:
		f.convert(i.X, i)
	case *ssa.MakeClosure:
		g := i.Fn.(*ssa.Function)
		f.add(f.local(i, -1), f.funcAtom(g))
		for k, b := range i.Bindings {
			v := g.FreeVars[k]
			f.connect(f.local(b, -1), f.local(v, -1), false)
			if c := f.cell(v); c != nil {
				f.join(f.cell(b), c)
			}
		}
	case *ssa.Return:
		for k, r := range i.Results {
			f.connect(f.local(r, -1), f.result(fn, k), false)
		}
	case *ssa.Panic:
		f.connect(f.local(i.X, -1), f.panics, false)
		f.connect(f.local(i.X, -1), f.outside, false) // printed, and recovered, by foreign code
	case ssa.CallInstruction:
		f.call(i)
	}
}

// component is the node of one part of a tuple; the parts of a Next are typed
// invalid when they are not used.
func (f *flow) component(v ssa.Value, i int) *node {
	t, ok := v.Type().(*types.Tuple)
	if !ok || t.At(i).Type() == nil || t.At(i).Type() == types.Typ[types.Invalid] {
		return nil
	}
	return f.local(v, i)
}

// result is the node of a function's k-th result.
func (f *flow) result(fn *ssa.Function, k int) *node {
	t := fn.Signature.Results().At(k).Type()
	if !carries(t) {
		return nil
	}
	key := local{fn, k}
	n := f.locals[key]
	if n == nil {
		n = f.newNode(t)
		f.locals[key] = n
	}
	return n
}

// convert connects a value with its conversion. Types that differ in more than
// name share no fields by themselves, so their memory is joined.
func (f *flow) convert(from, to ssa.Value) {
	f.connect(f.local(from, -1), f.local(to, -1), false)
	if isUnsafe(from.Type()) || isUnsafe(to.Type()) {
		// Anything may be there, and anything may have been.
		f.reach(from.Type(), true)
		f.reach(to.Type(), true)
		return
	}
	f.joinTypes(from.Type(), to.Type(), map[[2]types.Type]bool{})
}

func isUnsafe(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Kind() == types.UnsafePointer
}

func (f *flow) joinTypes(a, b types.Type, seen map[[2]types.Type]bool) {
	a, b = a.Underlying(), b.Underlying()
	if a == b || seen[[2]types.Type{a, b}] {
		return
	}
	seen[[2]types.Type{a, b}] = true
	elem := func(a, b types.Type) {
		if n := f.elem(a); n != nil {
			f.join(n, f.elem(b))
		}
		f.joinTypes(a, b, seen)
	}
	switch a := a.(type) {
	case *types.Struct:
		b, ok := b.(*types.Struct)
		if !ok || a.NumFields() != b.NumFields() {
			return
		}
		for i := range a.NumFields() {
			if n, m := f.field(a, i), f.field(b, i); n != nil && m != nil {
				f.join(n, m)
			}
			f.joinTypes(a.Field(i).Type(), b.Field(i).Type(), seen)
		}
	case *types.Pointer:
		if b, ok := b.(*types.Pointer); ok {
			elem(a.Elem(), b.Elem())
		}
	case *types.Slice:
		switch b := b.(type) {
		case *types.Slice:
			elem(a.Elem(), b.Elem())
		case *types.Array: // []T to [n]T
			elem(a.Elem(), b.Elem())
		}
	case *types.Array:
		if b, ok := b.(*types.Array); ok {
			elem(a.Elem(), b.Elem())
		}
	case *types.Chan:
		if b, ok := b.(*types.Chan); ok {
			elem(a.Elem(), b.Elem())
		}
	case *types.Map:
		if b, ok := b.(*types.Map); ok {
			elem(a.Key(), b.Key())
			elem(a.Elem(), b.Elem())
		}
	}
}

// yieldOf is the range statement whose body is an argument of the call, if the
// call is that of its iterator.
func yieldOf(c *ssa.CallCommon) *ast.RangeStmt {
	if len(c.Args) != 1 {
		return nil
	}
	v := c.Args[0]
	if t, ok := v.(*ssa.ChangeType); ok {
		v = t.X
	}
	m, ok := v.(*ssa.MakeClosure)
	if !ok {
		return nil
	}
	r, _ := m.Fn.(*ssa.Function).Syntax().(*ast.RangeStmt)
	return r
}
