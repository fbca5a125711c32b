package corpus

import (
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/tools/txtar"
)

// modulePath is the path under which every program of a corpus is built.
const modulePath = "corpus.test/program"

// A Program is one main package, in one file (Go source, or a txtar archive of a module) unless Layout says
// otherwise, and how it is built and run.
type Program struct {
	Name   string                 // slash-separated, relative to its corpus
	Path   string                 // of the file
	Layout func(dir string) error // writes the module, for what is not one file
	Group  string                 // what it is counted under
	Skip   string                 // why it is not for this machine; "" if it is

	Flags  []string // of every build
	Env    []string // of every build and execution
	Args   []string // of every execution
	Dir    string   // where it runs; "" is a fresh directory
	Expect *string  // exit status 0 and this on its two outputs, interleaved; nil: what the plain one does
	// Normalise takes out of an output what no two plain executions have in common, such as durations; nil: nothing.
	Normalise func([]byte) []byte
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

// WriteModule writes the program into dir as a module that is its own main module. Plain and
// instrumented executables are built from the same directory, so positions they print are comparable.
func (p Program) WriteModule(dir string) error {
	if p.Layout != nil {
		return p.Layout(dir)
	}
	data, err := os.ReadFile(p.Path)
	if err != nil {
		return err
	}
	if filepath.Ext(p.Path) != ".txtar" {
		return WriteFiles(dir, map[string][]byte{"go.mod": goMod, filepath.Base(p.Path): data})
	}
	files := map[string][]byte{"go.mod": goMod}
	for _, f := range txtar.Parse(data).Files {
		if !filepath.IsLocal(f.Name) {
			return fmt.Errorf("%s: file name %q leaves the module", p.Path, f.Name)
		}
		files[f.Name] = f.Data
	}
	return WriteFiles(dir, files)
}

var goMod = []byte("module " + modulePath + "\n\ngo 1.26\n")

// WriteFiles writes files by their slash-separated names under dir.
func WriteFiles(dir string, files map[string][]byte) error {
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
