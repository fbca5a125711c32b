package targets

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteTable writes a line for each pair, and below them all that is to decide.
func WriteTable(w io.Writer, pairs []Pair, list bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "pair\tfunctions\ttypes\tpoints\tinferred\tkept free\tlines\tto decide\t")
	for _, k := range Kinds {
		fmt.Fprintf(t, "%s\t", k)
	}
	fmt.Fprintln(t)
	total := Pair{}
	for i := range pairs {
		p := &pairs[i]
		name := fmt.Sprintf("%s %s → %s", p.Target, p.Old, p.New)
		if p.Failed != "" {
			fmt.Fprintf(t, "%s\tfailed\t\t\t\t\t\t\t%s\n", name, strings.Repeat("\t", len(Kinds)))
			continue
		}
		p.row(t, name)
		total.Points += p.Points
		total.Inferred += p.Inferred
		total.Kept += p.Kept
		total.Lines += p.Lines
		total.Decisions = append(total.Decisions, p.Decisions...)
		total.Functions = add(total.Functions, p.Functions)
		total.Types = add(total.Types, p.Types)
	}
	total.row(t, "all")
	if err := t.Flush(); err != nil {
		return err
	}
	for _, p := range pairs {
		if p.Failed == "" && len(p.Wrong) == 0 && (!list || len(p.Decisions) == 0) {
			continue
		}
		fmt.Fprintf(w, "\n%s %s → %s\n", p.Target, p.Old, p.New)
		if p.Failed != "" {
			fmt.Fprintf(w, "  failed: %s\n", p.Failed)
		}
		for _, s := range p.Wrong {
			fmt.Fprintf(w, "  wrong: %s\n", s)
		}
		if !list {
			continue
		}
		for _, d := range p.Decisions {
			fmt.Fprintf(w, "  %-9s %s\n            %s\n            %s\n", d.Kind, d.Key, d.What, d.Why)
		}
	}
	return nil
}

func (p *Pair) row(w io.Writer, name string) {
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t", name, sum(p.Functions, "same"), sum(p.Types, "same"), p.Points, p.Inferred, p.Kept, p.Lines, len(p.Decisions))
	for _, k := range Kinds {
		fmt.Fprintf(w, "%d\t", p.Count(k))
	}
	fmt.Fprintln(w)
}

func add(a, b map[string]int) map[string]int {
	if a == nil {
		a = map[string]int{}
	}
	for k, n := range b {
		a[k] += n
	}
	return a
}

// WriteJSON writes the pairs.
func WriteJSON(w io.Writer, pairs []Pair) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "\t")
	return enc.Encode(pairs)
}
