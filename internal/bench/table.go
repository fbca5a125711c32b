package bench

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
)

// WriteTable writes one line per program: ratios of instrumented to plain, and the plain figures behind them.
func WriteTable(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "program\tinstructions\tratio\tallocs\tinstrumented\tcode\tratio\twith generated\ttime\t")
	product, n := 1.0, 0
	for _, r := range rows {
		if r.Failed != "" {
			fmt.Fprintf(t, "%s\tnot built\t\t\t\t\t\t\t\t\n", r.Program)
			continue
		}
		fmt.Fprintf(t, "%s\t%.0f\t%.3f\t%g\t%g\t%d\t%.2f\t%.2f\t%.2f\t\n", r.Program, r.Plain.Instructions, r.Ratio["instructions"],
			r.Plain.Allocs, r.Other.Allocs, r.Plain.Code, r.Ratio["code"], r.Ratio["code_all"], r.Ratio["ns"])
		product *= float64(r.Ratio["instructions"])
		n++
	}
	if n > 0 {
		fmt.Fprintf(t, "geometric mean\t\t%.3f\t\t\t\t\t\t\t\n", math.Pow(product, 1/float64(n)))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range rows {
		if r.Failed != "" {
			fmt.Fprintf(w, "\n%s was not built:\n%s\n", r.Program, strings.TrimSpace(r.Failed))
		}
	}
	return nil
}

// WriteJSON writes the rows.
func WriteJSON(w io.Writer, rows []Row) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "\t")
	return enc.Encode(rows)
}
