package rewriter

import (
	"go/ast"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/types/typeutil"

	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/load"
)

// leaves describes the declared functions that are not instrumented, as far as they check
// something: a check may move out of one, or into one, and nobody ever stands there.
func (d *describer) leaves(funcs []*desugar.Func) (l []ledger.Leaf) {
	instrumented := map[*ast.FuncDecl]bool{}
	for _, fn := range funcs {
		instrumented[fn.Decl] = true
	}
	for _, pkg := range d.prog.Own {
		for i, file := range pkg.Syntax {
			for _, decl := range file.Decls {
				if fd, ok := decl.(*ast.FuncDecl); ok && fd.Body != nil && !instrumented[fd] {
					l = append(l, d.leaf(pkg, i, fd))
				}
			}
		}
	}
	return l
}

func (d *describer) leaf(pkg *load.Package, i int, fd *ast.FuncDecl) ledger.Leaf {
	file := pkg.Syntax[i]
	t := &desugar.Tree{Prog: d.prog, Pkg: pkg, File: file, Src: pkg.Src[i], Base: d.prog.Fset.File(file.FileStart).Pos(0), Decl: fd}
	fn := &desugar.Func{Decl: fd, Tree: t}
	x := newEffector(d, fn)
	x.gives(fd.Body)
	text := newTexter(fn)
	text.function()
	leaf := ledger.Leaf{
		Form: textHash([]byte(strings.Join(text.lines, "\n"))),
		Key:  declKey(pkg, fd), Hash: textHash(t.Source(fd)),
		File: pkg.PkgPath + "/" + filepath.Base(d.prog.Fset.Position(fd.Pos()).Filename),
	}
	ast.Inspect(fd.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.IfStmt:
			x.branch(n)
		case *ast.CallExpr:
			if callee := typeutil.StaticCallee(pkg.Info, n); callee != nil && callee.Pkg() != nil && d.prog.IsOwn(callee.Pkg()) {
				if key := d.calleeKey(callee); !slices.Contains(leaf.Calls, key) {
					leaf.Calls = append(leaf.Calls, key)
				}
			}
		}
		return true
	})
	leaf.Checks = x.list
	return leaf
}
