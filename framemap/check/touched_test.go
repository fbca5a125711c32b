package check_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/internal/ledgertest"
)

// TestTouched: a field that has one value in all objects keeps it behind an update whose map
// puts nothing into it.
func TestTouched(t *testing.T) {
	const types = `package main

type left struct{ on, off bool }

type set struct{ on, off bool }

type lent struct{ on, off bool }

type ruled struct{ on, off bool }

type whole struct{ on, off bool }

type part struct{ on bool }

type outer struct {
	in  part
	all [2]part
	off bool
}

type all struct {
	left  *left
	set   *set
	lent  *lent
	ruled *ruled
	whole *whole
	outer *outer
}

func (a *all) look() bool {
	return a.left.on || a.left.off || a.set.on || a.set.off || a.lent.on || a.lent.off || a.ruled.on || a.ruled.off ||
		a.whole.on || a.whole.off || a.outer.in.on || a.outer.all[1].on || a.outer.off
}

func main() {
	a := &all{&left{}, &set{}, &lent{}, &ruled{}, &whole{}, &outer{}}
	serve(a, make(chan int))
}
`
	a := txtar.Parse([]byte("-- old/main.go --\n" + types + `
func serve(a *all, in chan int) {
	for range in {
		println(a.look())
	}
}
-- new/main.go --
` + types + `
func serve(a *all, in chan int) {
	turns := 0
	for range in {
		turns++
		println(a.look(), turns)
	}
}
`))
	s := ledgertest.Steps(t, a)
	for name, c := range map[string]struct {
		body    string
		touched []string
	}{
		"nothing":   {`n.Turns = 1`, nil},
		"read":      {`if o.A.Left.On { n.Turns = 2 }; n.Turns = 1`, nil},
		"field":     {`n.A.Set.On = true; n.Turns = 1`, []string{"set.on"}},
		"address":   {`p := &n.A.Lent.Off; *p = true; n.Turns = 1`, []string{"lent.off"}},
		"object":    {`*n.A.Whole = *n.A.Whole; n.Turns = 1`, []string{"whole.on", "whole.off"}},
		"named":     {`var r is.Main_ruled; n.A.Ruled = &r; n.Turns = 1`, []string{"ruled.on", "ruled.off"}},
		"part":      {`n.A.Outer.In.On = true; n.Turns = 1`, []string{"part.on", "outer.in"}},
		"element":   {`n.A.Outer.All[1].On = true; n.Turns = 1`, []string{"part.on", "outer.all"}},
		"something": {`f := func(b *bool) { *b = true }; f(&n.A.Set.Off); n.Turns = 1`, []string{"set.off"}},
	} {
		t.Run(name, func(t *testing.T) {
			in := s.Input([]byte(`//go:build upstarego

package upstare

import (
	"example.com/p/upstare/r2/is"
	"example.com/p/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

func Map(m *framemap.Map) {
	framemap.Locals(m, "example.com/p.serve", func(s *framemap.Stack, o *was.Main_serve, n *is.Main_serve) { ` + c.body + ` })
	framemap.Never(m, "example.com/p.main")
}
`))
			fixed := map[string]bool{}
			again := *in.New
			again.Types = append(again.Types[:0:0], in.New.Types...)
			for i := range again.Types {
				d := &again.Types[i]
				d.Fields = append(d.Fields[:0:0], d.Fields...)
				for _, f := range d.Fields {
					if f.Fixed {
						fixed[d.Name+"."+f.Name] = true
					}
				}
			}
			in.New = &again
			rules, diags := check.Check(in)
			require.Empty(t, diags)
			check.Settle(in.Old, in.New, rules)
			var touched []string
			for i := range again.Types {
				for _, f := range again.Types[i].Fields {
					if name := again.Types[i].Name + "." + f.Name; fixed[name] && !f.Fixed {
						touched = append(touched, name)
					}
				}
			}
			want := []string{}
			for _, name := range c.touched {
				require.True(t, fixed[name] || name == "outer.in" || name == "outer.all", name)
				if fixed[name] {
					want = append(want, name)
				}
			}
			require.ElementsMatch(t, want, touched)
			require.True(t, fixed["left.on"])
		})
	}
}
