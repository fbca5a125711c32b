package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/upstarego/upstarego/runtime/updater"
)

// run is a server with its clients, and a second process that gets the same updates
// while nobody uses it.
type run struct {
	options
	program *program
	rec     *record
	load    load
	builder *builder
	proc    *process
	control *process
	random  *rand.Rand
	rep     *report
	out     io.Writer
	owed    int // faults
}

func newRun(o options, p *program, out io.Writer) *run {
	return &run{options: o, program: p, rec: newRecord(), out: out, random: rand.New(rand.NewPCG(o.seed, 0)),
		rep: &report{Program: p.name, Began: time.Now(), Clients: o.clients, Faults: make(map[string]int), Slopes: make(map[string]slope)}}
}

// soak makes one run.
func soak(ctx context.Context, o options, p *program, out io.Writer) (rep *report, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dir := o.dir
	if dir == "" {
		if dir, err = os.MkdirTemp("", "upstarego-soak-"); err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
	}
	r := newRun(o, p, out)
	first, ahead, err := r.builds(ctx, dir)
	if err != nil {
		return nil, err
	}
	r.rep.Began = time.Now()
	for _, pr := range []**process{&r.proc, &r.control} {
		name := "used"
		if pr == &r.control {
			name = "unused"
		}
		if *pr, err = start(ctx, p, first.exe, dir, name, o.heap); err != nil {
			return nil, err
		}
		defer (*pr).kill()
	}
	r.load = p.load(r.rec, o)
	if err := r.load.begin(r.proc.addr); err != nil {
		return nil, err
	}
	building := make(chan struct{})
	go func() {
		defer close(building)
		ahead(ctx)
	}()
	err = r.updates(ctx)
	cancel()
	<-building
	if err != nil {
		if r.rec.bad() {
			err = fmt.Errorf("%w\nclients found:\n%s", err, strings.Join(slices.Concat(r.rec.dropped, r.rec.wrong), "\n"))
		}
		return nil, fmt.Errorf("%w\nthe process's log:\n%s", err, r.proc.log)
	}
	return r.rep, nil
}

// builds builds the first release, and tells what hands over those that follow: the builder,
// while the clients work, or a chain, where all have been built by then.
func (r *run) builds(ctx context.Context, dir string) (first built, ahead func(context.Context), err error) {
	last := r.options.updates + 1
	if r.chain != "" {
		if dir, err = filepath.Abs(filepath.Join(r.chain, r.program.name)); err == nil {
			err = os.MkdirAll(dir, 0o777)
		}
		if err != nil {
			return first, nil, err
		}
	}
	if r.builder, err = newBuilder(ctx, r.program, dir); err != nil {
		return first, nil, err
	}
	if r.chain == "" {
		first = r.builder.build(ctx, 1, "")
		return first, func(ctx context.Context) { r.builder.ahead(ctx, first, last) }, first.err
	}
	r.builder.keep = true
	c, err := openChain(r.builder)
	if err == nil {
		err = c.build(ctx, last, r.out)
	}
	if err != nil {
		return first, nil, err
	}
	return c.release(1), func(ctx context.Context) { c.hand(ctx, last) }, nil
}

// updates measures, updates as often as was asked for, and lets the clients finish.
func (r *run) updates(ctx context.Context) error {
	var err error
	if r.rep.Before, err = r.measure(r.proc, sample{}); err != nil {
		return err
	}
	if r.rep.BeforeControl, err = r.measure(r.control, sample{}); err != nil {
		return err
	}
	for b := range r.builder.out {
		if b.err != nil {
			return b.err
		}
		s, err := r.step(ctx, b)
		if err != nil {
			return err
		}
		r.rep.Steps = append(r.rep.Steps, s)
		fmt.Fprintln(r.out, s)
		if r.limit > 0 && time.Since(r.rep.Began) > r.limit || ctx.Err() != nil {
			break
		}
	}
	if len(r.rep.Steps) == 0 {
		return cmp.Or(context.Cause(ctx), fmt.Errorf("no update was made"))
	}
	r.load.end()
	if err := r.proc.stop(); err != nil {
		r.rec.fault("the process ended with %v", err)
	}
	r.conclude()
	return nil
}

// measure samples a process. usual is what it was; nothing if this is the first time.
func (r *run) measure(p *process, usual sample) (s sample, err error) {
	fds, goroutines := usual.FDs, usual.Goroutines
	if fds == 0 {
		if fds, goroutines, err = p.usual(); err != nil {
			return s, err
		}
	}
	return p.sample(fds, goroutines)
}

// step makes one update. No build is under way meanwhile: what is measured is the update.
func (r *run) step(ctx context.Context, b built) (s step, err error) {
	s = step{Release: b.n, BuildWall: int64(b.took), BuildCPU: int64(b.cpu)}
	file, err := os.Stat(b.update())
	if err != nil {
		return s, err
	}
	s.File = file.Size()
	release := r.builder.hold()
	defer release()
	made, err := r.fault(&s, b)
	if err != nil {
		return s, err
	}
	if err := r.faultBeside(&s, b); err != nil {
		return s, err
	}
	r.rec.forget(r.rec.now())
	quiet := window{from: r.rec.now()}
	if err := pause(ctx, r.quiet); err != nil {
		return s, err
	}
	quiet.to = r.rec.now()
	if s.Quiet, err = r.gap(quiet); err != nil {
		return s, err
	}
	busy := window{from: r.rec.now()}
	if made == nil {
		u, err := r.proc.decide(b.update(), "")
		if err != nil {
			return s, err
		}
		made = &u
	}
	if made.State != updater.StateCommitted {
		return s, fmt.Errorf("the update to release %d is %s: %v", b.n, made.State, reason(made))
	}
	if err := pause(ctx, r.quiet); err != nil {
		return s, err
	}
	busy.to = r.rec.now()
	if s.Gap, err = r.gap(busy); err != nil {
		return s, err
	}
	s.RequestToCommit, s.Stop, s.Attempts = made.RequestToCommitNS, made.StopNS, made.Attempts
	s.Rebuilt, s.Parked, s.Objects = made.Rebuilt, made.Parked, made.Objects
	s.Load = loading(made)
	for _, w := range made.Warnings {
		r.rec.fault("the update to release %d warns: %s", b.n, w)
	}
	r.load.updated(b.n-1, r.program.variant(b.n))
	madeBeside, err := r.control.decide(b.update(), "")
	if err != nil {
		return s, err
	}
	if madeBeside.State != updater.StateCommitted {
		return s, fmt.Errorf("the process that nobody uses: the update to release %d is %s: %v", b.n, madeBeside.State, reason(&madeBeside))
	}
	s.ControlLoad = loading(&madeBeside)
	if !r.builder.keep {
		os.Remove(b.update())
	}
	if s.Process, err = r.measure(r.proc, r.rep.Before); err != nil {
		return s, err
	}
	s.Control, err = r.measure(r.control, r.rep.BeforeControl)
	return s, err
}

func (r *run) gap(w window) (int64, error) {
	d, err := r.rec.gap(w)
	return int64(d), err
}

// fault makes one of so many updates fail first, at a random point. The process has to be in
// its old release then, and serve. If the update does not come to the point, it is made,
// and the next one has to fail.
func (r *run) fault(s *step, b built) (made *updater.Result, err error) {
	if (b.n-1)%r.faults == 0 {
		r.owed++
	}
	if r.owed == 0 {
		return nil, nil
	}
	s.Fault = r.randomFault()
	u, err := r.proc.decide(b.update(), s.Fault)
	if err != nil {
		return nil, err
	}
	s.Reason = reason(&u)
	switch {
	case u.State == updater.StateCommitted && !u.Faulted:
		s.Outcome = "not come to"
		made = &u
	case u.State == updater.StateUndone && u.Faulted:
		s.Outcome = "undone"
		r.owed--
		if n, err := r.proc.release(); err != nil || n != b.n-1 {
			return nil, fmt.Errorf("after a fault at %s the process says that it is release %d, not %d: %v", s.Fault, n, b.n-1, err)
		}
		r.load.serves(r.program.variant(b.n - 1))
	default:
		return nil, fmt.Errorf("the update to release %d with a fault at %s is %s: %s", b.n, s.Fault, u.State, s.Reason)
	}
	r.rep.Faults[s.Outcome]++
	return made, nil
}

// faultBeside makes the update of the process that nobody uses fail as well: an update that is undone after it was opened
// leaves something for good, and what the two processes have is compared. Where it would not come to the point, since
// it has little to capture and to transform, it fails behind that.
func (r *run) faultBeside(s *step, b built) error {
	if s.Outcome != "undone" {
		return nil
	}
	fault := s.Fault
	point, kind, _ := strings.Cut(fault, "=")
	if point, _, _ = strings.Cut(point, ":"); slices.Contains([]string{"captured", "frame", "object", "memory"}, point) {
		fault = "transformed=" + kind
	}
	u, err := r.control.decide(b.update(), fault)
	if err == nil && (u.State != updater.StateUndone || !u.Faulted) {
		err = fmt.Errorf("the process that nobody uses: the update to release %d with a fault at %s is %s: %s", b.n, fault, u.State, reason(&u))
	}
	return err
}

// randomFault is an error, a panic or a hang at a point where an update can fail.
func (r *run) randomFault() string {
	var points []string
	for _, p := range updater.FaultPoints {
		name, _, _ := strings.Cut(p, ":")
		if _, err := updater.ParseFault(name); err == nil {
			points = append(points, name)
		}
	}
	point := points[r.random.IntN(len(points))]
	if point == "object" || point == "memory" {
		point = fmt.Sprintf("%s:%d", point, 1+r.random.IntN(200))
	}
	return point + "=" + []string{updater.FaultError, updater.FaultPanic, updater.FaultHang}[r.random.IntN(3)]
}

// loading is how long an update took to open.
func loading(u *updater.Result) int64 {
	for _, p := range u.Phases {
		if p.Name == updater.PhaseLoad {
			return p.DurationNS
		}
	}
	return 0
}

func reason(u *updater.Result) string {
	if u.Error == nil {
		return ""
	}
	return fmt.Sprintf("%s [%s]", u.Error.Message, u.Error.Code)
}

func (s step) String() string {
	ms := func(ns int64) string { return fmt.Sprintf("%.1f ms", float64(ns)/1e6) }
	line := fmt.Sprintf("release %d: %s, %s stopped, gap %s (%s without), %d rebuilt, %d parked, %d objects; build %.1f s CPU, %.1f s",
		s.Release, ms(s.RequestToCommit), ms(s.Stop), ms(s.Gap), ms(s.Quiet), s.Rebuilt, s.Parked, s.Objects, float64(s.BuildCPU)/1e9, float64(s.BuildWall)/1e9)
	if s.Fault != "" {
		line += "; before it " + s.Fault + ": " + s.Outcome
	}
	return line
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// gapFactor is how much longer the gap of the last hundred updates may be than that of
// the first.
const gapFactor = 1.2

// conclude says what did not hold.
func (r *run) conclude() {
	rep := r.rep
	load, _ := os.ReadFile("/proc/loadavg")
	rep.Machine = fmt.Sprintf("%s, %d CPUs, load average at the end %s", runtime.Version(), runtime.NumCPU(), strings.TrimSpace(string(load)))
	rep.Took = time.Since(rep.Began).Round(time.Second).String()
	rep.Conns, rep.Operations = r.rec.conns, r.rec.operations.Load()
	rep.Windows, rep.Decided = r.load.decided()
	rep.log = r.proc.log.String()
	for _, f := range figures() {
		y := rep.series(f)
		if len(y) > 3 {
			y = y[1:] // as in ends
		}
		s := fit(y)
		rep.Slopes[f.name] = slope{s.PerUpdate * f.scale, s.Error * f.scale}
	}
	fail := func(format string, args ...any) { rep.Failures = append(rep.Failures, fmt.Sprintf(format, args...)) }
	for _, d := range r.rec.dropped {
		fail("dropped: %s", d)
	}
	for _, w := range r.rec.wrong {
		fail("%s", w)
	}
	if rep.Decided == 0 {
		fail("no operation on a shared key was decided")
	}
	for _, s := range rep.Steps {
		if s.Process.FDs != rep.Before.FDs {
			fail("release %d has %d file descriptors, not %d", s.Release, s.Process.FDs, rep.Before.FDs)
		}
		if s.Process.Goroutines != rep.Before.Goroutines {
			fail("release %d has %d goroutines, not %d", s.Release, s.Process.Goroutines, rep.Before.Goroutines)
		}
	}
	rep.Failures = append(rep.Failures, rep.grown()...)
}
