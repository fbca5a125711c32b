package corpus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// A Class says what became of one program under one builder.
type Class string

const (
	Same        Class = "same"         // same behaviour, and captured at least once: passed
	NoCapture   Class = "no capture"   // same behaviour, but never captured: no evidence
	Refused     Class = "refused"      // the tool declined it
	Differs     Class = "differs"      // wrong
	TimedOut    Class = "timed out"    // the plain program ended in time, this one did not
	BuildFailed Class = "build failed" // the tool broke, or wrote code that does not compile
	Unsuitable  Class = "unsuitable"   // the plain program does not build, end in time, or do the same twice
)

// Classes in the order in which they are shown.
var Classes = []Class{Same, NoCapture, Refused, Differs, TimedOut, BuildFailed, Unsuitable}

// Wrong reports whether the class is a defect of the tool. A refusal is none, but it is not a pass either.
func (c Class) Wrong() bool { return c == Differs || c == TimedOut || c == BuildFailed }

// A Result is one program under one builder.
type Result struct {
	Program      string   `json:"program"`
	Builder      string   `json:"builder"`
	Class        Class    `json:"class"`
	Codes        []string `json:"codes,omitempty"`
	Detail       []string `json:"detail,omitempty"`
	TraceDiffers bool     `json:"trace_differs,omitempty"`
	Report       *Report  `json:"report,omitempty"`
	PlainMS      int64    `json:"plain_ms"`
	RunMS        int64    `json:"run_ms"`
	BuildMS      int64    `json:"build_ms"`
	Constructs   []string `json:"constructs,omitempty"`
}

// A Suite compares programs built by several builders with the same programs built by the first.
type Suite struct {
	Reference Builder
	Builders  []Builder
	Parallel  int           // programs under way at once
	Plain     time.Duration // limit for one execution of the reference; see patience for all three
	Stressed  time.Duration // limit for one execution of any other
	Building  time.Duration // limit for one build
	Work      string        // directory for modules and executables
	Keep      bool          // keep what differed in Work
	Progress  func(Result)  // called after each result, one at a time; may be nil
}

// Run returns one result per program and builder, in that order.
func (s *Suite) Run(ctx context.Context, programs []Program) ([]Result, error) {
	var (
		results = make([][]Result, len(programs))
		errs    = make([]error, len(programs))
		slots   = make(chan struct{}, max(s.Parallel, 1))
		wg      sync.WaitGroup
		shown   sync.Mutex
	)
	for i, p := range programs {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			results[i], errs[i] = s.One(ctx, filepath.Join(s.Work, fmt.Sprintf("%03d", i)), p)
			if s.Progress != nil {
				shown.Lock()
				defer shown.Unlock()
				for _, r := range results[i] {
					s.Progress(r)
				}
			}
		})
	}
	wg.Wait()
	var all []Result
	for _, r := range results {
		all = append(all, r...)
	}
	return all, errors.Join(errs...)
}

// One takes a program through all builders. dir is its own and is gone afterwards, unless something went wrong
// that is to be kept.
func (s *Suite) One(ctx context.Context, dir string, p Program) ([]Result, error) {
	module := filepath.Join(dir, "module")
	if err := os.MkdirAll(module, 0o755); err != nil {
		return nil, err
	}
	keep := false
	defer func() {
		if !keep {
			os.RemoveAll(dir)
		}
	}()
	if err := p.WriteModule(module); err != nil {
		return nil, err
	}
	constructs, err := Constructs(module)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	plain, unsuitable, err := s.reference(ctx, p, dir, module)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	var results []Result
	for i, b := range s.Builders {
		rs := make([]Result, len(b.Variants))
		for j, v := range b.Variants {
			rs[j] = Result{Program: p.Name, Builder: v.Name, Constructs: constructs, Class: Unsuitable, Detail: unsuitable}
		}
		if unsuitable == nil {
			exe := filepath.Join(dir, fmt.Sprintf("exe%d", i))
			if err := s.compare(ctx, p, exe, module, b, plain, rs); err != nil {
				return nil, fmt.Errorf("%s, %s: %w", p.Name, b.Variants[0].Name, err)
			}
		}
		for j := range rs {
			if rs[j].Class.Wrong() && s.Keep {
				keep = true
				rs[j].Detail = append(rs[j].Detail, "kept in "+dir)
			}
		}
		results = append(results, rs...)
	}
	return results, nil
}

// reference builds and runs the plain program twice; unsuitable says why it can not be compared with.
func (s *Suite) reference(ctx context.Context, p Program, dir, module string) (plain *Run, unsuitable []string, err error) {
	exe := filepath.Join(dir, "plain")
	var refused *BuildError
	if err := s.build(ctx, s.Reference, p, module, exe); errors.As(err, &refused) {
		return nil, []string{"plain build: " + refused.Output}, nil
	} else if err != nil {
		return nil, nil, err
	}
	if plain, err = s.execute(ctx, p, exe, nil, s.Plain); err != nil {
		return nil, nil, err
	}
	if plain.TimedOut {
		return nil, []string{fmt.Sprintf("the plain program does not end within %v", s.Plain)}, nil
	}
	if d := p.unexpected(plain); d != "" {
		return nil, []string{"the plain program does not do what is expected of it: " + d}, nil
	}
	again, err := s.execute(ctx, p, exe, nil, s.Plain)
	if err != nil {
		return nil, nil, err
	}
	if d := Differences(plain, again); d != nil {
		return nil, append([]string{"two plain executions differ"}, d...), nil
	}
	return plain, nil, nil
}

// unexpected says how an execution fails the program's own expectation.
func (p Program) unexpected(r *Run) string {
	switch {
	case p.Expect == nil:
	case r.Signal != 0:
		return fmt.Sprintf("signal %v: %s", r.Signal, tail(r.Stdout))
	case r.Exit != 0:
		return fmt.Sprintf("exit code %d: %s", r.Exit, tail(r.Stdout))
	default:
		return firstDifference([]byte(*p.Expect), r.Stdout)
	}
	return ""
}

// tail is the end of an output, for a message.
func tail(b []byte) string {
	if len(b) > 400 {
		b = append([]byte("…"), b[len(b)-400:]...)
	}
	return string(b)
}

// compare builds once and fills in one result per variant.
func (s *Suite) compare(ctx context.Context, p Program, exe, module string, b Builder, plain *Run, results []Result) error {
	start := time.Now()
	err := s.build(ctx, b, p, module, exe)
	took := time.Since(start).Milliseconds()
	var failed *BuildError
	if err != nil && !errors.As(err, &failed) {
		return err
	}
	for j, v := range b.Variants {
		r := &results[j]
		r.BuildMS, r.PlainMS = took, plain.Took.Milliseconds()
		if failed != nil {
			r.Class, r.Codes, r.Detail = BuildFailed, failed.Codes, []string{failed.Output}
			if failed.Refused() {
				r.Class = Refused
			}
			continue
		}
		run, err := s.execute(ctx, p, exe, v.Env, s.Stressed)
		if err != nil {
			return err
		}
		r.judge(plain, run, v.Quiet)
		if d := p.unexpected(run); d != "" && r.Detail == nil {
			r.Class, r.Detail = Differs, []string{d}
		}
	}
	return nil
}

func (r *Result) judge(plain, run *Run, quiet bool) {
	r.RunMS, r.Report = run.Took.Milliseconds(), run.Report
	r.Detail = Differences(plain, run)
	r.TraceDiffers = TraceDiffers(plain, run)
	switch {
	case run.TimedOut:
		r.Class = TimedOut
	case r.Detail != nil:
		r.Class = Differs
	case r.TraceDiffers:
		_, a := cutStacks(plain.Stderr)
		_, b := cutStacks(run.Stderr)
		r.Class, r.Detail = Differs, []string{fmt.Sprintf("the positions in its stack traces: %q, %q", a, b)}
	case quiet:
		r.Class = Same
	case run.Report == nil:
		r.Class, r.Detail = NoCapture, []string{"it left no report"}
	case run.Report.Captures == 0:
		r.Class, r.Detail = NoCapture, []string{fmt.Sprintf("%d polls", run.Report.Polls)}
	default:
		r.Class = Same
	}
}

// machine is held for reading by everything that a suite of this process builds and executes, and for writing by
// what is tried again alone.
var machine sync.RWMutex

// patience is how much longer a build or an execution may take that is tried again alone: a limit that is exceeded
// because the machine has too much to do says nothing about a program.
const patience = 4

// patiently calls do with a limit, and again if that was exceeded: alone, and with a longer one.
func patiently(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	within := func(limit time.Duration) (late bool, err error) {
		inTime, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		err = do(inTime)
		return inTime.Err() != nil, err
	}
	machine.RLock()
	late, err := within(limit)
	machine.RUnlock()
	if !late || ctx.Err() != nil {
		return err
	}
	machine.Lock()
	defer machine.Unlock()
	_, err = within(patience * limit)
	return err
}

func (s *Suite) build(ctx context.Context, b Builder, p Program, module, exe string) error {
	return patiently(ctx, s.Building, func(ctx context.Context) error { return b.Build(ctx, p, module, exe) })
}

// execute runs exe in the program's directory, or in a fresh one, which is gone afterwards.
func (s *Suite) execute(ctx context.Context, p Program, exe string, env []string, limit time.Duration) (run *Run, err error) {
	err = patiently(ctx, limit, func(ctx context.Context) (err error) {
		run, err = s.once(ctx, p, exe, env)
		return err
	})
	return run, err
}

func (s *Suite) once(ctx context.Context, p Program, exe string, env []string) (*Run, error) {
	dir := p.Dir
	if dir == "" {
		fresh, err := os.MkdirTemp(filepath.Dir(exe), "cwd")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(fresh)
		dir = fresh
	}
	run, err := Execute(ctx, p, exe, dir, env)
	if err == nil && p.Normalise != nil {
		run.Stdout, run.Stderr = p.Normalise(run.Stdout), p.Normalise(run.Stderr)
	}
	return run, err
}
