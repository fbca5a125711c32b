package gobuild

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/upstarego/upstarego/internal/cache"
	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/pclntab"
	"github.com/upstarego/upstarego/internal/shim"
	"github.com/upstarego/upstarego/internal/slim"
)

// Mode is what a build makes.
type Mode string

const (
	Exe    Mode = "exe"    // an executable
	Plugin Mode = "plugin" // the shared object of an update
)

// Config describes one build. Nothing in it is written to the user's tree.
type Config struct {
	Target *Target
	Mode   Mode

	// Root is the import path of the package main to link: one of Added, which
	// imports Target.Main (possible only here, see the package comment).
	Root string

	// Files maps absolute paths in the user's tree or in a required module's
	// directory, of existing or new files, to the contents to compile. Files of
	// the program's package main say `package main`.
	Files map[string][]byte

	// Funcs are the names that the linked file's functions get, nil for those of
	// their symbols.
	Funcs *pclntab.Names

	// Added holds packages that exist nowhere on disk: import path → file name →
	// contents. The import path lies inside a module of the build, best inside the
	// main package's, so that internal packages stay importable.
	Added map[string]map[string][]byte

	// Modules are modules to put beside the user's requirements: path → directory
	// of a copy. One that is the main module itself, or of the workspace, is left alone.
	Modules map[string]string

	// Within are files that take the place of some in Modules: path → file name in
	// it → contents.
	Within map[string]map[string][]byte

	// Generated are those of Files that are no file of the user's. Mode Alone only.
	Generated []string

	// Link are more words for the linker.
	Link []string

	// Script is the text of the linker's version script; "" for none.
	Script string

	// Slim says what the linked object is not to carry; nil: it carries everything.
	Slim *slim.Config

	// Work is the directory for everything generated. "" means a temporary one
	// that Close removes.
	Work string

	// Output is the file to write, relative to Target.Dir.
	Output string

	// Stderr receives what the go command says on the way, if the flags ask it to
	// (-v, -x). Why a build failed is in the error.
	Stderr io.Writer
}

// A Build is a prepared Config: List and Run see the same program.
type Build struct {
	Config
	temporary bool
	overlay   map[string]string // file as the go command names it → file on disk
	stage     *stage
	modfile   string
	mod       string // readonly or mod
	script    string
	virtual   map[string]*virtualModule // by module path
	shim      shim.Config
	toolexec  string // the shim, as the value of the flag
	env       []string
}

// Prepare writes overlay, module file and shim configuration.
func (c *Config) Prepare() (*Build, error) {
	b := &Build{Config: *c, overlay: map[string]string{}, virtual: map[string]*virtualModule{}}
	if b.Mode == Plugin && b.Target.Flags.Race {
		return nil, diag.New(diag.FlagRefused, token.Position{}, "flag -race cannot be honoured for an update", "the race detector does not see into plugins", "use -race for executables and -stress runs")
	}
	if b.Work == "" {
		dir, err := os.MkdirTemp("", "upstarego-build-")
		if err != nil {
			return nil, err
		}
		b.Work, b.temporary = dir, true
	}
	if err := b.prepare(); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Build) prepare() error {
	var err error
	if b.Work, err = filepath.Abs(b.Work); err != nil {
		return err
	}
	b.shim.Go, b.shim.Vet = SupportedGo, map[string]string{}
	if b.stage, err = newStage(b.Work); err != nil {
		return err
	}
	steps := []func() error{b.readUserOverlay, b.layVendored, b.layModules, b.layFiles, b.layAdded, b.layMain, b.layVirtual, b.writeModfile, b.writeScript, b.writeOverlay, b.writeShim}
	if b.Mode == Alone {
		steps = []func() error{b.readUserOverlay, b.layVendored, b.layModules, b.layFiles, b.layVirtual, b.writeModfile, b.writeOverlay, b.writeShim}
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// Close removes a temporary work directory.
func (b *Build) Close() error {
	if b.temporary {
		return os.RemoveAll(b.Work)
	}
	return nil
}

// Env is the environment for every go command of this build.
func (b *Build) Env() []string { return slices.Clone(b.env) }

// Args are the build flags that make the go command see this build, for `go
// list` and other readers; Env goes with them.
func (b *Build) Args() ([]string, error) {
	if b.Mode == Alone {
		return b.argsAlone()
	}
	t := b.Target
	args := slices.Clone(t.Flags.passed)
	for _, g := range t.Flags.gcflags {
		args = append(args, "-gcflags="+onlyFor(t.Main.ImportPath, g))
	}
	for _, g := range t.Flags.asmflags {
		args = append(args, "-asmflags="+onlyFor(t.Main.ImportPath, g))
	}
	words, err := t.Flags.linkWords(t.Main.ImportPath, b.script)
	if err != nil {
		return nil, err
	}
	ldflags, err := shim.JoinWords(append(words, b.Link...))
	if err != nil {
		return nil, diag.New(diag.FlagRefused, token.Position{}, "-ldflags cannot be passed on", err.Error(), "")
	}
	return append(args,
		"-pgo="+b.profile(),
		"-ldflags="+ldflags,
		"-buildmode="+string(b.Mode),
		"-mod="+b.mod,
		"-modfile="+b.modfile,
		"-overlay="+filepath.Join(b.Work, "overlay.json"),
		"-toolexec="+b.toolexec,
	), nil
}

// profile is what -pgo=auto means for the user's main package: the go command
// would look beside the generated one.
func (b *Build) profile() string {
	p := b.Target.Flags.PGO
	if p != "" && p != "auto" {
		return p
	}
	p = filepath.Join(b.Target.Main.Dir, "default.pgo")
	if _, err := os.Stat(p); err == nil {
		return p
	}
	return "off"
}

// List is `go list -deps -json` of this build; with export it compiles the
// packages and names their archives. patterns default to Root.
func (b *Build) List(export bool, patterns ...string) ([]*Package, error) {
	flags, err := b.Args()
	if err != nil {
		return nil, err
	}
	args := []string{"list", "-deps", "-json=" + listFields}
	if export {
		args = append(args, "-export")
	}
	args = append(args, flags...)
	if len(patterns) == 0 {
		patterns = []string{b.Root}
	}
	args = append(append(args, "--"), patterns...)
	out, err := b.run(args)
	if err != nil {
		return nil, err
	}
	return decodeAll[Package](out)
}

// Run compiles and links.
func (b *Build) Run() error {
	if b.Output == "" {
		return errors.New("gobuild: no output named")
	}
	out := b.Output
	if !filepath.IsAbs(out) {
		out = filepath.Join(b.Target.Dir, out)
	}
	flags, err := b.Args()
	if err != nil {
		return err
	}
	args := append([]string{"build", "-o", out}, flags...)
	_, err = b.run(append(args, "--", b.Root))
	return err
}

// run runs the go command in this build and takes its output apart on failure.
func (b *Build) run(args []string) ([]byte, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = b.Dir(), b.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if b.Stderr != nil && b.Target.Flags.talks() {
		cmd.Stderr = io.MultiWriter(&stderr, b.Stderr)
	}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return stdout.Bytes(), nil
	case errors.As(err, &exit):
		return nil, goErrors(cmd.Dir, b.userNames(stderr.String())).Err()
	}
	return nil, diag.New(diag.BadEnvironment, token.Position{}, "the go command cannot be run", err.Error(), "install "+SupportedGo+" and put it on PATH")
}

// userNames puts the user's file names in place of staged ones, which the
// compiler prints where the shim exchanged a file.
func (b *Build) userNames(text string) string {
	var pairs []string
	for _, place := range sortedKeys(b.overlay) {
		at := b.overlay[place]
		if _, staged := shim.Within(b.Work, at); !staged {
			continue
		}
		for _, v := range b.virtual {
			if rel, inside := shim.Within(v.dir, place); inside {
				place = filepath.Join(v.real, rel)
			}
		}
		for _, f := range b.shim.Files {
			if f[0] == at {
				pairs = append(pairs, f[1], place)
			}
		}
		pairs = append(pairs, at, place)
	}
	for _, path := range sortedKeys(b.virtual) {
		pairs = append(pairs, b.virtual[path].dir, b.virtual[path].real)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Dir is where the build's go commands run: inside the main module, because a
// workspace's root need not be.
func (b *Build) Dir() string {
	if b.Target.GoWork != "" {
		return b.Target.Module.Dir
	}
	return b.Target.Dir
}

func (b *Build) writeScript() error {
	if b.Script == "" {
		return nil
	}
	var err error
	b.script, err = cache.Keep("script", ".ver", []byte(b.Script))
	return err
}

func (b *Build) writeOverlay() error {
	return writeJSON(filepath.Join(b.Work, "overlay.json"), map[string]any{"Replace": b.overlay})
}

func (b *Build) writeShim() error {
	path := filepath.Join(b.Work, "toolexec.json")
	if b.Funcs != nil {
		b.shim.Funcs = filepath.Join(b.Work, "functions.json")
		if err := writeJSON(b.shim.Funcs, b.Funcs); err != nil {
			return err
		}
	}
	if b.Slim != nil {
		b.shim.Slim = filepath.Join(b.Work, "slim.json")
		s := *b.Slim
		if b.Funcs != nil {
			for _, o := range b.Funcs.Others { // whose file is known by its entry alone
				if o.As != "" {
					s.Keep = append(s.Keep, o.As)
				}
			}
		}
		if err := writeJSON(b.shim.Slim, s); err != nil {
			return err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	words := []string{self}
	if b.Mode == Alone {
		// The configuration is named on the command line: what is run by the go command
		// inherits its environment.
		words = append(words, shim.ToolArg, path)
		b.env = b.envAlone()
	} else {
		b.env = environ(b.Dir(), "GOWORK=off", "GOFLAGS=", "CGO_ENABLED=1", shim.ToolEnv+"="+path)
	}
	t := b.Target
	tools := shim.Tools{Dir: t.ToolDir, Experiment: t.Experiment, GOOS: t.GOOS, GOARCH: t.GOARCH}
	if b.toolexec, err = tools.Script(b.Work, words...); err != nil {
		return err
	}
	return writeJSON(path, b.shim)
}

func writeJSON(path string, v any) error {
	data, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

// readUserOverlay starts from the user's own -overlay.
func (b *Build) readUserOverlay() error {
	maps.Copy(b.overlay, b.Target.Overlay)
	return nil
}

// layFiles puts the instrumented files in place.
func (b *Build) layFiles() error {
	for _, name := range sortedKeys(b.Files) {
		place, err := b.place(name)
		if err != nil {
			return err
		}
		user := b.overlay[place]
		if user == "" && !slices.Contains(b.Generated, name) {
			user = name
		}
		if b.overlay[place], err = b.stage.put("src", place, b.Files[name]); err != nil {
			return err
		}
		if b.Mode == Alone {
			b.shim.Vet[b.overlay[place]] = user
		}
	}
	return nil
}

// layAdded puts the generated packages in place.
func (b *Build) layAdded() error {
	for _, path := range sortedKeys(b.Added) {
		dir, err := b.packageDir(path)
		if err != nil {
			return err
		}
		if _, err := os.Stat(dir); err == nil {
			return diag.New(diag.PackageClash, token.Position{Filename: dir}, "the generated package "+path+" is in the way of an existing directory", "", "rename the directory")
		}
		for i, file := range sortedKeys(b.Added[path]) {
			content := b.Added[path][file]
			if i == 0 && path == b.Root {
				content = append(b.godebug(), content...)
			}
			place := filepath.Join(dir, file)
			if b.overlay[place], err = b.stage.put("src", place, content); err != nil {
				return err
			}
		}
	}
	return nil
}

// godebug repeats the runtime settings of the user's package main, which the go
// command reads from //go:debug lines of the package it links, from go.mod, and
// from go.work.
func (b *Build) godebug() []byte {
	var out bytes.Buffer
	for kv := range strings.SplitSeq(b.Target.Main.DefaultGODEBUG, ",") {
		if kv != "" {
			fmt.Fprintf(&out, "//go:debug %s\n", kv)
		}
	}
	if out.Len() > 0 {
		out.WriteByte('\n')
	}
	return out.Bytes()
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
