package rewriter

import (
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// text enters a function's source for comparison with another release's: token by
// token, so that neither formatting nor comments count, and with numbers in the place
// of local variables, so that their names do not.
func (d *describer) text(fn *desugar.Func, f *ledger.Func) {
	x := newTexter(fn)
	x.function()
	f.Text, f.Vars = x.lines, x.names
	for i, pt := range fn.Points {
		f.Points[i].In, f.Points[i].Form = x.point(pt)
	}
	_, parts := d.roles(fn)
	for i, v := range body.FrameVars(fn) { // as in f.Frame
		if p, ok := parts[v]; ok {
			if line := x.line(p.of); line > 0 {
				f.Frame[i].In, f.Frame[i].Part = line, p.is
			}
		}
		if obj, ok := v.Obj.(*types.Var); ok {
			if k, named := x.numbers[obj]; named {
				f.Frame[i].Var = k + 1
			}
		}
	}
}

func newTexter(fn *desugar.Func) *texter {
	x := &texter{fn: fn, numbers: map[*types.Var]int{}}
	if fn.Decl != nil {
		x.itself = fn.Tree.Pkg.Info.Defs[fn.Decl.Name]
	}
	ast.Inspect(fn.Node(), func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			x.idents = append(x.idents, n)
		case *ast.FuncLit:
			if n != fn.Node() {
				x.inside = append(x.inside, n.Body)
			}
		}
		return true
	})
	if fn.Range != nil {
		ast.Inspect(fn.Range, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && n.Pos() < fn.Block().Pos() {
				x.idents = append(x.idents, id)
			}
			return true
		})
	}
	byPos := func(a, b ast.Node) int { return int(a.Pos() - b.Pos()) }
	slices.SortFunc(x.idents, func(a, b *ast.Ident) int { return byPos(a, b) })
	slices.SortFunc(x.inside, func(a, b *ast.BlockStmt) int { return byPos(a, b) })
	return x
}

func (x *texter) function() {
	x.head()
	x.block(x.fn.Block().List, 0)
}

type texter struct {
	itself  types.Object // the function, where it is called by its name
	fn      *desugar.Func
	idents  []*ast.Ident     // by position
	inside  []*ast.BlockStmt // of literals, which are functions of their own
	numbers map[*types.Var]int
	names   []string
	lines   []string
	spans   []span // of the lines, in the source
}

type span struct{ from, to token.Pos }

// put adds a line for a part of the source.
func (x *texter) put(depth int, from, to token.Pos) {
	x.lines = append(x.lines, strings.Repeat("\t", depth)+x.form(from, to))
	x.spans = append(x.spans, span{from, to})
}

// head is the function's signature, without its name.
func (x *texter) head() {
	fn := x.fn
	x.lines, x.spans = []string{"func"}, []span{{}}
	if fn.Range != nil {
		x.put(0, fn.Range.Pos(), fn.Block().Pos())
		return
	}
	t := fn.Type()
	if fn.Decl != nil && fn.Decl.Recv != nil {
		x.fields("of", fn.Decl.Recv)
	}
	if t.TypeParams != nil {
		x.fields("for", t.TypeParams)
	}
	x.fields("takes", t.Params)
	if t.Results != nil {
		x.fields("returns", t.Results)
	}
}

// fields adds a line for each name of a list.
func (x *texter) fields(what string, l *ast.FieldList) {
	for _, f := range l.List {
		typ := " " + x.form(f.Type.Pos(), f.Type.End())
		for _, id := range f.Names {
			x.lines, x.spans = append(x.lines, what+" "+x.name(id.Pos(), id.Name)+typ), append(x.spans, span{})
		}
		if f.Names == nil {
			x.lines, x.spans = append(x.lines, what+typ), append(x.spans, span{})
		}
	}
}

func (x *texter) block(l []ast.Stmt, depth int) {
	for _, s := range l {
		x.stmt(s, depth)
	}
}

func (x *texter) stmt(s ast.Stmt, depth int) {
	header := func(to token.Pos) { x.put(depth, s.Pos(), to) }
	switch s := s.(type) {
	case *ast.BlockStmt:
		header(s.Lbrace + 1)
		x.block(s.List, depth+1)
	case *ast.LabeledStmt:
		header(s.Colon + 1)
		x.stmt(s.Stmt, depth)
	case *ast.IfStmt:
		header(s.Body.Pos())
		x.block(s.Body.List, depth+1)
		switch e := s.Else.(type) {
		case *ast.BlockStmt:
			x.lines, x.spans = append(x.lines, strings.Repeat("\t", depth)+"else"), append(x.spans, span{e.Lbrace, e.Lbrace})
			x.block(e.List, depth+1)
		case *ast.IfStmt:
			x.stmt(e, depth)
			// It is no statement after the one before.
			i := slices.IndexFunc(x.spans, func(p span) bool { return p.from == e.Pos() })
			x.lines[i] = strings.Repeat("\t", depth) + "else " + strings.TrimLeft(x.lines[i], "\t")
		}
	case *ast.ForStmt:
		header(s.Body.Pos())
		x.block(s.Body.List, depth+1)
	case *ast.RangeStmt:
		header(s.Body.Pos())
		if x.fn.Tree.Ranges[s] == nil { // else it is a function of its own
			x.block(s.Body.List, depth+1)
		}
	case *ast.SwitchStmt:
		header(s.Body.Pos())
		x.block(s.Body.List, depth)
	case *ast.TypeSwitchStmt:
		header(s.Body.Pos())
		x.block(s.Body.List, depth)
	case *ast.SelectStmt:
		header(s.Body.Pos())
		x.block(s.Body.List, depth)
	case *ast.CaseClause:
		header(s.Colon)
		x.block(s.Body, depth+1)
	case *ast.CommClause:
		header(s.Colon)
		x.block(s.Body, depth+1)
	case *ast.EmptyStmt:
	default:
		header(s.End())
	}
}

// form is a part of the source: its tokens, with numbers for local variables and
// without the bodies of literals.
func (x *texter) form(from, to token.Pos) string {
	t := x.fn.Tree
	src := t.Src[from-t.Base : to-t.Base]
	var sc scanner.Scanner
	file := token.NewFileSet().AddFile("", 1, len(src))
	sc.Init(file, src, func(token.Position, string) {}, 0)
	var l []string
	skip := token.NoPos
	for {
		at, tok, text := sc.Scan()
		pos := from + at - 1
		switch {
		case tok == token.EOF:
			return strings.Join(l, " ")
		case pos < skip, tok == token.SEMICOLON && text == "\n":
			continue
		case tok == token.IDENT:
			text = x.name(pos, text)
		case tok == token.LBRACE:
			if i, ok := slices.BinarySearchFunc(x.inside, pos, func(b *ast.BlockStmt, p token.Pos) int { return int(b.Pos() - p) }); ok {
				skip, text = x.inside[i].End(), "{…}"
			} else {
				text = tok.String()
			}
		case text == "":
			text = tok.String()
		}
		l = append(l, text)
	}
}

// name is an identifier, or the number of the local variable that it names.
func (x *texter) name(pos token.Pos, text string) string {
	i, ok := slices.BinarySearchFunc(x.idents, pos, func(id *ast.Ident, p token.Pos) int { return int(id.Pos() - p) })
	if !ok {
		return text
	}
	o := x.fn.Tree.Pkg.Info.ObjectOf(x.idents[i])
	if o != nil && o == x.itself {
		return "‹func›"
	}
	v, ok := o.(*types.Var)
	if !ok || v.IsField() || v.Pkg() == nil || v.Parent() == v.Pkg().Scope() || text == "_" {
		return text
	}
	n, known := x.numbers[v]
	if !known {
		n = len(x.names)
		x.numbers[v], x.names = n, append(x.names, text)
	}
	return "‹" + strconv.Itoa(n) + "›"
}

// line is the one that a position stands in, 0 if none.
func (x *texter) line(pos token.Pos) (line int) {
	for i, s := range x.spans {
		if s.from <= pos && pos < s.to {
			line = i // the innermost one comes last
		}
	}
	return line
}

// point is the line that a point stands in, and its operation.
func (x *texter) point(pt *desugar.Point) (line int, form string) {
	t := x.fn.Tree
	line = x.line(pt.Pos)
	path, _ := astutil.PathEnclosingInterval(t.File, pt.Pos, pt.Pos)
	for _, n := range path {
		if n.Pos() == pt.Pos && t.Text(n) == pt.What {
			if h := header(t, n); h != "" && h != "select" {
				return line, x.form(n.Pos(), n.Pos()+token.Pos(len(h)))
			} else if h == "" {
				return line, x.form(n.Pos(), n.End())
			}
		}
	}
	return line, ""
}
