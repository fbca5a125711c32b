// Package live is for tests that update real processes: it builds releases with
// the command, starts one, talks to it, and hands it updates.
package live

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen. It is no measurement:
// only a test that fails waits that long.
const patience = 60 * time.Second

var tool struct {
	once sync.Once
	path string
	err  error
}

// Tool builds the command, once.
func Tool(t testing.TB) string {
	t.Helper()
	tool.once.Do(func() {
		dir, err := os.MkdirTemp("", "upstarego-live-")
		if err != nil {
			tool.err = err
			return
		}
		tool.path = filepath.Join(dir, "upstarego")
		out, err := exec.Command("go", "build", "-o", tool.path, "github.com/upstarego/upstarego/cmd/upstarego").CombinedOutput()
		if err != nil {
			tool.err = fmt.Errorf("go build: %v\n%s", err, out)
		}
	})
	if tool.err != nil {
		t.Fatal(tool.err)
	}
	return tool.path
}

// Build makes a release of the program in dir; from is the executable of the base
// release or "". It returns the executable.
func Build(t testing.TB, dir, from string, flags ...string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "prog")
	if text, err := TryBuild(t, dir, out, from, flags...); err != nil {
		t.Fatalf("upstarego build in %s: %v\n%s", dir, err, text)
	}
	return out
}

// TryBuild is Build for builds that may fail. It returns what the command said.
func TryBuild(t testing.TB, dir, out, from string, flags ...string) (string, error) {
	t.Helper()
	args := []string{"build", "-o", out}
	if from != "" {
		args = append(args, "-from", from)
	}
	cmd := exec.Command(Tool(t), append(append(args, flags...), ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	text, err := cmd.CombinedOutput()
	return string(text), err
}

// A Process is a running program that is spoken to by lines.
type Process struct {
	t      testing.TB
	cmd    *exec.Cmd
	in     io.Writer
	lines  chan string
	stderr *bytes.Buffer
	sock   string
}

// Start runs an executable. It is killed at the end of the test.
func Start(t testing.TB, exe string, args ...string) *Process {
	t.Helper()
	p := &Process{t: t, cmd: exec.Command(exe, args...), lines: make(chan string, 1000), stderr: &bytes.Buffer{}}
	p.sock = filepath.Join(t.TempDir(), "admin.sock")
	p.cmd.Env = append(os.Environ(), "UPSTARE_ADMIN="+p.sock)
	p.cmd.Stderr = p.stderr
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.lines)
		s := bufio.NewScanner(out)
		for s.Scan() {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		p.cmd.Wait()
		if t.Failed() && p.stderr.Len() > 0 {
			t.Logf("the process said on standard error:\n%.4000s", p.stderr)
		}
	})
	return p
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Send writes a line to the process.
func (p *Process) Send(line string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		p.t.Fatalf("write %q: %v", line, err)
	}
}

// Line is the next line of the process's output.
func (p *Process) Line() string {
	p.t.Helper()
	select {
	case l, ok := <-p.lines:
		if !ok {
			p.t.Fatalf("the process has ended\n%.4000s", p.stderr)
		}
		return l
	case <-time.After(patience):
		p.cmd.Process.Signal(os.Interrupt)
		p.t.Fatal("the process says nothing")
	}
	return ""
}

// Until collects lines up to one that is equal to last.
func (p *Process) Until(last string) []string {
	p.t.Helper()
	var l []string
	for {
		line := p.Line()
		if line == last {
			return l
		}
		l = append(l, line)
	}
}

// Ask sends a line and returns the next one.
func (p *Process) Ask(line string) string {
	p.t.Helper()
	p.Send(line)
	return p.Line()
}

// An Outcome is what came of an update.
type Outcome struct {
	Exit   int
	Stdout string
	Stderr string
	Result map[string]any // of -json; nil if there was none
}

// Update hands the process an update.
func (p *Process) Update(file string, flags ...string) Outcome {
	p.t.Helper()
	args := append([]string{"update", "-json", "-addr", p.sock}, flags...)
	cmd := exec.Command(Tool(p.t), append(args, file)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	o := Outcome{Stdout: out.String(), Stderr: errs.String()}
	if err != nil {
		ee, ok := err.(*exec.ExitError)
		if !ok {
			p.t.Fatal(err)
		}
		o.Exit = ee.ExitCode()
	}
	json.Unmarshal(out.Bytes(), &o.Result)
	return o
}

// MustUpdate fails the test if the update is not committed.
func (p *Process) MustUpdate(file string, flags ...string) Outcome {
	p.t.Helper()
	o := p.Update(file, flags...)
	if o.Exit != 0 || o.Result["state"] != "committed" {
		p.t.Fatalf("update %s: exit %d\n%s%s", filepath.Base(file), o.Exit, o.Stdout, o.Stderr)
	}
	return o
}

// MustFail fails the test unless the update is refused or undone with the code.
func (p *Process) MustFail(code, file string, flags ...string) Outcome {
	p.t.Helper()
	o := p.Update(file, flags...)
	if o.Exit == 0 {
		p.t.Fatalf("update %s went through; want %s", filepath.Base(file), code)
	}
	if !strings.Contains(o.Stderr+o.Stdout, code) {
		p.t.Fatalf("update %s: exit %d, want %s\n%s%s", filepath.Base(file), o.Exit, code, o.Stdout, o.Stderr)
	}
	return o
}

// Copy copies a module's directory to a fresh place, with changes made to its
// files by replacing text.
func Copy(t testing.TB, dir string, replace ...string) string {
	t.Helper()
	to := t.TempDir()
	r := strings.NewReplacer(replace...)
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o777)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), []byte(r.Replace(string(b))), 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}
