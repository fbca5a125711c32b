package draft_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/go/ast/astutil"

	"github.com/upstarego/upstarego/framemap/check"
)

// answers put something that is legal in the place of every DECIDE.
type answers struct {
	in    check.Input
	src   []byte
	fset  *token.FileSet
	file  *ast.File
	zeros bool
	edits []replaced
	added string // statements at the end of Map
	point func(key string, i int) (j int, ok bool)
}

type replaced struct {
	from, to token.Pos
	text     string
}

func newAnswers(t *testing.T, in check.Input, src []byte) *answers {
	a := &answers{in: in, src: src, fset: token.NewFileSet()}
	f, err := parser.ParseFile(a.fset, "framemap.go", src, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	a.file = f
	return a
}

// nobody answers that nobody stands where it is not clear where to go on.
func nobody(a *answers) {
	a.point = func(string, int) (int, bool) { return 0, false }
	a.all()
}

// guessed takes the best guess for a point.
func guessed(a *answers) {
	a.point = func(key string, i int) (int, bool) {
		for _, m := range a.in.Matches {
			if m.Old.Key == key {
				for _, g := range m.Guesses[i] {
					if g.Func == m.New {
						return g.Point, true
					}
				}
			}
		}
		return 0, false
	}
	a.all()
}

func (a *answers) all() {
	ast.Inspect(a.file, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == "DECIDE" {
			path, _ := astutil.PathEnclosingInterval(a.file, id.Pos(), id.End())
			a.one(id, path)
		}
		return true
	})
}

// one answers one DECIDE by where it stands.
func (a *answers) one(id *ast.Ident, path []ast.Node) {
	switch at := path[1].(type) {
	case *ast.KeyValueExpr: // of framemap.Points
		call := path[3].(*ast.CallExpr)
		key, _ := strconv.Unquote(call.Args[1].(*ast.BasicLit).Value)
		i, _ := strconv.Atoi(at.Key.(*ast.BasicLit).Value)
		if j, ok := a.point(key, i); ok {
			a.edit(id.Pos(), id.End(), strconv.Itoa(j))
			return
		}
		end := at.End()
		if a.src[a.fset.Position(end).Offset] == ',' {
			end++
		}
		a.edit(at.Pos(), end, "")
		a.added += fmt.Sprintf("%s.Never(m, %q, %d)\n", call.Fun.(*ast.SelectorExpr).X.(*ast.Ident).Name, key, i)
	case *ast.CallExpr:
		if at.Fun.(*ast.SelectorExpr).Sel.Name == "Accept" { // the remark has the text
			a.edit(id.Pos(), id.End(), a.remark(id.Pos()))
			return
		}
		// of framemap.Never
		k := slices.Index(at.Args, ast.Expr(id))
		a.edit(at.Args[k-1].End(), id.End(), "")
	case *ast.CompositeLit: // the numbers of cases
		a.edit(id.Pos(), id.End(), "0")
	case *ast.AssignStmt:
		if a.defers(id.Pos()) {
			a.edit(id.Pos(), id.End(), "false")
			return
		}
		a.zeros = true
		to := "&" + a.source(at.Lhs[0])
		if star, ok := at.Lhs[0].(*ast.StarExpr); ok {
			to = a.source(star.X)
		}
		a.edit(id.Pos(), id.End(), "zeroOf("+to+")")
	}
}

// remark is the quoted text in the comment at the end of a line.
func (a *answers) remark(at token.Pos) string {
	for _, g := range a.file.Comments {
		if a.fset.Position(g.Pos()).Line == a.fset.Position(at).Line {
			_, text, _ := strings.Cut(g.Text(), ": ")
			return strings.TrimSpace(text)
		}
	}
	return "DECIDE"
}

// defers reports whether a deferred call is asked about: it is not to be made.
func (a *answers) defers(at token.Pos) bool {
	for _, g := range a.file.Comments {
		if a.fset.Position(g.Pos()).Line == a.fset.Position(at).Line {
			return strings.HasPrefix(g.Text(), "`defer ")
		}
	}
	return false
}

func (a *answers) source(n ast.Node) string {
	return string(a.src[a.fset.Position(n.Pos()).Offset:a.fset.Position(n.End()).Offset])
}

func (a *answers) edit(from, to token.Pos, text string) {
	a.edits = append(a.edits, replaced{from, to, text})
}

// text is the map with all answers.
func (a *answers) text() []byte {
	for _, d := range a.file.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "Map" {
			a.edit(fn.Body.Rbrace, fn.Body.Rbrace, a.added)
		}
	}
	sort.SliceStable(a.edits, func(i, j int) bool { return a.edits[i].from > a.edits[j].from })
	s := string(a.src)
	for _, e := range a.edits {
		s = s[:a.fset.Position(e.from).Offset] + e.text + s[a.fset.Position(e.to).Offset:]
	}
	have := false
	for _, d := range a.file.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Name.Name == "zeroOf" {
			have = true
		}
	}
	if a.zeros && !have {
		s += "\nfunc zeroOf[T any](*T) (z T) { return z }\n"
	}
	return []byte(s)
}
