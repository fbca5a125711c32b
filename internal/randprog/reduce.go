package randprog

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
)

// Reduce takes statements and declarations out of main.go for as long as the program still type-checks and fails
// still says so, and gives what is left.
func Reduce(files map[string]string, fails func(files map[string]string) bool) map[string]string {
	r := &reducer{prelude: files["prelude.go"], fails: fails, fset: token.NewFileSet()}
	r.imports = importer.ForCompiler(r.fset, "source", nil)
	best := files["main.go"]
	for {
		smaller, ok := r.round(best)
		if !ok {
			return map[string]string{"prelude.go": r.prelude, "main.go": best}
		}
		best = smaller
	}
}

type reducer struct {
	prelude string
	fails   func(map[string]string) bool
	fset    *token.FileSet
	imports types.Importer
}

// round tries every list of statements once, largest pieces first, and reports whether anything could go.
func (r *reducer) round(src string) (string, bool) {
	better := false
	for list := 0; ; list++ {
		n, ok := r.length(src, list)
		if !ok {
			return src, better
		}
		for size := n; size > 0; size /= 2 {
			for from := 0; from+size <= n; {
				if s, ok := r.without(src, list, from, from+size); ok {
					src, better = s, true
					n -= size
				} else {
					from += size
				}
			}
		}
	}
}

// lists gives what can lose elements: the file's declarations, then every block's statements.
func lists(f *ast.File) []func(from, to int) int {
	all := []func(from, to int) int{func(from, to int) int {
		f.Decls = append(f.Decls[:from:from], f.Decls[to:]...)
		return len(f.Decls)
	}}
	add := func(l *[]ast.Stmt) {
		all = append(all, func(from, to int) int {
			*l = append((*l)[:from:from], (*l)[to:]...)
			return len(*l)
		})
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			add(&n.List)
		case *ast.CaseClause:
			add(&n.Body)
		case *ast.CommClause:
			add(&n.Body)
		}
		return true
	})
	return all
}

func (r *reducer) length(src string, list int) (int, bool) {
	f, err := parser.ParseFile(r.fset, "main.go", src, 0)
	if err != nil {
		return 0, false
	}
	all := lists(f)
	if list >= len(all) {
		return 0, false
	}
	return all[list](0, 0), true
}

func (r *reducer) without(src string, list, from, to int) (string, bool) {
	f, err := parser.ParseFile(r.fset, "main.go", src, 0)
	if err != nil {
		return "", false
	}
	lists(f)[list](from, to)
	var out bytes.Buffer
	if err := format.Node(&out, token.NewFileSet(), f); err != nil || !r.typechecks(out.String()) {
		return "", false
	}
	return out.String(), r.fails(map[string]string{"prelude.go": r.prelude, "main.go": out.String()})
}

func (r *reducer) typechecks(src string) bool {
	var parsed []*ast.File
	for name, text := range map[string]string{"prelude.go": r.prelude, "main.go": src} {
		f, err := parser.ParseFile(r.fset, name, text, 0)
		if err != nil {
			return false
		}
		parsed = append(parsed, f)
	}
	_, err := (&types.Config{Importer: r.imports}).Check("main", r.fset, parsed, nil)
	return err == nil
}
