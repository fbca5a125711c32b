package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// step is one update.
type step struct {
	Release int    `json:"release"`
	Fault   string `json:"fault,omitempty"`   // what was injected before it
	Outcome string `json:"outcome,omitempty"` // what came of that
	Reason  string `json:"reason,omitempty"`

	Load            int64 `json:"load_ns"`
	RequestToCommit int64 `json:"request_to_commit_ns"`
	Stop            int64 `json:"stop_ns"`
	Rebuilt         int   `json:"rebuilt"`
	Parked          int   `json:"parked"`
	Objects         int   `json:"objects"`
	Attempts        int   `json:"attempts"`

	Gap   int64 `json:"gap_ns"`       // the longest between two answers to a client that only asks, around the update
	Quiet int64 `json:"quiet_gap_ns"` // and in as much time before it

	ControlLoad int64 `json:"control_load_ns"`

	Process sample `json:"process"`
	Control sample `json:"control"` // a process that nobody uses, with the same updates

	File      int64 `json:"file"` // bytes of the update file
	BuildWall int64 `json:"build_ns"`
	BuildCPU  int64 `json:"build_cpu_ns"`
}

// report is what came of a run.
type report struct {
	Program    string    `json:"program"`
	Began      time.Time `json:"began"`
	Machine    string    `json:"machine"`
	Took       string    `json:"took"`
	Clients    int       `json:"clients"`
	Conns      int       `json:"connections"`
	Operations int64     `json:"operations"`
	Windows    int       `json:"windows"`
	Decided    int       `json:"decided_operations"`

	Before        sample `json:"before"`
	BeforeControl sample `json:"before_control"`
	Steps         []step `json:"steps"`

	Faults   map[string]int   `json:"faults"` // injected, by what came of them
	Slopes   map[string]slope `json:"slopes"`
	Failures []string         `json:"failures"`
	log      string
}

// A figure is one row of the table.
type figure struct {
	name   string
	unit   string
	scale  float64 // of the unit
	of     func(s step) float64
	before func(r *report) float64 // nil: there is none before the first update
}

func ofProcess(f func(s sample) float64) (func(step) float64, func(*report) float64) {
	return func(s step) float64 { return f(s.Process) }, func(r *report) float64 { return f(r.Before) }
}

func ofControl(f func(s sample) float64) (func(step) float64, func(*report) float64) {
	return func(s step) float64 { return f(s.Control) }, func(r *report) float64 { return f(r.BeforeControl) }
}

// memory is what the process takes: what is resident, and memory files in full.
func (s sample) memory() float64 { return float64(s.RSS) - float64(s.Shared) + float64(s.Files) }

// figures are the rows.
func figures() []figure {
	row := func(name, unit string, scale float64, of func(step) float64, before func(*report) float64) figure {
		return figure{name, unit, scale, of, before}
	}
	process := func(name, unit string, scale float64, f func(sample) float64) figure {
		of, before := ofProcess(f)
		return row(name, unit, scale, of, before)
	}
	const ms = 1e6
	heapOf, heapBefore := ofControl(func(s sample) float64 { return float64(s.HeapLive) })
	return []figure{
		process("file descriptors", "", 1, func(s sample) float64 { return float64(s.FDs) }),
		process("goroutines", "", 1, func(s sample) float64 { return float64(s.Goroutines) }),
		process("threads", "", 1, func(s sample) float64 { return float64(s.Threads) }),
		process("live heap", "kB", 1e3, func(s sample) float64 { return float64(s.HeapLive) }),
		row("live heap, nobody there", "kB", 1e3, heapOf, heapBefore),
		row("live heap, the difference", "kB", 1e3,
			func(s step) float64 { return float64(s.Process.HeapLive) - float64(s.Control.HeapLive) },
			func(r *report) float64 { return float64(r.Before.HeapLive) - float64(r.BeforeControl.HeapLive) }),
		process("resident memory", "MB", 1e6, func(s sample) float64 { return float64(s.RSS) }),
		process("memory files", "MB", 1e6, func(s sample) float64 { return float64(s.Files) }),
		process("memory in all", "MB", 1e6, sample.memory),
		process("address space", "MB", 1e6, func(s sample) float64 { return float64(s.Virtual) }),
		process("mappings", "", 1, func(s sample) float64 { return float64(s.Maps) }),
		process("garbage collection", "ms", ms, func(s sample) float64 { return float64(s.GC) }),
		process("unwinding all stacks", "ms", ms, func(s sample) float64 { return float64(s.Unwind) }),
		row("opening the update", "ms", ms, func(s step) float64 { return float64(s.Load) }, nil),
		row("opening, nobody there", "ms", ms, func(s step) float64 { return float64(s.ControlLoad) }, nil),
		row("request to commit", "ms", ms, func(s step) float64 { return float64(s.RequestToCommit) }, nil),
		row("program stopped", "ms", ms, func(s step) float64 { return float64(s.Stop) }, nil),
		row("longest gap of a client", "ms", ms, func(s step) float64 { return float64(s.Gap) }, nil),
		row("the same without update", "ms", ms, func(s step) float64 { return float64(s.Quiet) }, nil),
		row("update file", "MB", 1e6, func(s step) float64 { return float64(s.File) }, nil),
		row("build (CPU)", "s", 1e9, func(s step) float64 { return float64(s.BuildCPU) }, nil),
	}
}

func (r *report) series(f figure) []float64 {
	y := make([]float64, len(r.Steps))
	for i, s := range r.Steps {
		y[i] = f.of(s) / f.scale
	}
	return y
}

// print prints the table and the verdict.
func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s: %d updates in %s, %d connections, %d clients that never rest\n", r.Program, len(r.Steps), r.Took, r.Conns, r.Clients)
	fmt.Fprintln(w, r.Machine)
	fmt.Fprintf(w, "%d operations; %d of them on shared keys, in %d windows, have an order\n", r.Operations, r.Decided, r.Windows)
	var faults []string
	for _, name := range sortedKeys(r.Faults) {
		faults = append(faults, fmt.Sprintf("%d %s", r.Faults[name], name))
	}
	fmt.Fprintf(w, "faults injected before updates: %s\n\n", cmp.Or(strings.Join(faults, ", "), "none"))

	first, _ := ends(make([]float64, len(r.Steps)))
	n := len(first)
	fmt.Fprintf(w, "%-32s%10s%12s%12s%12s%12s%24s\n", "", "before", fmt.Sprintf("first %d", n), "p90", fmt.Sprintf("last %d", n), "p90", "each update adds")
	for _, f := range figures() {
		y := r.series(f)
		name := f.name
		if f.unit != "" {
			name += ", " + f.unit
		}
		before := ""
		if f.before != nil {
			before = number(f.before(r) / f.scale)
		}
		first, last := ends(y)
		s := r.Slopes[f.name]
		fmt.Fprintf(w, "%-32s%10s%12s%12s%12s%12s%14s ± %s\n", name, before,
			number(quantile(first, .5)), number(quantile(first, .9)), number(quantile(last, .5)), number(quantile(last, .9)),
			number(s.PerUpdate/f.scale), number(s.Error/f.scale))
	}
	fmt.Fprintln(w)
	for i, f := range r.Failures {
		if i == 30 {
			fmt.Fprintf(w, "… and %d more\n", len(r.Failures)-i)
			break
		}
		fmt.Fprintln(w, "FAILED:", f)
	}
	if len(r.Failures) == 0 {
		fmt.Fprintln(w, "nothing lost, doubled or out of order; no connection dropped; what has to stay the same does")
	} else if r.log != "" {
		fmt.Fprintf(w, "the process's log:\n%s\n", r.log)
	}
}

// number is a figure with four digits.
func number(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "–"
	case v == math.Trunc(v) && a < 1e9:
		return fmt.Sprintf("%.0f", v)
	case a >= 1000:
		return fmt.Sprintf("%.0f", v)
	case a >= 1:
		return fmt.Sprintf("%.4g", v)
	default:
		return fmt.Sprintf("%.2g", v)
	}
}

func (r *report) write(file string) error {
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o666)
}

func jsonName(o options, p *program) string {
	if len(programs(o.program)) == 1 {
		return o.json
	}
	ext := filepath.Ext(o.json)
	return strings.TrimSuffix(o.json, ext) + "-" + p.name + ext
}

const (
	// threadsMore is how many threads there may be more behind the last updates than
	// behind the first: Go starts one when all others are in calls that block, and keeps it.
	threadsMore = 2
	// heapMore is by what part the live heap may have grown, apart from what it has
	// in the process that nobody uses: code has type tables.
	heapMore = 0.03
	// heapFrom is from how many updates on that is looked at: what an update leaves for
	// goroutines that wait goes when these come back, which depends on which they are.
	heapFrom = 30
)

// grown says what has to stay the same, between the first and the last updates, and does not.
func (r *report) grown() (wrong []string) {
	medians := func(name string) (first, last float64) {
		for _, f := range figures() {
			if f.name == name {
				a, b := ends(r.series(f))
				return quantile(a, .5), quantile(b, .5)
			}
		}
		panic("no figure " + name)
	}
	if first, last := medians("threads"); last > first+threadsMore {
		wrong = append(wrong, fmt.Sprintf("there were %v threads, and there are %v", first, last))
	}
	heap, _ := medians("live heap")
	if first, last := medians("live heap, the difference"); len(r.Steps) > heapFrom && last-first > heapMore*heap {
		wrong = append(wrong, fmt.Sprintf("the live heap has grown by %.0f kB beside what it has in the process that nobody uses, %.1f %%", last-first, 100*(last-first)/heap))
	}
	if first, last := medians("longest gap of a client"); len(r.Steps) > 200 && last > gapFactor*first {
		wrong = append(wrong, fmt.Sprintf("the longest gap of a client was %.1f ms, and is %.1f ms", first, last))
	}
	return wrong
}
