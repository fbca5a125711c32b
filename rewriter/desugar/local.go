package desugar

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/rewriter/load"
)

// A Scope holds what a package's instrumented source declares at package level in
// addition: types and constants that the user declared inside functions, which
// frames, resume bodies and makers of literals have to name.
type Scope struct {
	Hoisted map[types.Object]string // local types and constants → their names at package level

	taken map[string]bool
}

// NewScope collects the names of a package.
func NewScope(pkg *load.Package) *Scope {
	s := &Scope{Hoisted: map[types.Object]string{}, taken: map[string]bool{"init": true, "_": true}}
	add := func(scope *types.Scope) {
		for _, n := range scope.Names() {
			s.taken[n] = true
		}
	}
	add(types.Universe)
	add(pkg.Types.Scope())
	for _, f := range pkg.Syntax {
		if scope := pkg.Info.Scopes[f]; scope != nil {
			add(scope) // a name of an import would collide, in whichever file
		}
	}
	return s
}

// typeName is the name of a local type at package level: its own if that is free,
// else one with a mark that the build takes out of the names the compiler writes
// into type descriptors, so that %T and reflection do not see it. The mark names
// the function, not the order of declarations: the next release finds it again.
func (s *Scope) typeName(name, fn string) string {
	if !s.taken[name] {
		s.taken[name] = true
		return name
	}
	for i := 1; ; i++ {
		n := fmt.Sprintf("%s%s_%s_%dˑ", name, gobuild.TypeMark, fn, i)
		if !s.taken[n] {
			s.taken[n] = true
			return n
		}
	}
}

func (s *Scope) constName(name, fn string) string {
	for i := 1; ; i++ {
		n := fmt.Sprintf("upc_%s_%s", fn, name)
		if i > 1 {
			n += fmt.Sprintf("_%d", i)
		}
		if !s.taken[n] {
			s.taken[n] = true
			return n
		}
	}
}

// A LocalDecl is one type or constant that moves to package level.
type LocalDecl struct {
	Name string
	Spec *ast.TypeSpec // nil for constants
	Type types.Type    // of a constant, nil if untyped
	Text string        // a constant's value
}

// locals finds the types and constants declared inside the tree's functions.
func (t *Tree) locals() {
	for _, fn := range t.Funcs {
		t.inspectOwn(fn, func(n ast.Node) {
			g, ok := n.(*ast.GenDecl)
			if !ok {
				return
			}
			for _, sp := range g.Specs {
				switch sp := sp.(type) {
				case *ast.TypeSpec:
					if sp.Name.Name == "_" {
						continue
					}
					obj := t.Pkg.Info.Defs[sp.Name]
					name := t.Scope.typeName(sp.Name.Name, fn.ID)
					t.Scope.Hoisted[obj] = name
					t.Locals = append(t.Locals, LocalDecl{Name: name, Spec: sp})
				case *ast.ValueSpec:
					if g.Tok != token.CONST {
						continue
					}
					for _, id := range sp.Names {
						c, ok := t.Pkg.Info.Defs[id].(*types.Const)
						if !ok || id.Name == "_" {
							continue
						}
						name := t.Scope.constName(id.Name, fn.ID)
						t.Scope.Hoisted[c] = name
						d := LocalDecl{Name: name, Text: constText(c)}
						if b, ok := c.Type().(*types.Basic); !ok || b.Info()&types.IsUntyped == 0 {
							d.Type = c.Type()
						}
						t.Locals = append(t.Locals, d)
					}
				}
			}
		})
	}
}

// Moved reports whether a declaration statement has moved to package level.
func (t *Tree) Moved(s *ast.DeclStmt) bool {
	g, ok := s.Decl.(*ast.GenDecl)
	return ok && (g.Tok == token.TYPE || g.Tok == token.CONST)
}

// constText is a constant's value as an expression of the same kind.
func constText(c *types.Const) string {
	v := c.Val()
	rune := false
	if b, ok := c.Type().(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		switch b.Kind() {
		case types.UntypedFloat:
			v = constant.ToFloat(v)
		case types.UntypedComplex:
			v = constant.ToComplex(v)
		case types.UntypedRune:
			rune = true
		}
	} else if b, ok := c.Type().Underlying().(*types.Basic); ok {
		switch {
		case b.Info()&types.IsFloat != 0:
			v = constant.ToFloat(v)
		case b.Info()&types.IsComplex != 0:
			v = constant.ToComplex(v)
		}
	}
	text := valueText(v)
	if rune {
		return `('\x00' + ` + text + ")"
	}
	return text
}

func valueText(v constant.Value) string {
	switch v.Kind() {
	case constant.String:
		return strconv.Quote(constant.StringVal(v))
	case constant.Float:
		num, den := constant.Num(v), constant.Denom(v)
		if num.Kind() == constant.Int && den.Kind() == constant.Int {
			return "(" + num.ExactString() + ".0 / " + den.ExactString() + ".0)"
		}
		s := v.ExactString()
		if !strings.ContainsAny(s, ".pe") {
			s += ".0"
		}
		return s
	case constant.Complex:
		return "(" + valueText(constant.ToFloat(constant.Real(v))) + " + " + valueText(constant.ToFloat(constant.Imag(v))) + "*1i)"
	case constant.Int:
		return "(" + v.ExactString() + ")"
	}
	return v.ExactString()
}
