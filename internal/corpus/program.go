package corpus

import (
	"bufio"
	"bytes"
	"fmt"
	"go/build/constraint"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strings"

	"golang.org/x/tools/txtar"
)

// GoTestEnv names a copy of the Go distribution's test directory, for installations that lack it.
const GoTestEnv = "UPSTAREGO_GOTEST"

// modulePath is the path under which every program of a corpus is built.
const modulePath = "corpus.test/program"

// A Program is one main package, in one file: Go source, or a txtar archive of a module.
type Program struct {
	Name string // slash-separated, relative to its corpus
	Path string // of the file
}

// GoTestDir finds the Go distribution's test directory: $UPSTAREGO_GOTEST, else GOROOT/test.
func GoTestDir() (string, error) {
	if dir := os.Getenv(GoTestEnv); dir != "" {
		if _, err := os.Stat(filepath.Join(dir, "ken")); err != nil {
			return "", fmt.Errorf("%s=%s is not a Go distribution's test directory: %w", GoTestEnv, dir, err)
		}
		return dir, nil
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOROOT: %w", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "test")
	if _, err := os.Stat(filepath.Join(dir, "ken")); err != nil {
		return "", fmt.Errorf("this Go distribution comes without its test directory (set %s to one): %w", GoTestEnv, err)
	}
	return dir, nil
}

// GoTestPrograms lists the programs under dir whose action is a bare `// run`: one file, no flags.
func GoTestPrograms(dir string) ([]Program, error) {
	var list []Program
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasSuffix(path, ".dir") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !isPlainRun(src) {
			return nil
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		list = append(list, Program{Name: filepath.ToSlash(name), Path: path})
		return nil
	})
	return list, err
}

// isPlainRun reports whether a test program says `// run` without flags and is meant for this platform.
// The action stands on the first line that is neither blank nor a build constraint.
func isPlainRun(src []byte) bool {
	lines := bufio.NewScanner(bytes.NewReader(src))
	lines.Buffer(nil, 1<<20)
	run, wanted := false, true
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "package ") {
			break
		}
		if line == "" {
			continue
		}
		if constraint.IsGoBuild(line) {
			expr, err := constraint.Parse(line)
			if err != nil || !expr.Eval(platformTag) {
				wanted = false
			}
			continue
		}
		if !strings.HasPrefix(line, "//") {
			break
		}
		if strings.TrimSpace(strings.TrimPrefix(line, "//")) == "run" {
			run = true
		}
	}
	return run && wanted
}

func platformTag(tag string) bool {
	switch tag {
	case runtime.GOOS, runtime.GOARCH, "unix", "gc", "cgo":
		return true
	}
	return strings.HasPrefix(tag, "go1.")
}

// LangPrograms lists the programs in dir: *.go and *.txtar.
func LangPrograms(dir string) ([]Program, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []Program
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); ext == ".go" || ext == ".txtar" {
			list = append(list, Program{Name: strings.TrimSuffix(e.Name(), ext), Path: filepath.Join(dir, e.Name())})
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].Name < list[j].Name })
	return list, nil
}

// ReadList reads a list of names: one a line, blank lines and lines that start with # aside.
func ReadList(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, line := range strings.Split(string(data), "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			names = append(names, line)
		}
	}
	return names, nil
}

// Named picks programs by name. missing holds the names that are not there.
func Named(all []Program, names []string) (found []Program, missing []string) {
	byName := make(map[string]Program, len(all))
	for _, p := range all {
		byName[p.Name] = p
	}
	for _, name := range names {
		if p, ok := byName[name]; ok {
			found = append(found, p)
		} else {
			missing = append(missing, name)
		}
	}
	return found, missing
}

// WriteModule writes the program into dir as a module that is its own main module. Plain and
// instrumented executables are built from the same directory, so positions they print are comparable.
func (p Program) WriteModule(dir string) error {
	data, err := os.ReadFile(p.Path)
	if err != nil {
		return err
	}
	if filepath.Ext(p.Path) != ".txtar" {
		name := filepath.Base(p.Path)
		if strings.HasSuffix(name, "_test.go") {
			name = strings.TrimSuffix(name, "_test.go") + "_.go"
		}
		return writeFiles(dir, map[string][]byte{"go.mod": goMod, name: data})
	}
	files := map[string][]byte{"go.mod": goMod}
	for _, f := range txtar.Parse(data).Files {
		if !filepath.IsLocal(f.Name) {
			return fmt.Errorf("%s: file name %q leaves the module", p.Path, f.Name)
		}
		files[f.Name] = f.Data
	}
	return writeFiles(dir, files)
}

var goMod = []byte("module " + modulePath + "\n\ngo 1.26\n")

func writeFiles(dir string, files map[string][]byte) error {
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
