package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// A Report is what one run has measured.
type Report struct {
	Machine  Machine       `json:"machine"`
	Reduced  bool          `json:"quick"`
	Began    time.Time     `json:"began"`
	Took     time.Duration `json:"took_ns"`
	Rows     []Result      `json:"rows"`
	Programs []Program     `json:"programs,omitempty"`
}

// leftOut is why a row is missing from a reduced run.
const leftOut = "left out of the reduced form"

// notAsked is why a row is missing that was left out.
const notAsked = "not asked for"

// A Result is a row with its figure, or with what there is in its place.
type Result struct {
	Row
	Figure  *Figure `json:"figure,omitempty"`
	Verdict Verdict `json:"verdict,omitempty"`
	Note    string  `json:"note,omitempty"`    // how the figure is to be read
	Failed  string  `json:"failed,omitempty"`  // what went wrong
	Missing string  `json:"missing,omitempty"` // why it was not measured
	Earlier string  `json:"earlier,omitempty"` // the run it is of, if not this one
}

// newReport has all rows, none of which is measured.
func newReport(quick bool) *Report {
	r := &Report{Machine: thisMachine(), Reduced: quick, Began: time.Now()}
	for _, row := range rows {
		r.Rows = append(r.Rows, Result{Row: row, Missing: notAsked})
	}
	return r
}

// row finds a row by name; there is no other way to add one.
func (r *Report) row(name string) *Result {
	for i := range r.Rows {
		if r.Rows[i].Name == name {
			return &r.Rows[i]
		}
	}
	panic("no row " + name)
}

// set enters a row's figure.
func (r *Report) set(name string, f Figure, note string, args ...any) {
	row := r.row(name)
	row.Figure, row.Verdict, row.Note = &f, row.verdict(f, r.Reduced), fmt.Sprintf(note, args...)
	row.Missing, row.Failed = "", ""
}

// leave says why a row is not measured.
func (r *Report) leave(name, why string, args ...any) {
	r.row(name).Missing = fmt.Sprintf(why, args...)
}

// verdict judges a figure. What is missed with less than the goal asks for is missed with all of it.
func (r Row) verdict(f Figure, reduced bool) Verdict {
	v := r.Judge(f)
	if reduced && r.Sized && v != Missed {
		return Smaller
	}
	return v
}

// Keep takes what this run was not asked for from an earlier report.
func (r *Report) Keep(earlier *Report) {
	for i := range r.Rows {
		row := &r.Rows[i]
		if row.Missing != notAsked {
			continue
		}
		for _, e := range earlier.Rows {
			if e.Name == row.Name && e.Missing != notAsked {
				e.Row = row.Row
				if e.Earlier == "" && e.Figure != nil {
					e.Verdict = e.Row.verdict(*e.Figure, earlier.Reduced)
				}
				if e.Earlier == "" {
					e.Earlier = earlier.run()
				}
				*row = e
			}
		}
	}
	if r.Programs == nil {
		r.Programs = earlier.Programs
	}
}

// run says which run it is.
func (r *Report) run() string {
	size := "full"
	if r.Reduced {
		size = "reduced"
	}
	return fmt.Sprintf("%s, %s; load %s", r.Began.UTC().Format("2006-01-02 15:04"), size, r.Machine.Before)
}

// Failed lists the rows that could not be measured because something went wrong.
func (r *Report) Failed() (names []string) {
	for _, row := range r.Rows {
		if row.Failed != "" {
			names = append(names, row.Name)
		}
	}
	return names
}

// WriteJSON writes all of it.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "\t")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}
