// Package rehearse tries an update out before it ships: it runs a driver against the
// old release, or the program's tests in it, finds the stacks of points that the
// program comes to, and runs it again with the update made at each of them.
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
	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/runtime/rehearse"
)

// A Config says what to rehearse, and how.
type Config struct {
	Old, New string   // executables
	Updates  []string // to the new release, and, if there is one, back
	Driver   string   // a command for sh, which starts $UPSTARE_PROGRAM and checks what it does
	Tests    *Tests   // in the driver's place, or nil
	Dir      string   // where results are kept
	WorkDir  string   // where the driver, or a test, runs

	Program  *ledger.Release // that Old is of
	Affected []string
	Rules    *check.Rules
	Names    map[string]string // see Names

	Per      int            // runs for each class
	Parallel int            // runs at once
	Only     *regexp.Regexp // ids of runs
	Limit    time.Duration  // for a run; 0: by how long its use takes without an update
	Progress io.Writer

	opened map[string]int // descriptors that the old program has at once, without an update
}

// Outcomes of a run.
const (
	Passed     = "passed"      // updated there, and the driver is content
	NotReached = "not reached" // the program did not come there this time
	Failed     = "failed"
)

// A Run is a run of the driver, or of a test, with an update.
type Run struct {
	ID         string           `json:"id"`
	Package    string           `json:"package,omitempty"` // of the test
	Test       string           `json:"test,omitempty"`
	Class      string           `json:"class"`
	Occurrence int              `json:"occurrence"`
	Stack      []string         `json:"stack"`           // innermost first
	Lines      []Line           `json:"lines,omitempty"` // of its points, in the old release
	Outcome    string           `json:"outcome"`
	Why        []string         `json:"why,omitempty"`  // it failed
	Left       string           `json:"left,omitempty"` // the goroutine had to go on before the update was made
	Once       []string         `json:"once,omitempty"` // it had more than without an update, and not when it was made again
	Output     string           `json:"output,omitempty"`
	Report     *rehearse.Report `json:"report,omitempty"`
}

// A Summary is what a rehearsal found.
type Summary struct {
	Stacks      int      `json:"stacks"`  // distinct stacks of points that the driver brings the program to
	Classes     int      `json:"classes"` // of these
	Runs        []*Run   `json:"runs"`
	Points      int      `json:"points"`          // of affected functions, at which frames were converted
	PointsOf    int      `json:"points_of"`       // of how many
	Ends        int      `json:"ends"`            // runs whose end was compared with those without an update
	Unexercised []string `json:"unexercised"`     // rules of the map that no run came to
	Tests       []string `json:"tests,omitempty"` // that are content with either release
	Apart       []Apart  `json:"apart,omitempty"`
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
	plainLimit  = 10 * time.Minute
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
	p, err := c.prepared(ctx)
	if err != nil {
		return nil, err
	}
	var records []Record
	for i := range p.Uses {
		records = append(records, Record{p.Uses[i].Name, filepath.Join(c.Dir, p.Uses[i].Record)})
	}
	classes, stacks, err := Classes(records, c.Affected, c.testKeys())
	if err != nil {
		return nil, err
	}
	if c.opened, err = Opened(records); err != nil {
		return nil, err
	}
	s := &Summary{Stacks: stacks, Classes: len(classes), Apart: p.Apart}
	if c.Tests != nil {
		for _, u := range p.Uses {
			s.Tests = append(s.Tests, c.Tests.Package+"."+u.Name)
		}
		slices.Sort(s.Tests)
	}
	return s, c.runs(ctx, s, p, Tries(classes, c.Per))
}

// runs makes those that have no result yet.
func (c *Config) runs(ctx context.Context, s *Summary, p *preparation, tries []Try) error {
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
		r := &Run{ID: c.id(t), Test: t.Use, Class: t.Class.Name, Occurrence: t.Occurrence, Stack: t.Class.Stack}
		if c.Tests != nil {
			r.Package = c.Tests.Package
		}
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
	defer func() {
		for _, r := range s.Runs {
			r.Lines = Lines(c.Program, r.Stack)
		}
	}()
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := make(chan *Run)
	finished := 0
	for range max(1, c.Parallel) {
		wg.Go(func() {
			for r := range next {
				rerr := c.run(ctx, p.use(r.Test), r)
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
	s.Sum(c.Affected, c.Rules)
	return err
}

// id names a run, for -only.
func (c *Config) id(t Try) string {
	h := sha256.New()
	if c.Tests != nil {
		fmt.Fprintln(h, c.Tests.Package)
	}
	io.WriteString(h, t.Class.Name)
	id := hex.EncodeToString(h.Sum(nil)[:4])
	if t.Use != "" {
		id += "." + t.Use
	}
	return fmt.Sprintf("%s.%d", id, t.Occurrence)
}

// run makes one run. The error is about the machine, not the update.
func (c *Config) run(ctx context.Context, u *use, r *Run) error {
	report, out, derr, err := c.updated(ctx, u, r, nil)
	if err != nil {
		return err
	}
	c.judge(r, report, derr, out)
	if r.Outcome != Passed {
		return nil
	}
	return c.stays(ctx, u, r)
}

// updated makes a run by its plan, with a change, and again as long as the program does
// not come to the class.
func (c *Config) updated(ctx context.Context, u *use, r *Run, change func(*rehearse.Plan)) (report *rehearse.Report, out string, driver, err error) {
	limit := c.limit(u)
	for i := 0; i < attempts; i++ {
		name := filepath.Join(c.Dir, "report-"+r.ID+".json")
		os.Remove(name)
		plan := &rehearse.Plan{
			Report: name, Updates: c.Updates, Affected: c.Affected, Tests: c.testKeys(), Class: r.Class, Occurrence: r.Occurrence, Timeout: limit / 2,
			Patience: u.patient(), Main: c.Program.Main, Names: c.Names,
		}
		if u.Ends != nil {
			plan.Most = new(rehearse.End)
			plan.Most.Merge(u.Ends)
		}
		if change != nil {
			change(plan)
		}
		out, driver = c.drive(ctx, c.Old, u, plan, limit)
		text, rerr := os.ReadFile(name)
		os.Remove(name)
		if rerr != nil {
			return nil, out, driver, fmt.Errorf("run %s left no report: %w; the driver: %v\n%s", r.ID, rerr, driver, out)
		}
		report = new(rehearse.Report)
		if err := json.Unmarshal(text, report); err != nil {
			return nil, out, driver, err
		}
		switch {
		case driver != nil && report.End != nil && report.End.Waited:
			// It lived on to see what stays, and failed, perhaps for that.
			u.mu.Lock()
			u.hasty = true
			u.mu.Unlock()
			i--
		case driver != nil || !missed(report):
			return report, out, driver, nil
		}
	}
	return report, out, driver, nil
}

// missed: the program did not come to the class, or the goroutine had to be left, and the
// program was at its end.
func missed(p *rehearse.Report) bool { return !p.Reached || p.Left != "" && len(p.Steps) == 0 }

// judge says what a run has shown by itself.
func (c *Config) judge(r *Run, p *rehearse.Report, driver error, out string) {
	r.Report = p
	r.Why, r.Output, r.Left = nil, "", p.Left
	if p.Reached {
		r.Stack = p.Stack
	}
	if driver == nil && missed(p) {
		r.Outcome = NotReached
		return
	}
	if driver != nil {
		r.Why = append(r.Why, c.what()+": "+driver.Error())
		r.Output = out
	}
	for i, s := range p.Steps {
		if s.State != "committed" {
			r.Why = append(r.Why, fmt.Sprintf("update %d, %s: %s: %s", i+1, s.Update, s.State, s.Error))
		}
		if s.Late > 0 {
			r.Why = append(r.Why, fmt.Sprintf("update %d, %s: %d goroutines panicked after commit, for what the map says of them; the first: %s", i+1, s.Update, s.Late, s.First))
		}
		for _, w := range s.Warnings {
			r.Why = append(r.Why, fmt.Sprintf("update %d, %s: after commit: %s", i+1, s.Update, w))
		}
	}
	if p.Reached && len(p.Steps) < len(c.Updates) && (len(p.Steps) == 0 || p.Steps[len(p.Steps)-1].State == "committed") {
		r.Why = append(r.Why, "the program ended before it was updated")
	}
	r.Outcome = Passed
	if len(r.Why) > 0 {
		r.Outcome = Failed
	}
}

// what drives the program.
func (c *Config) what() string {
	if c.Tests != nil {
		return "the test"
	}
	return "the driver"
}

// Add adds what another package's tests have found. What runs came to is to be summed
// up anew (Sum).
func (s *Summary) Add(o *Summary) {
	s.Stacks += o.Stacks
	s.Classes += o.Classes
	s.Runs = append(s.Runs, o.Runs...)
	s.Tests = append(s.Tests, o.Tests...)
	s.Apart = append(s.Apart, o.Apart...)
}

// Sum adds up what all runs came to.
func (s *Summary) Sum(affected []string, rules *check.Rules) {
	frames, types := map[string]int{}, map[string]int{}
	s.Ends = 0
	for _, r := range s.Runs {
		if r.Report == nil {
			continue
		}
		if r.Report.End != nil {
			s.Ends++
		}
		for f, n := range r.Report.Frames {
			frames[f] += n
		}
		for t, n := range r.Report.Types {
			types[t] += n
		}
	}
	s.Unexercised = Unexercised(rules, frames, types)
	s.Points, s.PointsOf = 0, 0
	for i := range rules.Funcs {
		f := &rules.Funcs[i]
		if !slices.Contains(affected, f.Old) {
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

// drive runs the driver against a program that follows the plan, or a test in it, and
// gives the end of what it printed.
func (c *Config) drive(ctx context.Context, program string, u *use, plan *rehearse.Plan, limit time.Duration) (string, error) {
	text, err := c.output(ctx, program, u, plan, limit)
	return shortened(text), err
}

// output does the same and gives all of it.
func (c *Config) output(ctx context.Context, program string, u *use, plan *rehearse.Plan, limit time.Duration) (string, error) {
	dir, err := os.MkdirTemp("", "upstarego-rehearse-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("no end after %v", limit))
	defer cancel()
	command := []string{"sh", "-c", c.Driver}
	if c.Tests != nil {
		command = append(append([]string{program}, u.Args...), c.Tests.Flags...)
	}
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = c.WorkDir
	cmd.Env = append(os.Environ(), "UPSTARE_PROGRAM="+program, "UPSTARE_ADMIN=off", "UPSTARE_TRUST=unsigned", "TMPDIR="+dir)
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
	return out.String(), err
}

// shortened leaves the beginning of a long text, where a crash says what happened, and
// its end.
func shortened(text string) string {
	if len(text) <= maxOutput {
		return text
	}
	head, tail := text[:maxOutput*3/4], text[len(text)-maxOutput/4:]
	if i := strings.LastIndexByte(head, '\n'); i > 0 {
		head = head[:i]
	}
	if i := strings.IndexByte(tail, '\n'); i >= 0 {
		tail = tail[i+1:]
	}
	return head + "\n…\n" + tail
}
