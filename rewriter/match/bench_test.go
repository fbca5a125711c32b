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

// BenchmarkGone matches two releases of 200 functions of 40 lines, all of them in a package
// that is called otherwise now.
func BenchmarkGone(b *testing.B) {
	release := func(pkg string) *ledger.Release {
		r := &ledger.Release{}
		for k := range 200 {
			f := ledger.Func{Key: fmt.Sprintf("%s.f%d", pkg, k), File: pkg + "/f.go", Text: []string{"func"}, Points: []ledger.Point{{}}}
			for i := range 40 {
				f.Vars = append(f.Vars, fmt.Sprint("v", i))
				form := fmt.Sprintf("compute%d ( %d , m [ %d ] )", (k+i)%30, k, i)
				f.Text = append(f.Text, fmt.Sprintf("‹%d› := %s + other . call ( ‹%d› )", i, form, max(0, i-1)))
				if i%10 == 0 {
					f.Points = append(f.Points, ledger.Point{What: form, Form: form, Kind: "park", Callee: fmt.Sprint("compute", (k+i)%30), In: i + 1})
				}
			}
			r.Funcs = append(r.Funcs, f)
		}
		return r
	}
	o, n := release("example.com/old"), release("example.com/new")
	for b.Loop() {
		match.Funcs(o, n)
	}
}
