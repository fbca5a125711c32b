// Package funcname says what the functions of an instrumented program are called
// in the plain one: main.f for what is compiled as a package with an import path
// of its own, the function's name for the resume body that stands in for it, and
// main.f.func2 for a literal that generated literals have been put before.
//
// Both sides are numbered by the compiler's rule: the source as it was, and the
// instrumented source, in which every literal of the user's carries a comment
// (body.Mark) that says where it stood.
package funcname

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"strings"

	"github.com/upstarego/upstarego/internal/pclntab"
	"github.com/upstarego/upstarego/rewriter"
	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/desugar"
	"github.com/upstarego/upstarego/rewriter/link"
	"github.com/upstarego/upstarego/rewriter/load"
)

// names are those of one package.
type names struct{ pclntab.Package }

// Of finds the names of an instrumented program's functions. program is the package
// that the plain program has as package main, if it is compiled as another here.
func Of(prog *load.Program, out *rewriter.Output, program *load.Package) (*pclntab.Names, error) {
	all := &pclntab.Names{Resume: body.LineResume, Wrapper: body.LinePoint, Base: []string{"upstareP_", "upstareA_"}, Room: body.RoomPath + ".room"}
	// Calls of (*sync.WaitGroup).Go: runtime/groups.go. What its goroutines are created by
	// is called otherwise, which is how the runtime knows them.
	const group = "sync.(*WaitGroup).Go"
	all.Others = []pclntab.Other{
		{Symbol: body.RuntimePath + ".GoGroup", Plain: group, As: "sync.(*WaitGroup).Add"},
		{Symbol: body.RuntimePath + ".startTask", Plain: group + ".upstarego"},
		{Symbol: body.RuntimePath + ".startTask.func1", Plain: group + ".func1"},
	}
	// And of (*sync.Once).Do: runtime/onces.go.
	all.Others = append(all.Others,
		pclntab.Other{Symbol: body.RuntimePath + ".OnceDo", Plain: "sync.(*Once).Do"},
		pclntab.Other{Symbol: body.RuntimePath + ".doOnce", Plain: "sync.(*Once).doSlow", As: "sync.(*Once).doSlow"},
	)
	for _, f := range []string{"(*task).done", "lockOnce", "(*task).didOnce", "(*task).unlockOnce"} {
		all.Hidden = append(all.Hidden, body.RuntimePath+"."+f)
	}
	for _, f := range []string{"As", "AsType", "Is"} { // they stand below methods of the program's
		all.Hidden = append(all.Hidden, body.OlderPath+"."+f)
	}
	for _, pkg := range prog.Own {
		prefix := link.Prefix(pkg.PkgPath) + "."
		n := &names{pclntab.Package{Path: pkg.PkgPath, Symbols: prefix, Plain: prefix, To: map[string]string{}, Frames: map[string]string{}}}
		if pkg == program {
			n.Plain = "main."
		}
		known, inits := original(pkg)
		for _, fn := range out.Funcs {
			if fn.Tree.Pkg == pkg {
				n.Frames["upstareF_"+fn.ID] = known[start(fn)]
			}
		}
		for i, file := range pkg.Filenames {
			text, changed := out.Files[file]
			if !changed {
				continue
			}
			if err := n.generated(file, text, prog.Fset, known, inits[i]); err != nil {
				return nil, err
			}
		}
		all.Packages = append(all.Packages, n.Package)
	}
	return all, nil
}

// start is where a function stands in the user's source.
func start(fn *desugar.Func) token.Pos {
	switch {
	case fn.Range != nil:
		return fn.Range.For
	case fn.Lit != nil:
		return fn.Lit.Pos()
	}
	return fn.Decl.Name.Pos()
}

// original gives each function of a package its name, by where it stands, and says
// for each file how many functions called init stand in the files before it.
func original(pkg *load.Package) (_ map[token.Pos]string, before []int) {
	known := map[token.Pos]string{}
	n := numbering{
		enter: func(m ast.Node, next string) string {
			known[m.Pos()] = next
			return next
		},
		overFunc: func(s *ast.RangeStmt) bool {
			_, ok := types.Unalias(pkg.Info.TypeOf(s.X)).Underlying().(*types.Signature)
			return ok
		},
		dead: func(s *ast.IfStmt) ast.Stmt {
			v := pkg.Info.Types[s.Cond].Value
			switch {
			case v == nil || v.Kind() != constant.Bool:
				return nil
			case !constant.BoolVal(v):
				return s.Body
			}
			return s.Else
		},
	}
	inits := 0
	for _, f := range pkg.Syntax {
		before = append(before, inits)
		for _, d := range f.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok {
				if name := declared(fd, &inits); name != "" {
					known[fd.Name.Pos()] = name
					if fd.Body != nil {
						n.body(&counters{name: name}, fd.Body)
					}
				}
			}
		}
	}
	// Initialisers are one function, in the order in which they run.
	all := &counters{name: "init"}
	for _, i := range pkg.Info.InitOrder {
		n.body(all, i.Rhs)
	}
	return known, before
}

// generated finds the symbols of an instrumented file's functions.
func (n *names) generated(name string, text []byte, from *token.FileSet, known map[token.Pos]string, inits int) error {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("funcname: %w", err)
	}
	byPlace := map[string]token.Pos{}
	for pos := range known {
		if at := from.PositionFor(pos, false); at.Filename == name {
			byPlace[body.Mark(at)] = pos
		}
	}
	marks := map[token.Pos]token.Pos{} // of literals: where they were
	for _, g := range f.Comments {
		for _, c := range g.List {
			if strings.HasPrefix(c.Text, body.MarkPrefix) {
				marks[c.Pos()] = byPlace[c.Text] // none for what the compiler leaves out
			}
		}
	}
	// was is where a literal stood: its mark is the first thing after its keyword.
	was := func(m ast.Node) (token.Pos, bool) {
		for i := len("for"); i <= len("func( "); i++ {
			if pos, ok := marks[m.Pos()+token.Pos(i)]; ok {
				return pos, true
			}
		}
		return 0, false
	}
	num := numbering{
		enter: func(m ast.Node, next string) string {
			pos, ok := was(m)
			switch {
			case !ok: // a literal of ours
			case known[pos] == "":
				return ""
			case known[pos] != next:
				n.To[next] = known[pos]
			}
			return next
		},
		overFunc: func(s *ast.RangeStmt) bool { _, ok := was(s); return ok },
		dead:     func(*ast.IfStmt) ast.Stmt { return nil },
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := declared(d, &inits)
			if name == "" || d.Body == nil {
				continue
			}
			num.body(&counters{name: name}, d.Body)
		case *ast.GenDecl:
			// A literal of an initialiser has its old number: there are as many.
			ast.Inspect(d, func(m ast.Node) bool {
				lit, ok := m.(*ast.FuncLit)
				if !ok {
					return true
				}
				if pos, ok := was(lit); ok && known[pos] != "" {
					num.body(&counters{name: known[pos], literal: true}, lit.Body)
				}
				return false
			})
		}
	}
	return nil
}
