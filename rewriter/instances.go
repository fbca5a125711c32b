package rewriter

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/load"
)

// An Instance is a list of type arguments that the program gives to a generic
// declaration.
type Instance struct {
	Args []types.Type
	Text string // the arguments as the runtime writes them in an instance's key
	In   *load.Package
}

// A TypeInstance is an instance of a generic type that is of an own package or has a type
// argument from one, so that a release may change it.
type TypeInstance struct {
	Type *types.Named
	In   *load.Package // can write it down; nil: none can
}

// instances finds every instance of the generic functions and methods of own
// packages, and of generic types: those that code without type parameters mentions, and
// what they mention in turn. It ends, because the compiler refuses programs where it would
// not.
type instances struct {
	prog  *load.Program
	decls map[*types.Func]*template
	types map[*types.TypeName][]*types.Func // methods of generic types
	seen  map[string]bool
	found map[*types.Func][]Instance
	named []TypeInstance
}

// A template is what a generic declaration mentions.
type template struct {
	params []*types.TypeParam
	types  []types.Type
	calls  []call
}

type call struct {
	fn   *types.Func
	args []types.Type
}

func findInstances(p *load.Program) (map[*types.Func][]Instance, []TypeInstance) {
	x := &instances{prog: p, decls: map[*types.Func]*template{}, types: map[*types.TypeName][]*types.Func{}, seen: map[string]bool{}, found: map[*types.Func][]Instance{}}
	var roots []*template
	for _, pkg := range p.Own {
		for _, f := range pkg.Syntax {
			for _, d := range f.Decls {
				t := mentions(pkg, d)
				if fd, ok := d.(*ast.FuncDecl); ok {
					fn := pkg.Info.Defs[fd.Name].(*types.Func)
					sig := fn.Type().(*types.Signature)
					for _, list := range []*types.TypeParamList{sig.TypeParams(), sig.RecvTypeParams()} {
						for i := range list.Len() {
							t.params = append(t.params, list.At(i))
						}
					}
					if len(t.params) > 0 {
						x.decls[fn] = t
						if sig.RecvTypeParams().Len() > 0 {
							if n := receiver(sig); n != nil {
								x.types[n.Obj()] = append(x.types[n.Obj()], fn)
							}
						}
						continue
					}
				} else if gd, ok := d.(*ast.GenDecl); ok && slices.ContainsFunc(gd.Specs, func(s ast.Spec) bool {
					ts, ok := s.(*ast.TypeSpec)
					return ok && ts.TypeParams != nil
				}) {
					continue
				}
				roots = append(roots, t)
			}
		}
	}
	for _, t := range roots {
		x.use(t, nil)
	}
	slices.SortFunc(x.named, func(a, b TypeInstance) int { return strings.Compare(keyText(a.Type), keyText(b.Type)) })
	return x.found, x.named
}

func receiver(sig *types.Signature) *types.Named {
	t := sig.Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, _ := types.Unalias(t).(*types.Named)
	if n == nil {
		return nil
	}
	return n.Origin()
}

func mentions(pkg *load.Package, d ast.Decl) *template {
	t := &template{}
	ast.Inspect(d, func(n ast.Node) bool {
		if e, ok := n.(ast.Expr); ok {
			if tv, ok := pkg.Info.Types[e]; ok && tv.Type != nil {
				t.types = append(t.types, tv.Type)
			}
		}
		if id, ok := n.(*ast.Ident); ok {
			if obj := pkg.Info.Defs[id]; obj != nil && obj.Type() != nil {
				t.types = append(t.types, obj.Type())
			}
			if inst, ok := pkg.Info.Instances[id]; ok {
				if fn, ok := pkg.Info.Uses[id].(*types.Func); ok {
					var args []types.Type
					for i := range inst.TypeArgs.Len() {
						args = append(args, inst.TypeArgs.At(i))
					}
					t.calls = append(t.calls, call{fn.Origin(), args})
				}
			}
		}
		return true
	})
	return t
}

// use enters what a declaration mentions, under a substitution.
func (x *instances) use(t *template, s substitution) {
	for _, c := range t.calls {
		var args []types.Type
		for _, a := range c.args {
			args = append(args, s.apply(a))
		}
		x.instance(c.fn, args)
	}
	for _, typ := range t.types {
		x.walk(s.apply(typ))
	}
}

func (x *instances) instance(fn *types.Func, args []types.Type) {
	t := x.decls[fn]
	if t == nil || len(t.params) != len(args) || slices.ContainsFunc(args, open) {
		return
	}
	var l []string
	for _, a := range args {
		l = append(l, keyText(a))
	}
	text := strings.Join(l, ",")
	if key := fn.FullName() + "[" + text; x.seen[key] {
		return
	} else {
		x.seen[key] = true
	}
	x.found[fn] = append(x.found[fn], Instance{Args: args, Text: text, In: x.namer(fn, args)})
	s := substitution{}
	for i, p := range t.params {
		s[p] = args[i]
	}
	x.use(t, s)
}

// walk enters the methods of every generic own type that a type mentions.
func (x *instances) walk(t types.Type) {
	switch t := types.Unalias(t).(type) {
	case *types.Named:
		var args []types.Type
		for i := range t.TypeArgs().Len() {
			args = append(args, t.TypeArgs().At(i))
			x.walk(args[i])
		}
		if slices.ContainsFunc(args, open) || len(args) == 0 && t.TypeParams().Len() > 0 {
			return
		}
		key := "type " + keyText(t)
		if x.seen[key] {
			return
		}
		x.seen[key] = true
		x.typeInstance(t)
		if t.Obj().Pkg() != nil && x.prog.OwnPackage(t.Obj().Pkg()) != nil || len(args) > 0 {
			for _, m := range x.types[t.Origin().Obj()] {
				x.instance(m, args)
			}
			x.walk(t.Underlying())
		}
	case interface{ Elem() types.Type }:
		x.walk(t.Elem())
		if m, ok := t.(*types.Map); ok {
			x.walk(m.Key())
		}
	case *types.Struct:
		for i := range t.NumFields() {
			x.walk(t.Field(i).Type())
		}
	case *types.Signature:
		x.walk(t.Params())
		x.walk(t.Results())
	case *types.Tuple:
		for i := range t.Len() {
			x.walk(t.At(i).Type())
		}
	case *types.Interface:
		for i := range t.NumMethods() {
			x.walk(t.Method(i).Type())
		}
	}
}

// namer is an own package that can write the instance down: it imports the
// function's package and those of the type arguments. There may be none: then
// the instance enters itself when one of its frames is captured.
func (x *instances) namer(fn *types.Func, args []types.Type) *load.Package {
	return x.first(fn.Pkg(), func(pkg *load.Package) bool {
		if pkg.Types != fn.Pkg() && !slices.Contains(pkg.Types.Imports(), fn.Pkg()) {
			return false
		}
		for _, a := range args {
			if !nameable(a, pkg.Types) {
				return false
			}
		}
		return true
	})
}

// first is an own package that can do something, that of a declaration before others.
func (x *instances) first(decl *types.Package, can func(*load.Package) bool) *load.Package {
	if own := x.prog.OwnPackage(decl); own != nil && can(own) {
		return own
	}
	for _, pkg := range x.prog.Own {
		if can(pkg) {
			return pkg
		}
	}
	return nil
}

// typeInstance enters an instance of a generic type if it may change.
func (x *instances) typeInstance(t *types.Named) {
	if t.TypeArgs().Len() == 0 || t.Obj().Pkg() == nil {
		return
	}
	if it, ok := t.Underlying().(*types.Interface); ok && !it.IsMethodSet() {
		return
	}
	own := false
	eachName(t, func(o *types.TypeName) { own = own || o.Pkg() != nil && x.prog.OwnPackage(o.Pkg()) != nil })
	if own {
		x.named = append(x.named, TypeInstance{t, x.first(t.Obj().Pkg(), func(pkg *load.Package) bool { return nameable(t, pkg.Types) })})
	}
}

// nameable reports whether every type name in t can be written in a package with
// the imports that it has.
func nameable(t types.Type, in *types.Package) bool {
	ok := true
	eachName(t, func(o *types.TypeName) {
		switch {
		case o.Pkg() == nil:
		case o.Parent() != o.Pkg().Scope():
			ok = false
		case o.Pkg() != in && (!o.Exported() || !slices.Contains(in.Imports(), o.Pkg())):
			ok = false
		}
	})
	return ok
}

// eachName calls f for every name of a type that writing t takes.
func eachName(t types.Type, f func(*types.TypeName)) {
	types.TypeString(t, func(*types.Package) string { return "" })
	var walk func(types.Type)
	walk = func(t types.Type) {
		switch t := t.(type) {
		case *types.Alias:
			walk(types.Unalias(t))
		case *types.Named:
			f(t.Obj())
			for i := range t.TypeArgs().Len() {
				walk(t.TypeArgs().At(i))
			}
		case interface{ Elem() types.Type }:
			walk(t.Elem())
			if m, ok := t.(*types.Map); ok {
				walk(m.Key())
			}
		case *types.Struct:
			for i := range t.NumFields() {
				walk(t.Field(i).Type())
			}
		case *types.Signature:
			walk(t.Params())
			walk(t.Results())
		case *types.Tuple:
			for i := range t.Len() {
				walk(t.At(i).Type())
			}
		case *types.Interface:
			for i := range t.NumMethods() {
				walk(t.Method(i).Type())
			}
		}
	}
	walk(t)
}

// open reports whether a type mentions a type parameter.
func open(t types.Type) bool {
	found := false
	mapper{func(*types.TypeParam) types.Type { found = true; return nil }, map[string]*types.Named{}, ""}.mapped(t)
	return found
}

// keyText is a type as the runtime writes it in the key of an instance
// (runtime.typeText).
func keyText(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return "unsafe.Pointer"
		}
		return types.Typ[t.Kind()].Name()
	case *types.Named:
		s := t.Obj().Name()
		if t.Obj().Pkg() != nil {
			s = t.Obj().Pkg().Path() + "." + s
		}
		if t.TypeArgs().Len() > 0 {
			var l []string
			for i := range t.TypeArgs().Len() {
				l = append(l, keyText(t.TypeArgs().At(i)))
			}
			s += "[" + strings.Join(l, ",") + "]"
		}
		return s
	case *types.Pointer:
		return "*" + keyText(t.Elem())
	case *types.Slice:
		return "[]" + keyText(t.Elem())
	case *types.Array:
		return "[" + strconv.FormatInt(t.Len(), 10) + "]" + keyText(t.Elem())
	case *types.Map:
		return "map[" + keyText(t.Key()) + "]" + keyText(t.Elem())
	case *types.Chan:
		switch e := keyText(t.Elem()); {
		case t.Dir() == types.RecvOnly:
			return "<-chan " + e
		case t.Dir() == types.SendOnly:
			return "chan<- " + e
		case strings.HasPrefix(e, "<-"):
			return "chan (" + e + ")"
		default:
			return "chan " + e
		}
	case *types.Signature:
		return "func" + keySignature(t)
	case *types.Struct:
		var l []string
		for i := range t.NumFields() {
			f := t.Field(i)
			s := keyText(f.Type())
			if !f.Embedded() {
				s = f.Name() + " " + s
			}
			if tag := t.Tag(i); tag != "" {
				s += " " + strconv.Quote(tag)
			}
			l = append(l, s)
		}
		return "struct{" + strings.Join(l, "; ") + "}"
	case *types.Interface:
		var l []string
		for i := range t.NumMethods() {
			m := t.Method(i)
			l = append(l, m.Name()+keySignature(m.Type().(*types.Signature)))
		}
		slices.Sort(l)
		return "interface{" + strings.Join(l, "; ") + "}"
	}
	return t.String()
}

func keySignature(t *types.Signature) string {
	var in, out []string
	for i := range t.Params().Len() {
		p := t.Params().At(i).Type()
		s := keyText(p)
		if sl, ok := p.(*types.Slice); ok && t.Variadic() && i == t.Params().Len()-1 {
			s = "..." + keyText(sl.Elem())
		}
		in = append(in, s)
	}
	for i := range t.Results().Len() {
		out = append(out, keyText(t.Results().At(i).Type()))
	}
	s := "(" + strings.Join(in, ", ") + ")"
	switch len(out) {
	case 0:
	case 1:
		s += " " + out[0]
	default:
		s += " (" + strings.Join(out, ", ") + ")"
	}
	return s
}

// InstanceKey is the key of a function of a generic declaration in one instance.
func InstanceKey(fn *desugar.Func, i Instance) string {
	return strings.Replace(fn.Key, "[]", "["+i.Text+"]", 1)
}

// registerInstances prints the calls that enter instances of functions and types from a
// package.
func (o *Output) registerInstances(pkg *load.Package) (imports, calls string) {
	names := map[*types.Package]string{}
	qualify := func(p *types.Package) string {
		if p == pkg.Types {
			return ""
		}
		if names[p] == "" {
			names[p] = fmt.Sprintf("upi_%d", len(names))
			imports += fmt.Sprintf("import %s %q\n", names[p], p.Path())
		}
		return names[p]
	}
	for _, fn := range o.Funcs {
		if fn.Decl == nil || len(fn.Tree.TypeParams) == 0 {
			continue
		}
		calls += o.instanceCalls(fn, pkg, qualify)
	}
	for _, i := range o.TypeInstances {
		if i.In == pkg {
			calls += fmt.Sprintf("\tr.AddInstance(upstare_rt.TypeTo((*%s)(nil)))\n", types.TypeString(i.Type, qualify))
		}
	}
	return imports, calls
}

func (o *Output) instanceCalls(root *desugar.Func, pkg *load.Package, qualify func(*types.Package) string) (calls string) {
	obj := root.Tree.Pkg.Info.Defs[root.Decl.Name].(*types.Func)
	for _, i := range o.Instances[obj] {
		if i.In != pkg {
			continue
		}
		var l []string
		for _, a := range i.Args {
			l = append(l, types.TypeString(a, qualify))
		}
		dot := qualify(obj.Pkg())
		if dot != "" {
			dot += "."
		}
		calls += fmt.Sprintf("\t%s%s[%s]()\n", dot, body.InstanceName(root), strings.Join(l, ", "))
	}
	return calls
}
