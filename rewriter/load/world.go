package load

import (
	"fmt"
	"go/build"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/upstarego/upstarego/internal/diag"
)

// A World is what the go command says about some packages and all they need,
// asked once for many small programs that import nothing else: tests over
// hundreds of them do without the go command.
type World struct {
	tool    toolchain
	known   map[string]*packages.Package
	exports map[string]string
}

// NewWorld asks for what the patterns match, as the go command sees it in dir.
func NewWorld(dir string, patterns ...string) (*World, error) {
	cfg := Config{Dir: dir, Env: os.Environ()}
	w := &World{known: map[string]*packages.Package{}}
	var err error
	if w.tool, err = askToolchain(cfg); err != nil {
		return nil, err
	}
	roots, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles |
			packages.NeedImports | packages.NeedDeps | packages.NeedModule,
		Dir: cfg.Dir, Env: cfg.Env,
	}, patterns...)
	if err != nil {
		return nil, goCommandFailed(err)
	}
	packages.Visit(roots, nil, func(p *packages.Package) { w.known[p.PkgPath] = p })
	w.exports, err = exportFiles(cfg, w.tool, nil, slices.Sorted(maps.Keys(w.known)))
	return w, err
}

// Exports are the compiled packages' archives, by package path.
func (w *World) Exports() map[string]string { return maps.Clone(w.exports) }

// Load loads the program whose module is dir, with its main package there, as
// Load does.
func (w *World) Load(dir, module string) (*Program, error) {
	mod := &packages.Module{Path: module, Dir: dir, Main: true, GoVersion: strings.TrimPrefix(goVersion(), "go")}
	own := map[string]*packages.Package{}
	imports := map[string][]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		p, err := build.ImportDir(name, 0)
		if _, none := err.(*build.NoGoError); none {
			return nil
		} else if err != nil {
			return diag.New(diag.LoadFailed, token.Position{}, err.Error(), "", "")
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		at := path.Join(module, filepath.ToSlash(rel))
		pkg := &packages.Package{ID: at, Name: p.Name, PkgPath: at, Dir: name, Module: mod, Imports: map[string]*packages.Package{}}
		for _, f := range p.GoFiles {
			pkg.GoFiles = append(pkg.GoFiles, filepath.Join(name, f))
		}
		if len(p.CgoFiles)+len(p.SFiles)+len(p.CFiles) > 0 {
			return diag.New(diag.LoadFailed, token.Position{Filename: name}, "the package is not all Go", "", "")
		}
		own[at], imports[at] = pkg, p.Imports
		return nil
	})
	if err != nil {
		return nil, err
	}
	for at, pkg := range own {
		for _, i := range imports[at] {
			q := own[i]
			if q == nil {
				q = w.known[i]
			}
			if q == nil {
				return nil, diag.New(diag.LoadFailed, token.Position{}, fmt.Sprintf("%s imports %s, which is not there", at, i), "", "")
			}
			pkg.Imports[i] = q
		}
	}
	main := own[module]
	if main == nil || main.Name != "main" {
		return nil, diag.New(diag.NoMainPackage, token.Position{Filename: dir}, module+" is not a main package", "", "")
	}
	var graph []*packages.Package
	packages.Visit([]*packages.Package{main}, nil, func(p *packages.Package) { graph = append(graph, p) })
	cfg := Config{Dir: dir, Pattern: ".", Env: os.Environ(), exports: w.exports}
	selected, err := selectOwn(cfg, w.tool, graph)
	if err != nil {
		return nil, err
	}
	return check(cfg, w.tool, graph, main, selected)
}

// goVersion is the newest language version of the toolchain: "go1.26".
func goVersion() string { return build.Default.ReleaseTags[len(build.Default.ReleaseTags)-1] }
