package load

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"

	"github.com/upstarego/upstarego/internal/diag"
)

// check parses and type-checks own packages against the export data of the
// foreign packages they import.
//
// Own packages are not compiled for that (their instrumented form will be), so
// the go command is asked for export data of foreign packages alone.
func check(cfg Config, tool toolchain, graph []*packages.Package, main *packages.Package, own map[string]bool) (*Program, error) {
	prog := &Program{
		Fset:      token.NewFileSet(),
		Foreign:   map[string]*Foreign{},
		GoVersion: tool.version,
		Sizes:     types.SizesFor("gc", tool.arch),
		Race:      cfg.race(),
		own:       map[*types.Package]*Package{},
		given:     map[*types.Var]Given{},
		read:      cfg.read,
	}
	direct := map[string]bool{}
	for _, p := range graph {
		if own[p.PkgPath] {
			for _, q := range p.Imports {
				if !own[q.PkgPath] {
					direct[q.PkgPath] = true
				}
			}
			continue
		}
		f := &Foreign{PkgPath: p.PkgPath, Name: p.Name, Dir: p.Dir, GoFiles: p.GoFiles, Standard: tool.standard(p)}
		for _, q := range p.Imports {
			f.Imports = append(f.Imports, q.PkgPath)
		}
		slices.Sort(f.Imports)
		prog.Foreign[p.PkgPath] = f
	}

	// Compiling foreign packages (when the build cache is cold) and parsing
	// own ones need nothing of each other.
	var (
		wg      sync.WaitGroup
		exports map[string]string
		failed  error
	)
	wg.Go(func() { exports, failed = exportFiles(cfg, tool, graph, slices.Sorted(maps.Keys(direct))) })
	errs := parseOwn(cfg, prog, graph, own)
	wg.Wait()
	if len(errs) > 0 {
		return nil, errs.Err()
	}
	if failed != nil {
		return nil, failed
	}
	imp := &importer{prog: prog, exports: exports, known: map[string]*types.Package{}}
	for _, pkg := range prog.Own {
		wrong := typeCheck(prog, imp, pkg, tool)
		if errs = append(errs, wrong...); len(wrong) == 0 {
			rename(prog, imp, pkg, tool)
			if err := prog.embedded(pkg); err != nil {
				errs.Add(diag.LoadFailed, token.Position{}, "an embedded file cannot be read", err.Error(), "")
			}
		}
		imp.known[pkg.PkgPath] = pkg.Types
		prog.own[pkg.Types] = pkg
		if main != nil && pkg.PkgPath == main.PkgPath {
			prog.Main = pkg
		}
	}
	if len(errs) > 0 {
		return nil, errs.Err()
	}
	prog.known = imp.known
	return prog, nil
}

// parseOwn fills prog.Own, in dependency order, with parsed files.
func parseOwn(cfg Config, prog *Program, graph []*packages.Package, own map[string]bool) diag.List {
	var (
		mu    sync.Mutex
		errs  diag.List
		wg    sync.WaitGroup
		slots = make(chan struct{}, runtime.GOMAXPROCS(0))
	)
	for _, p := range graph {
		if !own[p.PkgPath] {
			continue
		}
		pkg := &Package{
			PkgPath: p.PkgPath, Name: p.Name, Dir: p.Dir,
			Filenames: p.GoFiles, Extra: p.OtherFiles, Embeds: p.EmbedFiles,
			Syntax: make([]*ast.File, len(p.GoFiles)), Src: make([][]byte, len(p.GoFiles)), Written: make([][]byte, len(p.GoFiles)),
			Imports: map[string]string{},
		}
		if m := p.Module; m != nil {
			pkg.Module = Module{Path: m.Path, Version: m.Version, Dir: m.Dir, Main: m.Main}
			if m.GoVersion != "" {
				pkg.GoVersion = "go" + m.GoVersion
			}
		}
		for path, q := range p.Imports {
			pkg.Imports[path] = q.PkgPath
		}
		prog.Own = append(prog.Own, pkg)
		for i, name := range pkg.Filenames {
			wg.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				src, err := cfg.read(name)
				var file *ast.File
				if err == nil {
					file, err = parser.ParseFile(prog.Fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
				}
				pkg.Src[i], pkg.Written[i], pkg.Syntax[i] = src, src, file
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					errs = append(errs, syntaxErrors(err)...)
				} else if pos, ok := importsC(file); ok {
					errs.Add(diag.OwnCgo, prog.Fset.Position(pos), "package "+pkg.PkgPath+" imports \"C\"",
						"a frame that holds C memory or is called from C cannot be carried over", "move the cgo code to a module of its own")
				}
			})
		}
	}
	wg.Wait()
	return errs
}

func importsC(file *ast.File) (token.Pos, bool) {
	for _, spec := range file.Imports {
		if spec.Path.Value == `"C"` {
			return spec.Pos(), true
		}
	}
	return token.NoPos, false
}

// typeCheck fills pkg.Types and pkg.Info.
func typeCheck(prog *Program, imp *importer, pkg *Package, tool toolchain) diag.List {
	pkg.Info = &types.Info{
		Types:        map[ast.Expr]types.TypeAndValue{},
		Instances:    map[*ast.Ident]types.Instance{},
		Defs:         map[*ast.Ident]types.Object{},
		Uses:         map[*ast.Ident]types.Object{},
		Implicits:    map[ast.Node]types.Object{},
		Selections:   map[*ast.SelectorExpr]*types.Selection{},
		Scopes:       map[ast.Node]*types.Scope{},
		FileVersions: map[*ast.File]string{},
	}
	var errs diag.List
	conf := types.Config{
		GoVersion: pkg.GoVersion,
		Importer:  packageImporter{imp, pkg},
		Sizes:     prog.Sizes,
		Error: func(err error) {
			te := err.(types.Error) // documented: Config.Error gets this type alone
			errs.Add(diag.TypeErrors, te.Fset.Position(te.Pos), te.Msg, "", "")
		},
	}
	// The error is the first of those that Error has collected.
	pkg.Types, _ = conf.Check(pkg.PkgPath, prog.Fset, pkg.Syntax, pkg.Info)
	return errs
}

// An importer turns package paths into types: own packages from source,
// foreign ones from export data. It is used by one goroutine at a time.
type importer struct {
	prog    *Program
	exports map[string]string         // package path → file
	known   map[string]*types.Package // also holds incomplete packages that export data mentions
}

// A packageImporter resolves import paths as one package sees them (vendored
// paths differ between importers).
type packageImporter struct {
	*importer
	pkg *Package
}

func (i packageImporter) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		if f := i.prog.Foreign[path]; f != nil {
			f.Types = types.Unsafe
		}
		return types.Unsafe, nil
	}
	full, ok := i.pkg.Imports[path]
	if !ok {
		return nil, fmt.Errorf("package %s is not in the program's import graph", path)
	}
	f := i.prog.Foreign[full]
	if f == nil { // own: checked before its importers
		return i.known[full], nil
	}
	if f.Types != nil {
		return f.Types, nil
	}
	t, err := i.read(full)
	if err != nil {
		return nil, err
	}
	f.Types = t
	return t, nil
}

func (i *importer) read(path string) (*types.Package, error) {
	name := i.exports[path]
	if name == "" {
		return nil, fmt.Errorf("no export data for %s", path)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	r, err := gcexportdata.NewReader(bufio.NewReaderSize(file, 1<<16))
	if err != nil {
		return nil, fmt.Errorf("export data of %s: %w", path, err)
	}
	return gcexportdata.Read(r, i.prog.Fset, i.known, path)
}

// askToolchain reads the go command's environment as the build will see it.
func askToolchain(cfg Config) (toolchain, error) {
	out, err := runGo(cfg, "env", "GOROOT", "GOVERSION", "GOARCH")
	if err != nil {
		return toolchain{}, diag.List{diag.New(diag.BadEnvironment, token.Position{}, err.Error(), "", "install Go and put its go command in PATH")}
	}
	f := strings.Split(strings.TrimRight(out, "\n"), "\n")
	if len(f) != 3 {
		return toolchain{}, diag.List{diag.New(diag.BadEnvironment, token.Position{}, "`go env` answers "+strconv.Quote(out), "", "")}
	}
	return toolchain{root: f[0], version: f[1], arch: f[2]}, nil
}

func runGo(cfg Config, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = cfg.Dir, append(slices.Clip(cfg.Env), "PWD="+cfg.Dir)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(stderr.String())
		if text == "" {
			text = err.Error()
		}
		return "", diag.List{diag.New(diag.LoadFailed, token.Position{}, text, "", "")}
	}
	return stdout.String(), nil
}

// listErrors are the go command's complaints about packages.
func listErrors(pkgs []*packages.Package) diag.List {
	var l diag.List
	for _, p := range pkgs {
		for _, e := range p.Errors {
			l.Add(diag.LoadFailed, parsePosition(e.Pos), e.Msg, "", "")
		}
	}
	return l
}

func syntaxErrors(err error) diag.List {
	var l diag.List
	if list, ok := err.(scanner.ErrorList); ok {
		for _, e := range list {
			l.Add(diag.TypeErrors, e.Pos, "syntax error: "+e.Msg, "", "")
		}
		return l
	}
	l.AddError(diag.LoadFailed, err)
	return l
}

// parsePosition reads "file:line:col"; line and column may be missing.
func parsePosition(s string) token.Position {
	var p token.Position
	if s == "" || s == "-" {
		return p
	}
	parts := strings.Split(s, ":")
	nums := []int{}
	for len(parts) > 1 && len(nums) < 2 {
		n, err := strconv.Atoi(parts[len(parts)-1])
		if err != nil {
			break
		}
		nums = append([]int{n}, nums...)
		parts = parts[:len(parts)-1]
	}
	p.Filename = strings.Join(parts, ":")
	if len(nums) > 0 {
		p.Line = nums[0]
	}
	if len(nums) > 1 {
		p.Column = nums[1]
	}
	return p
}

// importPosition finds where a package imports path.
func importPosition(cfg Config, p *packages.Package, path string) token.Position {
	fset := token.NewFileSet()
	for _, name := range p.GoFiles {
		src, err := cfg.read(name)
		if err != nil {
			continue
		}
		file, err := parser.ParseFile(fset, name, src, parser.ImportsOnly)
		if err != nil {
			continue
		}
		for _, spec := range file.Imports {
			if spec.Path.Value == strconv.Quote(path) {
				return fset.Position(spec.Pos())
			}
		}
	}
	return token.Position{Filename: p.Dir}
}
