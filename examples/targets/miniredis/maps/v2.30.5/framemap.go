//go:build upstarego

// Package upstare says how release 1 of example.com/miniredisd becomes release 2.
package upstare

import (
	"example.com/miniredisd/upstare/r2/is"
	"example.com/miniredisd/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// SMISMEMBER is new, and is registered when a server starts.
	framemap.Locals(m, "example.com/miniredisd.pass", func(s *framemap.Stack, o *was.Main_pass, n *is.Main_pass) {
		framemap.Carry(s, &framemap.Start[is.V2_commandsSet](s, "github.com/alicebob/miniredis/v2.commandsSet").M, &o.M)
	})
}
