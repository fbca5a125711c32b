package corpus

import (
	"encoding/json"
	"fmt"
	"io"
	"sort"
	"strings"
	"text/tabwriter"
)

// A Summary is what is written to JSON.
type Summary struct {
	Programs int               `json:"programs"` // results, that is programs × builders
	Counts   map[Class]int     `json:"counts"`
	Refusals map[string]int    `json:"refusals"` // by code
	Covers   map[string][2]int `json:"covers"`   // construct → results passed, results in all
	Captures uint64            `json:"captures"`
	Frames   uint64            `json:"frames"`
	Deepest  uint64            `json:"deepest"`
	Results  []Result          `json:"results"`
}

// Summarise counts results.
func Summarise(results []Result) *Summary {
	s := &Summary{
		Programs: len(results), Results: results,
		Counts: map[Class]int{}, Refusals: map[string]int{}, Covers: map[string][2]int{},
	}
	for _, r := range results {
		s.Counts[r.Class]++
		if r.Class == Refused {
			for _, code := range r.Codes {
				s.Refusals[code]++
			}
		}
		for _, name := range r.Constructs {
			c := s.Covers[name]
			c[1]++
			if r.Class == Same {
				c[0]++
			}
			s.Covers[name] = c
		}
		if r.Report != nil {
			s.Captures += r.Report.Captures
			s.Frames += r.Report.Frames
			s.Deepest = max(s.Deepest, r.Report.Deepest)
		}
	}
	return s
}

// WriteJSON writes the summary with all results.
func (s *Summary) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "\t")
	return enc.Encode(s)
}

// WriteTable writes what a reader wants to know at a glance: counts, then everything that did not pass.
func (s *Summary) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "class\tresults\n")
	for _, c := range Classes {
		fmt.Fprintf(t, "%s\t%d\n", c, s.Counts[c])
	}
	fmt.Fprintf(t, "all\t%d\n\n", s.Programs)
	fmt.Fprintf(t, "captures %d, frames %d, deepest %d\n\n", s.Captures, s.Frames, s.Deepest)
	for _, code := range sortedKeys(s.Refusals) {
		fmt.Fprintf(t, "refused with %s\t%d\n", code, s.Refusals[code])
	}
	fmt.Fprintf(t, "\nconstruct\tpassed\tof\n")
	for _, name := range sortedKeys(s.Covers) {
		fmt.Fprintf(t, "%s\t%d\t%d\n", name, s.Covers[name][0], s.Covers[name][1])
	}
	fmt.Fprintf(t, "\nnot passed\tbuilder\tclass\twhy\n")
	for _, r := range s.Results {
		if r.Class != Same {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.Program, r.Builder, r.Class, oneLine(r.Detail))
		}
	}
	return t.Flush()
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

func oneLine(detail []string) string {
	s := strings.Join(strings.Fields(strings.Join(detail, "; ")), " ")
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}
