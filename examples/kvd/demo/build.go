package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// releases is how many releases of kvd there are.
const releases = 4

// reported is what INFO of a release says. The code of the last release is that
// of the first.
func reported(release int) string {
	if release == releases {
		release = 1
	}
	return fmt.Sprint(release)
}

// moduleRoot is the directory of the module that the demo belongs to.
func moduleRoot(ctx context.Context) (string, error) {
	gomod, err := output(ctx, "", "go", "env", "GOMOD")
	if err != nil {
		return "", err
	}
	root := filepath.Dir(strings.TrimSpace(gomod))
	if _, err := os.Stat(filepath.Join(root, "examples", "kvd", "r1", "go.mod")); err != nil {
		return "", fmt.Errorf("the demo has to be run inside the module github.com/upstarego/upstarego: %w", err)
	}
	return root, nil
}

// artefacts is what a run needs.
type artefacts struct {
	tool    string   // upstarego, empty if there are no updates
	program string   // the release to start
	first   int      // its number
	updates []string // what carries it on, one release each
}

// buildPlain builds one release as go build does.
func buildPlain(ctx context.Context, out io.Writer, root, dir string, release int) (artefacts, error) {
	a := artefacts{program: filepath.Join(dir, fmt.Sprintf("kvd%d-plain", release)), first: release}
	return a, build(ctx, out, sources(root, release), "go", "build", "-o", a.program, ".")
}

// buildAll builds the tool, and with it the first release and the updates to the others.
func buildAll(ctx context.Context, out io.Writer, root, dir string) (artefacts, error) {
	if _, err := exec.LookPath("gcc"); err != nil {
		return artefacts{}, errors.New("gcc is needed to link updates, and was not found: install it (Debian: apt-get install gcc)")
	}
	a := artefacts{tool: filepath.Join(dir, "upstarego"), program: filepath.Join(dir, "kvd1"), first: 1}
	if err := build(ctx, out, root, "go", "build", "-o", a.tool, "./cmd/upstarego"); err != nil {
		return a, err
	}
	if err := build(ctx, out, sources(root, 1), a.tool, "build", "-o", a.program, "."); err != nil {
		return a, err
	}
	from := a.program
	for release := 2; release <= releases; release++ {
		to := filepath.Join(dir, fmt.Sprintf("kvd%d", release))
		if err := build(ctx, out, sources(root, release), a.tool, "build", "-from", from, "-o", to, "."); err != nil {
			return a, err
		}
		a.updates = append(a.updates, to+".update")
		from = to
	}
	return a, nil
}

func sources(root string, release int) string {
	return filepath.Join(root, "examples", "kvd", fmt.Sprintf("r%d", release))
}

// build runs a command that builds and says so.
func build(ctx context.Context, out io.Writer, dir string, args ...string) error {
	began := time.Now()
	_, err := output(ctx, dir, args...)
	if err == nil {
		args[0] = filepath.Base(args[0])
		for i, a := range args {
			if filepath.IsAbs(a) {
				args[i] = filepath.Base(a)
			}
		}
		fmt.Fprintf(out, "%6.1f s  %s  (in %s)\n", time.Since(began).Seconds(), strings.Join(args, " "), filepath.Base(dir))
	}
	return err
}

// output runs a command and returns what it printed. Its complaints are part of the error.
func output(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s: %w\n%s%s", strings.Join(args, " "), err, stderr.Bytes(), stdout.Bytes())
	}
	return stdout.String(), nil
}
