// Package release makes one release of a program: from source to the executable
// and, for an update, the file that a running process loads.
package release

import (
	"fmt"
	"go/token"
	"io"
	"os"
	"path/filepath"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/rewriter"
	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/load"
)

// ModulePath is the module that carries the runtime.
const ModulePath = "github.com/upstarego/upstarego"

// A Config says what to build.
type Config struct {
	Dir        string   // where the command runs
	Pattern    string   // the main package
	GoFlags    []string // go build flags as given
	Instrument []string // patterns of dependencies to instrument
	Output     string
	Stress     int
	Work       string // keep generated files here
	RuntimeDir string // module directory with runtime/ and framemap/
	Stderr     io.Writer
}

// hostMain is the generated main package of an executable.
func hostMain(mainPath string, packages []string, stress int) []byte {
	s := "package main\n\nimport (\n\trt \"" + body.RuntimePath + "\"\n\tword \"" + body.WordPath + "\"\n"
	for i, p := range packages {
		s += fmt.Sprintf("\tp%d %q\n", i, p)
	}
	s += ")\n\nfunc main() {\n\tr := rt.NewRelease(\"\", &word.W)\n"
	mainName := ""
	for i, p := range packages {
		s += fmt.Sprintf("\tp%d.%s(r)\n", i, rewriter.RegisterName)
		if p == mainPath {
			mainName = fmt.Sprintf("p%d", i)
		}
	}
	s += fmt.Sprintf("\trt.StressDefault = %d\n\trt.First(r)\n\t%s.%s()\n\trt.Report()\n}\n", stress, mainName, rewriter.MainName)
	return []byte(s)
}

// Executable builds a release for cold starts.
func Executable(c Config) error {
	t, err := gobuild.Resolve(c.Dir, c.GoFlags, c.Pattern)
	if err != nil {
		return err
	}
	prog, err := load.Load(load.Config{Dir: t.Dir, Pattern: t.Main.ImportPath, Instrument: c.Instrument, BuildFlags: c.GoFlags})
	if err != nil {
		return err
	}
	col, err := colour.Analyse(prog)
	if err != nil {
		return err
	}
	out, err := rewriter.Rewrite(prog, col)
	if err != nil {
		if c.Work != "" && out != nil {
			dump(c.Work, out)
		}
		return err
	}
	if c.Work != "" {
		dump(c.Work, out)
	}
	root := t.Main.ImportPath + "/upstare_main"
	cfg := gobuild.Config{
		Target: t, Mode: gobuild.Exe, Root: root,
		Files:   out.Files,
		Added:   map[string]map[string][]byte{root: {"main.go": hostMain(t.Main.ImportPath, out.Packages, c.Stress)}},
		Modules: map[string]string{ModulePath: c.RuntimeDir},
		Output:  c.Output,
		Stderr:  c.Stderr,
	}
	b, err := cfg.Prepare()
	if err != nil {
		return err
	}
	defer b.Close()
	return b.Run()
}

// dump keeps the instrumented files where the developer can read them.
func dump(dir string, out *rewriter.Output) {
	for name, content := range out.Files {
		path := filepath.Join(dir, "src", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
			os.WriteFile(path, content, 0o666)
		}
	}
}

var _ = diag.New
var _ = token.NoPos
