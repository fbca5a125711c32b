package main

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/internal/targets"
)

// releasesOf are those of a target, if their modules are there or can be downloaded.
func releasesOf(t *testing.T, name string, versions ...string) []targets.Release {
	all, err := targets.Find("../../../examples/targets", name)
	require.NoError(t, err)
	var l []targets.Release
	for _, r := range all[0] {
		if !slices.Contains(versions, r.Version) {
			continue
		}
		dir := t.TempDir()
		require.NoError(t, r.LayOut(dir))
		cmd := exec.Command("go", "mod", "download")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("the modules of %s %s cannot be downloaded: %v\n%s", name, r.Version, err, out)
		}
		l = append(l, r)
	}
	require.Len(t, l, len(versions))
	return l
}

// TestCarry is one step of one target: what the table says of it, and how it says it.
func TestCarry(t *testing.T) {
	const from, to = "v1.6.0", "v1.6.2"
	releasesOf(t, "redcon", from, to)
	var said strings.Builder
	o := options{from: from, to: to, loadTime: 300 * time.Millisecond, seed: 3, measure: true}
	steps, err := o.carry(t.Context(), "redcon", &said)
	t.Logf("%s", &said)
	require.NoError(t, err)
	require.Len(t, steps, 1)
	s := steps[0]
	require.True(t, s.right(), "%+v", s)
	require.Positive(t, s.Functions)
	require.Positive(t, s.Points)
	require.Positive(t, s.Operations)
	require.Positive(t, s.RequestToCommit)
	require.Contains(t, s.LiveIn, "github.com/tidwall/redcon.serve")
	require.Zero(t, s.Lines)

	r := &report{Machine: "a machine", LoadTime: o.loadTime, Steps: steps}
	file := filepath.Join(t.TempDir(), "table.json")
	require.NoError(t, r.write(file))
	again, err := read(file)
	require.NoError(t, err)
	require.Equal(t, r, again)
	doc := filepath.Join(t.TempDir(), "doc.md")
	require.NoError(t, os.WriteFile(doc, []byte("before\n"+beginMark+"old\n"+endMark+"behind\n"), 0o666))
	require.NoError(t, again.into(doc))
	text, err := os.ReadFile(doc)
	require.NoError(t, err)
	require.Contains(t, string(text), "before\n"+beginMark+"| step |")
	require.Contains(t, string(text), "| redcon v1.6.0 → v1.6.2 |")
	require.Contains(t, string(text), endMark+"behind\n")
	require.NotContains(t, string(text), "\nold\n")
}

// TestFindsHarm: clients and trials find nothing in a server that does what it should, and find
// what somebody else does to it.
func TestFindsHarm(t *testing.T) {
	last := releasesOf(t, "redcon", "v1.6.2")[0]
	dir := t.TempDir()
	b := &builder{dir: dir}
	exe, err := b.plain(t.Context(), last)
	require.NoError(t, err)
	do := func(words ...string) func(*process) {
		return func(p *process) {
			c, err := dialRESP(p.addr)
			require.NoError(t, err)
			defer c.close()
			_, err = c.ask(words...)
			require.NoError(t, err)
		}
	}
	all := []string{"DEL"}
	for n := range 4 {
		for i := range ownKeys {
			all = append(all, (&respKeys{n: n}).key(i))
		}
	}
	for _, h := range []struct {
		name          string
		harm          func(*process)
		lost, dropped bool
	}{
		{"none", func(*process) {}, false, false},
		{"keys are lost", do(all...), true, false},
		{"a message comes twice", do("PUBLISH", "news:0", "1"), true, false},
		{"the process ends", (*process).kill, true, true},
	} {
		t.Run(h.name, func(t *testing.T) {
			p, err := start(t.Context(), redcon{}, exe, t.TempDir())
			require.NoError(t, err)
			defer p.kill()
			l, err := begin(t.Context(), bare{redcon{}}, p.addr, 1, t.Logf)
			require.NoError(t, err)
			defer l.end()
			works := func() {
				was := l.rec.operationsSoFar()
				require.Eventually(t, func() bool { return l.rec.operationsSoFar() > was+500 || l.rec.bad() }, patience, time.Millisecond)
			}
			works()
			require.False(t, l.rec.bad())
			h.harm(p)
			works()
			s := l.rec.take()
			require.Equal(t, h.lost, s.Lost > 0, "%v", s.Failed)
			require.Equal(t, h.dropped, s.Dropped > 0, "%v", s.Failed)
		})
	}

	t.Run("in a trial", func(t *testing.T) {
		right, err := cold(t.Context(), redcon{}, exe, t.TempDir(), 7)
		require.NoError(t, err)
		for _, harmed := range []bool{false, true} {
			p, err := start(t.Context(), redcon{}, exe, t.TempDir())
			require.NoError(t, err)
			defer p.kill()
			tr, err := putIn(redcon{}, p.addr, 7)
			require.NoError(t, err)
			if harmed {
				do("SET", tr.trial.(*redconTrial).keys[9], "something else")(p)
			}
			said, err := tr.getOut()
			require.NoError(t, err)
			differ := compare(said, right)
			require.Equal(t, harmed, len(differ) == 1, "%q", differ)
		}
	})
}

// bare is a target without Debian's clients.
type bare struct{ target }

func (bare) tools(string) []tool { return nil }

func (r *record) operationsSoFar() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Operations
}

func (r *record) bad() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Lost > 0
}

var allTrials = flag.Bool("targets.trials", false, "the trials of all targets, not of one")

// TestTrialsAlike: with equal seeds, trials of the same release say the same: what differs behind an
// update is the update's.
func TestTrialsAlike(t *testing.T) {
	for name, target := range targetsByName {
		t.Run(name, func(t *testing.T) {
			if name != "redcon" && !*allTrials {
				t.Skip("a target takes up to a minute to build and to try, and make test has half an hour: -targets.trials tries all")
			}
			all, err := targets.Find("../../../examples/targets", name)
			require.NoError(t, err)
			last := all[0][len(all[0])-1]
			releasesOf(t, name, last.Version)
			exe, err := (&builder{dir: t.TempDir()}).plain(t.Context(), last)
			require.NoError(t, err)
			one, err := cold(t.Context(), target, exe, t.TempDir(), 5)
			require.NoError(t, err, "%s", strings.Join(one, "\n"))
			other, err := cold(t.Context(), target, exe, t.TempDir(), 5)
			require.NoError(t, err)
			require.NotEmpty(t, one)
			require.Empty(t, compare(one, other))
			for _, line := range one {
				require.NotContains(t, line, "i/o timeout")
			}
			t.Logf("%d answers", len(one))
		})
	}
}

// TestTools: a tool that says something else, or fails, is counted as lost.
func TestTools(t *testing.T) {
	l := &load{rec: new(record)}
	for _, tl := range []tool{
		{name: "echo", args: []string{"right"}, right: says("right\n")},
		{name: "cat", stdin: "right", right: says("right")},
		{name: "echo", args: []string{"wrong"}, right: says("right\n")},
		{name: "false", right: says("")},
	} {
		l.rec.ran(tl.name, tl.run())
	}
	s := l.rec.take()
	require.Equal(t, 4, s.Tools)
	require.Equal(t, 2, s.Lost)
	require.Len(t, s.Failed, 2)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.repeat(ctx, tool{name: "true"})
	require.Zero(t, l.rec.runs())
}

func TestFramesOf(t *testing.T) {
	const text = `: quit
goroutine 1 [IO wait]:
net.(*TCPListener).Accept(0xc0001)
	/go/net/tcp.go:1 +0x1
github.com/a/b.(*Server).serve(0xc0001, {0x1, 0x2})
	/go/b.go:1 +0x1
main.main()
	/go/main.go:1 +0x1

goroutine 2 [IO wait]:
github.com/a/b.(*Server).serve.func1(...)
	/go/b.go:1
github.com/a/b.(*Server).serve(0xc0001)
	/go/b.go:1 +0x1
created by github.com/a/b.(*Server).serve in goroutine 1
	/go/b.go:1 +0x1
`
	n, in := framesOf(text, []string{"github.com/a/b.(*Server).serve", "example.com/ad.main", "github.com/a/b.other"})
	require.Equal(t, 3, n)
	require.Equal(t, []string{"github.com/a/b.(*Server).serve", "main.main"}, in)
}

func TestMerge(t *testing.T) {
	made := func(target, old, new string, lines int) step {
		return step{Target: target, Old: old, New: new, Lines: lines}
	}
	r := &report{Steps: []step{made("a", "1", "2", 1), made("b", "1", "2", 2)}}
	r.merge(&report{Steps: []step{made("b", "1", "2", 3), made("b", "2", "3", 4)}})
	require.Equal(t, []step{made("a", "1", "2", 1), made("b", "1", "2", 3), made("b", "2", "3", 4)}, r.Steps)
}
