package rehearse_test

import (
	"io"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/internal/rehearse"
	"github.com/upstarego/upstarego/internal/release"
	"github.com/upstarego/upstarego/internal/testprog"
)

// TestPruning rehearses kvd's second release by its own tests. What keeps a rehearsal
// short is that stacks fall into few classes, and that a run costs little more than the
// start of the program and one test.
func TestPruning(t *testing.T) {
	kvd, err := filepath.Abs("../../examples/kvd")
	require.NoError(t, err)
	dir := t.TempDir()
	first, err := release.Build(release.Config{Dir: filepath.Join(kvd, "r1"), Output: filepath.Join(dir, "kvd1"), Stderr: io.Discard})
	require.NoError(t, err)
	second := release.Config{Dir: filepath.Join(kvd, "r2"), Stderr: io.Discard}
	target, err := gobuild.Resolve(second.Dir, nil, first.Release.Main)
	require.NoError(t, err)
	found, left, err := testprog.Find(target, []string{"."})
	require.NoError(t, err)
	require.Empty(t, left)
	require.Len(t, found, 1)
	built, err := release.BuildTests(second, target, found[0], first.Release, dir, false)
	require.NoError(t, err)

	c := rehearse.Config{
		Old: built.Old.Executable, New: built.New.Executable, Updates: []string{built.New.Update},
		Program: built.Old.Release, Rules: built.New.Rules, Affected: rehearse.Affected(built.New.Matches, built.New.Rules),
		Tests: &rehearse.Tests{Package: found[0].Path, Keys: testprog.Keys(built.Old.Release)},
		Dir:   filepath.Join(dir, "results"), WorkDir: found[0].Dir,
		Per: 1, Parallel: 2, Progress: io.Discard, Only: regexp.MustCompile("^$"),
	}
	require.Contains(t, c.Tests.Keys, "example.com/kvd.TestTransaction")
	for _, test := range found[0].Tests {
		c.Tests.Names = append(c.Tests.Names, test.Name)
	}
	start := children(t)
	s, err := c.Do(t.Context())
	require.NoError(t, err)
	prepared := children(t)
	plain := (prepared - start) / time.Duration(3*len(s.Tests)) // with either release, and recorded

	c.Only = nil
	s, err = c.Do(t.Context())
	require.NoError(t, err)
	run := (children(t) - prepared) / time.Duration(len(s.Runs))
	t.Logf("%d stacks in %d classes; CPU of a test without an update: %v, with one: %v", s.Stacks, s.Classes, plain, run)
	require.Zero(t, s.Count(rehearse.Failed))
	require.Greater(t, s.Stacks, 200)
	require.Less(t, s.Classes, s.Stacks/3)
	require.Less(t, run, 8*plain)
}

// children is the processor time of all processes that have been started and waited for.
func children(t *testing.T) time.Duration {
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
