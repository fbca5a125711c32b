package rewriter

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/internal/corpus"
	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/load"
)

// TestEveryCallHasItsPoll reads the generator's output: a call of a function that
// may be on a stack at an update point, without a poll behind it, would lose the
// base of a segment in silence.
func TestEveryCallHasItsPoll(t *testing.T) {
	programs, err := filepath.Glob("../testdata/lang/*.go")
	if err != nil || len(programs) == 0 {
		t.Fatal("no programs: ", err)
	}
	calls := 0
	for i, name := range programs {
		if testing.Short() && i%8 != 0 {
			continue
		}
		calls += checkProgram(t, name)
	}
	if calls == 0 {
		t.Error("no call of a pausable function was seen")
	}
}

// rewritten are the programs that one run of the tests has rewritten, by file.
var rewritten = map[string]rewriting{}

type rewriting struct {
	prog *load.Program
	out  *Output
	err  error
}

// rewrite loads and rewrites a program; the error is a refusal.
func rewrite(t *testing.T, prog corpus.Program) (*load.Program, *Output, error) {
	name := prog.Path
	if r, ok := rewritten[name]; ok {
		return r.prog, r.out, r.err
	}
	dir := t.TempDir()
	if err := prog.WriteModule(dir); err != nil {
		t.Fatal(err)
	}
	p, err := load.Load(load.Config{Dir: dir})
	if err != nil {
		return nil, nil, err
	}
	col, err := colour.Analyse(p, colour.Maps{})
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	out, err := Rewrite(p, col)
	if !filepath.IsAbs(name) { // of testdata, which two tests read
		rewritten[name] = rewriting{p, out, err}
	}
	return p, out, err
}

func checkProgram(t *testing.T, name string) int {
	_, out, err := rewrite(t, corpus.Program{Name: name, Path: name})
	if err != nil {
		t.Errorf("%s: not rewritten: %v", filepath.Base(name), err)
		return 0
	}
	pausable := map[string]bool{}
	for _, fn := range out.Funcs {
		if fn.Decl != nil && fn.Decl.Recv == nil && fn.Pausable() {
			pausable[fn.Decl.Name.Name] = true
		}
	}
	calls := 0
	for path, text := range out.Files {
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, path, text, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, d := range f.Decls {
			fd, ok := d.(*ast.FuncDecl)
			if !ok || fd.Body == nil || !polls(fd.Name.Name) {
				continue
			}
			ast.Inspect(fd.Body, func(n ast.Node) bool {
				var list []ast.Stmt
				switch n := n.(type) {
				case *ast.BlockStmt:
					list = n.List
				case *ast.CaseClause:
					list = n.Body
				case *ast.CommClause:
					list = n.Body
				}
				for i, s := range list {
					for l, ok := s.(*ast.LabeledStmt); ok; l, ok = s.(*ast.LabeledStmt) {
						s = l.Stmt
					}
					if fset.Position(s.Pos()).Line >= 40_000_000 {
						continue // the wrapper of a deferred call: what it calls is a base
					}
					if callee := callIn(s, pausable); callee != "" {
						calls++
						if !polled(list[i+1:]) {
							t.Errorf("%s: %s: call of %s in %s without a poll", filepath.Base(name), fset.Position(s.Pos()), callee, fd.Name.Name)
						}
					}
				}
				return true
			})
		}
	}
	return calls
}

// polls reports whether a function of the output has polls. The others are frames
// that hold no locals, and what runs before the program does.
func polls(name string) bool {
	return name != "init" && name != MainName && !strings.HasPrefix(name, "upstareB_") && !strings.HasPrefix(name, "upstareInit_")
}

// callIn finds a call of a pausable function that a simple statement makes
// itself: not in a literal, and not later.
func callIn(s ast.Stmt, pausable map[string]bool) (name string) {
	switch s.(type) {
	case *ast.ExprStmt, *ast.AssignStmt, *ast.ReturnStmt, *ast.DeclStmt, *ast.SendStmt, *ast.IncDecStmt:
	default:
		return ""
	}
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.CallExpr:
			fun := ast.Unparen(n.Fun)
			if i, ok := fun.(*ast.IndexExpr); ok {
				fun = i.X
			}
			if id, ok := fun.(*ast.Ident); ok && pausable[id.Name] {
				name = id.Name
			}
		}
		return true
	})
	return name
}

// polled reports whether a list of statements begins with a poll, after the end
// of a park; a resume body jumps to the poll that its two ways share.
func polled(list []ast.Stmt) bool {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.IfStmt:
			return strings.HasSuffix(text(s.Cond), ".Asks")
		case *ast.BranchStmt:
			return s.Tok == token.GOTO && strings.HasPrefix(s.Label.Name, "upPoll")
		case *ast.ExprStmt:
			if !strings.HasSuffix(text(s.X), ".Unpark") {
				return false
			}
		default:
			return false
		}
	}
	return false
}

// text is the dotted name of what an expression calls.
func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.CallExpr:
		return text(e.Fun)
	case *ast.SelectorExpr:
		return text(e.X) + "." + e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}
