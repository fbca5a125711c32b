package conformance

import "fmt"

// What a full run is to show.
const (
	goalAgreement = 0.99       // of the test directory's programs
	goalCaptures  = 20_000_000 // of all programs
	goalShare     = 0.02       // of them by one program, at most
	goalStacks    = 20_000
)

// A Goal is a number that a full run has to come to.
type Goal struct {
	What    string `json:"what"`
	Is      string `json:"is"`
	Reached bool   `json:"reached"`
}

// Goals says what of that the run has shown. Captures and stacks are counted in programs that behave the same in all
// modes.
func (t *Table) Goals() []Goal {
	run := newGroup("the test directory's programs")
	for _, g := range t.Groups {
		if g.Name == "run" || g.Name == "rundir" {
			for o, n := range g.Counts {
				run.Counts[o] += n
			}
		}
	}
	agreement := run.Agreement()
	wrong, _ := t.Unexplained()
	return []Goal{{
		What: fmt.Sprintf("%.0f %% of %s behave the same in all modes", 100*goalAgreement, run.Name),
		Is: fmt.Sprintf("%.2f %%; %d are the same, %d different, %d refused; without a capture %d, skipped %d",
			100*agreement, run.Counts[Same], run.Counts[Different], run.Counts[Refused], run.Counts[NoCapture], run.Counts[Skipped]),
		Reached: agreement >= goalAgreement,
	}, {
		What:    fmt.Sprintf("%d captures, no program has more than %.0f %% of them", goalCaptures, 100*goalShare),
		Is:      fmt.Sprintf("%d, %.2f %%", t.Captures, 100*t.Largest.Of),
		Reached: t.Captures >= goalCaptures && t.Largest.Of <= goalShare,
	}, {
		What:    fmt.Sprintf("%d distinct stacks of points", goalStacks),
		Is:      fmt.Sprint(t.Stacks),
		Reached: t.Stacks >= goalStacks,
	}, {
		What:    "no program goes wrong without a reason that is known",
		Is:      fmt.Sprint(len(wrong)),
		Reached: len(wrong) == 0,
	}}
}
