package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// A Cost is what a program needs for a round, and how much code it has.
type Cost struct {
	Instructions float64 `json:"instructions"` // 0: not counted
	Branches     float64 `json:"branches"`
	Allocs       float64 `json:"allocs"`
	Bytes        float64 `json:"bytes"`
	Code         int     `json:"code"`     // bytes of functions that the plain program has too
	CodeAll      int     `json:"code_all"` // bytes of all functions, generated ones included
}

// A Program is one compute program, instrumented against plain.
type Program struct {
	Name         string `json:"program"`
	Time         Figure `json:"time"`
	CPU          Figure `json:"cpu"`
	Instructions Number `json:"instructions"`
	Branches     Number `json:"branches"`
	Code         Number `json:"code"`
	CodeAll      Number `json:"code_all"`
	Plain        Cost   `json:"plain"`
	Other        Cost   `json:"instrumented"`

	times, cpus []float64 // ratios, run by run
}

const (
	fewRounds = 5 // done by the execution that is subtracted
	// so long the counted part of an execution takes without callgrind: more of it drowns the runtime's own
	countedTime = 8 * time.Millisecond
)

// compute measures programs that do nothing but compute.
func (b *bench) compute(ctx context.Context) error {
	names, exes, leftOut, err := b.buildPrograms(ctx)
	if err != nil {
		return err
	}
	programs := make([]Program, len(names))
	rounds := make([]float64, len(names)) // in a millisecond
	for i, n := range names {
		programs[i].Name = n
		if rounds[i], err = calibrate(ctx, exes[0], n); err != nil {
			return fmt.Errorf("%s: %w", n, err)
		}
	}
	// Programs take turns, and so do the two executables: a busy minute does not fall on one alone.
	each, runs := either(b, 40.0, 200.0), either(b, 6, 20)
	for run := range runs {
		b.Log("compute: run %d of %d", run+1, runs)
		for i, n := range names {
			p := &programs[i]
			var m [2]inside
			for k := range 2 {
				at := (k + run) % 2
				if m[at], err = execute(ctx, exes[at], n, max(1, int(each*rounds[i]))); err != nil {
					return fmt.Errorf("%s: %w", n, err)
				}
			}
			if string(m[0].Result) != string(m[1].Result) {
				return fmt.Errorf("%s: the results differ: %s and %s", n, m[0].Result, m[1].Result)
			}
			p.times = append(p.times, ratio(float64(m[0].NS), float64(m[1].NS)))
			p.cpus = append(p.cpus, ratio(float64(m[0].CPU), float64(m[1].CPU)))
		}
	}
	// What is counted now does not depend on what else runs.
	b.Log("compute: counting")
	var counting errgroup.Group
	counting.SetLimit(runtime.NumCPU())
	for i := range programs {
		p := &programs[i]
		p.Time, p.CPU = figure(p.times), figure(p.cpus)
		if err := measureCode(exes, p); err != nil {
			return err
		}
		counting.Go(func() error {
			if err := b.count(ctx, p, exes, rounds[i]); err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
			return nil
		})
	}
	if err := counting.Wait(); err != nil {
		return err
	}
	b.Programs = programs
	b.sumUp(programs, leftOut)
	return nil
}

// sumUp enters the rows that are about all programs.
func (b *bench) sumUp(programs []Program, note string) {
	n := strings.TrimSpace(fmt.Sprintf("%d programs %s", len(programs), note))
	for _, t := range []struct {
		mean, worst string
		runs        func(Program) []float64
	}{
		{"compute/time", "compute/worst", func(p Program) []float64 { return p.times }},
		// On a machine that others use it says more, but for programs that wait.
		{"compute/cpu", "compute/cpu-worst", func(p Program) []float64 { return p.cpus }},
	} {
		means := make([]float64, len(t.runs(programs[0])))
		for run := range means {
			var all []float64
			for _, p := range programs {
				all = append(all, t.runs(p)[run])
			}
			means[run] = geometricMean(all)
		}
		b.set(t.mean, figure(means), "%s", n)
		worst := slices.MaxFunc(programs, func(p, q Program) int {
			return cmp.Compare(figure(t.runs(p)).Median, figure(t.runs(q)).Median)
		})
		b.set(t.worst, figure(t.runs(worst)), "%s", worst.Name)
	}
	var more []string
	var instructions, branches []float64
	for _, p := range programs {
		// Runtimes allocate now and then for themselves.
		if p.Other.Allocs > p.Plain.Allocs*1.01+0.02 {
			more = append(more, fmt.Sprintf("%s %g → %g", p.Name, p.Plain.Allocs, p.Other.Allocs))
		}
		instructions, branches = append(instructions, float64(p.Instructions)), append(branches, float64(p.Branches))
	}
	b.set("compute/allocations", exact(float64(len(more))), "%s", strings.Join(more, ", "))
	if programs[0].Plain.Instructions == 0 {
		b.leave("compute/instructions", "valgrind is not installed")
		b.leave("compute/branches", "valgrind is not installed")
		return
	}
	b.set("compute/instructions", exact(geometricMean(instructions)), "")
	b.set("compute/branches", exact(geometricMean(branches)), "")
}

// calibrate is how many rounds of the plain program take a millisecond.
func calibrate(ctx context.Context, exe, name string) (float64, error) {
	for n := 4; ; n *= 4 {
		r, err := execute(ctx, exe, name, n)
		if err != nil {
			return 0, err
		}
		if took := time.Duration(r.NS); took > 5*time.Millisecond {
			return float64(n) / (float64(took) / float64(time.Millisecond)), nil
		}
		if n > 1<<26 {
			return 0, fmt.Errorf("%d rounds take no time: Work does nothing", n)
		}
	}
}

// count fills in what repeats from run to run: allocations and, with valgrind, instructions and branches.
// It is the difference between executions with many and with few rounds, so that starting up does not count.
func (b *bench) count(ctx context.Context, p *Program, exes [2]string, rounds float64) error {
	// A time that was taken on a busy machine makes too little of it; too few rounds say nothing.
	n := max(20, int(rounds*float64(countedTime/time.Millisecond)))
	for i, cost := range []*Cost{&p.Plain, &p.Other} {
		cost.Allocs, cost.Bytes = math.Inf(1), math.Inf(1)
		for range 3 { // the least is the program's
			few, err := execute(ctx, exes[i], p.Name, fewRounds)
			if err != nil {
				return err
			}
			many, err := execute(ctx, exes[i], p.Name, fewRounds+n)
			if err != nil {
				return err
			}
			cost.Allocs = min(cost.Allocs, max(0, math.Round(100*float64(int64(many.Allocs-few.Allocs))/float64(n))/100))
			cost.Bytes = min(cost.Bytes, max(0, math.Round(float64(int64(many.Bytes-few.Bytes))/float64(n))))
		}
		if _, err := exec.LookPath("valgrind"); err != nil {
			continue
		}
		attempts := either(b, 2, 4)
		few, err := count(ctx, attempts, exes[i], p.Name, fewRounds)
		if err != nil {
			return err
		}
		many, err := count(ctx, attempts, exes[i], p.Name, fewRounds+n)
		if err != nil {
			return err
		}
		if many.instructions <= few.instructions {
			return fmt.Errorf("%d rounds cost no instructions: Work does nothing", n)
		}
		cost.Instructions = float64(many.instructions-few.instructions) / float64(n)
		cost.Branches = float64(many.branches-few.branches) / float64(n)
	}
	p.Instructions, p.Branches = Number(ratio(p.Plain.Instructions, p.Other.Instructions)), Number(ratio(p.Plain.Branches, p.Other.Branches))
	return nil
}

// inside is what testdata/programs/main.go reports.
type inside struct {
	Result json.RawMessage `json:"result"`
	NS     int64           `json:"ns"`
	CPU    int64           `json:"cpu"`
	Allocs uint64          `json:"allocs"`
	Bytes  uint64          `json:"bytes"`
}

func execute(ctx context.Context, exe, name string, rounds int) (r inside, err error) {
	out, err := command(ctx, "", nil, exe, name, strconv.Itoa(rounds))
	if err == nil {
		err = json.Unmarshal([]byte(out), &r)
	}
	if err == nil && (r.NS <= 0 || len(r.Result) == 0) {
		err = errors.New("it reported nothing: " + out)
	}
	return r, err
}
