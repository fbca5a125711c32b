// Package live is for tests that update real processes: it builds releases with
// the command, starts one, talks to it, and hands it updates.
package live

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/internal/leanbuild"
)

// patience is how long a test waits for what must happen. It is no measurement:
// only a test that fails waits that long.
const patience = 60 * time.Second

var tool struct {
	once sync.Once
	dir  string // holds what all tests of a run share
	path string
	err  error
}

// Clean removes what Tool and Shared have made; it is the last call of a run.
func Clean() { os.RemoveAll(tool.dir) }

// Tool builds the command, once.
func Tool(t testing.TB) string {
	t.Helper()
	tool.once.Do(func() {
		if tool.dir, tool.err = os.MkdirTemp("", "upstarego-live-"); tool.err != nil {
			return
		}
		tool.path = filepath.Join(tool.dir, "upstarego")
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

// A Shared release is built once, for all tests that ask for it.
type Shared struct {
	Source func(t testing.TB) string // gives the directory
	From   *Shared                   // the release before, or nil
	Flags  []string
	Last   bool // no release follows it, and it is not started: Update is all there is

	once sync.Once
	exe  string
}

// AsLast is for releases that a function describes.
func (s *Shared) AsLast() *Shared {
	s.Last = true
	return s
}

// Exe is the release's executable; the update, if it has a base, is beside it.
func (s *Shared) Exe(t testing.TB) string {
	t.Helper()
	if s.Last {
		t.Fatal("the last release has no executable")
	}
	return s.built(t)
}

func (s *Shared) built(t testing.TB) string {
	t.Helper()
	s.once.Do(func() {
		from := ""
		if s.From != nil {
			from = s.From.Exe(t)
		}
		Tool(t)
		dir, err := os.MkdirTemp(tool.dir, "release-")
		if err != nil {
			t.Fatal(err)
		}
		exe, flags := filepath.Join(dir, "prog"), s.Flags
		if s.Last {
			flags = append(slices.Clone(flags), "-update-only")
		}
		if text, err := TryBuild(t, s.Source(t), exe, from, flags...); err != nil {
			t.Fatalf("upstarego build: %v\n%s", err, text)
		}
		s.exe = exe
	})
	if s.exe == "" {
		t.Fatal("the release was not built; the first test that asked for it says why")
	}
	return s.exe
}

// Update is the file that a process running the release before loads.
func (s *Shared) Update(t testing.TB) string {
	t.Helper()
	return s.built(t) + ".update"
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
	leanbuild.Prepare(cmd)
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

	patience time.Duration // for a line
}

// Start runs an executable. It is killed at the end of the test.
func Start(t testing.TB, exe string, args ...string) *Process {
	t.Helper()
	return StartAt(t, filepath.Join(t.TempDir(), "admin.sock"), exe, args...)
}

// StartAt is Start with the value of UPSTARE_ADMIN.
func StartAt(t testing.TB, addr, exe string, args ...string) *Process {
	t.Helper()
	return StartWith(t, addr, nil, exe, args...)
}

// StartWith is StartAt with more of the environment. Unless that says otherwise the
// process takes unsigned updates, and writes no audit log.
func StartWith(t testing.TB, addr string, env []string, exe string, args ...string) *Process {
	t.Helper()
	p := &Process{t: t, cmd: exec.Command(exe, args...), lines: make(chan string, 1000), stderr: &bytes.Buffer{}, sock: addr, patience: patience}
	p.cmd.Env = append(os.Environ(), "UPSTARE_ADMIN="+addr, "UPSTARE_TRUST=unsigned", "UPSTARE_AUDIT=off")
	p.cmd.Env = append(p.cmd.Env, env...)
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
		p.stop()
		if t.Failed() && p.stderr.Len() > 0 {
			t.Logf("the process said on standard error:\n%.4000s", p.stderr)
		}
	})
	return p
}

// stop kills the process and waits until its output is complete.
func (p *Process) stop() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// Ended waits until the process has ended by itself.
func (p *Process) Ended() {
	p.t.Helper()
	for end := time.After(patience); ; {
		select {
		case _, ok := <-p.lines:
			if !ok {
				p.cmd.Wait() // what it said on standard error is complete
				return
			}
		case <-end:
			p.t.Fatal("the process does not end")
		}
	}
}

// Errors is what a process that has ended said on standard error.
func (p *Process) Errors() string { return p.stderr.String() }

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
	case <-time.After(p.patience):
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
	p.listens()
	args := append([]string{"update", "-json", "-addr", p.sock}, flags...)
	cmd := exec.Command(Tool(p.t), append(args, file)...)
	return p.outcome(cmd)
}

// listens waits for the endpoint of a process that has just been started.
func (p *Process) listens() {
	for end := time.Now().Add(patience); filepath.IsAbs(p.sock) && time.Now().Before(end); time.Sleep(time.Millisecond) {
		if _, err := os.Stat(p.sock); err == nil || p.cmd.Process.Signal(syscall.Signal(0)) != nil {
			return
		}
	}
}

func (p *Process) outcome(cmd *exec.Cmd) Outcome {
	p.t.Helper()
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

// Status is what the endpoint says about the process.
func (p *Process) Status() map[string]any {
	p.t.Helper()
	var s map[string]any
	p.mustRead(&s, http.MethodGet, "/v1/status", "")
	return s
}

// Under waits until an update is under way in the phase, and gives its id.
func (p *Process) Under(phase string) (id string) {
	p.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if u, ok := p.Status()["update"].(map[string]any); ok && u["phase"] == phase {
			return u["id"].(string)
		}
	}
	p.t.Fatal("no update is in phase " + phase)
	return ""
}

// HTTP asks the endpoint without the command in between.
func (p *Process) HTTP(method, path, body string) (status int, answer string) {
	p.t.Helper()
	c := http.Client{Timeout: patience, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", p.sock)
		},
	}}
	req, err := http.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := c.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func (p *Process) mustRead(v any, method, path, body string) {
	p.t.Helper()
	status, answer := p.HTTP(method, path, body)
	if err := json.Unmarshal([]byte(answer), v); status >= 300 || err != nil {
		p.t.Fatalf("%s %s: status %d, %v\n%s", method, path, status, err, answer)
	}
}

// Unpack writes an archive's files to a fresh directory, with changes made by
// replacing text.
func Unpack(t testing.TB, archive string, replace ...string) string {
	t.Helper()
	a, err := txtar.ParseFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	to, r := t.TempDir(), strings.NewReplacer(replace...)
	for _, f := range a.Files {
		write(t, filepath.Join(to, f.Name), []byte(r.Replace(string(f.Data))))
	}
	return to
}

// Assemble writes those files of an archive that are in the directories parts to a
// fresh one; later parts go over earlier ones.
func Assemble(t testing.TB, archive string, parts ...string) string {
	t.Helper()
	a, err := txtar.ParseFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	to := t.TempDir()
	for _, part := range parts {
		for _, f := range a.Files {
			if name, ok := strings.CutPrefix(f.Name, part+"/"); ok {
				write(t, filepath.Join(to, name), f.Data)
			}
		}
	}
	return to
}

func write(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
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
