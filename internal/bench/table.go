package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// cells are a row's columns: goal, figure, interval, runs, verdict and note.
func (r Result) cells() (goal, median, interval, runs, verdict, note string) {
	unit := ""
	if r.Unit != "" {
		unit = " " + r.Unit
	}
	switch {
	case r.None:
		goal = "0" + unit
	case r.Most > 0:
		goal = fmt.Sprintf("≤ %g%s", r.Most, unit)
	case r.Least > 0:
		goal = fmt.Sprintf("≥ %g%s", r.Least, unit)
	default:
		goal = "–"
	}
	switch {
	case r.Figure == nil && r.Failed != "":
		first, _, _ := strings.Cut(r.Failed, "\n")
		return goal, "–", "", "", "failed", first
	case r.Figure == nil:
		return goal, "–", "", "", "not measured", r.Missing
	}
	f := r.Figure
	if r.Earlier != "" {
		r.Note = strings.TrimPrefix(r.Note+" ("+r.Earlier+")", " ")
	}
	median = digits(f.Median) + unit
	switch {
	case f.Exact:
		interval = "exact"
	case finite(float64(f.Lo)) && finite(float64(f.Hi)):
		interval = digits(f.Lo) + " … " + digits(f.Hi)
	default:
		interval = "too few runs"
	}
	return goal, median, interval, fmt.Sprint(f.Runs), string(r.Verdict), r.Note
}

// digits is a number as tables have it.
func digits(n Number) string {
	switch v := float64(n); {
	case !finite(v):
		return "∞"
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	default:
		return fmt.Sprintf("%.3f", v)
	}
}

// head says what the figures are of.
func (r *Report) head() string {
	kind := "make bench"
	if r.Reduced {
		kind = "make bench-quick, with fewer runs and smaller sizes"
	}
	return fmt.Sprintf("%s, %s, %s. %s. Medians with 95 %% confidence intervals.", kind, r.Began.UTC().Format("2006-01-02 15:04 UTC"), r.Took.Round(1e9), r.Machine)
}

// WriteTable writes the report for a terminal.
func (r *Report) WriteTable(w io.Writer) error {
	fmt.Fprintln(w, r.head())
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "row\tgoal\tfigure\tinterval\truns\t\tnote")
	for _, row := range r.Rows {
		goal, median, interval, runs, verdict, note := row.cells()
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row.Name, goal, median, interval, runs, verdict, note)
	}
	if err := t.Flush(); err != nil || len(r.Programs) == 0 {
		return err
	}
	fmt.Fprintln(w)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, strings.Join(programColumns, "\t")+"\t")
	for _, p := range r.Programs {
		fmt.Fprintln(t, strings.Join(p.cells(), "\t")+"\t")
	}
	return t.Flush()
}

// WriteMarkdown writes it as docs/performance.md has it.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	line := func(cells ...string) {
		for i, c := range cells {
			cells[i] = strings.ReplaceAll(c, "|", "\\|")
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	b.WriteString(r.head() + "\n\n")
	line("row", "what", "program", "goal", "figure", "interval", "runs", "", "note")
	line("---", "---", "---", "---", "---", "---", "---", "---", "---")
	for _, row := range r.Rows {
		goal, median, interval, runs, verdict, note := row.cells()
		line(row.Name, row.What, row.On, goal, median, interval, runs, verdict, note)
	}
	if len(r.Programs) > 0 {
		b.WriteString("\n")
		line(append([]string{}, programColumns...)...)
		line(strings.Split(strings.Repeat("--- ", len(programColumns)), " ")[:len(programColumns)]...)
		for _, p := range r.Programs {
			line(p.cells()...)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var programColumns = []string{"program", "time", "interval", "runs", "CPU time", "instructions, plain", "ratio", "branches", "allocations, plain", "instrumented", "code", "with generated"}

func (p Program) cells() []string {
	counted := []string{"–", "–", "–"}
	if p.Plain.Instructions > 0 {
		counted = []string{fmt.Sprintf("%.0f", p.Plain.Instructions), digits(p.Instructions), digits(p.Branches)}
	}
	interval := "too few runs"
	if finite(float64(p.Time.Lo)) && finite(float64(p.Time.Hi)) {
		interval = digits(p.Time.Lo) + " … " + digits(p.Time.Hi)
	}
	return append(append([]string{p.Name, digits(p.Time.Median), interval, fmt.Sprint(p.Time.Runs), digits(p.CPU.Median)}, counted...),
		fmt.Sprintf("%g", p.Plain.Allocs), fmt.Sprintf("%g", p.Other.Allocs), digits(p.Code), digits(p.CodeAll))
}
