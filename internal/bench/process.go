package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/runtime/updater"
)

// patience is how long a run waits for what must happen. It is no measurement: only a run that fails waits that long.
const patience = 5 * time.Minute

// A process is a running program that is spoken to by lines, and updated.
type process struct {
	cmd   *exec.Cmd
	pid   int
	in    io.Writer
	lines *bufio.Reader
	errs  *strings.Builder
	sock  string
	admin http.Client
}

// start runs an executable, plain or instrumented.
func (b *bench) start(ctx context.Context, exe string, args ...string) (*process, error) {
	// The name of a socket must be short, wherever Work is.
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.CommandContext(ctx, exe, args...), errs: &strings.Builder{}, sock: filepath.Join(dir, "admin")}
	p.admin.Transport = &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", p.sock)
	}}
	p.cmd.Env = append(os.Environ(), "UPSTARE_ADMIN="+p.sock, "UPSTARE_TRUST=unsigned", "UPSTARE_AUDIT=off")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Stderr = p.errs
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	p.pid, p.lines = p.cmd.Process.Pid, bufio.NewReader(out)
	return p, nil
}

// stop ends the process, whatever it does.
func (p *process) stop() {
	p.cmd.Process.Kill()
	p.cmd.Wait()
	os.RemoveAll(filepath.Dir(p.sock))
}

// line is the next line that the process prints.
func (p *process) line() (string, error) {
	stuck := time.AfterFunc(patience, func() { p.cmd.Process.Kill() })
	defer stuck.Stop()
	l, err := p.lines.ReadString('\n')
	if err != nil {
		p.cmd.Wait()
		return "", fmt.Errorf("the process has ended, or was silent for %v: %w\n%.4000s", patience, err, p.errs)
	}
	return strings.TrimSpace(l), nil
}

// ask sends a line and returns the fields of the next one, all of which are numbers.
func (p *process) ask(format string, args ...any) ([]float64, error) {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return nil, fmt.Errorf("%w\n%.4000s", err, p.errs)
	}
	l, err := p.line()
	if err != nil {
		return nil, err
	}
	var numbers []float64
	for _, f := range strings.Fields(l) {
		n, err := strconv.ParseFloat(f, 64)
		if err != nil {
			return nil, fmt.Errorf("numbers were due, not %q", l)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// expect asks for one number that is known beforehand.
func (p *process) expect(want float64, format string, args ...any) error {
	got, err := p.ask(format, args...)
	if err == nil && (len(got) != 1 || got[0] != want) {
		err = fmt.Errorf("%s: %v was due, not %v", fmt.Sprintf(format, args...), want, got)
	}
	return err
}

// update carries the process into the next release.
func (p *process) update(file string) (r updater.Result, err error) {
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(p.sock); err == nil || time.Now().After(end) {
			break
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/v1/updates?timeout=120s&wait=240s", strings.NewReader(file))
	if err != nil {
		return r, err
	}
	resp, err := p.admin.Do(req)
	if err != nil {
		return r, fmt.Errorf("%w\n%.4000s", err, p.errs)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil || r.State != updater.StateCommitted {
		return r, errors.New("the update was not made: " + string(text[:min(len(text), 2000)]))
	}
	return r, nil
}

// phase is how long a phase of an update took, in milliseconds.
func phase(r updater.Result, names ...string) (ms float64) {
	for _, p := range r.Phases {
		for _, n := range names {
			if p.Name == n {
				ms += float64(p.DurationNS) / 1e6
			}
		}
	}
	return ms
}

// unloaded is the time from request to commit without that for the file: what is left is the program's affair.
func unloaded(r updater.Result) (ms float64) {
	return float64(r.RequestToCommitNS)/1e6 - phase(r, updater.PhaseCheck, updater.PhaseLoad)
}

// memory is a field of /proc/PID/status in bytes.
func (p *process) memory(field string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		return 0, err
	}
	_, rest, ok := strings.Cut(string(text), "\n"+field+":")
	f := strings.Fields(rest)
	if !ok || len(f) == 0 {
		return 0, fmt.Errorf("/proc/%d/status has no %s", p.pid, field)
	}
	n, err := strconv.ParseFloat(f[0], 64)
	return n * 1024, err
}

// A pair is two releases of a program of testdata/updates, without what debuggers read.
type pair struct {
	plain  string // the first one as go build makes it
	exe    string // the first one
	update string // to the second, which is the first with text replaced
	cold   string // the second one, if it was asked for
}

const (
	withPlain = 1 << iota
	withCold
)

// pair builds a program's releases, which differ in what replace says.
func (b *bench) pair(ctx context.Context, name string, also int, replace ...string) (p pair, err error) {
	dir := filepath.Join(b.Work, name)
	p = pair{plain: filepath.Join(dir, "plain"), exe: filepath.Join(dir, "exe"), cold: filepath.Join(dir, "next"), update: filepath.Join(dir, "next.update")}
	r1, r2 := filepath.Join(dir, "r1"), filepath.Join(dir, "r2")
	if err := unpack("testdata/updates/"+name, r1); err != nil {
		return p, err
	}
	if err := os.WriteFile(filepath.Join(r1, "go.mod"), []byte("module bench.test/"+name+"\n\ngo 1.26\n"), 0o666); err != nil {
		return p, err
	}
	return p, b.releases(ctx, &p, r1, r2, also, replace...)
}

// releases builds the pair of what stands in r1.
func (b *bench) releases(ctx context.Context, p *pair, r1, r2 string, also int, replace ...string) error {
	if err := copyTree(r1, r2, replace...); err != nil {
		return err
	}
	lean := "-ldflags=-w"
	if also&withPlain != 0 {
		if err := buildPlain(ctx, r1, p.plain, lean); err != nil {
			return err
		}
	}
	if err := b.buildRelease(ctx, r1, p.exe, "", lean); err != nil {
		return err
	}
	flags := []string{lean}
	if also&withCold == 0 {
		flags = append(flags, "-update-only")
	}
	return b.buildRelease(ctx, r2, p.cold, p.exe, flags...)
}

// nextRelease makes the second release of most programs: nothing but bodies differs.
var nextRelease = []string{"const release = 1", "const release = 2"}

// say sends a line, and waits for an answer that is known beforehand.
func (p *process) say(want, format string, args ...any) error {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return fmt.Errorf("%w\n%.4000s", err, p.errs)
	}
	got, err := p.line()
	if err == nil && got != want {
		err = fmt.Errorf("%q was due, not %q", want, got)
	}
	return err
}

// until asks until the answer is this number.
func (p *process) until(want float64, format string, args ...any) error {
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		got, err := p.ask(format, args...)
		if err != nil || len(got) == 1 && got[0] == want {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s: %v is due and does not come: %v", fmt.Sprintf(format, args...), want, got)
		}
	}
}
