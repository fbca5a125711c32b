package gobuild

import (
	"errors"
	"go/token"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/shim"
)

// Alone is the mode of a build that stands alone: own packages are instrumented
// and capture themselves, nothing takes updates, and everything else is as the go
// command has it. package main stays package main.
const Alone Mode = "alone"

// ResolveAlone finds the packages of a build that stands alone. patterns are what
// the go command takes; with tests their test packages belong to them.
func ResolveAlone(dir string, goflags, patterns []string, tests bool) (*Target, error) {
	t, err := locate(dir, goflags)
	if err != nil {
		return nil, err
	}
	t.alone = true
	args := append([]string{"list", "-e", "-deps", "-json=" + listFields}, t.Flags.plainArgs()...)
	if tests {
		args = append(args, "-test")
	}
	args = append(append(args, "--"), patterns...)
	if t.Packages, err = runList(t.Dir, t.PlainEnv(), args); err != nil {
		return nil, err
	}
	var problems diag.List
	for _, p := range t.Packages {
		if p.Error != nil {
			problems.Add(diag.LoadFailed, diag.ParsePosition(t.Dir, p.Error.Pos), strings.TrimSpace(p.Error.Err), "", "")
		}
		if m := p.Module; m != nil && m.Main && (t.Module == nil || m.GoMod == t.GoMod) {
			t.Module = m
		}
	}
	if len(problems) > 0 {
		return nil, problems.Err()
	}
	if t.Module == nil && len(patterns) > 0 && strings.HasSuffix(patterns[0], ".go") {
		// A package that is named by its files belongs to no module.
		if err := t.loadMainModule(); err != nil {
			return nil, err
		}
	}
	if t.Module == nil {
		return nil, diag.New(diag.NoModule, token.Position{}, strings.Join(patterns, " ")+" names no package of a main module", "the main module's packages are the ones that are instrumented", "name packages of your own module, or use the go command")
	}
	if t.GoWork != "" {
		if err := t.loadWorkspace(); err != nil {
			return nil, err
		}
	}
	return t, t.findVendor()
}

// Expand gives patterns as the build's go commands have to be given them. Other
// modules of a workspace are the build's dependencies, which no pattern of
// directories reaches: their packages are named by import paths.
func (t *Target) Expand(patterns []string) ([]string, error) {
	switch {
	case t.GoWork == "":
		return patterns, nil
	case len(patterns) > 0 && strings.HasSuffix(patterns[0], ".go"):
		var l []string
		for _, f := range patterns {
			if !filepath.IsAbs(f) {
				f = filepath.Join(t.Dir, f)
			}
			l = append(l, f)
		}
		return l, nil
	}
	out, err := runGo(t.Dir, t.PlainEnv(), slices.Concat([]string{"list", "-e"}, t.Flags.plainArgs(), []string{"--"}, patterns)...)
	return strings.Fields(string(out)), err
}

// loadMainModule asks for the module that the go command runs in.
func (t *Target) loadMainModule() error {
	out, err := runGo(t.Dir, t.PlainEnv(), "list", "-m", "-json=Path,Version,Dir,GoMod,GoVersion,Main,Replace")
	if err != nil {
		return err
	}
	all, err := decodeAll[Module](out)
	for _, m := range all {
		if m.GoMod == t.GoMod {
			t.Module = m
		}
	}
	return err
}

// Named are the packages that the patterns name, without those that exist for
// their tests.
func (t *Target) Named() []*Package {
	var l []*Package
	for _, p := range t.Packages {
		if !p.DepOnly && p.ForTest == "" && !(p.Name == "main" && strings.HasSuffix(p.ImportPath, ".test")) {
			l = append(l, p)
		}
	}
	return l
}

// argsAlone are Args for a build that stands alone: package patterns of the user's
// flags mean what they mean to the go command.
func (b *Build) argsAlone() ([]string, error) {
	f := b.Target.Flags
	args := slices.Clone(f.passed)
	for _, g := range f.gcflags {
		args = append(args, "-gcflags="+g)
	}
	for _, g := range f.asmflags {
		args = append(args, "-asmflags="+g)
	}
	ldflags, err := shim.JoinWords(slices.Concat([]string{"-checklinkname=0"}, f.ldflags, b.Link))
	if err != nil {
		return nil, diag.New(diag.FlagRefused, token.Position{}, "-ldflags cannot be passed on", err.Error(), "")
	}
	if f.PGO != "" {
		args = append(args, "-pgo="+f.PGO)
	}
	return append(args,
		"-ldflags="+ldflags,
		"-mod="+b.mod,
		"-modfile="+b.modfile,
		"-overlay="+filepath.Join(b.Work, "overlay.json"),
		"-toolexec="+b.toolexec,
	), nil
}

// envAlone keeps the user's environment, but that a workspace and -modfile
// exclude each other.
func (b *Build) envAlone() []string {
	if b.Target.GoWork != "" {
		return environ(b.Dir(), "GOWORK=off")
	}
	return environ(b.Dir())
}

// FilesOf are patterns as a go command has to be given them: with a package that is
// named by its files goes what is generated for it.
func (b *Build) FilesOf(patterns []string) []string {
	if len(patterns) == 0 || !strings.HasSuffix(patterns[0], ".go") {
		return patterns
	}
	dir := filepath.Dir(patterns[0])
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(b.Target.Dir, dir)
	}
	var all []string // the generated files come first: the order is the compiler's
	for _, g := range slices.Sorted(slices.Values(b.Generated)) {
		if filepath.Dir(g) == dir {
			all = append(all, filepath.Join(filepath.Dir(patterns[0]), filepath.Base(g))) // all spelled alike
		}
	}
	return append(all, patterns...)
}

// goDir is where Go runs the go command: where the user stands, if that is inside the
// module that is built. In a workspace it need not be.
func (b *Build) goDir() string {
	t := b.Target
	if _, ok := shim.Within(b.Dir(), t.Dir); ok || t.GoWork == "" {
		return t.Dir
	}
	return b.Dir()
}

// RunFlags are those of go run with which a program starts where the user stands.
// execute is the user's -exec.
func (b *Build) RunFlags(execute string) ([]string, error) {
	if b.goDir() != b.Target.Dir {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		words, err := shim.JoinWords([]string{self, shim.ChdirArg, b.Target.Dir})
		if err != nil {
			return nil, err
		}
		execute = strings.TrimSpace(words + " " + execute)
	}
	if execute == "" {
		return nil, nil
	}
	return []string{"-exec=" + execute}, nil
}

// OutputFlags are those of go build with which it writes what it is asked for, or the
// one executable it makes, to where the user stands.
func (b *Build) OutputFlags(output string) []string {
	dir := b.Target.Dir
	switch named := b.Target.Named(); {
	case output != "" && (filepath.IsAbs(output) || b.goDir() == dir):
	case output != "":
		output = dir + string(filepath.Separator) + output // what ends with a slash is a directory
	case b.goDir() != dir && len(named) == 1 && named[0].Name == "main":
		output = dir + string(filepath.Separator)
	}
	if output == "" {
		return nil
	}
	return []string{"-o=" + output}
}

// TestFlags are those of go test with which it leaves files where the user stands.
func (b *Build) TestFlags() []string {
	if b.goDir() != b.Target.Dir {
		return []string{"-outputdir=" + b.Target.Dir}
	}
	return nil
}

// Streams are what a go command reads and writes.
type Streams struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Go runs a go command (build, run, test) in a build that stands alone, and gives
// its exit status. before and after are its arguments around the build flags.
// Nothing of its output is touched but the names of staged files.
func (b *Build) Go(s Streams, command string, after ...string) (status int, err error) {
	flags, err := b.Args()
	if err != nil {
		return 0, err
	}
	cmd := exec.Command("go", slices.Concat([]string{command}, flags, after)...)
	cmd.Dir, cmd.Env = b.goDir(), b.env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.Stdin, s.Stdout, s.Stderr

	// An interrupt from the terminal reaches the whole process group: what runs
	// decides what becomes of it. Others are passed on.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 0, diag.New(diag.BadEnvironment, token.Position{}, "the go command cannot be run", err.Error(), "install "+SupportedGo+" and put it on PATH")
	}
	done := make(chan struct{})
	go func() {
		for {
			select {
			case s := <-signals:
				if s == syscall.SIGTERM || s == syscall.SIGHUP {
					cmd.Process.Signal(s)
				}
			case <-done:
				return
			}
		}
	}()
	err = cmd.Wait()
	close(done)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if ws, ok := exit.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			return 128 + int(ws.Signal()), nil
		}
		return exit.ExitCode(), nil
	}
	return 0, err
}
