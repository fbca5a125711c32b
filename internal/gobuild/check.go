package gobuild

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"

	"github.com/upstarego/upstarego/internal/diag"
)

// CheckOwn refuses what own packages must not hold: cgo, and import of
// "plugin". Positions are those of the imports.
func CheckOwn(own []*Package) error {
	var l diag.List
	for _, p := range own {
		for _, f := range p.CgoFiles {
			if pos, ok := importPosition(filepath.Join(p.Dir, f), "C"); ok {
				l.Add(diag.OwnCgo, pos, "package "+p.ImportPath+" uses cgo", "a frame that is called from C or holds C memory cannot be carried over", "move the cgo code to a package of its own and leave that out with -instrument")
			}
		}
		for _, f := range append(p.GoFiles, p.CgoFiles...) {
			if pos, ok := importPosition(filepath.Join(p.Dir, f), "plugin"); ok {
				l.Add(diag.OwnPlugin, pos, "package "+p.ImportPath+" imports plugin", "code enters the process through updates only", "remove the import")
			}
		}
	}
	return l.Err()
}

// importPosition finds the import of path in a file.
func importPosition(file, path string) (token.Position, bool) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, nil, parser.ImportsOnly)
	if err != nil {
		return token.Position{}, false // the compiler's to report
	}
	for _, i := range f.Imports {
		if p, err := strconv.Unquote(i.Path.Value); err == nil && p == path {
			return fset.Position(i.Pos()), true
		}
	}
	return token.Position{}, false
}
