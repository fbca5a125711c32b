package conformance

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/upstarego/upstarego/internal/corpus"
)

// A Mode counts what became of the programs in one mode.
type Mode struct {
	Name     string               `json:"name"`
	Counts   map[corpus.Class]int `json:"counts"`
	Captures uint64               `json:"captures"`
	Frames   uint64               `json:"frames"`
	Stacks   uint64               `json:"stacks"` // distinct ones of each program, added up
}

// mode enters a result in the mode's counts.
func (t *Table) mode(r corpus.Result) {
	i := slices.IndexFunc(t.Modes, func(m Mode) bool { return m.Name == r.Builder })
	if i < 0 {
		i = len(t.Modes)
		t.Modes = append(t.Modes, Mode{Name: r.Builder, Counts: map[corpus.Class]int{}})
	}
	m := &t.Modes[i]
	m.Counts[r.Class]++
	if r.Report != nil && r.Class == corpus.Same {
		m.Captures += r.Report.Captures
		m.Frames += r.Report.Frames
		m.Stacks += r.Report.Stacks
	}
}

func (t *Table) writeModes(w io.Writer) error {
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(tw, "\trun\tsame\tno capture\tdifferent\trefused\tskipped\tcaptures\trebuilt frames\tstacks\t\n")
	for _, m := range t.Modes {
		c := m.Counts
		different := c[corpus.Differs] + c[corpus.TimedOut] + c[corpus.BuildFailed]
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", m.Name, c[corpus.Same]+c[corpus.NoCapture]+different,
			c[corpus.Same], c[corpus.NoCapture], different, c[corpus.Refused], c[corpus.Unsuitable], m.Captures, m.Frames, m.Stacks)
	}
	return tw.Flush()
}
