package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/runtime/admin"
	"github.com/upstarego/upstarego/runtime/updater"
)

// patience is how long a run waits for what must happen. It is no measurement: only a
// run that fails waits that long.
const patience = 60 * time.Second

// A process is a running server.
type process struct {
	cmd    *exec.Cmd
	pid    int
	addr   string
	admin  http.Client
	probe  string
	log    *tail
	ended  chan struct{}
	status error // how, once ended is closed
}

// start starts a server on a free port, and returns when it listens.
func start(ctx context.Context, p *program, exe, dir, name, heap string) (*process, error) {
	sock := filepath.Join(dir, name+".admin")
	pr := &process{
		cmd: exec.CommandContext(ctx, exe, "-addr", "127.0.0.1:0"), log: new(tail), ended: make(chan struct{}),
		probe: filepath.Join(dir, name+".probe"),
		admin: http.Client{Transport: &http.Transport{
			DisableKeepAlives: true, // what is counted next is the program's
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "unix", sock)
			},
		}},
	}
	pr.cmd.Env = append(os.Environ(), "UPSTARE_ADMIN="+sock, "UPSTARE_TRUST=unsigned", "UPSTARE_FAULTS=on", "SOAK_PROBE="+pr.probe)
	if heap != "" {
		pr.cmd.Env = append(pr.cmd.Env, "SOAK_HEAP="+filepath.Join(heap, p.name+"-"+name+".heap"))
	}
	pr.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	pr.cmd.Stderr = pr.log
	stdout, err := pr.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := pr.cmd.Start(); err != nil {
		return nil, err
	}
	pr.pid = pr.cmd.Process.Pid
	lines := bufio.NewReader(stdout)
	first, err := lines.ReadString('\n')
	go func() {
		io.Copy(io.Discard, lines)
		pr.status = pr.cmd.Wait()
		close(pr.ended)
	}()
	addr, ok := strings.CutPrefix(strings.TrimSpace(first), p.serving)
	if !ok {
		pr.kill()
		return nil, fmt.Errorf("%s did not come up: it said %q (%v)\n%s", exe, first, err, pr.log)
	}
	pr.addr = addr
	return pr, nil
}

func (p *process) kill() {
	p.cmd.Process.Kill()
	<-p.ended
}

// stop asks the server to end, and returns how it did.
func (p *process) stop() error {
	p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
		return p.status
	case <-time.After(patience):
		p.kill()
		return fmt.Errorf("it did not end within %v after SIGTERM\n%s", patience, p.log)
	}
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
	if err == nil && answer != nil {
		err = json.Unmarshal(b, answer)
	}
	if err == nil && resp.StatusCode >= 300 {
		var undone struct{ Update updater.Result } // before the answer was made
		if r, ok := answer.(*updater.Result); ok && json.Unmarshal(b, &undone) == nil && undone.Update.State != "" {
			*r = undone.Update
			return nil
		}
		err = errors.New(resp.Status)
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%.4000s", method, path, err, b)
	}
	return nil
}

// decide hands over an update, and waits until it is made or undone. A hang is given up.
func (p *process) decide(file, fault string) (updater.Result, error) {
	q := url.Values{"wait": {"0"}}
	if fault != "" {
		q.Set("fault", fault)
	}
	var r updater.Result
	if err := p.ask(http.MethodPost, "/v1/updates", q, file, &r); err != nil {
		return r, err
	}
	for path := "/v1/updates/" + r.ID; r.State == updater.StateRunning; time.Sleep(5 * time.Millisecond) {
		if err := p.ask(http.MethodGet, path, nil, "", &r); err != nil {
			return r, err
		}
		if r.Faulted && r.State == updater.StateRunning && strings.HasSuffix(fault, "="+updater.FaultHang) {
			// The answer is an error if it was decided just now.
			p.ask(http.MethodDelete, path, nil, "", nil)
		}
	}
	return r, nil
}

// sample is a process when an update is over.
type sample struct {
	FDs        int    `json:"fds"`
	Threads    int    `json:"threads"`
	Goroutines int    `json:"goroutines"`
	Maps       int    `json:"maps"`      // stretches of its address space
	Shared     uint64 `json:"rss_shmem"` // the part of it that is in memory files
	RSS        uint64 `json:"rss"`       // bytes
	Virtual    uint64 `json:"virtual"`   // bytes
	Files      uint64 `json:"files"`     // bytes of memory files, whether it has looked at them or not
	HeapLive   uint64 `json:"heap_live"` // bytes
	GC         int64  `json:"gc_ns"`     // a cycle
	Unwind     int64  `json:"unwind_ns"` // a walk over all stacks
}

// goroutines is how many there are, and whether an update is over for all but those
// that wait.
func (p *process) goroutines() (n int, settled bool, err error) {
	var s admin.Status
	if err := p.ask(http.MethodGet, "/v1/status", nil, "", &s); err != nil {
		return 0, false, err
	}
	return s.Goroutines, s.Update == nil && s.Records.Captured == 0, nil
}

// release is the number of the one that runs.
func (p *process) release() (n int, err error) {
	var s admin.Status
	err = p.ask(http.MethodGet, "/v1/status", nil, "", &s)
	return s.Release.Number, err
}

// fds is how many file descriptors the process has.
func (p *process) fds() (int, error) {
	l, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.pid))
	return len(l), err
}

// settle waits until an update is over and what it needed is gone: until there are as
// many descriptors and goroutines as there were. It returns the least that it has seen:
// if they do not come down, that is a finding.
func (p *process) settle(fds, goroutines int) (f, g int, err error) {
	const grown = 10 * time.Second
	f, g = math.MaxInt, math.MaxInt
	for end := time.Now().Add(grown); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		n, settled, err := p.goroutines()
		if err != nil {
			return 0, 0, err
		}
		m, err := p.fds()
		if err != nil {
			return 0, 0, err
		}
		if settled {
			if f, g = min(f, m), min(g, n); f <= fds && g <= goroutines {
				break
			}
		}
	}
	return f, g, nil
}

// usual is how many descriptors and goroutines there are when nothing is going on. Whoever
// asks adds to them for a moment, hence the pauses.
func (p *process) usual() (f, g int, err error) {
	f, g = math.MaxInt, math.MaxInt
	for range 50 {
		time.Sleep(10 * time.Millisecond)
		m, n, err := p.settle(math.MaxInt, math.MaxInt)
		if err != nil {
			return 0, 0, err
		}
		f, g = min(f, m), min(g, n)
	}
	return f, g, nil
}

// sample measures. It waits until there are no more descriptors and goroutines than these.
func (p *process) sample(fds, goroutines int) (s sample, err error) {
	c, err := net.Dial("unix", p.probe)
	if err != nil {
		return s, err
	}
	defer c.Close()
	if err := json.NewDecoder(c).Decode(&s); err != nil { // its goroutines are those of the measurement
		return s, fmt.Errorf("the probe: %w\n%s", err, p.log)
	}
	if s.FDs, s.Goroutines, err = p.settle(fds, goroutines); err != nil {
		return s, err
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		return s, err
	}
	field := func(name string) uint64 {
		_, rest, _ := strings.Cut(string(status), "\n"+name+":")
		n, _ := strconv.ParseUint(strings.Fields(rest + " 0")[0], 10, 64)
		return n
	}
	s.Threads, s.RSS, s.Virtual, s.Shared = int(field("Threads")), field("VmRSS")<<10, field("VmSize")<<10, field("RssShmem")<<10
	return s, p.mapped(&s)
}

// mapped counts the stretches of the address space, and what is in memory files behind
// them: the kernel keeps such a file whole as long as a page of it is mapped.
func (p *process) mapped(s *sample) error {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", p.pid))
	if err != nil {
		return err
	}
	seen := make(map[string]bool)
	for line := range strings.Lines(string(maps)) {
		s.Maps++
		f := strings.Fields(line)
		if len(f) < 6 || !strings.HasPrefix(f[5], "/memfd:") || seen[f[4]] {
			continue
		}
		// Who may not look there has no figure.
		if fi, err := os.Stat(fmt.Sprintf("/proc/%d/map_files/%s", p.pid, trimZeros(f[0]))); err == nil {
			seen[f[4]] = true
			s.Files += uint64(fi.Sys().(*syscall.Stat_t).Blocks) * 512
		}
	}
	return nil
}

// trimZeros is a range of addresses as map_files has it.
func trimZeros(r string) string {
	from, to, _ := strings.Cut(r, "-")
	return strings.TrimLeft(from, "0") + "-" + strings.TrimLeft(to, "0")
}

// tail is a writer that keeps the beginning and the end of what was written.
type tail struct {
	mu         sync.Mutex
	head, rest []byte
}

const tailSize = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(len(p), tailSize-len(t.head))
	t.head = append(t.head, p[:n]...)
	t.rest = append(t.rest, p[n:]...)
	if len(t.rest) > 2*tailSize {
		t.rest = bytes.Clone(t.rest[len(t.rest)-tailSize:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.head) + string(t.rest)
}
