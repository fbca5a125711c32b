package release

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/internal/embedded"
	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/rewriter"
	"github.com/upstarego/upstarego/rewriter/body"
	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/funcname"
	"github.com/upstarego/upstarego/rewriter/load"
)

// An Alone says what to instrument for a build that takes no updates.
type Alone struct {
	Dir        string
	Patterns   []string // packages, or files of one, as the go command takes them
	Tests      bool     // with their tests
	GoFlags    []string // go build flags as given
	Instrument []string // patterns of dependencies to instrument
	Stress     uint64   // capture at every N-th update point; 0 is off
	Work       string   // keep generated files here
}

// A Part is one go command's share of an Alone.
type Part struct {
	*gobuild.Build
	Patterns []string // what to name to the go command
	Tested   []string // import paths of packages with tests
}

// Parts instruments packages. There is more than one part only if the tests of
// some packages use each other's packages (load.LoadAlone). Every part has to be
// closed.
func (a Alone) Parts() (parts []*Part, err error) {
	defer func() {
		if err != nil {
			for _, p := range parts {
				p.Close()
			}
		}
	}()
	target, err := gobuild.ResolveAlone(a.Dir, a.GoFlags, a.Patterns, a.Tests)
	if err != nil {
		return nil, err
	}
	modules, err := embedded.Modules()
	if err != nil {
		return nil, err
	}
	named, err := target.Expand(a.Patterns)
	if err != nil {
		return nil, err
	}
	for load := a.Patterns; len(load) > 0; {
		p, left, err := a.part(target, modules, load, len(parts))
		if err != nil {
			return parts, err
		}
		parts = append(parts, p)
		p.Patterns = named
		if len(left) > 0 || len(parts) > 1 {
			p.Patterns = p.Tested
		}
		load = left
	}
	// Packages without tests are named to the first go command.
	if len(parts) > 1 {
		tested := map[string]bool{}
		for _, p := range parts {
			for _, t := range p.Tested {
				tested[t] = true
			}
		}
		for _, p := range target.Named() {
			if !tested[p.ImportPath] {
				parts[0].Patterns = append(parts[0].Patterns, p.ImportPath)
			}
		}
	}
	return parts, nil
}

// part instruments one program for a go command.
func (a Alone) part(t *gobuild.Target, modules map[string]string, patterns []string, n int) (*Part, []string, error) {
	prog, left, err := load.LoadAlone(load.Config{
		Dir: t.Dir, Patterns: patterns, Tests: a.Tests, Instrument: a.Instrument,
		BuildFlags: t.PlainFlags(), Env: t.PlainEnv(),
	})
	if err != nil {
		return nil, nil, err
	}
	col, err := colour.Analyse(prog, colour.Maps{})
	if err != nil {
		return nil, nil, err
	}
	out, err := rewriter.RewriteAlone(prog, col)
	work := a.Work
	if work != "" {
		if n > 0 {
			work = filepath.Join(work, strconv.Itoa(n))
		}
		if err := dump(work, out); err != nil {
			return nil, nil, err
		}
		work = filepath.Join(work, string(gobuild.Alone))
	}
	if err != nil {
		return nil, nil, err
	}
	names, err := funcname.Of(prog, out, nil)
	if err != nil {
		return nil, nil, err
	}
	c := gobuild.Config{Target: t, Mode: gobuild.Alone, Files: out.Files, Funcs: names, Modules: modules, Within: map[string]map[string][]byte{modulePath: room(out)}, Work: work, Stderr: os.Stderr}
	for name := range out.Files {
		if rewriter.IsGenerated(name) {
			c.Generated = append(c.Generated, name)
		}
	}
	if a.Stress > 0 {
		c.Link = []string{"-X=" + body.RuntimePath + ".aloneStress=" + strconv.FormatUint(a.Stress, 10)}
	}
	b, err := c.Prepare()
	if err != nil {
		return nil, nil, err
	}
	return &Part{Build: b, Tested: prog.Tested}, left, nil
}

// ByFiles reports whether patterns name a package by its files.
func ByFiles(patterns []string) bool {
	return len(patterns) > 0 && strings.HasSuffix(patterns[0], ".go")
}
