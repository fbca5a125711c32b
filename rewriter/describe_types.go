package rewriter

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/load"
)

// A describer writes types in the ledger's notation and collects the
// declarations of those that it mentions.
type describer struct {
	prog   *load.Program
	sizes  types.Sizes
	decls  map[string]*ledger.TypeDecl
	args   substitution               // of the generic function that is described
	local  map[*types.TypeName]string // see localKeys
	col    *colour.Result
	keys   map[*types.Func]string // of declared functions in the ledger, without generic ones
	ofNode map[ast.Node]string    // keys of all own functions: see names

	fieldUses *fielder
	steady    *unchanging
	localUses map[*types.Var]*localUse
	orders    map[*desugar.Func]*order
	counters  map[*types.Var]bool   // see counted
	bodies    map[*types.Func]scope // declared functions of own packages
	mattering map[*types.Func]bool  // see matters
	left      map[*types.Func][]net // see nets
	down      map[string]bool       // see countedDown

	outlines map[string]*outline // see shape
	outline  *outline            // being written: types are named, and not entered
}

func newDescriber(p *load.Program) *describer {
	d := &describer{prog: p, sizes: p.Sizes, decls: map[string]*ledger.TypeDecl{}, local: map[*types.TypeName]string{}, keys: map[*types.Func]string{}}
	for _, pkg := range p.Own {
		maps.Copy(d.local, localKeys(pkg))
	}
	return d
}

// settle returns the declarations, by key.
func (d *describer) settle() []ledger.TypeDecl {
	var l []ledger.TypeDecl
	for _, k := range slices.Sorted(maps.Keys(d.decls)) {
		l = append(l, *d.decls[k])
	}
	return l
}

// ownTypes enters a package's types, mentioned or not.
func (d *describer) ownTypes(pkg *load.Package) {
	scope := pkg.Types.Scope()
	for _, n := range scope.Names() {
		if o, ok := scope.Lookup(n).(*types.TypeName); ok && isRegistered(o) {
			d.typ(o.Type())
		}
	}
}

// typ writes a type.
func (d *describer) typ(t types.Type) string {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return "unsafe.Pointer"
		}
		return types.Default(t).String()
	case *types.Named:
		return d.named(t)
	case *types.Pointer:
		return "*" + d.typ(t.Elem())
	case *types.Slice:
		return "[]" + d.typ(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), d.typ(t.Elem()))
	case *types.Map:
		return "map[" + d.typ(t.Key()) + "]" + d.typ(t.Elem())
	case *types.Chan:
		elem := d.typ(t.Elem())
		if c, ok := types.Unalias(t.Elem()).(*types.Chan); ok && c.Dir() == types.RecvOnly && t.Dir() != types.RecvOnly {
			elem = "(" + elem + ")"
		}
		return map[types.ChanDir]string{types.SendRecv: "chan ", types.SendOnly: "chan<- ", types.RecvOnly: "<-chan "}[t.Dir()] + elem
	case *types.Signature:
		return "func" + d.signature(t)
	case *types.Struct:
		var l []string
		for i := range t.NumFields() {
			f := t.Field(i)
			s := f.Name() + " " + d.typ(f.Type())
			if f.Embedded() {
				s = d.typ(f.Type())
			}
			if tag := t.Tag(i); tag != "" {
				s += fmt.Sprintf(" %q", tag)
			}
			l = append(l, s)
		}
		return "struct{" + strings.Join(l, "; ") + "}"
	case *types.Interface:
		if t.Empty() {
			return "any"
		}
		var l []string
		for i := range t.NumMethods() {
			m := t.Method(i)
			l = append(l, m.Name()+d.signature(m.Type().(*types.Signature)))
		}
		for i := range t.NumEmbeddeds() {
			if u, ok := types.Unalias(t.EmbeddedType(i)).(*types.Union); ok {
				l = append(l, u.String())
			}
		}
		return "interface{" + strings.Join(l, "; ") + "}"
	case *types.Tuple:
		return d.tuple(t, false)
	}
	return t.String() // a type parameter: in own generic code alone, whose frames are refused
}

func (d *describer) signature(t *types.Signature) string {
	s := d.tuple(t.Params(), t.Variadic())
	switch t.Results().Len() {
	case 0:
		return s
	case 1:
		return s + " " + d.typ(t.Results().At(0).Type())
	}
	return s + " " + d.tuple(t.Results(), false)
}

// tuple writes types without names: these are no part of a type.
func (d *describer) tuple(t *types.Tuple, variadic bool) string {
	var l []string
	for i := range t.Len() {
		s := d.typ(t.At(i).Type())
		if variadic && i == t.Len()-1 {
			s = "..." + strings.TrimPrefix(s, "[]")
		}
		l = append(l, s)
	}
	return "(" + strings.Join(l, ", ") + ")"
}

// named enters a named type and returns a reference to it.
func (d *describer) named(t *types.Named) string {
	o := t.Obj()
	if o.Pkg() == nil {
		return o.Name() // error
	}
	decl := &ledger.TypeDecl{Key: o.Pkg().Path() + "." + o.Name(), Pkg: o.Pkg().Path(), Name: o.Name(), Own: d.prog.IsOwn(o.Pkg())}
	top := o.Parent() == o.Pkg().Scope()
	if !top {
		decl.Key = cmp.Or(d.local[o], decl.Key+"·0") // of a foreign package's nothing else is known
	}
	if n := t.TypeArgs().Len(); n > 0 {
		var l []string
		for i := range n {
			l = append(l, types.TypeString(t.TypeArgs().At(i), nil))
		}
		decl.Key += "[" + strings.Join(l, ",") + "]"
	}
	ref := "‹" + decl.Key + "›"
	if d.outline != nil {
		d.outline.names = append(d.outline.names, t)
		return ref
	}
	if d.decls[decl.Key] != nil {
		return ref
	}
	d.decls[decl.Key] = decl
	if parametric(t) {
		return ref
	}
	decl.Size, decl.Align, decl.Words = d.sizes.Sizeof(t), d.sizes.Alignof(t), d.words(t)
	decl.Open = top && t.TypeArgs().Len() == 0 && t.TypeParams().Len() == 0 && (decl.Own || o.Exported() && load.MayImport(d.prog.Main.PkgPath, decl.Pkg))
	if !decl.Own {
		f := d.prog.Foreign[decl.Pkg]
		decl.Std = f != nil && f.Standard
		decl.Shape = d.shape(decl.Key, t)
		decl.Interface = types.IsInterface(t)
		return ref
	}
	at := d.prog.Fset.Position(o.Pos())
	decl.File, decl.Line = decl.Pkg+"/"+filepath.Base(at.Filename), at.Line
	decl.Under = d.typ(t.Underlying())
	if s, ok := t.Underlying().(*types.Struct); ok {
		decl.Fields = d.fields(s)
		if d.fieldUses != nil {
			d.fieldUses.settle(t, decl.Fields)
		}
	}
	set := types.NewMethodSet(types.NewPointer(t))
	for i := range set.Len() {
		if m := set.At(i).Obj(); m.Exported() {
			decl.Methods = append(decl.Methods, m.Name())
		}
	}
	return ref
}

// parametric reports whether the type depends on type parameters: it has no size.
func parametric(t *types.Named) bool {
	if t.TypeArgs().Len() == 0 {
		return t.TypeParams().Len() > 0
	}
	for i := range t.TypeArgs().Len() {
		if mentionsParam(t.TypeArgs().At(i)) {
			return true
		}
	}
	return false
}

func mentionsParam(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Named:
		return t.TypeArgs().Len() > 0 && parametric(t)
	case *types.Map:
		return mentionsParam(t.Key()) || mentionsParam(t.Elem())
	case interface{ Elem() types.Type }:
		return mentionsParam(t.Elem())
	}
	return false
}

func (d *describer) fields(s *types.Struct) []ledger.TypeField {
	var vars []*types.Var
	for i := range s.NumFields() {
		vars = append(vars, s.Field(i))
	}
	offsets := d.sizes.Offsetsof(vars)
	var l []ledger.TypeField
	for i, v := range vars {
		l = append(l, ledger.TypeField{
			Name: v.Name(), Type: d.typ(v.Type()), Embedded: v.Embedded(), Tag: s.Tag(i),
			Offset: offsets[i], Size: d.sizes.Sizeof(v.Type()), Align: d.sizes.Alignof(v.Type()), Words: d.words(v.Type()),
			Line: d.prog.Fset.Position(v.Pos()).Line,
		})
	}
	return l
}

// words says which words of a type are pointers.
func (d *describer) words(t types.Type) string {
	b := []byte(strings.Repeat("w", int(d.sizes.Sizeof(t)/8)))
	d.pointers(t, 0, b)
	return string(b)
}

func (d *describer) pointers(t types.Type, at int64, b []byte) {
	switch u := t.Underlying().(type) {
	case *types.Basic:
		if u.Kind() == types.String || u.Kind() == types.UnsafePointer {
			b[at/8] = 'p'
		}
	case *types.Pointer, *types.Map, *types.Chan, *types.Signature, *types.Slice:
		b[at/8] = 'p'
	case *types.Interface:
		b[at/8], b[at/8+1] = 'p', 'p'
	case *types.Array:
		size := d.sizes.Sizeof(u.Elem())
		for i := range u.Len() {
			if size == 0 || len(b) == 0 {
				break
			}
			d.pointers(u.Elem(), at+i*size, b)
		}
	case *types.Struct:
		var vars []*types.Var
		for i := range u.NumFields() {
			vars = append(vars, u.Field(i))
		}
		for i, off := range d.sizes.Offsetsof(vars) {
			d.pointers(vars[i].Type(), at+off, b)
		}
	}
}
