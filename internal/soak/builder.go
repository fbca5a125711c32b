package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/internal/leanbuild"
)

// built is a release that can be started, or that a process can be updated to.
type built struct {
	n    int
	exe  string // what a cold start needs, of the first one alone
	base string // what the next one is built from
	took time.Duration
	cpu  time.Duration
	err  error
}

func (b built) update() string { return b.exe + ".update" }

// A builder builds one release from the other, a little ahead of the updates.
type builder struct {
	program *program
	root    string // of this module
	dir     string
	tool    string
	keep    bool // updates that have been made
	out     chan built

	mu  sync.Mutex
	pid int // of the build under way, which leads a group of processes
}

// moduleRoot is the directory of this module.
func moduleRoot(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return "", err
	}
	root := filepath.Dir(strings.TrimSpace(string(out)))
	if _, err := os.Stat(filepath.Join(root, "internal", "soak", "doc.go")); err != nil {
		return "", fmt.Errorf("the soak has to be run inside the module github.com/upstarego/upstarego: %w", err)
	}
	return root, nil
}

// newBuilder builds the command.
func newBuilder(ctx context.Context, p *program, dir string) (*builder, error) {
	if _, err := exec.LookPath("gcc"); err != nil {
		return nil, errors.New("gcc is needed to link updates, and was not found: install it (Debian: apt-get install gcc)")
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, err
	}
	b := &builder{program: p, root: root, dir: dir, tool: filepath.Join(dir, "upstarego"), out: make(chan built, 1)}
	tool := exec.CommandContext(ctx, "go", "build", "-o", b.tool, "./cmd/upstarego")
	tool.Dir = root
	_, err = b.run(tool)
	return b, err
}

// ahead builds releases 2 … last: one waits while the next is built. It ends by itself.
func (b *builder) ahead(ctx context.Context, first built, last int) {
	defer close(b.out)
	for from := first; from.n < last; {
		next := b.build(ctx, from.n+1, from.base)
		os.Remove(from.base)
		select {
		case b.out <- next:
		case <-ctx.Done():
			return
		}
		if next.err != nil {
			return
		}
		from = next
	}
}

// release is where a release is, built or not.
func (b *builder) release(n int) built {
	r := built{n: n, exe: filepath.Join(b.dir, fmt.Sprintf("%s%d", b.program.name, n))}
	if r.base = r.exe; n > 1 {
		r.base += ".ledger"
	}
	return r
}

func (b *builder) build(ctx context.Context, n int, from string) built {
	return b.buildIn(ctx, filepath.Join(b.dir, "src"), n, from)
}

// buildIn builds a release with its sources in a directory. One directory serves for many
// releases: what the go command has compiled is of use if paths are the same.
func (b *builder) buildIn(ctx context.Context, src string, n int, from string) built {
	r := b.release(n)
	if r.err = os.RemoveAll(src); r.err != nil {
		return r
	}
	if r.err = b.program.lay(b.root, src, n); r.err != nil {
		return r
	}
	args := []string{"build", "-o", r.exe}
	if from != "" {
		args = append(args, "-from", from, "-update-only")
	}
	cmd := exec.CommandContext(ctx, b.tool, append(args, ".")...)
	cmd.Dir = src
	began := time.Now()
	r.cpu, r.err = b.run(cmd)
	r.took = time.Since(began)
	return r
}

// run runs a command in a group of its own, so that it can be held with all it has begun.
func (b *builder) run(cmd *exec.Cmd) (cpu time.Duration, err error) {
	leanbuild.Prepare(cmd)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	b.mu.Lock()
	if err = cmd.Start(); err == nil {
		b.pid = cmd.Process.Pid
	}
	b.mu.Unlock()
	if err == nil {
		err = cmd.Wait()
		b.mu.Lock()
		b.pid = 0
		b.mu.Unlock()
		cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, said.String())
	}
	return cpu, err
}

// hold stops the build under way, and lets none begin, until release is called: what is
// measured meanwhile is the program.
func (b *builder) hold() (release func()) {
	b.mu.Lock()
	pid := b.pid
	if pid != 0 {
		syscall.Kill(-pid, syscall.SIGSTOP)
	}
	return func() {
		if pid != 0 {
			syscall.Kill(-pid, syscall.SIGCONT)
		}
		b.mu.Unlock()
	}
}
