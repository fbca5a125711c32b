package link

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
)

// Seen is what was found in compiled packages, by the file that the go command's cache
// has for what was compiled. The zero value is ready for use, by one Plan at a time.
type Seen struct {
	fset    *token.FileSet
	std     types.Importer
	export  map[string]string // standard packages, as std finds them
	checked map[string]*checkedPackage
	symbols map[string]string // what nm says
}

// A checkedPackage is a package with its types, and those that it was checked against.
type checkedPackage struct {
	pkg     *types.Package
	files   []*ast.File
	info    *types.Info
	imports map[string]*checkedPackage // those that are not of the standard library
}

// settled gives the zero value what it needs.
func (s *Seen) settled() *Seen {
	if s == nil {
		s = &Seen{}
	}
	if s.fset == nil {
		s.fset, s.export = token.NewFileSet(), map[string]string{}
		s.checked, s.symbols = map[string]*checkedPackage{}, map[string]string{}
		s.std = importer.ForCompiler(s.fset, "gc", func(path string) (io.ReadCloser, error) {
			file := s.export["vendor/"+path]
			if file == "" {
				file = s.export[path]
			}
			if file == "" {
				return nil, fmt.Errorf("no export data for %s", path)
			}
			return os.Open(file)
		})
	}
	return s
}

// before gives a package that was checked before, against the very packages in now.
func (s *Seen) before(q *listed, now map[string]*checkedPackage) *checkedPackage {
	c := s.checked[q.Export]
	if c == nil || c.pkg.Path() != q.ImportPath {
		return nil
	}
	for path, d := range c.imports {
		if now[path] != d {
			return nil
		}
	}
	return c
}

// keep notes a package, if the name of its file says what is in it.
func (s *Seen) keep(q *listed, c *checkedPackage) {
	if contentNamed.MatchString(filepath.Base(q.Export)) {
		s.checked[q.Export] = c
	}
}
