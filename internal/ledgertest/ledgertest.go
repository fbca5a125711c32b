// Package ledgertest makes ledgers of small programs for tests, without building
// them.
package ledgertest

import (
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter"
	"github.com/upstarego/upstarego/rewriter/colour"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/load"
	"github.com/upstarego/upstarego/rewriter/match"
)

// Describe is the ledger of the program in dir.
func Describe(t testing.TB, dir string, number int) (*ledger.Release, *load.Program) {
	t.Helper()
	r, p, err := Try(dir, number)
	if err != nil {
		t.Fatal(err)
	}
	return r, p
}

// Try is Describe for programs that may be refused.
func Try(dir string, number int) (*ledger.Release, *load.Program, error) {
	p, err := load.Load(load.Config{Dir: dir})
	if err != nil {
		return nil, nil, err
	}
	col, err := colour.Analyse(p, colour.Maps{})
	if err != nil {
		return nil, nil, err
	}
	out, err := rewriter.Rewrite(p, col)
	if err != nil {
		return nil, nil, err
	}
	r := &ledger.Release{Number: number, GOARCH: "amd64", Main: p.Main.PkgPath, Own: out.Packages}
	out.Describe(p, r)
	return r, p, nil
}

// Write lays files out in a directory of their own, as a module named example.com/p
// unless there is a go.mod among them.
func Write(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	if files["go.mod"] == nil {
		files["go.mod"] = []byte("module example.com/p\n\ngo 1.26\n")
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// Under takes the files of an archive below a directory.
func Under(a *txtar.Archive, dir string) map[string][]byte {
	files := map[string][]byte{}
	for _, f := range a.Files {
		if name, ok := strings.CutPrefix(f.Name, dir+"/"); ok {
			files[name] = f.Data
		}
	}
	return files
}

// A Step is two releases of a program.
type Step struct {
	Old, New *ledger.Release
	Dir      string // of the new release's sources
	Imports  types.Importer
}

// Steps describes the programs below old and new of an archive.
func Steps(t testing.TB, a *txtar.Archive) *Step {
	t.Helper()
	s := &Step{Dir: Write(t, Under(a, "new"))}
	s.Old, _ = Describe(t, Write(t, Under(a, "old")), 1)
	var p *load.Program
	s.New, p = Describe(t, s.Dir, 2)
	s.Imports = check.NewImporter(check.ImporterConfig{Dir: s.Dir, Known: p.Known()})
	return s
}

// Input is the checker's, for a framemap.go with this text; nil means none.
func (s *Step) Input(text []byte) check.Input {
	return check.Input{
		Old: s.Old, New: s.New, Matches: match.Funcs(s.Old, s.New),
		File: filepath.Join(s.Dir, "upstare", "r2", "framemap.go"), Source: text, Imports: s.Imports,
	}
}

// File is one file of an archive, nil if it has none of that name.
func File(a *txtar.Archive, name string) []byte {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Data
		}
	}
	return nil
}

// Back is the way back: from the new release to the old one once more. The map there has
// the text there.
func Back(t testing.TB, a *txtar.Archive, there, text []byte) check.Input {
	t.Helper()
	s := Steps(t, a)
	in := s.Input(there)
	again, p := Describe(t, Write(t, Under(a, "old")), 3)
	again.Back = true
	return check.Input{
		Old: s.New, New: again, Matches: match.Funcs(s.New, again), There: &in,
		File: filepath.Join(s.Dir, "upstare", "r2", "back", "framemap.go"), Source: text,
		Imports: check.NewImporter(check.ImporterConfig{Dir: s.Dir, Known: p.Known()}),
	}
}
