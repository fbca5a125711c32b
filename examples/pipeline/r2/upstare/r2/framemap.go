//go:build upstarego

// Package upstare says how release 1 of example.com/pipeline becomes release 2.
package upstare

import (
	"example.com/pipeline/upstare/r2/is"
	"example.com/pipeline/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// The new stage comes between show and what show has read from. It begins when show
	// goes on in release 2, with what it has in hand: nobody else reads there meanwhile.
	framemap.Locals(m, "example.com/pipeline.show", func(s *framemap.Stack, o *was.Main_show, n *is.Main_show) {
		numbered := make(chan is.Main_line)
		n.In = numbered
		stage := framemap.Start[is.Main_number](s, "example.com/pipeline.number")
		framemap.Carry(s, &stage.In, &o.In)
		stage.Out = numbered
	})
}
