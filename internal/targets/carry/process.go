package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/runtime/admin"
	"github.com/upstarego/upstarego/runtime/updater"
)

// patience is how long a run waits for what must happen. It is no measurement: only what
// fails waits that long.
const patience = 60 * time.Second

// A process is a running server.
type process struct {
	cmd   *exec.Cmd
	addr  string
	admin http.Client // of its endpoint, if it takes updates
	log   *tail
	ended chan struct{}
}

// start starts a server, and returns when it takes connections.
func start(ctx context.Context, t target, exe, dir string) (*process, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	sock := filepath.Join(dir, "admin")
	p := &process{
		cmd: exec.CommandContext(ctx, exe, t.args(addr, dir)...), addr: addr, log: new(tail), ended: make(chan struct{}),
		admin: http.Client{Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "unix", sock)
			},
		}},
	}
	p.cmd.Env = append(os.Environ(), "UPSTARE_ADMIN="+sock, "UPSTARE_TRUST=unsigned", "UPSTARE_AUDIT=off", "GOTRACEBACK=all")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.cmd.Wait()
		close(p.ended)
	}()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
			return p, nil
		}
		if p.over() || time.Now().After(end) {
			p.kill()
			return nil, fmt.Errorf("%s did not come up: %w\n%s", exe, err, p.log)
		}
	}
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// over reports whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// stacks ends a process of a plain build, and gives the stacks of its goroutines.
func (p *process) stacks() (string, error) {
	p.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.kill()
		return "", errors.New("the process did not end after SIGQUIT")
	}
	_, text, ok := strings.Cut(p.log.String(), "SIGQUIT")
	if !ok {
		return "", fmt.Errorf("the process did not show its stacks:\n%s", p.log)
	}
	return text, nil
}

// ask asks the endpoint.
func (p *process) ask(method, path string, query url.Values, body string, answer any) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, "http://localhost"+path+"?"+query.Encode(), strings.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := p.admin.Do(req)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, p.log)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(b, answer)
	}
	if err == nil && resp.StatusCode >= 300 {
		err = errors.New(resp.Status)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%.4000s", method, path, err, b)
	}
	return nil
}

// update hands over an update, and waits until it is made or undone.
func (p *process) update(file string) (updater.Result, error) {
	var r updater.Result
	if err := p.ask(http.MethodPost, "/v1/updates", url.Values{"wait": {"0"}}, file, &r); err != nil {
		return r, err
	}
	for r.State == updater.StateRunning {
		time.Sleep(5 * time.Millisecond)
		if err := p.ask(http.MethodGet, "/v1/updates/"+r.ID, nil, "", &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

// late is what goroutines could not be carried over when they came back, in all updates.
func (p *process) late() (failed []string, err error) {
	var h struct {
		Updates []updater.Result `json:"updates"`
	}
	if err := p.ask(http.MethodGet, "/v1/updates", nil, "", &h); err != nil {
		return nil, err
	}
	for _, u := range h.Updates {
		for _, e := range u.Late {
			failed = append(failed, fmt.Sprintf("release %d: %v", u.ReleaseAfter, e))
		}
	}
	return failed, nil
}

// status is what the endpoint says of the process.
func (p *process) status() (s admin.Status, err error) {
	err = p.ask(http.MethodGet, "/v1/status", nil, "", &s)
	return s, err
}

// A tail keeps the end of what a process says.
type tail struct {
	mu   sync.Mutex
	text []byte
}

// tailSize is enough for the stacks of a thousand goroutines.
const tailSize = 4 << 20

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - tailSize; over > tailSize {
		t.text = append([]byte(nil), t.text[over:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// last is the end of it, for a message, or what a process that has ended by itself says first of the reason.
func (t *tail) last() string {
	s := t.String()
	for _, why := range []string{"\npanic: ", "\nfatal error: "} {
		if i := strings.LastIndex(s, why); i >= 0 {
			return s[i+1 : min(len(s), i+3000)]
		}
	}
	return s[max(0, len(s)-3000):]
}
