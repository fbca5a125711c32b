// Package rehearse tries an update out before it ships: it runs a driver against the
// old release, finds the stacks of points that the program comes to, and runs it again
// with the update made at each of them.
package rehearse

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/runtime/rehearse"
)

// A Config says what to rehearse, and how.
type Config struct {
	Old, New string   // executables
	Updates  []string // to the new release, and, if there is one, back
	Driver   string   // a command for sh, which starts $UPSTARE_PROGRAM and checks what it does
	Dir      string   // where results are kept
	WorkDir  string   // where the driver runs

	Affected []string
	Rules    *check.Rules

	Per      int            // runs for each class
	Parallel int            // runs at once
	Only     *regexp.Regexp // ids of runs
	Limit    time.Duration  // for a run; 0: by how long it takes without an update
	Progress io.Writer
}

// Outcomes of a run.
const (
	Passed     = "passed"      // updated there, and the driver is content
	NotReached = "not reached" // the program did not come there this time
	Failed     = "failed"
)

// A Run is a run of the driver with an update.
type Run struct {
	ID         string           `json:"id"`
	Class      string           `json:"class"`
	Occurrence int              `json:"occurrence"`
	Stack      []string         `json:"stack"` // innermost first
	Outcome    string           `json:"outcome"`
	Why        []string         `json:"why,omitempty"`  // it failed
	Left       string           `json:"left,omitempty"` // the goroutine had to go on before the update was made
	Output     string           `json:"output,omitempty"`
	Report     *rehearse.Report `json:"report,omitempty"`
}

// A Summary is what a rehearsal found.
type Summary struct {
	Stacks      int      `json:"stacks"`  // distinct stacks of points that the driver brings the program to
	Classes     int      `json:"classes"` // of these
	Runs        []*Run   `json:"runs"`
	Points      int      `json:"points"`      // of affected functions, at which frames were converted
	PointsOf    int      `json:"points_of"`   // of how many
	Unexercised []string `json:"unexercised"` // rules of the map that no run came to
}

// Count counts the runs with an outcome.
func (s *Summary) Count(outcome string) (n int) {
	for _, r := range s.Runs {
		if r.Outcome == outcome {
			n++
		}
	}
	return n
}

// A DriverError says that the driver fails without an update.
type DriverError struct {
	Program string
	Err     error
	Output  string
}

func (e *DriverError) Error() string {
	return fmt.Sprintf("the driver fails with %s, without an update: %v\n%s", e.Program, e.Err, e.Output)
}

const (
	leastLimit  = 30 * time.Second
	limitFactor = 20 // a run that captures itself everywhere may take as many times as long as one that does not
	attempts    = 3  // for a class that the program does not come to each time
	maxOutput   = 4 << 10
)

// Do rehearses. It goes on where an earlier call with the same configuration was cut
// short.
func (c Config) Do(ctx context.Context) (*Summary, error) {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return nil, err
	}
	// The driver has to be content with either release as it is.
	var took time.Duration
	for _, program := range []string{c.New, c.Old} {
		start := time.Now()
		limit := c.Limit
		if limit == 0 {
			limit = 10 * time.Minute
		}
		if out, err := c.drive(ctx, program, nil, limit); err != nil {
			return nil, &DriverError{program, err, out}
		}
		took = time.Since(start)
	}
	if c.Limit == 0 {
		c.Limit = max(leastLimit, limitFactor*took)
	}
	record := filepath.Join(c.Dir, "record.jsonl")
	if _, err := os.Stat(record); err != nil {
		part := record + ".part"
		os.Remove(part)
		if out, err := c.drive(ctx, c.Old, &rehearse.Plan{Record: part}, c.Limit); err != nil {
			return nil, &DriverError{c.Old + ", captured at every point", err, out}
		}
		if err := os.Rename(part, record); err != nil {
			return nil, fmt.Errorf("the driver did not start $UPSTARE_PROGRAM: %w", err)
		}
	}
	classes, stacks, err := Classes(record, c.Affected)
	if err != nil {
		return nil, err
	}
	s := &Summary{Stacks: stacks, Classes: len(classes)}
	return s, c.runs(ctx, s, Tries(classes, c.Per))
}

// runs makes those that have no result yet.
func (c *Config) runs(ctx context.Context, s *Summary, tries []Try) error {
	results := filepath.Join(c.Dir, "runs.jsonl")
	done := map[string]*Run{}
	if text, err := os.ReadFile(results); err == nil {
		for line := range bytes.Lines(text) {
			r := new(Run)
			if json.Unmarshal(line, r) == nil {
				done[r.ID] = r
			}
		}
	}
	f, err := os.OpenFile(results, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	var todo []*Run
	for _, t := range tries {
		r := &Run{ID: id(t), Class: t.Class.Name, Occurrence: t.Occurrence, Stack: t.Class.Stack}
		if c.Only != nil && !c.Only.MatchString(r.ID) {
			continue
		}
		if d := done[r.ID]; d != nil && (c.Only == nil || d.Outcome == Passed) {
			r = d
		} else {
			todo = append(todo, r)
		}
		s.Runs = append(s.Runs, r)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := make(chan *Run)
	finished := 0
	for range max(1, c.Parallel) {
		wg.Go(func() {
			for r := range next {
				rerr := c.run(ctx, r)
				if ctx.Err() != nil {
					continue
				}
				mu.Lock()
				finished++
				if rerr != nil {
					err = errors.Join(err, rerr)
				} else {
					line, _ := json.Marshal(r)
					f.Write(append(line, '\n'))
					fmt.Fprintf(c.Progress, "%d of %d: %s %s: %s\n", finished, len(todo), r.Outcome, r.ID, r.Class)
				}
				mu.Unlock()
			}
		})
	}
	for _, r := range todo {
		next <- r
	}
	close(next)
	wg.Wait()
	if err == nil {
		err = ctx.Err()
	}
	c.sum(s)
	return err
}

// id names a run, for -only.
func id(t Try) string {
	h := sha256.Sum256([]byte(t.Class.Name))
	return fmt.Sprintf("%s.%d", hex.EncodeToString(h[:4]), t.Occurrence)
}

// run makes one run. The error is about the machine, not the update.
func (c *Config) run(ctx context.Context, r *Run) error {
	for range attempts {
		report := filepath.Join(c.Dir, "report-"+r.ID+".json")
		os.Remove(report)
		out, err := c.drive(ctx, c.Old, &rehearse.Plan{
			Report: report, Updates: c.Updates, Affected: c.Affected, Class: r.Class, Occurrence: r.Occurrence, Timeout: c.Limit / 2,
		}, c.Limit)
		text, rerr := os.ReadFile(report)
		os.Remove(report)
		if rerr != nil {
			return fmt.Errorf("run %s left no report: %w; the driver: %v\n%s", r.ID, rerr, err, out)
		}
		r.Report = new(rehearse.Report)
		if err := json.Unmarshal(text, r.Report); err != nil {
			return err
		}
		c.judge(r, err, out)
		if r.Outcome != NotReached {
			break
		}
	}
	return nil
}

// judge says what a run has shown.
func (c *Config) judge(r *Run, driver error, out string) {
	p := r.Report
	r.Why, r.Output = nil, ""
	if p.Reached {
		r.Stack = p.Stack
	} else if driver == nil {
		r.Outcome = NotReached
		return
	}
	if driver != nil {
		r.Why = append(r.Why, "the driver: "+driver.Error())
		r.Output = out
	}
	for i, s := range p.Steps {
		if s.Left != "" && r.Left == "" {
			r.Left = s.Left
		}
		if s.State != "committed" {
			r.Why = append(r.Why, fmt.Sprintf("update %d, %s: %s: %s", i+1, s.Update, s.State, s.Error))
		}
		if s.Late > 0 {
			r.Why = append(r.Why, fmt.Sprintf("update %d, %s: %d conversions after commit failed", i+1, s.Update, s.Late))
		}
	}
	if p.Reached && len(p.Steps) < len(c.Updates) && (len(p.Steps) == 0 || p.Steps[len(p.Steps)-1].State == "committed") {
		r.Why = append(r.Why, "the program ended before it was updated")
	}
	if l := leaked(p.FilesBefore, p.FilesAfter); len(l) > 0 && p.Reached {
		r.Why = append(r.Why, "files that the update left open: "+strings.Join(l, ", "))
	}
	r.Outcome = Passed
	if len(r.Why) > 0 {
		r.Outcome = Failed
	}
}

// leaked are the names that stand more often in after.
func leaked(before, after []string) []string {
	n := map[string]int{}
	for _, f := range before {
		n[f]++
	}
	var l []string
	for _, f := range after {
		if n[f]--; n[f] < 0 {
			l = append(l, f)
		}
	}
	return l
}

// sum adds up what all runs came to.
func (c *Config) sum(s *Summary) {
	frames, types := map[string]int{}, map[string]int{}
	for _, r := range s.Runs {
		if r.Report == nil {
			continue
		}
		for f, n := range r.Report.Frames {
			frames[f] += n
		}
		for t, n := range r.Report.Types {
			types[t] += n
		}
	}
	s.Unexercised = Unexercised(c.Rules, frames, types)
	for i := range c.Rules.Funcs {
		f := &c.Rules.Funcs[i]
		if !slices.Contains(c.Affected, f.Old) {
			continue
		}
		for pt := 1; pt <= f.Last; pt++ {
			s.PointsOf++
			if frames[rehearse.Frame(f.Old, pt)] > 0 {
				s.Points++
			}
		}
	}
}

// drive runs the driver against a program that follows the plan, and gives what it
// printed.
func (c *Config) drive(ctx context.Context, program string, plan *rehearse.Plan, limit time.Duration) (string, error) {
	dir, err := os.MkdirTemp("", "upstarego-rehearse-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no end after %v", limit))
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", c.Driver)
	cmd.Dir = c.WorkDir
	cmd.Env = append(os.Environ(), "UPSTARE_PROGRAM="+program, "UPSTARE_ADMIN=off", "TMPDIR="+dir)
	if plan != nil {
		text, err := json.Marshal(plan)
		if err != nil {
			return "", err
		}
		name := filepath.Join(dir, "plan.json")
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return "", err
		}
		cmd.Env = append(cmd.Env, rehearse.Env+"="+name)
	}
	// What the driver has started and not stopped ends with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if cmd.Process != nil {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	text := out.String()
	if len(text) > maxOutput {
		text = "…" + text[len(text)-maxOutput:]
	}
	return text, err
}
