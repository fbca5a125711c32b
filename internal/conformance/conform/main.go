// Command conform shows that instrumented programs mean the same as plain ones, over everything in Go's own
// distribution that can tell: make conformance.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/internal/conformance"
	"github.com/upstarego/upstarego/internal/corpus"
)

func main() {
	var o options
	flag.StringVar(&o.tool, "tool", "bin/upstarego", "the upstarego `command`")
	flag.StringVar(&o.dir, "dir", "bin/conformance", "`directory` of results; a second run goes on where the first was cut short")
	flag.StringVar(&o.work, "work", filepath.Join(os.TempDir(), "upstarego-conformance"), "`directory` for modules and executables")
	flag.StringVar(&o.deviations, "deviations", "testdata/deviations.txt", "`file` of programs that are known to deviate, with reasons")
	flag.StringVar(&o.only, "only", "", "programs whose names match this `regexp`")
	flag.StringVar(&o.group, "group", "", "programs of this `group`: run, rundir, std or rangefunc")
	flag.IntVar(&o.parallel, "parallel", 2, "programs under way at once")
	flag.IntVar(&o.spread, "spread", 0, "about so many programs, spread over all groups and directories; 0: all")
	flag.BoolVar(&o.known, "known", false, "leave aside what behaved the same with another build of the tool")
	flag.BoolVar(&o.command, "command", false, "build every program by the command")
	flag.BoolVar(&o.full, "full", false, "build every program as one that takes updates, too; else a twenty-fifth of them")
	flag.BoolVar(&o.keep, "keep", false, "keep modules and executables of programs that go wrong")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := o.run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "conform:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

type options struct {
	tool, dir, work, deviations, only, group string
	parallel, spread                         int
	known, keep, command, full               bool
}

func (o *options) run(ctx context.Context) (ok bool, err error) {
	for _, p := range []*string{&o.tool, &o.dir, &o.work} {
		if *p, err = filepath.Abs(*p); err != nil {
			return false, err
		}
	}
	for _, dir := range []string{o.dir, o.work} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return false, err
		}
	}
	wanted, err := regexp.Compile(o.only)
	if err != nil {
		return false, err
	}
	deviations, err := corpus.Deviations(o.deviations)
	if err != nil {
		return false, err
	}
	all, others, err := conformance.Programs(o.work, deviations)
	if err != nil {
		return false, err
	}
	var programs []corpus.Program
	for _, p := range all {
		if wanted.MatchString(p.Name) && (o.group == "" || o.group == p.Group) {
			programs = append(programs, p)
		}
	}
	if o.spread > 0 {
		programs = conformance.Spread(programs, o.spread)
	}
	store, err := conformance.OpenStore(filepath.Join(o.dir, "results.jsonl"))
	if err != nil {
		return false, err
	}
	defer store.Close()
	r := conformance.Run{Store: store, Command: o.tool, Full: o.full, Progress: progress(time.Now())}
	if o.known {
		r.Known = func(r conformance.Record) bool {
			return r.Outcome == conformance.Same || r.Outcome == conformance.NoCapture
		}
	}
	if r.Tool, err = conformance.ToolDigest(o.tool); err != nil {
		return false, err
	}
	if !o.command {
		if r.Direct, err = conformance.NewDirect(o.work); err != nil {
			return false, err
		}
	}
	r.Suite = corpus.Suite{
		Parallel: o.parallel, Keep: o.keep, Work: o.work,
		Plain: conformance.PlainLimit, Stressed: conformance.StressedLimit, Building: conformance.BuildLimit,
	}
	records, err := r.Do(ctx, programs)
	if err != nil {
		return false, err
	}
	return o.account(conformance.Tabulate(records, others, deviations))
}

// account writes the table and says what it leaves unexplained.
func (o *options) account(t *conformance.Table) (ok bool, err error) {
	f, err := os.Create(filepath.Join(o.dir, "table.json"))
	if err != nil {
		return false, err
	}
	if err := t.WriteJSON(f); err != nil {
		return false, err
	}
	if err := f.Close(); err != nil {
		return false, err
	}
	if f, err = os.Create(filepath.Join(o.dir, "table.txt")); err != nil {
		return false, err
	}
	if err := t.WriteText(f); err != nil {
		return false, err
	}
	if err := f.Close(); err != nil {
		return false, err
	}
	if err := t.WriteText(os.Stdout); err != nil {
		return false, err
	}
	wrong, mended := t.Unexplained()
	for _, r := range wrong {
		fmt.Printf("not the same, and not listed in %s: %s: %s: %s\n", o.deviations, r.Program, r.Outcome, r.Why)
	}
	for _, r := range mended {
		fmt.Printf("behaves the same by now: take it out of %s: %s\n", o.deviations, r.Program)
	}
	return len(wrong)+len(mended) == 0, nil
}

// progress shows one line that stays where it is on a terminal; elsewhere, what is not the same and every fiftieth.
func progress(start time.Time) func(done, of int, r conformance.Record) {
	fi, err := os.Stderr.Stat()
	terminal := err == nil && fi.Mode()&os.ModeCharDevice != 0
	counts := map[conformance.Outcome]int{}
	return func(done, of int, r conformance.Record) {
		counts[r.Outcome]++
		line := fmt.Sprintf("%d of %d, %v:", done, of, time.Since(start).Round(time.Second))
		for _, o := range conformance.Outcomes {
			line += fmt.Sprintf(" %s %d", o, counts[o])
		}
		switch wrong := r.Outcome == conformance.Different || r.Outcome == conformance.Refused; {
		case terminal:
			fmt.Fprintf(os.Stderr, "\r\x1b[K%s; %s", line, r.Program)
			if done == of {
				fmt.Fprintln(os.Stderr)
			}
		case wrong:
			fmt.Fprintf(os.Stderr, "%s %s: %s\n", r.Outcome, r.Program, r.Why)
		case done%50 == 0 || done == of:
			fmt.Fprintln(os.Stderr, line)
		}
	}
}
