package check

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego"
	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
	"github.com/upstarego/upstarego/rewriter/mirror"
)

// Path is the import path of the vocabulary.
const Path = upstarego.ModulePath + "/framemap"

// PackagePath is the import path of a release's framemap.go; its mirrors are in
// the packages was and is below it.
func PackagePath(r *ledger.Release) string {
	return r.Main + "/" + MapDir(r)
}

// MapDir is the directory of a release's framemap.go, beside its main package. A map
// for the way back belongs to the release that it leads back from.
func MapDir(r *ledger.Release) string {
	if r.Back {
		return fmt.Sprintf("upstare/r%d/back", r.Number-1)
	}
	return fmt.Sprintf("upstare/r%d", r.Number)
}

// Tag is the build constraint of framemap.go, and Name its package's name.
const (
	Tag  = "upstarego"
	Name = "upstare"
)

type checker struct {
	Input
	diags diag.List
	// warnings are about what may be meant.
	warnings diag.List
	broken   bool // framemap.go itself is wrong
	exists   bool

	fset     *token.FileSet
	file     *ast.File
	pkg      *types.Package
	info     *types.Info
	was, is  *mirror.Names
	needs    [2]map[string]bool // mirrors that framemap.go names: was, is
	oldFuncs map[string]*match.Func
	rules    rules
	keys     map[string]string // see successors
	made     []func()          // look at the frames that framemap.At makes
	routes   []route           // that rules have values by
	gaps     []Gap
	line     *lineage
	said     *Said     // of the way there
	waits    *passings // see passing
	news     *news     // see inferField
	inferred []Inferred
	carried  []*ledger.VarDecl
	comes    map[ledger.Stand][]string // to points of the base, from those of earlier releases
}

func newChecker(in Input) *checker {
	c := &checker{Input: in, fset: token.NewFileSet(), needs: [2]map[string]bool{{}, {}}, oldFuncs: map[string]*match.Func{},
		was: mirror.NewNames(in.Old), is: mirror.NewNames(in.New), line: newLineage(in.Old)}
	for i := range in.Matches {
		c.oldFuncs[in.Matches[i].Old.Key] = &in.Matches[i]
	}
	return c
}

// bad reports something that is wrong in framemap.go.
func (c *checker) bad(code string, at token.Pos, what, why, do string) {
	c.diags.Add(code, c.fset.Position(at), what, why, do)
}

// read parses and type-checks framemap.go and collects its rules.
func (c *checker) read() {
	src := c.Source
	if src == nil {
		text, err := os.ReadFile(c.File)
		if errors.Is(err, os.ErrNotExist) {
			return
		}
		if err != nil {
			c.broken = true
			c.diags.Add(diag.MapInvalid, token.Position{Filename: c.File}, err.Error(), "", "")
			return
		}
		src = text
	}
	c.exists = true
	f, err := parser.ParseFile(c.fset, c.File, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		c.broken = true
		var l scanner.ErrorList
		if errors.As(err, &l) {
			for _, e := range l {
				c.diags.Add(diag.MapInvalid, e.Pos, "syntax error: "+e.Msg, "", "")
			}
			return
		}
		c.diags.AddError(diag.MapInvalid, err)
		return
	}
	c.file = f
	c.head()
	c.mentions()
	c.typeCheck()
	c.collect()
}

// head checks the build constraint and the package's name.
func (c *checker) head() {
	if c.file.Name.Name != Name {
		c.broken = true
		c.bad(diag.MapInvalid, c.file.Name.Pos(), "the package is named "+c.file.Name.Name, "", "name it "+Name)
	}
	for _, g := range c.file.Comments {
		for _, l := range g.List {
			if l.Pos() < c.file.Package && constraint.IsGoBuild(l.Text) {
				x, err := constraint.Parse(l.Text)
				if err == nil && x.Eval(func(tag string) bool { return tag == Tag }) && !x.Eval(func(string) bool { return false }) {
					return
				}
			}
		}
	}
	c.broken = true
	c.bad(diag.MapInvalid, c.file.Package, "the build constraint is missing", "plain go build would compile this file", "begin it with //go:build "+Tag)
}

// mirrors says which of the two mirror packages an import path is, or -1.
func (c *checker) mirrors(path string) int {
	switch path {
	case PackagePath(c.New) + "/was":
		return 0
	case PackagePath(c.New) + "/is":
		return 1
	}
	return -1
}

// mentions finds the mirrors that the file names.
func (c *checker) mentions() {
	local := map[string]int{}
	for _, s := range c.file.Imports {
		p, _ := strconv.Unquote(s.Path.Value)
		if i := c.mirrors(p); i >= 0 {
			name := path.Base(p)
			if s.Name != nil {
				name = s.Name.Name
			}
			local[name] = i
		}
	}
	ast.Inspect(c.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				if i, ok := local[id.Name]; ok {
					c.needs[i][sel.Sel.Name] = true
				}
			}
		}
		return true
	})
}

// typeCheck checks the file against the mirrors that it names.
func (c *checker) typeCheck() {
	c.info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{},
		Instances: map[*ast.Ident]types.Instance{}, Selections: map[*ast.SelectorExpr]*types.Selection{}}
	known := map[string]*types.Package{}
	source := func(path string, texts map[string][]byte) (*types.Package, error) {
		if p := known[path]; p != nil {
			return p, nil
		}
		var files []*ast.File
		for _, name := range slices.Sorted(maps.Keys(texts)) {
			f, err := parser.ParseFile(c.fset, name, texts[name], parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		}
		conf := types.Config{Importer: c.Imports, Sizes: types.SizesFor("gc", c.New.GOARCH)}
		p, err := conf.Check(path, c.fset, files, nil)
		known[path] = p
		return p, err
	}
	imports := importFunc(func(p string) (*types.Package, error) {
		if i := c.mirrors(p); i >= 0 {
			r := [2]*ledger.Release{c.Old, c.New}[i]
			name := path.Base(p)
			files := mirror.Files(r, c.New, name, func(m string) bool { return c.needs[i][m] })
			return source(p, map[string][]byte{path.Join(p, name+".go"): files[name+".go"]})
		}
		if p == Path {
			files, err := fs.Glob(upstarego.Source, "framemap/*.go")
			if err != nil {
				return nil, err
			}
			texts := map[string][]byte{}
			for _, f := range files {
				if strings.HasSuffix(f, "_test.go") {
					continue
				}
				if texts[path.Base(f)], err = upstarego.Source.ReadFile(f); err != nil {
					return nil, err
				}
			}
			return source(p, texts)
		}
		return c.Imports.Import(p)
	})
	var wrong []types.Error
	conf := types.Config{Importer: imports, Sizes: types.SizesFor("gc", c.New.GOARCH), Error: func(err error) {
		te := err.(types.Error) // documented: Config.Error gets this type alone
		if te.Msg == "undefined: DECIDE" {
			c.bad(diag.Undecided, te.Pos, "a decision is open"+c.remark(te.Pos), "", "put a value in the place of DECIDE")
			return
		}
		if strings.HasPrefix(te.Msg, "\t") {
			return // goes on about the error before it
		}
		c.broken = true
		wrong = append(wrong, te)
	}}
	c.pkg, _ = conf.Check(PackagePath(c.New), c.fset, []*ast.File{c.file}, c.info) // errors are told above
	for _, te := range wrong {
		if !c.returns(te.Pos) {
			c.bad(diag.MapInvalid, te.Pos, te.Msg, "", "")
		}
	}
}

// returns reports a type error as what it is if a rule's function has a result
// where it must have none: it may run after commit, when nothing is undone any more.
func (c *checker) returns(at token.Pos) (reported bool) {
	ast.Inspect(c.file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		name, _ := c.vocabulary(call)
		fn := call.Args[len(call.Args)-1]
		if at < call.Pos() || at >= call.End() || !late[name] {
			return true
		}
		t := c.info.Types[fn].Type
		if t == nil {
			return true
		}
		sig, ok := t.Underlying().(*types.Signature)
		if !ok || sig.Results().Len() == 0 {
			return true
		}
		pos := fn.Pos()
		if _, typ := c.bodyOf(fn); typ != nil && typ.Results != nil {
			pos = typ.Results.Pos()
		}
		do := "take the result out; what must hold is said with framemap.Validate or framemap.Require, before commit"
		if name == "After" {
			do = "take the result out"
		}
		c.bad(diag.LateResult, pos, fmt.Sprintf("the function of framemap.%s returns %s", name, types.TypeString(sig.Results(), (*types.Package).Name)),
			"it may run after commit, when nothing can be undone any more, so it must not fail", do)
		reported = true
		return true
	})
	return reported
}

// late are the rules whose functions may run after commit, or when nothing can be
// undone any more.
var late = map[string]bool{"Type": true, "Locals": true, "At": true, "Go": true, "After": true}

type importFunc func(string) (*types.Package, error)

func (f importFunc) Import(path string) (*types.Package, error) { return f(path) }

// remark is the comment at the end of a line: in a draft, what is to be decided.
func (c *checker) remark(at token.Pos) string {
	line := c.fset.Position(at).Line
	for _, g := range c.file.Comments {
		if g.Pos() > at && c.fset.Position(g.Pos()).Line == line {
			text, _, _ := strings.Cut(strings.TrimSpace(g.Text()), "\n")
			return " (" + text + ")"
		}
	}
	return ""
}

// place is where a file of a release is on disk, as far as one can tell: packages
// of the program's module lie as their paths do. The old release's sources are
// known by name alone; on the way back it is the other way round.
func (c *checker) place(file string, line int, old bool) token.Position {
	main := filepath.Dir(filepath.Dir(filepath.Dir(c.File)))
	switch {
	case c.New.Back && !old:
		return token.Position{Filename: file + "@r" + strconv.Itoa(c.New.Number-2), Line: line, Column: 1}
	case c.New.Back:
		main = filepath.Dir(main)
	case old:
		return token.Position{Filename: file + "@r" + strconv.Itoa(c.Old.Number), Line: line, Column: 1}
	}
	pkg, name := path.Split(file)
	rel, err := filepath.Rel(c.New.Main, path.Clean(pkg))
	if err != nil {
		return token.Position{Filename: file, Line: line, Column: 1}
	}
	full := filepath.Join(main, rel, name)
	if _, err := os.Stat(full); err != nil {
		full = file
	}
	return token.Position{Filename: full, Line: line, Column: 1}
}
