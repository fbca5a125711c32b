package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/upstarego/upstarego/internal/leanbuild"
	"github.com/upstarego/upstarego/internal/targets"
)

// A builder builds the releases of one target.
type builder struct {
	tool string // the upstarego command
	dir  string // of all that is built
}

// first builds a release that a lineage begins with.
func (b *builder) first(ctx context.Context, r targets.Release) (exe string, err error) {
	return b.release(ctx, r, 1, "")
}

// next builds the update from a base, as number n of its lineage.
func (b *builder) next(ctx context.Context, r targets.Release, n int, base string) (exe string, err error) {
	return b.release(ctx, r, n, base)
}

// update and ledger are what a build leaves beside the executable's name.
func update(exe string) string { return exe + ".update" }

// ledger is what the release behind is built from.
func ledger(exe string, n int) string {
	if n == 1 {
		return exe
	}
	return exe + ".ledger"
}

func (b *builder) release(ctx context.Context, r targets.Release, n int, base string) (string, error) {
	exe := filepath.Join(b.dir, fmt.Sprintf("%s-%d", r.Version, n))
	// All in one place: where a program lies is no difference.
	src := filepath.Join(b.dir, "src")
	if err := r.LayOutStep(src, n); err != nil {
		return "", err
	}
	patterns, err := r.Instrument()
	if err != nil {
		return "", err
	}
	args := []string{"build", "-o", exe, "-instrument", strings.Join(patterns, ",")}
	if base != "" {
		args = append(args, "-from", base, "-update-only")
	}
	return exe, b.run(ctx, src, b.tool, append(args, ".")...)
}

// plain builds a release as go build does.
func (b *builder) plain(ctx context.Context, r targets.Release) (exe string, err error) {
	exe = filepath.Join(b.dir, r.Version+"-plain")
	src := filepath.Join(b.dir, "src")
	if err := r.LayOutStep(src, 1); err != nil {
		return "", err
	}
	return exe, b.run(ctx, src, "go", "build", "-o", exe, ".")
}

func (b *builder) run(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	leanbuild.Prepare(cmd)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), args[0], err, out)
	}
	return nil
}

// buildTool builds the upstarego command of this module.
func buildTool(ctx context.Context, root, dir string) (string, error) {
	tool := filepath.Join(dir, "upstarego")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", tool, "./cmd/upstarego")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build ./cmd/upstarego: %w\n%s", err, out)
	}
	return tool, nil
}

// moduleRoot is the directory of this module.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	root := filepath.Dir(strings.TrimSpace(string(out)))
	if _, err := os.Stat(filepath.Join(root, "internal", "targets", "carry", "doc.go")); err != nil {
		return "", fmt.Errorf("this has to be run inside the module github.com/upstarego/upstarego: %w", err)
	}
	return root, nil
}
