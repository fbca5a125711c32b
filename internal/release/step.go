package release

import (
	"go/types"
	"path/filepath"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// A Step is a release described against its base, before anything is built.
type Step struct {
	Old, New *ledger.Release
	Matches  []match.Func
	MapDir   string // where the release's framemap.go belongs
	Imports  types.Importer
	There    *check.Input // with Back: the step that this one takes back
}

// Describe rewrites the program and compares it with the base release.
func Describe(c Config) (*Step, error) {
	b := &build{Config: c}
	for _, step := range []func() error{b.base, b.source, b.describe} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return b.step(), nil
}

func (b *build) step() *Step {
	return &Step{
		Old: b.old, New: b.now, Matches: b.matches, There: b.There,
		MapDir: filepath.Join(b.target.Main.Dir, filepath.FromSlash(check.MapDir(b.now))),
		Imports: check.NewImporter(check.ImporterConfig{
			Dir: b.target.Dir, Env: b.target.PlainEnv(), Flags: b.target.PlainFlags(), Known: b.prog.Known(),
		}),
	}
}

// Input is what the checker needs for a framemap.go in dir.
func (s *Step) Input(dir string) check.Input {
	return check.Input{Old: s.Old, New: s.New, Matches: s.Matches, File: filepath.Join(dir, "framemap.go"), Imports: s.Imports, There: s.There}
}
