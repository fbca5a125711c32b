package rewriter

import (
	"go/ast"
	"go/types"
	"slices"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/upstarego/upstarego/rewriter/load"
)

// A reflector finds the own structs that reflection may write to (a decoder, for instance):
// those that something leads to that has been made an empty interface somewhere. What prints
// and what logs is given such values all the time, and only reads.
type reflector struct {
	d    *describer
	may  map[*types.TypeName]bool
	seen map[types.Type]bool
	own  []types.Type // named types of own code
}

func (d *describer) reflected() map[*types.TypeName]bool {
	x := &reflector{d: d, may: map[*types.TypeName]bool{}, seen: map[types.Type]bool{}}
	for _, pkg := range d.prog.Own {
		for _, o := range pkg.Info.Defs {
			if tn, ok := o.(*types.TypeName); ok && !tn.IsAlias() {
				if _, named := tn.Type().(*types.Named); named {
					x.own = append(x.own, tn.Type())
				}
			}
		}
	}
	for _, pkg := range d.prog.Own {
		for id, i := range pkg.Info.Instances {
			if o := pkg.Info.Uses[id]; o != nil && o.Pkg() != nil && !keepers(o.Pkg().Path()) {
				for t := range i.TypeArgs.Types() {
					x.mark(t)
				}
			}
		}
		for _, file := range pkg.Syntax {
			x.file(pkg, file)
		}
	}
	return x.may
}

// keepers are packages whose generic functions and types keep and hand on what they get.
func keepers(path string) bool {
	return slices.Contains([]string{"slices", "maps", "cmp", "iter", "sync", "sync/atomic", "unique"}, path)
}

// reads are packages that print what they are given.
var reads = []string{"fmt", "errors", "log", "log/slog"}

func (x *reflector) file(pkg *load.Package, file *ast.File) {
	info := pkg.Info
	var results []*types.Tuple // of the functions around
	var walk func(n ast.Node) bool
	visit := func(n ast.Node, sig types.Type) {
		s, _ := sig.(*types.Signature)
		if s == nil || n == nil {
			return
		}
		results = append(results, s.Results())
		ast.Inspect(n, walk)
		results = results[:len(results)-1]
	}
	walk = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if o := info.Defs[n.Name]; o != nil && n.Body != nil {
				visit(n.Body, o.Type())
			}
			return false
		case *ast.FuncLit:
			visit(n.Body, info.TypeOf(n))
			return false
		case *ast.CallExpr:
			x.call(info, n)
		case *ast.AssignStmt:
			x.all(info, n.Rhs, len(n.Lhs), func(i int) types.Type { return info.TypeOf(n.Lhs[i]) })
		case *ast.ValueSpec:
			x.all(info, n.Values, len(n.Names), func(i int) types.Type { return info.TypeOf(n.Names[i]) })
		case *ast.ReturnStmt:
			if len(results) > 0 {
				to := results[len(results)-1]
				x.all(info, n.Results, to.Len(), func(i int) types.Type { return to.At(i).Type() })
			}
		case *ast.SendStmt:
			if c, ok := orNone(info.TypeOf(n.Chan)).(*types.Chan); ok {
				x.becomes(info.TypeOf(n.Value), c.Elem())
			}
		case *ast.CompositeLit:
			x.literal(info, n)
		}
		return true
	}
	ast.Inspect(file, walk)
}

func orNone(t types.Type) types.Type {
	if t == nil {
		return types.Typ[types.Invalid]
	}
	return t.Underlying()
}

// all enters values, one for each of n places, or one call for all of them.
func (x *reflector) all(info *types.Info, values []ast.Expr, n int, to func(i int) types.Type) {
	if len(values) == n {
		for i, v := range values {
			x.becomes(info.TypeOf(v), to(i))
		}
		return
	}
	if len(values) == 1 {
		if t, ok := info.TypeOf(values[0]).(*types.Tuple); ok && t.Len() == n {
			for i := range n {
				x.becomes(t.At(i).Type(), to(i))
			}
		}
	}
}

func (x *reflector) call(info *types.Info, c *ast.CallExpr) {
	tv := info.Types[c.Fun]
	if tv.IsType() {
		if len(c.Args) == 1 {
			x.becomes(info.TypeOf(c.Args[0]), tv.Type)
		}
		return
	}
	if tv.IsBuiltin() {
		if id, ok := ast.Unparen(c.Fun).(*ast.Ident); ok && id.Name == "append" && len(c.Args) > 0 {
			if s, ok := orNone(info.TypeOf(c.Args[0])).(*types.Slice); ok {
				for _, a := range c.Args[1:] {
					x.becomes(info.TypeOf(a), s.Elem())
				}
			}
		} else if ok && id.Name == "panic" && len(c.Args) == 1 {
			x.becomes(info.TypeOf(c.Args[0]), types.NewInterfaceType(nil, nil))
		}
		return
	}
	sig, ok := orNone(info.TypeOf(c.Fun)).(*types.Signature)
	if f, _ := typeutil.Callee(info, c).(*types.Func); !ok || f != nil && f.Pkg() != nil && slices.Contains(reads, f.Pkg().Path()) && !scans(f.Name()) {
		return
	}
	n := sig.Params().Len()
	param := func(i int) types.Type {
		if sig.Variadic() && i >= n-1 && !c.Ellipsis.IsValid() {
			return sig.Params().At(n - 1).Type().(*types.Slice).Elem()
		}
		return sig.Params().At(min(i, n-1)).Type()
	}
	args := len(c.Args)
	if args == 1 {
		if t, ok := info.TypeOf(c.Args[0]).(*types.Tuple); ok {
			args = t.Len()
		}
	}
	if n > 0 {
		x.all(info, c.Args, args, param)
	}
}

func scans(name string) bool {
	return slices.Contains([]string{"Scan", "Scanf", "Scanln", "Sscan", "Sscanf", "Sscanln", "Fscan", "Fscanf", "Fscanln", "As"}, name)
}

func (x *reflector) literal(info *types.Info, lit *ast.CompositeLit) {
	t := orNone(info.TypeOf(lit))
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem().Underlying()
	}
	for i, e := range lit.Elts {
		kv, keyed := e.(*ast.KeyValueExpr)
		v := e
		if keyed {
			v = kv.Value
		}
		switch t := t.(type) {
		case *types.Struct:
			if !keyed && i < t.NumFields() {
				x.becomes(info.TypeOf(v), t.Field(i).Type())
			} else if keyed {
				if id, ok := kv.Key.(*ast.Ident); ok {
					if f, ok := info.Uses[id].(*types.Var); ok {
						x.becomes(info.TypeOf(v), f.Type())
					}
				}
			}
		case *types.Map:
			x.becomes(info.TypeOf(v), t.Elem())
			if keyed {
				x.becomes(info.TypeOf(kv.Key), t.Key())
			}
		case interface{ Elem() types.Type }:
			x.becomes(info.TypeOf(v), t.Elem())
		}
	}
}

// becomes enters a value that may be made an interface.
func (x *reflector) becomes(from, to types.Type) {
	if from == nil || to == nil {
		return
	}
	if n := namedStruct(to); n != nil && !types.Identical(from, to) {
		x.may[n] = true // a struct without a name is assigned to it
	}
	if i, ok := to.Underlying().(*types.Interface); ok && i.NumMethods() == 0 {
		if _, param := types.Unalias(to).(*types.TypeParam); !param {
			x.mark(from)
		}
	}
}

// mark enters what a value leads to.
func (x *reflector) mark(t types.Type) {
	t = types.Unalias(t)
	if x.seen[t] {
		return
	}
	x.seen[t] = true
	if n, ok := t.(*types.Named); ok {
		for a := range n.TypeArgs().Types() {
			x.mark(a)
		}
		if n.Obj().Pkg() == nil || !x.d.prog.IsOwn(n.Obj().Pkg()) {
			if _, i := n.Underlying().(*types.Interface); !i {
				return
			}
		}
		x.may[n.Origin().Obj()] = true
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		x.mark(u.Elem())
	case *types.Slice:
		x.mark(u.Elem())
	case *types.Array:
		x.mark(u.Elem())
	case *types.Chan:
		x.mark(u.Elem())
	case *types.Map:
		x.mark(u.Key())
		x.mark(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			x.mark(f.Type())
		}
	case *types.Interface:
		if u.NumMethods() == 0 {
			return // what is in it has been entered where it became one
		}
		for _, o := range x.own {
			if p := types.NewPointer(o); types.Implements(o, u) || types.Implements(p, u) {
				x.mark(o)
			}
		}
	}
}
