package corpus

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// GoTestEnv names a copy of the Go distribution's test directory, for installations that lack it.
const GoTestEnv = "UPSTAREGO_GOTEST"

// TestModule is the path of the modules that the directory's programs are built in: the runner's own prefix of
// the packages beside a package main.
const TestModule = "test"

// GoTestDir finds the Go distribution's test directory: $UPSTAREGO_GOTEST, else GOROOT/test.
func GoTestDir() (string, error) {
	if dir := os.Getenv(GoTestEnv); dir != "" {
		if _, err := os.Stat(filepath.Join(dir, "ken")); err != nil {
			return "", fmt.Errorf("%s=%s is not a Go distribution's test directory: %w", GoTestEnv, dir, err)
		}
		return dir, nil
	}
	root, err := Goroot()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "test")
	if _, err := os.Stat(filepath.Join(dir, "ken")); err != nil {
		return "", fmt.Errorf("this Go distribution comes without its test directory (set %s to one): %w", GoTestEnv, err)
	}
	return dir, nil
}

// Goroot is where the Go distribution is installed.
func Goroot() (string, error) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// GoTests lists the programs of a test directory: those that are run here (actions run and rundir), and how many
// files there are of every other action. work is a directory for what they need.
func GoTests(dir, work string) (programs []Program, others map[string]int, err error) {
	cwd := filepath.Join(work, "cwd")
	if err := linkAll(dir, cwd); err != nil {
		return nil, nil, err
	}
	others = map[string]int{}
	err = filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasSuffix(file, ".dir") || d.Name() == "stress" || d.Name() == "testdata"):
			return filepath.SkipDir // beside the file of the same name; no tests for the runner
		case d.IsDir() || !strings.HasSuffix(file, ".go"):
			return nil
		}
		src, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		r, err := parseRecipe(string(src))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		p := Program{Name: name, Group: r.action, Skip: r.skip, Path: file, Flags: r.flags, Args: r.args, Env: r.env, Dir: cwd}
		switch r.action {
		case "run":
			// As `go run` does, leading names of Go files are taken for more of the program.
			files := []string{file}
			for len(p.Args) > 0 && strings.HasSuffix(p.Args[0], ".go") {
				files = append(files, filepath.Join(filepath.Dir(file), p.Args[0]))
				p.Args = p.Args[1:]
			}
			p.Layout = func(mod string) error { return layoutRun(files, mod) }
		case "rundir":
			p.Flags = rundirFlags(r.flags)
			p.Layout = func(mod string) error { return layoutRundir(strings.TrimSuffix(file, ".go")+".dir", mod, r.each) }
		default:
			others[r.action]++
			return nil
		}
		want, err := os.ReadFile(strings.TrimSuffix(file, ".go") + ".out")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		p.Expect = new(string(want))
		programs = append(programs, p)
		return nil
	})
	return programs, others, err
}

// linkAll makes a directory that looks like dir, where programs run as the runner's do: they read files of it.
func linkAll(dir, as string) error {
	if err := os.MkdirAll(as, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		err := os.Symlink(filepath.Join(dir, e.Name()), filepath.Join(as, e.Name()))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// TestMod is their go.mod.
var TestMod = []byte("module " + TestModule + "\n\ngo 1.26\n")

// layoutRun writes a program of one file, or of the files named with it.
func layoutRun(files []string, mod string) error {
	out := map[string][]byte{"go.mod": TestMod}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			return err
		}
		// The go command leaves files out by their name, where the runner names them to the compiler.
		out[PlainName(filepath.Base(f))] = src
	}
	return WriteFiles(mod, out)
}

// PlainName is a file's name without endings by which the go command would leave it out.
func PlainName(name string) string {
	byName := build.Default
	byName.OpenFile = func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("package p\n")), nil
	}
	stem := strings.TrimSuffix(name, ".go")
	if ok, err := byName.MatchFile(".", name); strings.HasSuffix(stem, "_test") || err != nil || !ok {
		return stem + "_.go"
	}
	return name
}

// layoutRundir writes a directory of packages: files with the same package clause are one (each its own with each),
// known as test/<first file>, and the last one is the program.
func layoutRundir(dir, mod string, each bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	type pkg struct {
		name  string
		files []string
	}
	var pkgs []*pkg
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.PackageClauseOnly)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(pkgs, func(p *pkg) bool { return p.name == f.Name.Name })
		if i < 0 || each {
			pkgs = append(pkgs, &pkg{name: f.Name.Name})
			i = len(pkgs) - 1
		}
		pkgs[i].files = append(pkgs[i].files, e.Name())
	}
	out := map[string][]byte{"go.mod": TestMod}
	for i, p := range pkgs {
		at := strings.TrimSuffix(p.files[0], ".go")
		if i == len(pkgs)-1 {
			at = ""
		}
		for _, name := range p.files {
			src, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			if out[path.Join(at, PlainName(name))], err = absoluteImports(src); err != nil {
				return err
			}
		}
	}
	return WriteFiles(mod, out)
}

// absoluteImports puts the packages' paths in a module in the place of relative ones, which the compiler knows and
// modules do not.
func absoluteImports(src []byte) ([]byte, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", src, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	return ReplaceImports(fset, f, src, func(p string) string {
		if rel, ok := strings.CutPrefix(p, "./"); ok {
			return TestModule + "/" + rel
		}
		return p
	})
}

// ReplaceImports changes import paths and nothing else: lines stay where they are.
func ReplaceImports(fset *token.FileSet, f *ast.File, src []byte, change func(string) string) ([]byte, error) {
	var out []byte
	done := 0
	for _, spec := range f.Imports {
		old, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		from, to := fset.PositionFor(spec.Path.Pos(), false).Offset, fset.PositionFor(spec.Path.End(), false).Offset
		out = append(out, src[done:from]...)
		if now := change(old); now != old {
			out = strconv.AppendQuote(out, now)
		} else {
			out = append(out, src[from:to]...)
		}
		done = to
	}
	return append(out, src[done:]...), nil
}

// rundirFlags are the go command's for flags of the compiler and, behind -ldflags, of the linker.
func rundirFlags(flags []string) []string {
	var out []string
	if i := slices.Index(flags, "-ldflags"); i >= 0 {
		out = append(out, "-ldflags="+strings.Join(flags[i+1:], " "))
		flags = flags[:i]
	}
	if len(flags) > 0 {
		out = append(out, "-gcflags="+TestModule+"/...="+strings.Join(flags, " "))
	}
	return out
}
