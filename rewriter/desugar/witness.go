package desugar

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// A type that cannot be written is had by inference from a witness: an expression
// of that type over package-level names only, which can stand anywhere in the
// file and whose evaluation has no effect, does not panic and reads no variable.
//
// Such a value came from an expression of the same declaration. Its witness takes
// the same steps with types alone: for pkg.New() it is called(pkg.New), where
//
//	func called[R any](func() R) (zero R) { return }
//
// for p.next, with a p of an unexported type, rt.New(witness of p).next; for
// p.Next(), called(method(witness of p)), where
//
//	func method[T interface{ Next() R }, R any](T) (zero func() R) { return }
//
// which works for nil pointers and nil interfaces alike, since nothing is selected.
type witness struct {
	typ types.Type
	x   X
	ok  bool
}

// Zero is the text of a zero value of a type, or of some value of it without
// effect, whose type alone counts.
func (t *Tree) Zero(typ types.Type) X {
	if !t.Unnameable(typ) {
		return F("*new(%s)", typ)
	}
	x, _ := t.witness(typ)
	return x
}

func (t *Tree) witness(typ types.Type) (X, bool) {
	for _, w := range t.witnesses {
		if types.Identical(w.typ, typ) {
			return w.x, w.ok
		}
	}
	f := &witnesses{Tree: t, busy: map[types.Object]bool{}}
	x, ok := X{}, false
	if t.since("go1.18") { // has type parameters
		x, ok = f.find(typ)
	}
	t.witnesses = append(t.witnesses, witness{typ, x, ok})
	return x, ok
}

// witnesses looks for one witness.
type witnesses struct {
	*Tree
	busy   map[types.Object]bool // variables whose origin is being looked for
	wanted []types.Type          // types that are being looked for
}

// find gives a value of a type.
func (f *witnesses) find(typ types.Type) (x X, ok bool) {
	if f.unnameable(typ) == nil {
		return F("*new(%s)", typ), true
	}
	for _, w := range f.wanted {
		if types.Identical(w, typ) {
			return X{}, false
		}
	}
	f.wanted = append(f.wanted, typ)
	defer func() { f.wanted = f.wanted[:len(f.wanted)-1] }()
	info := f.Pkg.Info
	try := func(part func(e ast.Expr, t types.Type) (X, bool)) {
		ast.Inspect(f.Decl, func(n ast.Node) bool {
			e, isExpr := n.(ast.Expr)
			if ok || !isExpr {
				return !ok
			}
			t := info.TypeOf(e)
			if id, isIdent := e.(*ast.Ident); isIdent && t == nil && info.Defs[id] != nil {
				t = info.Defs[id].Type()
			}
			if t != nil && !info.Types[e].IsType() {
				x, ok = part(e, t)
			}
			return !ok
		})
	}
	try(func(e ast.Expr, t types.Type) (X, bool) {
		if tup, isTuple := t.(*types.Tuple); isTuple {
			for i := range tup.Len() {
				if types.Identical(tup.At(i).Type(), typ) {
					if x, ok := f.of(e, i); ok {
						return x, true
					}
				}
			}
			return X{}, false
		}
		if !types.Identical(t, typ) {
			return X{}, false
		}
		return f.of(e, 0)
	})
	if !ok {
		x, ok = f.made(typ)
	}
	if !ok {
		// What is ranged over, received or pointed to has an expression, its
		// elements may have none.
		try(func(e ast.Expr, t types.Type) (X, bool) {
			for _, p := range parts(t) {
				if types.Identical(p.typ, typ) {
					if x, ok := f.of(e, 0); ok {
						return F(p.take, Runtime{}, x), true
					}
				}
			}
			return X{}, false
		})
	}
	return x, ok
}

type part struct {
	typ  types.Type
	take string // of the runtime and the whole
}

// parts are the types that a value's type is made of and that can be had from it.
func parts(t types.Type) []part {
	switch u := under(t).(type) {
	case *types.Pointer:
		return []part{{u.Elem(), "%s.Elem(%s)"}}
	case *types.Slice:
		return []part{{u.Elem(), "%s.SliceElem(%s...)"}}
	case *types.Array:
		return []part{{u.Elem(), "%[1]s.SliceElem(%[1]s.To(%[2]s)[:]...)"}}
	case *types.Map:
		return []part{{u.Key(), "%s.MapKey(%s)"}, {u.Elem(), "%s.MapElem(%s)"}}
	case *types.Chan:
		if u.Dir() == types.SendOnly {
			return []part{{u.Elem(), "%s.SendElem(%s)"}}
		}
		return []part{{u.Elem(), "%s.RecvElem(%s)"}}
	}
	return nil
}

// made makes a type without a name of its parts.
func (f *witnesses) made(typ types.Type) (X, bool) {
	one := func(name string, elem types.Type) (X, bool) {
		x, ok := f.find(elem)
		return F("%s."+name+"(%s)", Runtime{}, x), ok
	}
	switch t := types.Unalias(typ).(type) {
	case *types.Pointer:
		return one("Nil", t.Elem())
	case *types.Slice:
		return one("SliceOf", t.Elem())
	case *types.Chan:
		return one([]string{types.SendRecv: "ChanOf", types.SendOnly: "SendOf", types.RecvOnly: "RecvOf"}[t.Dir()], t.Elem())
	case *types.Map:
		k, ok := f.find(t.Key())
		v, ok2 := f.find(t.Elem())
		return F("%s.MapOf(%s, %s)", Runtime{}, k, v), ok && ok2
	case *types.Signature:
		return f.function(t)
	}
	return X{}, false
}

// of gives a witness of an expression's type; of its i-th result, if it has more
// than one.
func (f *witnesses) of(e ast.Expr, i int) (X, bool) {
	info := f.Pkg.Info
	tv := info.Types[e]
	if tv.IsType() || tv.IsNil() || tv.IsBuiltin() {
		return X{}, false
	}
	switch e := e.(type) {
	case *ast.ParenExpr:
		return f.of(e.X, i)
	case *ast.Ident:
		return f.object(e, info.ObjectOf(e))
	case *ast.SelectorExpr:
		return f.selector(e)
	case *ast.IndexExpr:
		if tv := info.Types[e.Index]; tv.IsType() {
			return N(e), true // an instance
		}
		x, ok := f.typed(e.X)
		if p, isPtr := under(info.TypeOf(e.X)).(*types.Pointer); isPtr {
			return F("%[1]s.SliceElem(%[1]s.New(%[2]s)[:]...)", Runtime{}, x), ok && isArray(p.Elem())
		}
		ps := parts(info.TypeOf(e.X))
		if len(ps) == 0 {
			return X{}, false
		}
		return F(ps[len(ps)-1].take, Runtime{}, x), ok
	case *ast.IndexListExpr:
		return N(e), true
	case *ast.SliceExpr:
		x, ok := f.typed(e.X)
		switch u := under(info.TypeOf(e.X)).(type) {
		case *types.Array:
			x = F("%s.To(%s)[:]", Runtime{}, x)
		case *types.Pointer:
			x = F("%s.New(%s)[:]", Runtime{}, x)
			ok = ok && isArray(u.Elem())
		}
		return x, ok
	case *ast.StarExpr:
		x, ok := f.typed(e.X)
		return F("%s.Elem(%s)", Runtime{}, x), ok
	case *ast.UnaryExpr:
		switch e.Op {
		case token.AND:
			x, ok := f.typed(e.X)
			return F("%s.Nil(%s)", Runtime{}, x), ok
		case token.ARROW:
			x, ok := f.typed(e.X)
			return F("%s.RecvElem(%s)", Runtime{}, x), ok
		}
		return f.same(e, e.X)
	case *ast.BinaryExpr:
		switch e.Op {
		case token.SHL, token.SHR:
			return f.same(e, e.X)
		}
		if x, ok := f.same(e, e.X); ok {
			return x, true
		}
		return f.same(e, e.Y)
	case *ast.CallExpr:
		return f.call(e, i)
	}
	return X{}, false
}

func isArray(t types.Type) bool {
	_, ok := under(t).(*types.Array)
	return ok
}

// same gives a witness of an operand that has the type of its operation.
func (f *witnesses) same(whole, operand ast.Expr) (X, bool) {
	if !types.Identical(f.Pkg.Info.TypeOf(whole), f.Pkg.Info.TypeOf(operand)) {
		return X{}, false
	}
	return f.of(operand, 0)
}

// typed gives a value of an operand's type.
func (f *witnesses) typed(e ast.Expr) (X, bool) {
	typ := f.Pkg.Info.TypeOf(e)
	if typ == nil {
		return X{}, false
	}
	if f.unnameable(typ) == nil {
		return F("*new(%s)", typ), true
	}
	return f.of(e, 0)
}

// object gives a witness of what a name stands for.
func (f *witnesses) object(name ast.Expr, obj types.Object) (X, bool) {
	switch obj := obj.(type) {
	case *types.Const:
		// The type of a constant's use may be another one.
		if obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope() && types.Identical(obj.Type(), f.Pkg.Info.TypeOf(name)) {
			return N(name), true
		}
	case *types.Func:
		sig := obj.Type().(*types.Signature)
		return N(name), sig.TypeParams().Len() == 0
	case *types.Var:
		if obj.Pkg() != nil && obj.Parent() == obj.Pkg().Scope() {
			return F("%s.Elem(&%s)", Runtime{}, name), true
		}
		if f.busy[obj] {
			return X{}, false
		}
		f.busy[obj] = true
		defer delete(f.busy, obj)
		return f.origin(obj)
	}
	return X{}, false
}

// origin gives a witness of what a local variable's declaration takes its type
// from.
func (f *witnesses) origin(obj *types.Var) (x X, ok bool) {
	info := f.Pkg.Info
	is := func(e ast.Expr) bool {
		id, isIdent := e.(*ast.Ident)
		return isIdent && info.Defs[id] == obj
	}
	values := func(i, n int, from []ast.Expr) {
		if len(from) == n {
			x, ok = f.of(from[i], 0)
		} else if len(from) == 1 {
			x, ok = f.of(from[0], i)
		}
	}
	ast.Inspect(f.Decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if is(l) {
					values(i, len(n.Lhs), n.Rhs)
				}
			}
		case *ast.ValueSpec:
			for i, l := range n.Names {
				if is(l) && n.Type == nil {
					values(i, len(n.Names), n.Values)
				}
			}
		case *ast.RangeStmt:
			for i, l := range []ast.Expr{n.Key, n.Value} {
				if l != nil && is(l) {
					x, ok = f.ranged(n.X, i)
				}
			}
		case *ast.TypeSwitchStmt:
			for _, c := range n.Body.List {
				if info.Implicits[c] == obj {
					if as, isAssign := n.Assign.(*ast.AssignStmt); isAssign {
						x, ok = f.of(ast.Unparen(as.Rhs[0]).(*ast.TypeAssertExpr).X, 0)
					}
				}
			}
		}
		return !ok
	})
	return x, ok
}

// ranged gives a witness of the key or value of a range over e.
func (f *witnesses) ranged(e ast.Expr, i int) (X, bool) {
	x, ok := f.typed(e)
	switch u := under(f.Pkg.Info.TypeOf(e)).(type) {
	case *types.Basic:
		return x, ok && i == 0
	case *types.Pointer:
		return F("%[1]s.SliceElem(%[1]s.New(%[2]s)[:]...)", Runtime{}, x), ok && i == 1 && isArray(u.Elem())
	case *types.Map:
		return F(parts(u)[i].take, Runtime{}, x), ok
	case *types.Chan:
		return F(parts(u)[0].take, Runtime{}, x), ok && i == 0
	case *types.Slice, *types.Array:
		return F(parts(u)[0].take, Runtime{}, x), ok && i == 1
	case *types.Signature:
		yield := under(u.Params().At(0).Type()).(*types.Signature).Params()
		l := typeParams("A", yield.Len())
		if i >= len(l) {
			return X{}, false
		}
		return F("%s(%s)", f.helper("[%s interface{}](func(func(%s) bool)) (zero %s) { return }", strings.Join(l, ", "), strings.Join(l, ", "), l[i]), x), ok
	}
	return X{}, false
}

func (f *witnesses) selector(e *ast.SelectorExpr) (X, bool) {
	info := f.Pkg.Info
	s := info.Selections[e]
	if s == nil {
		return f.object(e, info.Uses[e.Sel])
	}
	switch s.Kind() {
	case types.MethodExpr:
		return N(e), true
	case types.FieldVal:
		x, ok := f.typed(e.X)
		typ := s.Recv()
		if p, isPtr := under(typ).(*types.Pointer); isPtr {
			x, typ = F("%s.New(%s)", Runtime{}, x), p.Elem()
		}
		path, nils := s.Index()[:len(s.Index())-1], false
		for _, i := range path {
			st, isStruct := under(typ).(*types.Struct)
			if !isStruct {
				return X{}, false
			}
			if typ = st.Field(i).Type(); isPointer(typ) {
				typ, nils = under(typ).(*types.Pointer).Elem(), true
			}
		}
		if nils {
			if !isPointer(s.Recv()) {
				x = F("%s.To(%s)", Runtime{}, x)
			}
			format, args := "%s.Reach(%s", []any{Runtime{}, x}
			for _, i := range path {
				format += fmt.Sprint(", ", i)
			}
			x = X{format + ")", args}
		}
		return F("(%s).%s", x, e.Sel.Name), ok
	}
	// A method value.
	x, ok := f.typed(e.X)
	sig := info.TypeOf(e).(*types.Signature)
	if m, _, _ := types.LookupFieldOrMethod(s.Recv(), false, s.Obj().Pkg(), s.Obj().Name()); m != s.Obj() {
		x = F("%s.Nil(%s)", Runtime{}, x)
	}
	text, all := signatureText(sig)
	return F("%s(%s)", f.helper("[T interface{ %s%s }%s](T) (zero func%[2]s) { return }", e.Sel.Name, text, more(all)), x), ok
}

// call gives a witness of a call's result.
func (f *witnesses) call(e *ast.CallExpr, i int) (X, bool) {
	info := f.Pkg.Info
	fun := ast.Unparen(e.Fun)
	tv := info.Types[fun]
	switch {
	case tv.IsType():
		return X{}, false // the type is written
	case tv.IsBuiltin():
		return f.builtin(e)
	}
	sig, ok := under(tv.Type).(*types.Signature)
	if !ok || i >= sig.Results().Len() {
		return X{}, false
	}
	text, all := signatureText(sig)
	result := fmt.Sprintf("R%d", i)
	if !inferred(info, fun) {
		x, ok := f.typed(fun)
		return F("%s(%s)", f.helper("[%s interface{}](func%s) (zero %s) { return }", strings.Join(all, ", "), text, result), x), ok
	}
	// Its type arguments are inferred from what it is called with.
	if !f.since("go1.21") {
		return X{}, false
	}
	format, args := "%s(%s", []any{nil, fun}
	params := "func" + text
	for k := range sig.Params().Len() {
		x, ok := f.find(sig.Params().At(k).Type())
		if !ok {
			return X{}, false
		}
		format += ", %s"
		args = append(args, x)
		p := fmt.Sprintf("A%d", k)
		if sig.Variadic() && k == sig.Params().Len()-1 {
			p = "[]" + p
		}
		params += ", " + p
	}
	args[0] = f.helper("[%s interface{}](%s) (zero %s) { return }", strings.Join(all, ", "), params, result)
	return F(format+")", args...), true
}

// inferred reports whether a function's type arguments are not all written.
func inferred(info *types.Info, fun ast.Expr) bool {
	written := 0
	switch x := fun.(type) {
	case *ast.IndexExpr:
		fun, written = x.X, 1
	case *ast.IndexListExpr:
		fun, written = x.X, len(x.Indices)
	}
	id, _ := ast.Unparen(fun).(*ast.Ident)
	if sel, ok := ast.Unparen(fun).(*ast.SelectorExpr); ok {
		id = sel.Sel
	}
	inst, ok := info.Instances[id]
	return ok && inst.TypeArgs.Len() > written
}

func (f *witnesses) builtin(e *ast.CallExpr) (X, bool) {
	name := ""
	switch fun := ast.Unparen(e.Fun).(type) {
	case *ast.Ident:
		name = fun.Name
	case *ast.SelectorExpr:
		name = fun.Sel.Name // of package unsafe
	}
	switch name {
	case "append":
		return f.same(e, e.Args[0])
	case "min", "max":
		for _, a := range e.Args {
			if x, ok := f.same(e, a); ok {
				return x, true
			}
		}
	case "new":
		x, ok := f.typed(e.Args[0])
		return F("%s.Nil(%s)", Runtime{}, x), ok
	case "Slice":
		x, ok := f.typed(e.Args[0])
		return F("%[1]s.SliceOf(%[1]s.Elem(%[2]s))", Runtime{}, x), ok
	case "SliceData":
		x, ok := f.typed(e.Args[0])
		return F("%[1]s.Nil(%[1]s.SliceElem(%[2]s...))", Runtime{}, x), ok
	}
	return X{}, false
}

// function makes a function type of its parameters and results.
func (f *witnesses) function(sig *types.Signature) (X, bool) {
	text, all := signatureText(sig)
	format, args := "%s(", []any{nil}
	var params []string
	for _, tup := range []*types.Tuple{sig.Params(), sig.Results()} {
		for k := range tup.Len() {
			typ := tup.At(k).Type()
			if sig.Variadic() && tup == sig.Params() && k == tup.Len()-1 {
				typ = typ.(*types.Slice).Elem()
			}
			x, ok := f.find(typ)
			if !ok {
				return X{}, false
			}
			if len(params) > 0 {
				format += ", "
			}
			format += "%s"
			args = append(args, x)
			params = append(params, all[len(params)])
		}
	}
	args[0] = f.helper("[%s interface{}](%s) (zero func%s) { return }", strings.Join(all, ", "), strings.Join(params, ", "), text)
	return F(format+")", args...), true
}

// signatureText is a signature over type parameters, and those.
func signatureText(sig *types.Signature) (string, []string) {
	in, out := typeParams("A", sig.Params().Len()), typeParams("R", sig.Results().Len())
	all := append(append([]string{}, in...), out...)
	if sig.Variadic() {
		in[len(in)-1] = "..." + in[len(in)-1]
	}
	return "(" + strings.Join(in, ", ") + ") (" + strings.Join(out, ", ") + ")", all
}

func typeParams(name string, n int) (l []string) {
	for i := range n {
		l = append(l, fmt.Sprintf("%s%d", name, i))
	}
	return l
}

func more(params []string) string {
	if len(params) == 0 {
		return ""
	}
	return ", " + strings.Join(params, ", ") + " interface{}"
}

// helper is the name of a generic function.
func (t *Tree) helper(format string, args ...any) string {
	return t.generic(&t.Helpers, fmt.Sprintf(format, args...))
}

func (t *Tree) generic(to *[]string, text string) string {
	if name := t.helpers[text]; name != "" {
		return name
	}
	name := fmt.Sprintf("upstareW_%s_%d", t.Funcs[0].ID, len(t.helpers))
	if t.helpers == nil {
		t.helpers = map[string]string{}
	}
	t.helpers[text] = name
	*to = append(*to, "func "+name+text+"\n")
	return name
}

// FuncOf is the text of a value of type func() results.
func (t *Tree) FuncOf(results []types.Type) X {
	f := &witnesses{Tree: t, busy: map[types.Object]bool{}}
	var l []*types.Var
	for _, r := range results {
		l = append(l, types.NewParam(token.NoPos, nil, "", r))
	}
	x, _ := f.function(types.NewSignatureType(nil, nil, nil, nil, types.NewTuple(l...), false))
	return x
}
