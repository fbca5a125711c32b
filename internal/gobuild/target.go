package gobuild

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
)

// SupportedGo is the one Go minor version this release of upstarego loads code for.
const SupportedGo = "go1.26"

// A Target is a program to build, resolved as plain `go build` sees it.
type Target struct {
	Dir        string // where the go command runs
	Flags      *Flags
	Main       *Package   // the program's package main; nil for a build that stands alone
	Module     *Module    // the module Main is in
	Workspace  []*Module  // modules of the workspace, Module included; nil without go.work
	Packages   []*Package // Main and everything it needs, dependencies first
	GoVersion  string     // of the toolchain: go1.26.8
	GOOS       string
	GOARCH     string
	Experiment string // GOEXPERIMENT
	ToolDir    string // GOTOOLDIR
	GoMod      string // the go.mod the go command uses in Dir
	GoWork     string // the workspace file, or ""
	ModCache   string // GOMODCACHE
	VendorDir  string // the vendor directory plain builds use, or ""

	// Overlay is the user's -overlay: absolute path → the file that is read in its
	// place, "" for none.
	Overlay map[string]string

	vendored []*vendored
	alone    bool // what is built takes no updates
}

// Package is what `go list` says about a package.
type Package struct {
	ImportPath      string
	Dir             string
	Name            string
	Export          string // the compiled archive, with -export
	BuildID         string // of the archive, with -export
	Standard        bool
	DepOnly         bool // a dependency, not named on the command line
	GoFiles         []string
	CompiledGoFiles []string
	CgoFiles        []string
	SFiles          []string
	HFiles          []string
	CFiles          []string
	CXXFiles        []string
	SysoFiles       []string
	EmbedPatterns   []string
	EmbedFiles      []string
	Imports         []string
	ImportMap       map[string]string
	Module          *Module
	DefaultGODEBUG  string   // of a package main
	ForTest         string   // of a package compiled for a test: that package's import path
	TestGoFiles     []string // from Tests, as the next two
	XTestGoFiles    []string
	XTestEmbedFiles []string // what the external test package embeds
	Error           *PackageError
}

// Module is what `go list` says about a module.
type Module struct {
	Path      string
	Version   string
	Dir       string
	GoMod     string
	GoVersion string
	Main      bool
	Replace   *Module
}

// PackageError is a package's problem as `go list -e` reports it.
type PackageError struct {
	ImportStack []string
	Pos         string
	Err         string
}

const listFields = "ImportPath,Dir,Name,Export,BuildID,Standard,DepOnly,GoFiles,CompiledGoFiles,CgoFiles,SFiles,HFiles,CFiles,CXXFiles,SysoFiles,EmbedPatterns,EmbedFiles,Imports,ImportMap,Module,DefaultGODEBUG,ForTest,Error"

// Resolve finds the program a command line names: the go build flags and one
// package (a directory, an import path, or a pattern with a single package main).
// It refuses platforms, toolchains, flags and layouts that cannot be built for.
func Resolve(dir string, goflags []string, pattern string) (*Target, error) {
	t, err := locate(dir, goflags)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(pattern, ".go") {
		return nil, diag.New(diag.NoModule, token.Position{}, "a list of files is not a package", "an update needs an import path to come back to", "name the package's directory instead of "+pattern)
	}
	if pattern == "" {
		pattern = "."
	}
	if err := t.load(pattern); err != nil {
		return nil, err
	}
	if err := t.findVendor(); err != nil {
		return nil, err
	}
	return t, nil
}

// locate asks where the go command stands and understands the flags.
func locate(dir string, goflags []string) (*Target, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	env, err := goEnv(dir)
	if err != nil {
		return nil, err
	}
	flags, err := ParseFlags(dir, env["GOFLAGS"], goflags)
	if err != nil {
		return nil, err
	}
	if flags.Dir != dir {
		dir = flags.Dir
		if env, err = goEnv(dir); err != nil {
			return nil, err
		}
	}
	t := &Target{
		Dir: dir, Flags: flags,
		GoVersion: env["GOVERSION"], GOOS: env["GOOS"], GOARCH: env["GOARCH"], Experiment: env["GOEXPERIMENT"], ToolDir: env["GOTOOLDIR"],
		GoMod: env["GOMOD"], GoWork: env["GOWORK"], ModCache: env["GOMODCACHE"],
	}
	if t.GoWork == "off" {
		t.GoWork = ""
	}
	if err := t.checkToolchain(); err != nil {
		return nil, err
	}
	if m := env["GOMOD"]; (m == "" || m == os.DevNull) && t.GoWork == "" {
		return nil, diag.New(diag.NoModule, token.Position{}, dir+" is not inside a module", "the build adds the runtime to a module's requirements", "run go mod init, or change to the program's directory")
	}
	return t, t.readOverlay()
}

func (t *Target) checkToolchain() error {
	var l diag.List
	if t.GOOS != "linux" || t.GOARCH != "amd64" {
		l.Add(diag.WrongPlatform, token.Position{}, "cannot build for "+t.GOOS+"/"+t.GOARCH, "updates are ELF shared objects for linux/amd64", "unset GOOS and GOARCH on a linux/amd64 machine")
	}
	if t.GoVersion != SupportedGo && !strings.HasPrefix(t.GoVersion, SupportedGo+".") {
		l.Add(diag.WrongToolchain, token.Position{}, "cannot build with "+t.GoVersion, "this release of upstarego knows the runtime and linker of "+SupportedGo, "build with "+SupportedGo+".x, for instance GOTOOLCHAIN="+SupportedGo+".0 or later")
	}
	return l.Err()
}

// load runs go list over the pattern and picks the main package.
func (t *Target) load(pattern string) error {
	args := append([]string{"list", "-e", "-deps", "-json=" + listFields}, t.Flags.plainArgs()...)
	args = append(args, "--", pattern)
	pkgs, err := runList(t.Dir, t.PlainEnv(), args)
	if err != nil {
		return err
	}
	var problems diag.List
	var mains []*Package
	for _, p := range pkgs {
		if p.Error != nil {
			problems.Add(diag.LoadFailed, diag.ParsePosition(t.Dir, p.Error.Pos), strings.TrimSpace(p.Error.Err), "", "")
		}
		if !p.DepOnly && p.Name == "main" && p.Error == nil {
			mains = append(mains, p)
		}
	}
	if len(problems) > 0 {
		return problems.Err()
	}
	switch len(mains) {
	case 0:
		return diag.New(diag.NoMainPackage, token.Position{}, pattern+" names no package main", "an executable needs one", "name the program's directory")
	case 1:
	default:
		var names []string
		for _, m := range mains {
			names = append(names, m.ImportPath)
		}
		return diag.New(diag.ManyMains, token.Position{}, pattern+" names more than one package main", strings.Join(names, ", "), "name one of them")
	}
	t.Main = mains[0]
	if t.Main.Module == nil {
		return diag.New(diag.NoModule, token.Position{}, t.Main.ImportPath+" is not in a module", "", "name a package of your own module")
	}
	t.Module = t.Main.Module
	t.Packages = only(pkgs, t.Main)
	if t.GoWork != "" {
		return t.loadWorkspace()
	}
	return nil
}

func (t *Target) loadWorkspace() error {
	out, err := runGo(t.Dir, t.PlainEnv(), "list", "-m", "-json=Path,Version,Dir,GoMod,GoVersion,Main,Replace")
	if err != nil {
		return err
	}
	t.Workspace, err = decodeAll[Module](out)
	return err
}

// Tests lists packages with their test files, as plain `go test` finds them. What is
// wrong with the tests alone is left for their build to say.
func (t *Target) Tests(patterns []string) ([]*Package, error) {
	args := append([]string{"list", "-e", "-test", "-json=ImportPath,Dir,Name,ForTest,Module,TestGoFiles,XTestGoFiles,EmbedFiles,Error"}, t.Flags.plainArgs()...)
	all, err := runList(t.Dir, t.PlainEnv(), append(append(args, "--"), patterns...))
	if err != nil {
		return nil, err
	}
	var problems diag.List
	var pkgs []*Package
	external := map[string]*Package{}
	for _, p := range all {
		path, _, _ := strings.Cut(p.ImportPath, " ")
		switch {
		case p.ForTest != "":
			if path == p.ForTest+"_test" {
				external[p.ForTest] = p
			}
		case p.Name == "main" && strings.HasSuffix(p.ImportPath, ".test"):
		case p.Error != nil:
			problems.Add(diag.LoadFailed, diag.ParsePosition(t.Dir, p.Error.Pos), strings.TrimSpace(p.Error.Err), "", "")
		default:
			pkgs = append(pkgs, p)
		}
	}
	for _, p := range pkgs {
		if x := external[p.ImportPath]; x != nil {
			p.XTestEmbedFiles = x.EmbedFiles
		}
	}
	return pkgs, problems.Err()
}

// only keeps what main needs, in order.
func only(pkgs []*Package, main *Package) []*Package {
	byPath := make(map[string]*Package, len(pkgs))
	for _, p := range pkgs {
		byPath[p.ImportPath] = p
	}
	need := map[*Package]bool{}
	var visit func(p *Package)
	visit = func(p *Package) {
		if p == nil || need[p] {
			return
		}
		need[p] = true
		for _, i := range p.Imports {
			if to, ok := p.ImportMap[i]; ok {
				i = to
			}
			visit(byPath[i])
		}
	}
	visit(main)
	return slices.DeleteFunc(slices.Clone(pkgs), func(p *Package) bool { return !need[p] })
}

// PlainEnv and PlainFlags let other readers of the program (go/packages) see it
// as plain `go build` with the user's flags does.
func (t *Target) PlainEnv() []string {
	if t.alone {
		return environ(t.Dir, "GOFLAGS=")
	}
	return environ(t.Dir, "GOFLAGS=", "CGO_ENABLED=1")
}

// PlainFlags are the build flags that go with PlainEnv.
func (t *Target) PlainFlags() []string { return t.Flags.plainArgs() }

// goEnv asks the go command where it stands.
func goEnv(dir string) (map[string]string, error) {
	out, err := runGo(dir, environ(dir), "env", "-json", "GOVERSION", "GOOS", "GOARCH", "GOFLAGS", "GOWORK", "GOMOD", "GOMODCACHE", "GOEXPERIMENT", "GOTOOLDIR")
	if err != nil {
		return nil, err
	}
	env := map[string]string{}
	if err := json.Unmarshal(out, &env); err != nil {
		return nil, diag.New(diag.BadEnvironment, token.Position{}, "go env gave no JSON", err.Error(), "")
	}
	return env, nil
}

// environ is the process's environment with some of it set anew. PWD goes with
// the directory, so that the go command keeps to the user's spelling of it.
func environ(dir string, set ...string) []string {
	return append(append(os.Environ(), "PWD="+dir), set...)
}

// runGo runs the go command for its output.
func runGo(dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = dir, env
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		return out, nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return out, diag.New(diag.BadEnvironment, token.Position{}, "go "+args[0]+" failed", strings.TrimSpace(stderr.String()), "")
	}
	return out, diag.New(diag.BadEnvironment, token.Position{}, "the go command cannot be run", err.Error(), "install "+SupportedGo+" and put it on PATH")
}

func runList(dir string, env []string, args []string) ([]*Package, error) {
	out, err := runGo(dir, env, args...)
	if err != nil {
		var d *diag.Diagnostic
		if errors.As(err, &d) && d.What == "go list failed" {
			d.Code, d.What = diag.LoadFailed, "the packages cannot be listed"
		}
		return nil, err
	}
	return decodeAll[Package](out)
}

// decodeAll reads a stream of JSON objects.
func decodeAll[T any](data []byte) ([]*T, error) {
	var all []*T
	dec := json.NewDecoder(bytes.NewReader(data))
	for {
		v := new(T)
		if err := dec.Decode(v); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		all = append(all, v)
	}
}
