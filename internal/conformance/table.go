package conformance

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
)

// A Table is the account of a run.
type Table struct {
	Groups   []Group        `json:"groups"`
	All      Group          `json:"all"`
	Modes    []Mode         `json:"modes"`
	Others   map[string]int `json:"others"` // files of the test directory that are not run here, by action
	Captures uint64         `json:"captures"`
	Frames   uint64         `json:"frames"`
	Deepest  uint64         `json:"deepest"`
	Stacks   uint64         `json:"stacks"`  // distinct stacks of points: of each program in the mode that shows most, added up
	Largest  Share          `json:"largest"` // the program with the most captures
	Records  []Record       `json:"records"`

	deviations map[string]string
}

// A Group counts the outcomes of one kind of programs.
type Group struct {
	Name     string          `json:"name"`
	Programs int             `json:"programs"`
	Counts   map[Outcome]int `json:"counts"`
	Captures uint64          `json:"captures"`
	Frames   uint64          `json:"frames"`
}

// A Share is a program's part in all captures.
type Share struct {
	Program  string  `json:"program"`
	Captures uint64  `json:"captures"`
	Of       float64 `json:"of"`
}

// Tabulate accounts for records. deviations are the programs that are known not to behave the same, with reasons.
func Tabulate(records []Record, others map[string]int, deviations map[string]string) *Table {
	t := &Table{Others: others, Records: records, deviations: deviations, All: newGroup("all")}
	groups := map[string]*Group{}
	for _, r := range records {
		g := groups[r.Group]
		if g == nil {
			g = new(newGroup(r.Group))
			groups[r.Group] = g
		}
		captures, frames := r.rebuilt()
		for _, g := range []*Group{g, &t.All} {
			g.Programs++
			g.Counts[r.Outcome]++
			g.Captures += captures
			g.Frames += frames
		}
		if captures > t.Largest.Captures {
			t.Largest = Share{Program: r.Program, Captures: captures}
		}
		stacks := uint64(0)
		for _, res := range r.Results {
			t.mode(res)
			if res.Report != nil && r.Outcome == Same {
				t.Deepest = max(t.Deepest, res.Report.Deepest)
				stacks = max(stacks, res.Report.Stacks)
			}
		}
		t.Stacks += stacks
	}
	t.Captures, t.Frames = t.All.Captures, t.All.Frames
	if t.Captures > 0 {
		t.Largest.Of = float64(t.Largest.Captures) / float64(t.Captures)
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		t.Groups = append(t.Groups, *groups[name])
	}
	return t
}

func newGroup(name string) Group { return Group{Name: name, Counts: map[Outcome]int{}} }

// rebuilt adds up what a program's executions captured and rebuilt. One that went wrong shows nothing.
func (r *Record) rebuilt() (captures, frames uint64) {
	if r.Outcome != Same {
		return 0, 0
	}
	for _, res := range r.Results {
		if res.Report != nil {
			captures += res.Report.Captures
			frames += res.Report.Frames
		}
	}
	return captures, frames
}

// Agreement is the part of the programs that behave the same in all modes, of those that are run and have something
// to capture. A program that is refused is not the same.
func (g *Group) Agreement() float64 {
	same := g.Counts[Same]
	run := same + g.Counts[Different] + g.Counts[Refused]
	if run == 0 {
		return 0
	}
	return float64(same) / float64(run)
}

// atTimes begins the reason for a deviation that not every run shows.
const atTimes = "at times: "

// Unexplained are the programs that do not behave the same and stand in no list, and those that stand in the list
// of deviations and behave the same, unless they deviate only at times.
func (t *Table) Unexplained() (wrong []Record, mended []Record) {
	for _, r := range t.Records {
		why, known := t.deviations[r.Program]
		switch deviates := r.Outcome == Different || r.Outcome == Refused; {
		case deviates && !known:
			wrong = append(wrong, r)
		case known && !strings.HasPrefix(why, atTimes) && (r.Outcome == Same || r.Outcome == NoCapture):
			mended = append(mended, r)
		}
	}
	return wrong, mended
}

// WriteText writes the table, then every program that is not the same, with its reason.
func (t *Table) WriteText(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "\tprograms\t")
	for _, o := range Outcomes {
		fmt.Fprintf(tw, "%s\t", o)
	}
	fmt.Fprint(tw, "agree\tcaptures\trebuilt frames\t\n")
	for _, g := range append(slices.Clone(t.Groups), t.All) {
		fmt.Fprintf(tw, "%s\t%d\t", g.Name, g.Programs)
		for _, o := range Outcomes {
			fmt.Fprintf(tw, "%d\t", g.Counts[o])
		}
		fmt.Fprintf(tw, "%.2f %%\t%d\t%d\t\n", 100*g.Agreement(), g.Captures, g.Frames)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if err := t.writeModes(w); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d captures over %d distinct stacks of points (counted in each program), %d frames rebuilt. The deepest stack had %d frames; the most captures, %.2f %%, are %s's.\n",
		t.Captures, t.Stacks, t.Frames, t.Deepest, 100*t.Largest.Of, t.Largest.Program)
	for _, g := range t.Goals() {
		verdict := "not reached"
		if g.Reached {
			verdict = "reached"
		}
		fmt.Fprintf(w, "%s: %s: %s.\n", verdict, g.What, g.Is)
	}
	if len(t.Others) > 0 {
		var l []string
		for _, a := range slices.Sorted(maps.Keys(t.Others)) {
			l = append(l, fmt.Sprintf("%s %d", a, t.Others[a]))
		}
		fmt.Fprintf(w, "Files of the test directory with other actions, not run here: %s.\n", strings.Join(l, ", "))
	}
	byOutcome := slices.Clone(t.Records)
	slices.SortStableFunc(byOutcome, func(a, b Record) int {
		return cmp.Compare(slices.Index(Outcomes, a.Outcome), slices.Index(Outcomes, b.Outcome))
	})
	tw = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range byOutcome {
		why := r.Why
		switch r.Outcome {
		case Same, NoCapture:
			continue
		case Different, Refused:
			if known := t.deviations[r.Program]; known != "" {
				why = known
			}
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\n", r.Outcome, r.Program, why)
	}
	return tw.Flush()
}

// WriteJSON writes the table with all records.
func (t *Table) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "\t")
	return enc.Encode(t)
}
