package targets

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/internal/ledgertest"
)

func TestHandWritten(t *testing.T) {
	const draft = `//go:build upstarego

// Package upstare says how release 1 of example.com/p becomes release 2.
package upstare

import "example.com/p/upstare/r2/is"

func Map(m *framemap.Map) {
	framemap.Locals(m, "p.f", func(s *framemap.Stack, o *was.F, n *is.F) {
		n.A = DECIDE // int
		n.B = DECIDE // int
	})
	// Choose one:
	//
	//	framemap.Never(m, "p.g", 1)
	framemap.Accept(m, "p.g", DECIDE)
}
`
	edit := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			require.Contains(t, draft, pairs[i])
		}
		return strings.NewReplacer(pairs...).Replace(draft)
	}
	for _, c := range []struct {
		name string
		text string
		want int
	}{
		{"as drafted", draft, 0},
		{"of another step", edit("release 1", "release 4", "release 2", "release 5", "/r2/", "/r5/"), 0},
		{"left out", edit("		n.A = DECIDE // int\n", ""), 0},
		{"decided", edit("n.A = DECIDE", "n.A = 1", "n.B = DECIDE", "n.B = 2"), 2},
		{"a choice is taken", edit("	//	framemap.Never", "	framemap.Never", `	framemap.Accept(m, "p.g", DECIDE)`+"\n", ""), 1},
		{"a remark and an empty line", edit("	// Choose one:", "\n	// This is why.\n	// Choose one:"), 1},
		{"said twice", edit("		n.A = DECIDE // int\n", "		n.A = DECIDE // int\n		n.A = DECIDE // int\n"), 1},
	} {
		require.Equal(t, c.want, handWritten(c.text, draft), c.name)
	}
	require.Equal(t, 3, handWritten("package upstare\n\nfunc Map() {\n}\n", ""))
}

// A rule for what nothing has to be said of is drafted for who asks for it: asking is a line.
func TestByHand(t *testing.T) {
	const program = `package main

func main() {
	in := make(chan int)
	go serve(in)
	in <- 1
}

func serve(in chan int) { println(<-in) }
`
	a := txtar.Parse([]byte("-- old/go.mod --\nmodule example.com/p\n\ngo 1.26\n-- old/main.go --\n" + program +
		"-- new/go.mod --\nmodule example.com/p\n\ngo 1.26\n-- new/main.go --\n" + strings.Replace(program, "println(", "println(2, ", 1)))
	in := ledgertest.Steps(t, a).Input(nil)
	const head = `//go:build upstarego

// Package upstare says how release 1 of example.com/p becomes release 2.
package upstare

import (
	"example.com/p/upstare/r2/is"
	"example.com/p/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

`
	const said = `
// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	framemap.Locals(m, KEY, func(s *framemap.Stack, o *was.Main_serve, n *is.Main_serve) {
		// It begins anew.
		n.In = o.In
	})
}
`
	lines, wrong, err := byHand(in, head+strings.Replace(said, "KEY", `"example.com/p.serve"`, 1))
	require.NoError(t, err)
	require.Empty(t, wrong)
	require.Equal(t, 3, lines, "asked for, and two of its own")
	lines, wrong, err = byHand(in, head+"const serve = \"example.com/p.serve\"\n"+strings.Replace(said, "KEY", "serve", 1))
	require.NoError(t, err)
	require.Empty(t, wrong)
	require.Equal(t, 5, lines, "the constant, and the line that names it")
	_, wrong, err = byHand(in, head+strings.Replace(said, "KEY", `"example.com/p.gone"`, 1))
	require.NoError(t, err)
	require.NotEmpty(t, wrong)
}
