package rewriter

import (
	"go/ast"
	"path/filepath"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/load"
)

// names gives every own function its key: declarations, literals, and bodies of ranges
// that have become literals. Literals of declarations in which nothing is instrumented
// are numbered as those of others are.
func (d *describer) names(funcs []*desugar.Func) {
	d.ofNode = map[ast.Node]string{}
	for _, fn := range funcs {
		for _, f := range fn.Tree.Funcs {
			if f.Range != nil {
				d.ofNode[f.Range] = f.Key
			}
			d.ofNode[f.Node()] = f.Key
		}
	}
	for _, pkg := range d.prog.Own {
		for _, file := range pkg.Syntax {
			for _, decl := range file.Decls {
				key, name := "", ""
				if fd, ok := decl.(*ast.FuncDecl); ok {
					key, name = declKey(pkg, fd), d.col.Name(fd)
					if d.ofNode[fd] == "" {
						d.ofNode[fd] = key
					}
				}
				ast.Inspect(decl, func(n ast.Node) bool {
					if lit, ok := n.(*ast.FuncLit); ok && d.ofNode[lit] == "" {
						d.ofNode[lit] = key + strings.TrimPrefix(d.col.Name(lit), name)
					}
					return true
				})
			}
		}
	}
}

// callees are the keys of what a call, or a range over a function, may call.
func (d *describer) callees(n ast.Node) (l []string) {
	for _, f := range d.col.Callees[n] {
		key := ""
		if f != nil {
			if key = d.ofNode[f]; key == "" {
				continue // the body of a loop that is still part of the function around it
			}
		}
		l = append(l, key)
	}
	slices.Sort(l)
	if len(l) == 1 && l[0] == "" {
		return nil
	}
	return l
}

// leaves describes the functions that are not instrumented, as far as they do something
// that is followed: a check may move out of one, or into one, and nobody ever stands
// there.
func (d *describer) leaves(funcs []*desugar.Func) (l []ledger.Leaf) {
	instrumented := map[ast.Node]bool{}
	for _, fn := range funcs {
		instrumented[fn.Node()] = true
	}
	for _, pkg := range d.prog.Own {
		for i, file := range pkg.Syntax {
			ast.Inspect(file, func(n ast.Node) bool {
				fn := &desugar.Func{}
				switch n := n.(type) {
				case *ast.FuncDecl:
					fn.Decl = n
				case *ast.FuncLit:
					fn.Lit = n
				default:
					return true
				}
				if !instrumented[n] && fn.Block() != nil {
					if leaf := d.leaf(pkg, i, fn); fn.Decl != nil || len(leaf.Effects)+len(leaf.Calls) > 0 {
						l = append(l, leaf)
					}
				}
				return true
			})
		}
	}
	return l
}

func (d *describer) leaf(pkg *load.Package, i int, fn *desugar.Func) ledger.Leaf {
	file := pkg.Syntax[i]
	fn.Tree = &desugar.Tree{Prog: d.prog, Pkg: pkg, File: file, Src: pkg.Src[i], Base: d.prog.Fset.File(file.FileStart).Pos(0)}
	fn.Points = []*desugar.Point{{}}
	x := newEffector(d, fn)
	x.all()
	text := newTexter(fn)
	text.function()
	leaf := ledger.Leaf{
		Key: d.ofNode[fn.Node()], Hash: textHash(fn.Tree.Source(fn.Node())), Form: textHash([]byte(strings.Join(text.lines, "\n"))),
		File:    pkg.PkgPath + "/" + filepath.Base(d.prog.Fset.Position(fn.Node().Pos()).Filename),
		Effects: x.followed(), Calls: x.calls,
	}
	if len(x.order.starts) == 0 { // nobody ever stands there, and nothing begins
		for i := range leaf.Effects {
			leaf.Effects[i].Places = ""
		}
		for i := range leaf.Calls {
			leaf.Calls[i].Places = ""
		}
	}
	return leaf
}
