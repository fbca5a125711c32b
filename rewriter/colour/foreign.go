package colour

import (
	"go/ast"
	"go/types"
	"strings"
)

// A verdict is what calling foreign code can do.
type verdict uint8

const (
	quiet  verdict = iota // returns without blocking and runs nothing of ours
	back                  // does not block, but calls functions it was given before it returns
	locks                 // sync.Mutex and sync.RWMutex: Lock, RLock
	blocks                // may block, or nothing is known of it
)

// judge looks a foreign function or method up. methods are names of own
// methods that it may call through interface values, beyond those of functions
// it is given.
func judge(f *types.Func) (v verdict, methods []string) {
	if f.Pkg() == nil { // error.Error, comparable
		return back, []string{f.Name()}
	}
	p, ok := table[f.Pkg().Path()]
	if !ok {
		return blocks, nil
	}
	if r, ok := p.lookup(tableName(f)); ok {
		return r.verdict, r.methods
	}
	if !p.rest {
		return blocks, nil
	}
	// The package works in memory. What could still lead elsewhere is what
	// it is handed: that is called back by assumption.
	if sig := f.Signature(); hands(sig) {
		return blocks, nil
	}
	return quiet, nil
}

// lookup finds the rule for "F" or "T.M", or for "T.*".
func (p foreignPackage) lookup(name string) (rule, bool) {
	r, ok := p.rules[name]
	if !ok {
		if t, _, isMethod := strings.Cut(name, "."); isMethod {
			r, ok = p.rules[t+".*"]
		}
	}
	return r, ok
}

// tableName is "F" for a function, "T.M" for a method of T or *T.
func tableName(f *types.Func) string {
	t := recvType(f)
	if t == nil {
		return f.Name()
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return n.Obj().Name() + "." + f.Name()
	}
	return "?." + f.Name()
}

// hands reports whether a signature lets the caller hand over something with
// code of its own: a function, an interface, a type parameter with methods. The
// receiver counts: its value may have been built around such a thing.
func hands(sig *types.Signature) bool {
	if r := sig.Recv(); r != nil && carriesCode(r.Type(), map[types.Type]bool{}) {
		return true
	}
	for v := range sig.Params().Variables() {
		if carriesCode(v.Type(), map[types.Type]bool{}) {
			return true
		}
	}
	return false
}

// carriesCode reports whether a value of type t can hold, at any depth, a
// function or an interface value.
func carriesCode(t types.Type, seen map[types.Type]bool) bool {
	t = types.Unalias(t)
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t := t.(type) {
	case *types.TypeParam:
		// Values of the type are moved, compared, hashed: no code of ours
		// runs for that. Methods of the constraint are called.
		i := t.Underlying().(*types.Interface)
		if i.NumMethods() > 0 {
			return true
		}
		for u := range typeSet(i) {
			if carriesCode(u, seen) {
				return true
			}
		}
		return false
	}
	switch t := t.Underlying().(type) {
	case *types.Signature, *types.Interface:
		return true
	case *types.Pointer:
		return carriesCode(t.Elem(), seen)
	case *types.Slice:
		return carriesCode(t.Elem(), seen)
	case *types.Array:
		return carriesCode(t.Elem(), seen)
	case *types.Chan:
		return carriesCode(t.Elem(), seen)
	case *types.Map:
		return carriesCode(t.Key(), seen) || carriesCode(t.Elem(), seen)
	case *types.Struct:
		for f := range t.Fields() {
			if carriesCode(f.Type(), seen) {
				return true
			}
		}
	}
	return false
}

// printed are the methods through which package fmt asks a value how to print
// it.
var printed = []string{"Format", "GoString", "String", "Error"}

// printsOwn reports whether printing values of these static types may call a
// method of printed: an interface may hold anything, and fmt descends into
// fields and elements.
func (x *index) printsOwn(t types.Type, seen map[types.Type]bool) bool {
	t = types.Unalias(t)
	if seen[t] {
		return false
	}
	seen[t] = true
	if n, ok := t.(*types.Named); ok {
		ms := types.NewMethodSet(types.NewPointer(n))
		for _, m := range printed {
			if s := ms.Lookup(nil, m); s != nil {
				return true
			}
		}
	}
	if _, ok := t.(*types.TypeParam); ok {
		return true
	}
	switch t := t.Underlying().(type) {
	case *types.Basic, *types.Signature, *types.Chan:
		return false
	case *types.Pointer:
		return x.printsOwn(t.Elem(), seen)
	case *types.Slice:
		return x.printsOwn(t.Elem(), seen)
	case *types.Array:
		return x.printsOwn(t.Elem(), seen)
	case *types.Map:
		return x.printsOwn(t.Key(), seen) || x.printsOwn(t.Elem(), seen)
	case *types.Struct:
		for f := range t.Fields() {
			if x.printsOwn(f.Type(), seen) {
				return true
			}
		}
		return false
	}
	return true
}

// prints reports whether a call of a fmt function may call back methods of
// printed for one of its arguments.
func (x *index) prints(c *call) bool {
	if c.expr.Ellipsis.IsValid() {
		return true
	}
	for _, a := range c.expr.Args {
		tv := c.pkg.Info.Types[a]
		if tv.Type == nil {
			return true
		}
		if t, ok := tv.Type.(*types.Tuple); ok { // fmt.Sprint(f())
			for v := range t.Variables() {
				if x.printsOwn(v.Type(), map[types.Type]bool{}) {
					return true
				}
			}
			continue
		}
		if x.printsOwn(tv.Type, map[types.Type]bool{}) {
			return true
		}
	}
	return false
}

func orNever(t types.Type) types.Type {
	if t == nil {
		return types.Typ[types.Invalid]
	}
	return t
}

// funcOf is the declared function that an expression denotes as a value: a
// function, method value or method expression, instantiated or not.
func funcOf(info *types.Info, e ast.Expr) *types.Func {
	switch e := e.(type) {
	case *ast.Ident:
		f, _ := info.Uses[e].(*types.Func)
		return originOrNil(f)
	case *ast.SelectorExpr:
		f, _ := info.Uses[e.Sel].(*types.Func)
		return originOrNil(f)
	case *ast.IndexExpr:
		return funcOf(info, ast.Unparen(e.X))
	case *ast.IndexListExpr:
		return funcOf(info, ast.Unparen(e.X))
	}
	return nil
}

func originOrNil(f *types.Func) *types.Func {
	if f == nil {
		return nil
	}
	return f.Origin()
}
