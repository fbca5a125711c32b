package main

import (
	"math"
	"slices"
)

// A slope is what a figure gains with each update, by least squares.
type slope struct {
	PerUpdate float64 `json:"per_update"`
	Error     float64 `json:"standard_error"`
}

// fit is the slope of figures that were taken after one update each. Of two or fewer
// there is no error.
func fit(y []float64) slope {
	n := float64(len(y))
	if n < 2 {
		return slope{}
	}
	meanX, meanY := (n-1)/2, 0.0
	for _, v := range y {
		meanY += v / n
	}
	var xx, xy float64
	for i, v := range y {
		d := float64(i) - meanX
		xx += d * d
		xy += d * (v - meanY)
	}
	s := slope{PerUpdate: xy / xx}
	if n > 2 {
		var rest float64
		for i, v := range y {
			r := v - meanY - s.PerUpdate*(float64(i)-meanX)
			rest += r * r
		}
		s.Error = math.Sqrt(rest / (n - 2) / xx)
	}
	return s
}

// quantile is the value below which a part q of the others lie.
func quantile(y []float64, q float64) float64 {
	if len(y) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(y))
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 == len(s) {
		return s[i]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}

// ends are the first and the last of the figures: a hundred each, or a third of what
// there are. The first update of a process is left out where there are others: it opens
// what all later ones find open.
func ends(y []float64) (first, last []float64) {
	if len(y) > 3 {
		y = y[1:]
	}
	n := min(100, max(1, len(y)/3))
	return y[:n], y[len(y)-n:]
}
