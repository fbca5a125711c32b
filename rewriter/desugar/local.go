package desugar

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"

	"github.com/upstarego/upstarego/internal/shim"
	"github.com/upstarego/upstarego/rewriter/load"
)

// A Scope holds what a package's instrumented source declares at package level in
// addition: types that the user declared inside functions, which frames, resume
// bodies and makers of literals have to name.
type Scope struct {
	// Hoisted has local types and type parameters with the names they get.
	Hoisted map[types.Object]string

	// Params has the type parameters that a local type of a generic function
	// takes at package level.
	Params map[types.Object][]*types.TypeParam

	taken map[string]bool
}

// NewScope collects the names of a package.
func NewScope(pkg *load.Package) *Scope {
	s := &Scope{Hoisted: map[types.Object]string{}, Params: map[types.Object][]*types.TypeParam{}, taken: map[string]bool{"init": true, "_": true}}
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
//
// A generic type takes the parameters of the functions around it, outer of them,
// before its own. The compiler writes T[outer;own] for it inside a function and
// T[outer,own] at package level; the mark says after how many the build is to put
// the semicolon.
func (s *Scope) typeName(name, fn string, outer int) string {
	if !s.taken[name] && outer == 0 {
		s.taken[name] = true
		return name
	}
	count := ""
	if outer > 0 {
		count = strconv.Itoa(outer)
	}
	for i := 1; ; i++ {
		n := fmt.Sprintf("%s%s%s_%s_%dˑ", name, shim.TypeMark, count, fn, i)
		if !s.taken[n] {
			s.taken[n] = true
			return n
		}
	}
}

// A LocalType is a type that moves to package level.
type LocalType struct {
	Name string
	Spec *ast.TypeSpec
}

// locals finds the types declared inside the tree's functions.
func (t *Tree) locals() {
	for _, fn := range t.Funcs {
		t.inspectOwn(fn, func(n ast.Node) {
			g, ok := n.(*ast.GenDecl)
			if !ok {
				return
			}
			for _, sp := range g.Specs {
				ts, ok := sp.(*ast.TypeSpec)
				if !ok || ts.Name.Name == "_" {
					continue
				}
				outer := 0
				if ts.TypeParams != nil && !ts.Assign.IsValid() { // an alias shows nowhere
					outer = t.outerParams()
				}
				name := t.Scope.typeName(ts.Name.Name, fn.ID, outer)
				t.Scope.Hoisted[t.Pkg.Info.Defs[ts.Name]] = name
				t.Locals = append(t.Locals, LocalType{name, ts})
			}
		})
	}
}

// outerParams is the number of type parameters of the tree's declaration.
func (t *Tree) outerParams() int {
	d, ok := t.Decl.(*ast.FuncDecl)
	if !ok {
		return 0
	}
	sig := t.Pkg.Info.Defs[d.Name].Type().(*types.Signature)
	return sig.TypeParams().Len() + sig.RecvTypeParams().Len()
}

// Moved reports whether a declaration statement is left out: types have moved to
// package level, constants are printed by value.
func (t *Tree) Moved(s *ast.DeclStmt) bool {
	g, ok := s.Decl.(*ast.GenDecl)
	return ok && (g.Tok == token.TYPE || g.Tok == token.CONST)
}
