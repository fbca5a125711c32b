package load

import (
	"go/ast"
	"go/token"
	"strings"
)

// UintptrEscapes reports whether a declaration of a file is marked go:uintptrescapes:
// for as long as a call of it lasts the caller's frame keeps the objects alive whose
// addresses it gives as uintptr(pointer). As for the compiler, the directive stands
// anywhere between the declaration before and the function's name.
func UintptrEscapes(file *ast.File, d *ast.FuncDecl) bool {
	before := token.NoPos
	for _, e := range file.Decls {
		if e.End() <= d.Pos() {
			before = e.End()
		}
	}
	for _, g := range file.Comments {
		for _, c := range g.List {
			if c.Pos() < before || c.Pos() >= d.Name.Pos() {
				continue
			}
			if rest, ok := strings.CutPrefix(c.Text, "//go:uintptrescapes"); ok && (rest == "" || rest[0] == ' ') {
				return true
			}
		}
	}
	return false
}
