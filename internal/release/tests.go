package release

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/internal/testprog"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// Tested are the programs that run a package's tests as two releases have it.
type Tested struct {
	Old, New *Result
	Back     *Result // Old again, as an update of New; nil if not asked for
}

// A TestsError says that a package's tests cannot be built.
type TestsError struct {
	With string // which release
	Err  error
}

func (e *TestsError) Error() string {
	return fmt.Sprintf("they cannot be built with %s: %v", e.With, e.Err)
}
func (e *TestsError) Unwrap() error { return e.Err }

// BuildTests builds the program that runs the tests of p, which is a package of t: as
// old has it, laid out from what its executable carries, and as the tree has it, with
// the update from the one to the other, and with back the one that leads to the old one
// again. Both have the tree's tests. c is the configuration of the new release.
// Everything is written into dir.
func BuildTests(c Config, t *gobuild.Target, p *testprog.Package, old *ledger.Release, dir string, back bool) (*Tested, error) {
	c.Tests, c.Pattern, c.From, c.Output = p, old.Main, "", filepath.Join(dir, "old")
	if !slices.Contains(old.Own, p.Path) {
		return nil, &TestsError{"the release before", fmt.Errorf("it has no package %s", p.Path)}
	}
	before, err := c.before(p, old, filepath.Join(dir, "before"))
	if err != nil {
		return nil, err
	}
	was := before
	was.Number, was.MapDir = old.Number, ""
	r := new(Tested)
	if r.Old, err = Build(was); err != nil {
		return nil, &TestsError{"the release before", err}
	}
	now := c
	if now.GoFlags, err = c.shown(t, p, filepath.Join(dir, "now")); err != nil {
		return nil, err
	}
	now.From, now.Output = r.Old.Executable, filepath.Join(dir, "new")
	if r.New, err = Build(now); err != nil {
		return nil, &TestsError{"the new release", err}
	}
	if back {
		before.From, before.Output, before.Back, before.UpdateOnly = r.New.Executable, filepath.Join(dir, "back"), true, true
		if c.MapDir != "" {
			before.MapDir = filepath.Join(c.MapDir, "back")
		}
		if r.Back, err = Build(before); err != nil {
			return nil, &TestsError{"the release before, as an update of the new one", err}
		}
	}
	return r, nil
}

// before lays the old release out with the tests.
func (c Config) before(p *testprog.Package, old *ledger.Release, dir string) (Config, error) {
	laid, err := LayOut(c, old, dir)
	if err != nil {
		return c, err
	}
	if err := p.Show(laid.Overlay, dir); err != nil {
		return c, err
	}
	return laid.Config(c), laid.Write()
}

// shown are the flags with which the tests are part of the tree's program.
func (c Config) shown(t *gobuild.Target, p *testprog.Package, dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	overlay := map[string]string{}
	maps.Copy(overlay, t.Overlay)
	if err := p.Show(overlay, dir); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(map[string]any{"Replace": overlay}, "", "\t")
	if err != nil {
		return nil, err
	}
	name := filepath.Join(dir, "overlay.json")
	return append(slices.Clone(c.GoFlags), "-overlay="+name), os.WriteFile(name, text, 0o666)
}
