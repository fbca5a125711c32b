package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/internal/leanbuild"
)

// A program has releases, of which the last has the code of the first.
type program struct {
	name    string
	dir     string // of the releases r1, r2, …, beneath the module's root
	cycle   int    // how many releases differ
	load    func(*record, options) load
	serving string // what stands before the address in the first line that it prints
}

func kvd() *program {
	return &program{name: "kvd", dir: "examples/kvd", cycle: 3, load: newKVD, serving: "listening on "}
}

func web() *program {
	return &program{name: "web", dir: "internal/soak/testdata/web", cycle: 3, load: newWeb, serving: "listening on "}
}

// programs are those of a name; nil if there are none.
func programs(name string) []*program {
	switch name {
	case "kvd":
		return []*program{kvd()}
	case "web":
		return []*program{web()}
	case "both":
		return []*program{kvd(), web()}
	}
	return nil
}

// variant is whose code the n-th release has: 1 … cycle.
func (p *program) variant(n int) int { return (n-1)%p.cycle + 1 }

// lay writes the sources of the n-th release to a directory. The frame map is that of
// the step before it in the cycle, under the number that the release has here.
func (p *program) lay(root, dir string, n int) error {
	folders := []int{p.variant(n)}
	if n > 1 && folders[0] == 1 {
		folders = append(folders, p.cycle+1) // the same code, with a map of the way back to it
	}
	for _, folder := range folders {
		from := filepath.Join(root, p.dir, fmt.Sprintf("r%d", folder))
		if err := layFolder(from, dir, fmt.Sprintf("/upstare/r%d/", folder), fmt.Sprintf("/upstare/r%d/", n)); err != nil {
			return err
		}
	}
	return linkProbe(root, dir)
}

// layFolder copies a release, with its frame map at another place.
func layFolder(from, dir, old, now string) error {
	return filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		to := "/" + rel
		if e.IsDir() {
			if e.Name() == "back" {
				return fs.SkipDir
			}
			to = strings.TrimSuffix(strings.Replace(to+"/", old, now, 1), "/")
			return os.MkdirAll(filepath.Join(dir, to), 0o777)
		}
		if strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if strings.HasPrefix(to, old) {
			text = []byte(strings.ReplaceAll(string(text), old, now))
		}
		return os.WriteFile(filepath.Join(dir, strings.Replace(to, old, now, 1)), text, 0o666)
	})
}

// linkProbe makes the probe a dependency of the module in dir.
func linkProbe(root, dir string) error {
	f, err := os.OpenFile(filepath.Join(dir, "go.mod"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "\nrequire example.com/probe v0.0.0\n\nreplace example.com/probe => %q\n", filepath.Join(root, "internal/soak/testdata/probe"))
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "probe.go"), []byte("package main\n\nimport _ \"example.com/probe\"\n"), 0o666)
}

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

// newBuilder builds the command and the first release.
func newBuilder(ctx context.Context, p *program, dir string) (*builder, built, error) {
	if _, err := exec.LookPath("gcc"); err != nil {
		return nil, built{}, errors.New("gcc is needed to link updates, and was not found: install it (Debian: apt-get install gcc)")
	}
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, built{}, err
	}
	b := &builder{program: p, root: root, dir: dir, tool: filepath.Join(dir, "upstarego"), out: make(chan built, 1)}
	tool := exec.CommandContext(ctx, "go", "build", "-o", b.tool, "./cmd/upstarego")
	tool.Dir = root
	if _, err := b.run(tool); err != nil {
		return nil, built{}, err
	}
	first := b.build(ctx, 1, "")
	return b, first, first.err
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

func (b *builder) build(ctx context.Context, n int, from string) built {
	r := built{n: n, exe: filepath.Join(b.dir, fmt.Sprintf("%s%d", b.program.name, n))}
	if r.base = r.exe; from != "" {
		r.base += ".ledger"
	}
	// One directory for all: what the go command has compiled is of use if paths are the same.
	src := filepath.Join(b.dir, "src")
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
