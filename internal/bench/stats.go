package bench

import (
	"encoding/json"
	"fmt"
	"math"

	"golang.org/x/perf/benchmath"
)

// confidence is that of all intervals.
const confidence = 0.95

// A Figure is the median of several runs and the interval in which the true one lies.
type Figure struct {
	Median Number `json:"median"`
	Lo     Number `json:"lo"` // null: there were too few runs to say
	Hi     Number `json:"hi"`
	Runs   int    `json:"runs"`
	Exact  bool   `json:"exact,omitempty"` // counted: there is nothing to repeat
}

// figure sums runs up without assuming how they are distributed. With fewer than six runs the interval is everything.
func figure(runs []float64) Figure {
	s := benchmath.AssumeNothing.Summary(benchmath.NewSample(runs, &benchmath.DefaultThresholds), confidence)
	return Figure{Median: Number(s.Center), Lo: Number(s.Lo), Hi: Number(s.Hi), Runs: len(runs)}
}

// exact is a figure that is the same whenever it is taken.
func exact(v float64) Figure {
	return Figure{Median: Number(v), Lo: Number(v), Hi: Number(v), Runs: 1, Exact: true}
}

// A Number is written as null where it is not finite, for which JSON has no word.
type Number float64

// MarshalJSON writes five digits, or null.
func (n Number) MarshalJSON() ([]byte, error) {
	if !finite(float64(n)) {
		return []byte("null"), nil
	}
	return fmt.Appendf(nil, "%.5g", float64(n)), nil
}

// UnmarshalJSON takes null for what is not known.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

func finite(f float64) bool { return !math.IsInf(f, 0) && !math.IsNaN(f) }

// ratios are those of runs that were made side by side.
func ratios(other, plain []float64) []float64 {
	r := make([]float64, len(other))
	for i := range other {
		r[i] = ratio(plain[i], other[i])
	}
	return r
}

func ratio(plain, other float64) float64 {
	if plain == other {
		return 1
	}
	return other / plain
}

// geometricMean is that of positive numbers.
func geometricMean(of []float64) float64 {
	sum := 0.0
	for _, v := range of {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(of)))
}

// A Verdict is what a figure says about a goal.
type Verdict string

const (
	Met       Verdict = "met"
	Missed    Verdict = "missed"
	Undecided Verdict = "undecided" // the interval has the bound in it
	NoGoal    Verdict = ""
	Smaller   Verdict = "smaller" // what was measured is smaller than the goal asks for, and nothing else can be said
)

// Judge compares a figure, with its interval, to the row's bound.
func (r Row) Judge(f Figure) Verdict {
	lo, hi := float64(f.Lo), float64(f.Hi)
	var met, missed bool
	switch {
	case r.None:
		met, missed = hi == 0, lo > 0
	case r.Most > 0:
		met, missed = hi <= r.Most, lo > r.Most
	case r.Least > 0:
		met, missed = lo >= r.Least, hi < r.Least
	default:
		return NoGoal
	}
	switch {
	case met:
		return Met
	case missed:
		return Missed
	}
	return Undecided
}
