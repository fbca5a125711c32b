package corpus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// ReportEnv names the file to which a stressed program writes its Report when it ends.
	ReportEnv = "UPSTARE_STRESS_REPORT"
	// StressEnv overrides the n of build -stress n.
	StressEnv = "UPSTARE_STRESS"
)

// A Report counts what a stressed program went through.
type Report struct {
	Polls    uint64 `json:"polls"`
	Captures uint64 `json:"captures"`
	Frames   uint64 `json:"frames"`
	Deepest  uint64 `json:"deepest"`
	Every    uint64 `json:"every"`  // n at the end: it grows when a program would rebuild too much
	Stacks   uint64 `json:"stacks"` // distinct stacks of points
	Exited   bool   `json:"exited"`
}

// maxOutput bounds what is kept of each stream; programs of a corpus print far less.
const maxOutput = 8 << 20

// A Run is what one execution of a program did.
type Run struct {
	Stdout, Stderr []byte
	Exit           int            // exit code; -1 if a signal ended it
	Signal         syscall.Signal // 0 if it exited
	TimedOut       bool
	Took           time.Duration
	Report         *Report // nil if it left none
}

// Execute runs exe, which was built from p, in dir, and stops it when ctx ends. The error speaks of the attempt, not
// of the program.
func Execute(ctx context.Context, p Program, exe, dir string, env []string) (*Run, error) {
	report := filepath.Join(filepath.Dir(exe), filepath.Base(exe)+".report.json")
	if err := os.Remove(report); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, exe, p.Args...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "UPSTARE_ADMIN=off", ReportEnv+"="+report, "GOTRACEBACK=single")
	cmd.Env = append(append(cmd.Env, p.Env...), env...)
	stdout, stderr := &bounded{}, &bounded{}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if p.Expect != nil {
		cmd.Stderr = stdout // one pipe keeps the order
	}
	inOwnGroup(cmd)
	start := time.Now()
	err := cmd.Run()
	r := &Run{Took: time.Since(start), Stdout: stdout.Bytes(), Stderr: stderr.Bytes()}
	if cmd.ProcessState == nil {
		return nil, err
	}
	r.Exit = cmd.ProcessState.ExitCode()
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		r.Signal = ws.Signal()
	}
	r.TimedOut = ctx.Err() != nil && r.Signal == syscall.SIGKILL
	data, err := os.ReadFile(report)
	if err == nil {
		r.Report = new(Report)
		if err := json.Unmarshal(data, r.Report); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// bounded keeps the first maxOutput bytes and swallows the rest, so that a program gone wild ends by its
// time limit and not by a blocked pipe.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if room := maxOutput - b.Len(); room < len(p) {
		b.Buffer.Write(p[:max(room, 0)])
		return len(p), nil
	}
	return b.Buffer.Write(p)
}
