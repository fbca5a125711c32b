package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/examples/kvd/client"
)

// server is a running kvd.
type server struct {
	addr   string
	pid    int
	cmd    *exec.Cmd
	log    *tail
	ended  chan struct{} // closed when the process has ended
	status error         // how, once ended is closed
}

// startServer starts kvd on a free port and returns when it listens.
func startServer(ctx context.Context, program string) (*server, error) {
	cmd := exec.CommandContext(ctx, program, "-addr", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "UPSTARE_TRUST=unsigned") // what it is handed was built here and now
	s := &server{cmd: cmd, log: new(tail), ended: make(chan struct{})}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = s.log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s.pid = cmd.Process.Pid
	lines := bufio.NewReader(stdout)
	first, err := lines.ReadString('\n')
	go func() {
		io.Copy(io.Discard, lines)
		s.status = cmd.Wait()
		close(s.ended)
	}()
	addr, ok := strings.CutPrefix(strings.TrimSpace(first), "listening on ")
	if !ok {
		s.kill()
		return nil, fmt.Errorf("%s did not come up: it said %q (%v)\n%s", program, first, err, s.log)
	}
	s.addr = addr
	return s, nil
}

func (s *server) kill() {
	s.cmd.Process.Kill()
	<-s.ended
}

// stop asks the server to end, and returns how it did.
func (s *server) stop() error {
	s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(client.Patience):
		s.kill()
		return fmt.Errorf("kvd did not end within %v after SIGTERM\n%s", client.Patience, s.log)
	}
	if s.status != nil {
		return fmt.Errorf("kvd ended with %w\n%s", s.status, s.log)
	}
	return nil
}

// running reports whether the process is there.
func (s *server) running() bool {
	select {
	case <-s.ended:
		return false
	default:
		return true
	}
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
