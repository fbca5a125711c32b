// Package load brings the program that is to be instrumented into memory: own
// packages with syntax and full type information, foreign packages with what
// their export data says.
//
// Two questions are answered here and nowhere else: which packages are own
// code, and what the program's main package is. Everything downstream works
// on a Program whose own packages type-check without error.
package load

import (
	"encoding/json"
	"errors"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/upstarego/upstarego/internal/diag"
)

// Config says what to load and how the go command is to see it.
type Config struct {
	Dir        string   // where the go command runs; "" is the current directory
	Pattern    string   // names the main package; "" is "."
	Env        []string // environment of the go command; nil is the process's own
	BuildFlags []string // flags for the go command: -tags, -mod, -modfile, …

	// Instrument lists patterns of packages outside the main module that
	// become own code too: import paths, where "..." stands for any string.
	Instrument []string

	// Patterns and Tests are for LoadAlone: what to load, and whether the tests of
	// it belong to it.
	Patterns []string
	Tests    bool

	// Overlay replaces files: absolute path → contents. What the flag -overlay among
	// BuildFlags replaces is read, too.
	Overlay map[string][]byte

	replaced map[string]string // by the flag: absolute path → file, "" for none
	exports  map[string]string // export data that is known already; nil: none
}

// never are modules' packages that take part in updates themselves: they run
// while own code stands still, and so cannot be own code.
var never = []string{
	"github.com/upstarego/upstarego/runtime",
	"github.com/upstarego/upstarego/framemap",
}

// Load loads the program. A returned error is a diag.List, or wraps the
// failure to run the go command at all.
func Load(cfg Config) (*Program, error) {
	if cfg.Pattern == "" {
		cfg.Pattern = "."
	}
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	tool, err := askToolchain(cfg)
	if err != nil {
		return nil, err
	}
	graph, main, err := listProgram(cfg)
	if err != nil {
		return nil, err
	}
	if err := noModule(main); err != nil {
		return nil, err
	}
	own, err := selectOwn(cfg, tool, graph)
	if err != nil {
		return nil, err
	}
	return check(cfg, tool, graph, main, own)
}

// complete fills in what the process's own surroundings say.
func (cfg *Config) complete() error {
	if cfg.Dir == "" {
		wd, err := os.Getwd()
		if err != nil {
			return diag.New(diag.BadEnvironment, token.Position{}, err.Error(), "", "")
		}
		cfg.Dir = wd
	}
	if cfg.Env == nil {
		cfg.Env = os.Environ()
	}
	return cfg.readOverlay()
}

// readOverlay reads the file that the flag -overlay names, whose relative names are
// relative to where the go command runs.
func (cfg *Config) readOverlay() error {
	name := ""
	for i, f := range cfg.BuildFlags {
		flag, value, has := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(f, "-"), "-"), "=")
		if flag != "overlay" || !strings.HasPrefix(f, "-") {
			continue
		}
		if !has && i+1 < len(cfg.BuildFlags) {
			value = cfg.BuildFlags[i+1]
		}
		name = value
	}
	if name == "" {
		return nil
	}
	abs := func(p string) string {
		if p == "" || filepath.IsAbs(p) {
			return p
		}
		return filepath.Join(cfg.Dir, p)
	}
	text, err := os.ReadFile(abs(name))
	var user struct{ Replace map[string]string }
	if err == nil {
		err = json.Unmarshal(text, &user)
	}
	if err != nil {
		return diag.List{diag.New(diag.LoadFailed, token.Position{Filename: name}, "the overlay cannot be read", err.Error(), "")}
	}
	cfg.replaced = map[string]string{}
	for at, content := range user.Replace {
		cfg.replaced[abs(at)] = abs(content)
	}
	return nil
}

// race reports whether the flags ask for the race detector.
func (cfg *Config) race() (on bool) {
	for _, f := range cfg.BuildFlags {
		name, value, has := strings.Cut(strings.TrimLeft(f, "-"), "=")
		if name == "race" && strings.HasPrefix(f, "-") {
			v, err := strconv.ParseBool(value)
			on = !has || err == nil && v
		}
	}
	return on
}

// read is the content of a file as the go command sees it.
func (cfg *Config) read(name string) ([]byte, error) {
	if text, ok := cfg.Overlay[name]; ok {
		return text, nil
	}
	if at, ok := cfg.replaced[name]; ok {
		return os.ReadFile(at)
	}
	return os.ReadFile(name)
}

// listProgram asks the go command for the import graph of the main package.
// Nothing is parsed or compiled yet. The graph is in dependency order.
func listProgram(cfg Config) (graph []*packages.Package, main *packages.Package, err error) {
	roots, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedEmbedFiles |
			packages.NeedImports | packages.NeedDeps | packages.NeedModule,
		Dir: cfg.Dir, Env: cfg.Env, BuildFlags: cfg.BuildFlags, Overlay: cfg.Overlay,
	}, cfg.Pattern)
	if err != nil {
		return nil, nil, goCommandFailed(err)
	}
	var mains []*packages.Package
	for _, r := range roots {
		if r.Name == "main" {
			mains = append(mains, r)
		}
	}
	switch {
	case len(mains) == 1:
		main = mains[0]
	case len(mains) > 1:
		var names []string
		for _, m := range mains {
			names = append(names, m.PkgPath)
		}
		return nil, nil, diag.List{diag.New(diag.ManyMains, token.Position{}, cfg.Pattern+" matches "+strings.Join(names, ", "),
			"an update belongs to one program", "name one of them")}
	default:
		// The pattern may be wrong rather than the package.
		if l := listErrors(roots); len(l) > 0 {
			return nil, nil, l.Err()
		}
		return nil, nil, diag.List{diag.New(diag.NoMainPackage, token.Position{}, cfg.Pattern+" is not a main package",
			"", "name a directory or an import path whose package is main")}
	}
	packages.Visit([]*packages.Package{main}, nil, func(p *packages.Package) { graph = append(graph, p) })
	if l := listErrors(graph); len(l) > 0 {
		return nil, nil, l.Err()
	}
	return graph, main, nil
}

// selectOwn decides which packages of the graph are own code: those of the
// main module (of every workspace module, with go.work), those that match
// cfg.Instrument, and whatever imports one of these, since code that calls own
// functions directly cannot be foreign.
func selectOwn(cfg Config, tool toolchain, graph []*packages.Package) (map[string]bool, error) {
	own := map[string]bool{}
	matched := make([]bool, len(cfg.Instrument))
	for _, p := range graph { // dependency order: imports are decided first
		if isNever(p.PkgPath) || tool.standard(p) {
			continue
		}
		is := p.Module != nil && p.Module.Main || p.PkgPath == filesPackage
		for i, pattern := range cfg.Instrument {
			if matchPath(pattern, p.PkgPath) {
				is, matched[i] = true, true
			}
		}
		for _, q := range p.Imports {
			is = is || own[q.PkgPath]
		}
		own[p.PkgPath] = is
	}
	var l diag.List
	for i, pattern := range cfg.Instrument {
		if !matched[i] {
			l.Add(diag.NoInstrumented, token.Position{}, "-instrument "+pattern+" matches no package of the program",
				"only dependencies outside the standard library can be selected", "correct the pattern or leave it out")
		}
	}
	for _, p := range graph {
		if !own[p.PkgPath] {
			continue
		}
		if _, ok := p.Imports["plugin"]; ok {
			l.Add(diag.OwnPlugin, importPosition(cfg, p, "plugin"), "import of plugin in "+p.PkgPath,
				"upstarego owns how code gets into the process", "remove the import")
		}
	}
	if len(l) > 0 {
		return nil, l.Err()
	}
	return own, nil
}

func isNever(path string) bool {
	return slices.ContainsFunc(never, func(n string) bool { return path == n || strings.HasPrefix(path, n+"/") })
}

// matchPath reports whether an import path matches a pattern in which "..."
// stands for any string; "x/..." matches x too, as the go command has it.
func matchPath(pattern, path string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "/..."); ok && !strings.Contains(prefix, "...") {
		return path == prefix || strings.HasPrefix(path, prefix+"/")
	}
	parts := strings.Split(pattern, "...")
	rest, ok := strings.CutPrefix(path, parts[0])
	if !ok {
		return false
	}
	if len(parts) == 1 {
		return rest == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, ok := strings.Cut(rest, part)
		if !ok {
			return false
		}
		rest = after
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// A toolchain is what `go env` answers.
type toolchain struct {
	root    string // GOROOT
	version string // GOVERSION: "go1.26.8"
	arch    string
}

// standard reports whether p belongs to the Go distribution.
func (t toolchain) standard(p *packages.Package) bool {
	if p.PkgPath == "unsafe" {
		return true
	}
	rel, err := filepath.Rel(filepath.Join(t.root, "src"), p.Dir)
	return p.Module == nil && p.Dir != "" && err == nil && filepath.IsLocal(rel)
}

func goCommandFailed(err error) error {
	var l diag.List
	if errors.As(err, &l) {
		return l
	}
	return diag.List{diag.New(diag.LoadFailed, token.Position{}, strings.TrimSpace(err.Error()), "", "")}
}
