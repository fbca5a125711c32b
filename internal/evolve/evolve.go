// Package evolve makes the next release of a program as developers do, by one small
// change after the other, for tests of what is said about the step between the two.
// What it makes compiles; it need not be of any use.
package evolve

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Kinds are the kinds of changes, sorted.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// tries is how many places of a program are tried for a change of one kind.
const tries = 12

// Next changes a program of one package in one place; the same seed chooses the same
// place. It says what it did. ok is false if no place was found for a change of that kind.
func Next(files map[string]string, kind string, seed uint64) (next map[string]string, what string, ok bool) {
	p, err := parse(files)
	if err != nil {
		return nil, err.Error(), false
	}
	p.r = rand.New(rand.NewPCG(seed, 0xe501))
	for range tries {
		p.edits, p.added, p.what = nil, "", ""
		if !kinds[kind](p) {
			continue
		}
		next, err := p.apply()
		if err != nil {
			continue
		}
		if _, err := parse(next); err == nil {
			return next, p.what, true
		}
	}
	return nil, "", false
}

// A program is one package, with what a change does to it.
type program struct {
	fset  *token.FileSet
	text  map[string]string
	files []*ast.File
	pkg   *types.Package
	info  *types.Info
	r     *rand.Rand

	edits []edit
	added string // declarations
	what  string
}

// An edit puts a text in the place of another.
type edit struct {
	from, to token.Pos
	text     string
}

// imports are shared: the standard library is read from its sources once.
var imports struct {
	sync.Mutex
	types.Importer
	fset *token.FileSet
}

type lockedImporter struct{}

func (lockedImporter) Import(path string) (*types.Package, error) {
	imports.Lock()
	defer imports.Unlock()
	if imports.Importer == nil {
		imports.fset = token.NewFileSet()
		imports.Importer = importer.ForCompiler(imports.fset, "source", nil)
	}
	return imports.Import(path)
}

func parse(files map[string]string) (*program, error) {
	p := &program{fset: token.NewFileSet(), text: files, info: &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Scopes: map[ast.Node]*types.Scope{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Implicits: map[ast.Node]types.Object{},
	}}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := parser.ParseFile(p.fset, name, files[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.files = append(p.files, f)
	}
	conf := types.Config{Importer: lockedImporter{}, Sizes: types.SizesFor("gc", "amd64")}
	var err error
	p.pkg, err = conf.Check("main", p.fset, p.files, p.info)
	return p, err
}

// apply makes the new files.
func (p *program) apply() (map[string]string, error) {
	next := maps.Clone(p.text)
	sort.SliceStable(p.edits, func(i, j int) bool { return p.edits[i].from > p.edits[j].from })
	for i, e := range p.edits {
		if i > 0 && e.to > p.edits[i-1].from {
			return nil, fmt.Errorf("edits overlap")
		}
		from, to := p.fset.PositionFor(e.from, false), p.fset.PositionFor(e.to, false)
		s := next[from.Filename]
		next[from.Filename] = s[:from.Offset] + e.text + s[to.Offset:]
	}
	first := p.fset.PositionFor(p.files[0].Package, false).Filename
	if p.added != "" {
		next[first] += "\n" + p.added
	}
	for name, text := range next {
		out, err := format.Source([]byte(text))
		if err != nil {
			return nil, err
		}
		next[name] = string(out)
	}
	return next, nil
}

func (p *program) edit(from, to token.Pos, text string) {
	p.edits = append(p.edits, edit{from, to, text})
}

func (p *program) insert(at token.Pos, text string) { p.edit(at, at, text) }

func (p *program) source(n ast.Node) string {
	from, to := p.fset.PositionFor(n.Pos(), false), p.fset.PositionFor(n.End(), false)
	return p.text[from.Filename][from.Offset:to.Offset]
}

func (p *program) did(format string, args ...any) bool {
	p.what = fmt.Sprintf(format, args...)
	return true
}

// one chooses one of a list, and says whether there is one.
func one[T any](p *program, l []T) (t T, ok bool) {
	if len(l) == 0 {
		return t, false
	}
	return l[p.r.IntN(len(l))], true
}

func (p *program) each(f func(ast.Node) bool) {
	for _, file := range p.files {
		ast.Inspect(file, f)
	}
}

// all are the nodes of one type that hold.
func all[T ast.Node](p *program, holds func(T) bool) (l []T) {
	p.each(func(n ast.Node) bool {
		if t, ok := n.(T); ok && holds(t) {
			l = append(l, t)
		}
		return true
	})
	return l
}

// rename gives an object another name wherever it is mentioned.
func (p *program) rename(o types.Object, name string) {
	p.each(func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && (p.info.Defs[id] == o || p.info.Uses[id] == o) {
			p.edit(id.Pos(), id.End(), name)
		}
		return true
	})
}

// defined are the objects that the program declares and that hold, in order.
func (p *program) defined(holds func(types.Object) bool) (l []types.Object) {
	p.each(func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if o := p.info.Defs[id]; o != nil && id.Name != "_" && holds(o) {
				l = append(l, o)
			}
		}
		return true
	})
	return l
}

// uses are the identifiers that mention an object besides its declaration.
func (p *program) uses(o types.Object) (l []*ast.Ident) {
	p.each(func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && p.info.Uses[id] == o {
			l = append(l, id)
		}
		return true
	})
	return l
}

// lists are the statement lists of the program's functions.
func (p *program) lists() (l [][]ast.Stmt) {
	p.each(func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			l = append(l, n.List)
		case *ast.CaseClause:
			l = append(l, n.Body)
		case *ast.CommClause:
			l = append(l, n.Body)
		}
		return true
	})
	return slices.DeleteFunc(l, func(s []ast.Stmt) bool { return len(s) == 0 })
}

// statements are those in lists that hold.
func (p *program) statements(holds func(ast.Stmt) bool) (l []ast.Stmt) {
	for _, list := range p.lists() {
		for _, s := range list {
			if holds(s) {
				l = append(l, s)
			}
		}
	}
	return l
}

// fresh is a name that the program does not use.
func (p *program) fresh(base string) string {
	for i := 0; ; i++ {
		name := base
		if i > 0 {
			name = fmt.Sprint(base, i)
		}
		used := false
		for _, s := range p.text {
			used = used || strings.Contains(s, name)
		}
		if !used {
			return name
		}
	}
}

// waits declares a function at which a goroutine may stop.
func (p *program) waits() string {
	name := p.fresh("waitsForIt")
	p.added += fmt.Sprintf("var %sChan = make(chan int, 1<<20)\n\nfunc %[1]s() int {\n\t%[1]sChan <- 1\n\treturn <-%[1]sChan\n}\n", name)
	return name
}

// typeText writes a type as it is called in the package.
func (p *program) typeText(t types.Type) string { return types.TypeString(t, types.RelativeTo(p.pkg)) }
