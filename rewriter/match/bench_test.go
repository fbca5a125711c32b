package match_test

import (
	"fmt"
	"testing"

	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/match"
)

// BenchmarkRelate compares two functions of 3,000 lines of which every fifth is another one,
// and two of 500 lines that have none in common.
func BenchmarkRelate(b *testing.B) {
	function := func(lines, every, by int) *ledger.Func {
		f := &ledger.Func{Key: "p.f", Text: []string{"func"}}
		for i := range lines {
			k := i
			if i%every == 0 {
				k = i * by
			}
			f.Vars = append(f.Vars, fmt.Sprint("v", i))
			f.Text = append(f.Text, fmt.Sprintf("‹%d› := compute ( %d , m [ %d ] ) + other . call ( ‹%d› , \"text\" )", i, k, k+by-by, max(0, i-1)))
		}
		return f
	}
	for _, c := range []struct {
		name         string
		lines, every int
	}{{"every fifth line", 3000, 5}, {"every line", 500, 1}} {
		b.Run(c.name, func(b *testing.B) {
			o, n := function(c.lines, c.every, 3), function(c.lines, c.every, 7)
			for b.Loop() {
				match.Relate(o, n, nil)
			}
		})
	}
}
