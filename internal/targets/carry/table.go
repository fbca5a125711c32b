package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// A report is what a run has found, and where.
type report struct {
	Machine  string        `json:"machine"`
	LoadTime time.Duration `json:"load_time_ns"` // before each update, and behind it
	Steps    []step        `json:"steps"`
}

// columns are the table's, by what they say of a step. What no update has shown is left out.
var columns = []struct {
	name string
	of   func(*step) string
}{
	{"step", func(s *step) string { return s.Target + " " + s.Old + " → " + s.New }},
	{"functions/types changed", func(s *step) string { return fmt.Sprintf("%d/%d", s.Functions, s.Types) }},
	{"live frames changed", func(s *step) string { return fmt.Sprint(s.Live) }},
	{"points inferred", func(s *step) string { return fmt.Sprintf("%d of %d", s.Inferred, s.Points) }},
	{"decisions", func(s *step) string { return fmt.Sprint(s.Decisions) }},
	{"lines by hand", func(s *step) string { return fmt.Sprint(s.Lines) }},
	{"carried", func(s *step) string {
		if s.Carried {
			return "yes"
		}
		return "no"
	}},
	{"connections dropped", made(func(s *step) string { return fmt.Sprint(s.Dropped) })},
	{"operations lost", made(func(s *step) string { return fmt.Sprintf("%d of %d", s.Lost, s.Operations) })},
	{"longest gap (without update)", made(func(s *step) string { return ms(s.Gap) + " (" + ms(s.Quiet) + ")" })},
	{"request → commit", made(func(s *step) string { return ms(s.RequestToCommit) })},
	{"stopped", made(func(s *step) string { return ms(s.Stop) })},
	{"answers as after a cold start", made(func(s *step) string { return fmt.Sprintf("%d of %d", max(0, s.Asked-len(s.Differ)), s.Asked) })},
}

func made(of func(*step) string) func(*step) string {
	return func(s *step) string {
		if !s.Carried {
			return "–"
		}
		return of(s)
	}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }

// text writes the table, and below it what was wrong.
func (r *report) text(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range columns {
		fmt.Fprintf(t, "%s\t", c.name)
	}
	fmt.Fprintln(t)
	for i := range r.Steps {
		for _, c := range columns {
			fmt.Fprintf(t, "%s\t", c.of(&r.Steps[i]))
		}
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%s\n%s of load before each update, and behind it\n", r.summary(), r.LoadTime)
	for i := range r.Steps {
		s := &r.Steps[i]
		if s.right() {
			continue
		}
		fmt.Fprintf(w, "\n%s %s → %s\n", s.Target, s.Old, s.New)
		if !s.Carried {
			fmt.Fprintf(w, "  not carried: %s\n", s.Why)
		}
		for _, l := range [][]string{s.Failed, s.Differ, s.Late} {
			for _, f := range l {
				fmt.Fprintf(w, "  %s\n", f)
			}
		}
	}
	return nil
}

// summary is the table in one sentence.
func (r *report) summary() string {
	carried, hand, lines := 0, 0, 0
	var lost, dropped, operations int
	for i := range r.Steps {
		s := &r.Steps[i]
		if s.Carried {
			carried++
			lines += s.Lines
			if s.Lines > 0 {
				hand++
			}
		}
		lost, dropped, operations = lost+s.Lost, dropped+s.Dropped, operations+s.Operations
	}
	return fmt.Sprintf("%d of %d steps were carried, %d of them with a frame map written by hand, of %d lines together; %d connections dropped, %d of %d operations lost. %s",
		carried, len(r.Steps), hand, lines, dropped, lost, operations, r.Machine)
}

// markdown writes the table for a document.
func (r *report) markdown(w io.Writer) {
	var head, rule []string
	for _, c := range columns {
		head, rule = append(head, c.name), append(rule, "---")
	}
	fmt.Fprintf(w, "| %s |\n|%s|\n", strings.Join(head, " | "), strings.Join(rule, "|"))
	for i := range r.Steps {
		var cells []string
		for _, c := range columns {
			cells = append(cells, c.of(&r.Steps[i]))
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
	fmt.Fprintf(w, "\n%s\n", r.summary())
}

func (r *report) write(file string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o666)
}

// read reads what write has written.
func read(file string) (*report, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("no table of an earlier run; make targets writes one: %w", err)
	}
	r := new(report)
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

// merge puts the steps of a later run in the places of the same ones, and others behind.
func (r *report) merge(later *report) {
	for _, s := range later.Steps {
		found := false
		for i := range r.Steps {
			if o := &r.Steps[i]; o.Target == s.Target && o.Old == s.Old && o.New == s.New {
				*o, found = s, true
			}
		}
		if !found {
			r.Steps = append(r.Steps, s)
		}
	}
	r.Machine, r.LoadTime = later.Machine, later.LoadTime
}

const (
	beginMark = "<!-- make targets -->\n"
	endMark   = "<!-- end of make targets -->\n"
)

// into puts the table in its place in a document.
func (r *report) into(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), beginMark)
	_, after, ok2 := strings.Cut(rest, endMark)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no lines %q and %q", file, strings.TrimSpace(beginMark), strings.TrimSpace(endMark))
	}
	var table strings.Builder
	r.markdown(&table)
	return os.WriteFile(file, []byte(before+beginMark+table.String()+endMark+after), 0o666)
}
