package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/upstarego/upstarego/internal/targets"
	"github.com/upstarego/upstarego/runtime/updater"
)

// A step is one from a release to the next, and what came of it.
type step struct {
	Target  string `json:"target"`
	Old     string `json:"old"`
	New     string `json:"new"`
	Number  int    `json:"number"`        // of the new release in the process's lineage
	Carried bool   `json:"carried"`       // the update was committed
	Why     string `json:"why,omitempty"` // it was not

	Functions int      `json:"functions"`         // that changed
	Types     int      `json:"types"`             // that changed
	Live      int      `json:"live"`              // frames of changed functions on the stacks while a trial is in its middle
	LiveIn    []string `json:"live_in,omitempty"` // in which
	Points    int      `json:"points"`            // of changed functions
	Inferred  int      `json:"inferred"`          // of these, that have a place by themselves
	Kept      int      `json:"kept"`              // of these, that are kept free by themselves
	Decisions int      `json:"decisions"`         // that the draft asks for
	Lines     int      `json:"lines"`             // of the frame map that were written by hand

	seen                           // since the step before
	Quiet           time.Duration  `json:"quiet_ns"`  // the longest gap before the update, in a time as long
	RequestToCommit time.Duration  `json:"commit_ns"` // from request to commit
	Stop            time.Duration  `json:"stop_ns"`
	Update          updater.Result `json:"update"`
	Build           time.Duration  `json:"build_ns"`
	Asked           int            `json:"asked"` // answers that were compared with those of a process started with the new release
	Differ          []string       `json:"differ,omitempty"`
	Late            []string       `json:"late,omitempty"` // goroutines that could not be carried over when they came back
}

// right reports whether the step was carried and nothing was wrong.
func (s *step) right() bool {
	return s.Carried && s.Dropped == 0 && s.Lost == 0 && len(s.Differ) == 0 && s.Asked > 0 && len(s.Late) == 0
}

// A run takes one target through its releases.
type run struct {
	name     string
	target   target
	releases []targets.Release
	pairs    []targets.Pair // nil: not measured
	b        *builder
	loadTime time.Duration
	seed     uint64
	out      io.Writer

	// The process that is carried, and what uses it.
	process *process
	load    *load
	number  int      // of the release that it runs
	base    string   // what the next one is built from
	failed  []string // goroutines that could not be carried over, so far
	starts  int
}

func (r *run) say(format string, args ...any) { fmt.Fprintf(r.out, r.name+": "+format+"\n", args...) }

// carry takes the target from its first release to its last.
func (r *run) carry(ctx context.Context) (steps []step, err error) {
	defer func() { r.halt() }()
	var plain string // of the old release
	for i, to := range r.releases {
		if ctx.Err() != nil {
			return steps, ctx.Err()
		}
		newPlain, err := r.b.plain(ctx, to)
		if err != nil {
			return steps, err
		}
		if i > 0 {
			s := step{Target: r.name, Old: r.releases[i-1].Version, New: to.Version}
			var pair targets.Pair
			if r.pairs != nil {
				pair = r.pairs[i-1]
			}
			s.describe(pair)
			if err := r.step(ctx, &s, to, pair, plain, newPlain); err != nil {
				return steps, err
			}
			steps = append(steps, s)
			verdict := "carried"
			switch {
			case !s.Carried:
				verdict = "not carried: " + s.Why
			case !s.right():
				verdict = fmt.Sprintf("carried, but: %d connections dropped, %d operations lost, %d answers differ, %d goroutines failed\n%q\n%q\n%q", s.Dropped, s.Lost, len(s.Differ), len(s.Late), s.Failed, s.Differ, s.Late)
			}
			r.say("%s → %s: %s", s.Old, s.New, verdict)
			os.Remove(plain)
		}
		plain = newPlain
		if r.process == nil && i+1 < len(r.releases) {
			if err := r.begin(ctx, to); err != nil {
				return steps, err
			}
		}
	}
	return steps, nil
}

// describe enters what is known of the step before it is made.
func (s *step) describe(p targets.Pair) {
	for state, n := range p.Functions {
		if state != "same" {
			s.Functions += n
		}
	}
	for state, n := range p.Types {
		if state != "same" {
			s.Types += n
		}
	}
	s.Points, s.Inferred, s.Kept, s.Decisions = p.Points, p.Inferred, p.Kept, len(p.Decisions)
	s.Lines = p.Lines
}

// begin starts a process with a release, and its load.
func (r *run) begin(ctx context.Context, first targets.Release) error {
	exe, err := r.b.first(ctx, first)
	if err != nil {
		return err
	}
	r.starts++
	p, err := start(ctx, r.target, exe, filepath.Join(r.b.dir, fmt.Sprint("run", r.starts)))
	if err != nil {
		return err
	}
	l, err := begin(ctx, r.target, p.addr, r.seed+uint64(r.starts), r.say)
	if err != nil {
		p.kill()
		return err
	}
	r.say("a process has been started with %s", first.Version)
	r.process, r.load, r.number, r.base, r.failed = p, l, 1, exe, nil
	return nil
}

// halt ends the process and its load.
func (r *run) halt() {
	if r.process != nil {
		r.load.end()
		r.process.kill()
	}
	r.process, r.load = nil, nil
}

// step makes one. An error is one of this program or its surroundings; what is wrong with the
// step stands in it.
func (r *run) step(ctx context.Context, s *step, to targets.Release, pair targets.Pair, oldPlain, newPlain string) error {
	s.Number = r.number + 1
	seed := r.seed*1000 + uint64(r.starts*100+s.Number)
	var err error
	if s.Live, s.LiveIn, err = live(ctx, r.target, oldPlain, filepath.Join(r.b.dir, "old"), seed, pair.Changed); err != nil {
		return fmt.Errorf("a plain build of %s: %w", s.Old, err)
	}
	began := time.Now()
	exe, err := r.b.next(ctx, to, s.Number, r.base)
	s.Build = time.Since(began)
	if err != nil {
		s.Why = "it was not built: " + err.Error()
		r.halt()
		return ctx.Err()
	}
	right, err := cold(ctx, r.target, newPlain, filepath.Join(r.b.dir, "new"), seed)
	if err != nil {
		return fmt.Errorf("a plain build of %s: %w", s.New, err)
	}

	tr, err := putIn(r.target, r.process.addr, seed)
	if err != nil {
		s.Why = "before the update: " + err.Error()
		r.halt()
		return ctx.Err()
	}
	r.load.rec.take()
	time.Sleep(r.loadTime)
	quiet := r.load.rec.take()
	u, err := r.process.update(update(exe))
	if err != nil {
		tr.close()
		s.Why = err.Error()
		r.halt()
		return ctx.Err()
	}
	s.Update, s.RequestToCommit, s.Stop = u, time.Duration(u.RequestToCommitNS), time.Duration(u.StopNS)
	if u.State != updater.StateCommitted {
		tr.close()
		s.Why = fmt.Sprintf("%s: %v", u.State, u.Error)
		r.halt()
		return ctx.Err()
	}
	s.Carried = true
	said, err := tr.getOut()
	s.Asked, s.Differ = len(said), compare(said, right)
	if err != nil {
		s.Differ = append(s.Differ, fmt.Sprintf("the conversation has broken: %v", err))
	}
	time.Sleep(r.loadTime)
	if err := r.awaitTools(ctx); err != nil {
		return err
	}
	s.seen = r.load.rec.take()
	s.Quiet = quiet.Gap
	s.Operations += quiet.Operations
	s.Dropped, s.Lost, s.Tools = s.Dropped+quiet.Dropped, s.Lost+quiet.Lost, s.Tools+quiet.Tools
	s.Failed = append(quiet.Failed, s.Failed...)
	r.late(s)
	os.Remove(exe)
	r.number, r.base = s.Number, ledger(exe, s.Number)
	if r.process.over() {
		s.Carried, s.Why = false, "the process has ended:\n"+r.process.log.last()
		r.halt()
	}
	return nil
}

// late enters goroutines that could not be carried over and were not in an earlier step: one
// that was parked may come back many releases later.
func (r *run) late(s *step) {
	failed, err := r.process.late()
	if err != nil {
		failed = []string{err.Error()}
	}
	for _, f := range failed {
		if !slices.Contains(r.failed, f) {
			s.Late = append(s.Late, f)
		}
	}
	r.failed = failed
}

// awaitTools waits until each of Debian's clients has begun and ended a run in the new release.
func (r *run) awaitTools(ctx context.Context) error {
	n := r.load.tools
	if n == 0 {
		return nil
	}
	was := r.load.rec.runs()
	for end := time.Now().Add(patience); r.load.rec.runs() < was+2*n && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if r.process.over() {
			return nil
		}
	}
	return nil
}
