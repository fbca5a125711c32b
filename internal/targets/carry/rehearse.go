package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/upstarego/upstarego/internal/leanbuild"
	"github.com/upstarego/upstarego/internal/rehearse"
	"github.com/upstarego/upstarego/internal/targets"
)

// rehearse rehearses each step of a target by itself, with the target's trial and clients as the
// driver, and reports whether all of them passed.
func (o *options) rehearse(ctx context.Context, name string, out io.Writer) (ok bool, err error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return false, err
	}
	all, err := targets.Find(filepath.Join(root, "examples", "targets"), name)
	if err != nil {
		return false, err
	}
	releases, err := between(all[0], o.from, o.to)
	if err != nil {
		return false, err
	}
	dir, err := os.MkdirTemp("", "upstarego-rehearse-")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(dir)
	b := &builder{dir: dir}
	if b.tool, err = buildTool(ctx, root, dir); err != nil {
		return false, err
	}
	ok = true
	for i := range len(releases) - 1 {
		what := fmt.Sprintf("%s %s → %s", name, releases[i].Version, releases[i+1].Version)
		s, err := b.rehearse(ctx, name, releases[i], releases[i+1], o.per)
		if err != nil {
			ok = false
			fmt.Fprintf(out, "%s: %v\n", what, err)
			continue
		}
		ok = tell(out, what, s) && ok
	}
	return ok, nil
}

// rehearse rehearses one step.
func (b *builder) rehearse(ctx context.Context, name string, from, to targets.Release, per int) (*rehearse.Summary, error) {
	old, err := b.first(ctx, from)
	if err != nil {
		return nil, err
	}
	patterns, err := to.Instrument()
	if err != nil {
		return nil, err
	}
	src := filepath.Join(b.dir, "src")
	if err := to.LayOutStep(src, 2); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	results := filepath.Join(b.dir, "rehearsed.json")
	cmd := exec.CommandContext(ctx, b.tool, "rehearse", "-from", old, "-instrument", strings.Join(patterns, ","), "-driver", self+" -drive "+name,
		"-dir", filepath.Join(b.dir, "rehearsal-"+to.Version), "-per", strconv.Itoa(per), "-json", results, ".")
	cmd.Dir = src
	leanbuild.Prepare(cmd)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	said, err := cmd.CombinedOutput()
	text, rerr := os.ReadFile(results)
	if rerr != nil { // it has not come to a run
		return nil, fmt.Errorf("upstarego rehearse: %w\n%s", err, said)
	}
	os.Remove(results)
	s := new(rehearse.Summary)
	return s, json.Unmarshal(text, s)
}

// tell says what came of one step, and whether all runs passed.
func tell(out io.Writer, what string, s *rehearse.Summary) bool {
	outcomes := map[string]int{}
	left := 0
	for _, r := range s.Runs {
		outcomes[r.Outcome]++
		if r.Left != "" {
			left++
		}
	}
	fmt.Fprintf(out, "%s: %d stacks in %d classes; %d runs: %v; in %d the goroutine had to go on before the update; frames were converted at %d of %d points\n",
		what, s.Stacks, s.Classes, len(s.Runs), outcomes, left, s.Points, s.PointsOf)
	for _, rule := range s.Unexercised {
		fmt.Fprintf(out, "  not exercised: %s\n", rule)
	}
	for _, r := range s.Runs {
		if r.Outcome == rehearse.Failed {
			fmt.Fprintf(out, "  failed %s, at\n    %s\n    %s\n    %.1500s\n", r.ID, strings.Join(r.Stack, "\n    "), strings.Join(r.Why, "\n    "), r.Output)
		}
	}
	return outcomes[rehearse.Failed] == 0
}
