package rewriter

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/load"
)

// variables describes the package variables of own packages.
func (d *describer) variables() []ledger.VarDecl {
	changed := map[types.Object]bool{}
	d.steady = d.unchanging()
	for _, pkg := range d.prog.Own {
		for _, f := range pkg.Syntax {
			d.mutations(pkg.Info, f, changed)
		}
	}
	takers := d.takers()
	var l []ledger.VarDecl
	for _, pkg := range d.prog.Own {
		for i, f := range pkg.Syntax {
			for _, decl := range f.Decls {
				g, ok := decl.(*ast.GenDecl)
				if !ok || g.Tok != token.VAR {
					continue
				}
				for _, s := range g.Specs {
					l = append(l, d.spec(pkg, i, s.(*ast.ValueSpec), changed, takers)...)
				}
			}
		}
	}
	sort.Slice(l, func(i, j int) bool { return l[i].Key < l[j].Key })
	return l
}

func (d *describer) spec(pkg *load.Package, file int, s *ast.ValueSpec, changed map[types.Object]bool, takers *takers) []ledger.VarDecl {
	var l []ledger.VarDecl
	src := pkg.Src[file]
	base := d.prog.Fset.File(pkg.Syntax[file].FileStart).Pos(0)
	for i, id := range s.Names {
		o := pkg.Info.Defs[id]
		if o == nil || id.Name == "_" {
			continue
		}
		at := d.prog.Fset.Position(id.Pos())
		v := ledger.VarDecl{
			Key: pkg.PkgPath + "." + id.Name, Type: d.typ(o.Type()), Assigned: changed[o],
			File: pkg.PkgPath + "/" + filepath.Base(at.Filename), Line: at.Line,
		}
		if !takers.anybody[o] {
			v.Lent, v.Lenders, v.Untaken = takers.keys(takers.lent[o]), takers.keys(takers.lenders[o]), len(takers.lent[o]) == 0
		}
		if len(s.Values) > 0 {
			x := s.Values[0]
			if len(s.Values) == len(s.Names) {
				x = s.Values[i]
			}
			text := src[x.Pos()-base : x.End()-base]
			v.Init = textHash(append(text[:len(text):len(text)], constants(pkg.Info, x)...))
			v.Text, _, _ = strings.Cut(string(text), "\n")
			if len(s.Values) != len(s.Names) {
				v.Init += "/" + id.Name
			}
		}
		if g, ok := d.prog.Given(o.(*types.Var)); ok {
			v.Text = strings.Join(g.Embed, "; ")
			if g.Embed == nil {
				v.Text = strconv.Quote(g.Value)
			}
			v.Init = textHash([]byte(v.Text)) + g.Contents
		}
		l = append(l, v)
	}
	return l
}

// constants are the values of the constants that an initialiser names: it is another one if
// one of them is.
func constants(info *types.Info, x ast.Expr) (text []byte) {
	ast.Inspect(x, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if c, ok := info.Uses[id].(*types.Const); ok && c.Pkg() != nil {
				text = fmt.Appendf(text, "\n%s = %s", id.Name, c.Val().ExactString())
			}
		}
		return true
	})
	return text
}

// mutations enters the package variables that a file may change, or whose contents it
// may change, after they were initialised. A use is harmless only if it is known
// to be: a variable that is wrongly taken to be constant would lose its value.
func (d *describer) mutations(info *types.Info, f *ast.File, changed map[types.Object]bool) {
	variables(info, f, func(v *types.Var, stack []ast.Node) {
		g, _ := d.prog.Given(v)
		if !changed[v] && !d.steady.harmless(info, stack, g.Embed != nil) {
			changed[v] = true
		}
	})
}

// harmless looks at a use of a variable from the inside out: stack ends with the
// identifier. What is read only is not changed by those that it is handed to: a file's
// contents, if no operation here is seen to write to them.
func (u *unchanging) harmless(info *types.Info, stack []ast.Node, readOnly bool) bool {
	constant := func(t types.Type) bool { return readOnly || u.constant(t, nil) }
	i := len(stack) - 1
	x := stack[i].(ast.Expr)
	if sel, ok := stack[i-1].(*ast.SelectorExpr); ok && sel.Sel == x { // pkg.Name
		x, i = sel, i-1
	}
	for i--; i >= 0; i-- {
		switch p := stack[i].(type) {
		case *ast.ParenExpr:
			x = p
			continue
		case *ast.SelectorExpr:
			if s := info.Selections[p]; s == nil || s.Kind() != types.FieldVal {
				// A method: it may change what its receiver points to.
				_, ptr := s.Obj().Type().(*types.Signature).Recv().Type().Underlying().(*types.Pointer)
				return !ptr && constant(info.TypeOf(x))
			}
			x = p
			continue
		case *ast.IndexExpr:
			if p.X == x {
				x = p
				continue
			}
		case *ast.RangeStmt:
			switch x {
			case p.X:
				return readOnly || u.elementsConstant(info.TypeOf(x))
			case p.Key, p.Value:
				return false
			}
		case *ast.AssignStmt:
			for _, l := range p.Lhs {
				if l == x {
					return false
				}
			}
		case *ast.IncDecStmt:
			return false
		case *ast.UnaryExpr:
			if p.Op == token.AND || p.Op == token.ARROW {
				return false
			}
		case *ast.SliceExpr:
			if p.X == x {
				return constant(info.TypeOf(p))
			}
		case *ast.CallExpr:
			if p.Fun == x {
				return true
			}
			if id, ok := ast.Unparen(p.Fun).(*ast.Ident); ok {
				if b, ok := info.Uses[id].(*types.Builtin); ok && (b.Name() == "len" || b.Name() == "cap") {
					return true
				} else if ok && b.Name() == "copy" && p.Args[0] == x {
					return false
				}
			}
		}
		break
	}
	return constant(info.TypeOf(x))
}

// constant reports whether who holds a copy of a value cannot change the original.
func (u *unchanging) constant(t types.Type, seen []types.Type) bool {
	for _, s := range seen {
		if types.Identical(s, t) {
			return true
		}
	}
	seen = append(seen, t)
	switch t := t.Underlying().(type) {
	case *types.Basic:
		return t.Kind() != types.UnsafePointer
	case *types.Signature, *types.Interface:
		return true
	case *types.Array:
		return u.constant(t.Elem(), seen)
	case *types.Pointer:
		return u.is(t.Elem()) && u.constant(t.Elem(), seen)
	case *types.Tuple:
		for i := range t.Len() {
			if !u.constant(t.At(i).Type(), seen) {
				return false
			}
		}
		return true
	case *types.Struct:
		for i := range t.NumFields() {
			if !u.constant(t.Field(i).Type(), seen) {
				return false
			}
		}
		return true
	}
	return false
}

func (u *unchanging) elementsConstant(t types.Type) bool {
	switch t := t.Underlying().(type) {
	case *types.Map:
		return u.constant(t.Key(), nil) && u.constant(t.Elem(), nil)
	case *types.Slice:
		return u.constant(t.Elem(), nil)
	case *types.Pointer:
		return u.elementsConstant(t.Elem())
	case *types.Signature:
		return true
	}
	return u.constant(t, nil)
}
