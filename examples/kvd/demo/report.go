package main

import (
	"fmt"
	"io"
	"time"
)

// report prints what came of a run, and reports whether all is as it should be.
func (r *run) report(out io.Writer) bool {
	faults := append(r.rec.faults, check(r.rec.history)...)
	count := make(map[harm]int)
	for _, f := range faults {
		count[f.harm]++
	}

	fmt.Fprintln(out)
	r.reportSteps(out)

	operations := len(r.rec.history.ops)
	for _, s := range r.rec.history.streams {
		operations += len(s.sent)
	}
	fmt.Fprintf(out, `
same PID             %s (%d)
connections dropped  %d (of %d)
operations lost      %d (of %d acknowledged)
operations doubled   %d
other wrong answers  %d
redis-benchmark      %s
`, yes(r.samePID), r.srv.pid,
		len(r.rec.dropped), r.rec.conns,
		count[lost], operations, count[doubled], count[wrong], r.benchmarkResult())
	list(out, "dropped: ", r.rec.dropped)
	list(out, "", faults)
	return r.samePID && len(r.rec.dropped) == 0 && len(faults) == 0
}

// reportSteps prints a column for each update.
func (r *run) reportSteps(w io.Writer) {
	row := func(title string, cell func(s step) string) {
		fmt.Fprintf(w, "%-36s", title)
		for _, s := range r.steps {
			fmt.Fprintf(w, "%12s", cell(s))
		}
		fmt.Fprintln(w)
	}
	if len(r.updates) > 0 {
		row("update", func(s step) string { return fmt.Sprintf("%d → %d", s.from, s.to) })
		row("request to commit", func(s step) string { return ms(time.Duration(s.result.RequestToCommit)) })
		row("program stopped for", func(s step) string { return ms(time.Duration(s.result.Stopped)) })
		row("goroutines rebuilt", func(s step) string { return fmt.Sprint(s.result.Rebuilt) })
		row("goroutines parked", func(s step) string { return fmt.Sprint(s.result.Parked) })
	}
	row("longest gap that a client saw", func(s step) string { gap, _ := r.gaps(s); return ms(gap) })
	row("the same client without an update", func(s step) string { _, usual := r.gaps(s); return ms(usual) })
}

// gaps returns the longest gap that a worker saw around an update, and the
// longest that the same worker saw before.
func (r *run) gaps(s step) (longest, usual time.Duration) {
	for _, replies := range r.rec.replies {
		if gap := longestGap(replies, s.busy); gap > longest {
			longest, usual = gap, longestGap(replies, s.quiet)
		}
	}
	return longest, usual
}

func (r *run) benchmarkResult() string {
	if r.bench == nil {
		return "not installed (Debian: apt-get install redis-tools)"
	}
	return "ran beside these clients"
}

// list prints the first of what was found.
func list[T any](out io.Writer, title string, found []T) {
	const most = 20
	for i, f := range found {
		if i == most {
			fmt.Fprintf(out, "... and %d more\n", len(found)-most)
			return
		}
		fmt.Fprintf(out, "%s%v\n", title, f)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond)) }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "NO"
}
