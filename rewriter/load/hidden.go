package load

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/types"
	"sort"

	"github.com/upstarego/upstarego/internal/shim"
)

// Spoken are the predeclared names that instrumented source may say: these and all
// types. A package may declare them again, for itself or for a file.
var Spoken = spoken("append", "false", "len", "new", "nil", "panic", "recover", "true")

func spoken(names ...string) []string {
	for _, n := range types.Universe.Names() {
		if _, ok := types.Universe.Lookup(n).(*types.TypeName); ok {
			names = append(names, n)
		}
	}
	return names
}

// hiddenEnd follows a name of the user's that is in the way: the mark of a type
// that is not called what the user calls it, which the build takes out of the
// names that the compiler writes into type descriptors.
const hiddenEnd = shim.TypeMark + "ˑ"

// rename gives package-level declarations and imports that hide a spoken name
// another one, in the source that is instrumented, and checks the package again.
// Lines stay. Where a name shows otherwise (an embedded type is also a field) or
// cannot be given (the name is the imported package's own) nothing is done.
func rename(prog *Program, imp *importer, pkg *Package, tool toolchain) {
	inTheWay := map[types.Object]bool{}
	scopes := []*types.Scope{pkg.Types.Scope()}
	for _, f := range pkg.Syntax {
		scopes = append(scopes, pkg.Info.Scopes[f])
	}
	for _, s := range scopes {
		for _, name := range Spoken {
			if obj := s.Lookup(name); obj != nil {
				inTheWay[obj] = true
			}
		}
	}
	if len(inTheWay) == 0 {
		return
	}
	again := *pkg
	again.Src = make([][]byte, len(pkg.Src))
	again.Syntax = make([]*ast.File, len(pkg.Syntax))
	for i, f := range pkg.Syntax {
		var ends []int
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && (inTheWay[pkg.Info.Defs[id]] || inTheWay[pkg.Info.Uses[id]]) {
				ends = append(ends, prog.Fset.PositionFor(id.End(), false).Offset)
			}
			return true
		})
		sort.Ints(ends)
		var src bytes.Buffer
		at := 0
		for _, end := range ends {
			src.Write(pkg.Src[i][at:end])
			src.WriteString(hiddenEnd)
			at = end
		}
		src.Write(pkg.Src[i][at:])
		again.Src[i] = src.Bytes()
		var err error
		if again.Syntax[i], err = parser.ParseFile(prog.Fset, pkg.Filenames[i], again.Src[i], parser.ParseComments|parser.SkipObjectResolution); err != nil {
			return
		}
	}
	if errs := typeCheck(prog, imp, &again, tool); len(errs) == 0 {
		*pkg = again
	}
}
