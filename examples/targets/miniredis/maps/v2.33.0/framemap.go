//go:build upstarego

// Package upstare says how miniredis 2.32.1 becomes 2.33.0.
package upstare

import (
	"example.com/miniredisd/upstare/r2/is"
	"example.com/miniredisd/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// Options are parsed apart now. Nobody stays where they were parsed.
	framemap.Never(m, "github.com/alicebob/miniredis/v2.makeCmdExpire.func1")
	framemap.Never(m, "github.com/alicebob/miniredis/v2.(*Miniredis).cmdScan")
	framemap.Never(m, "github.com/alicebob/miniredis/v2.(*Miniredis).cmdCopy")

	// Those of commands in a transaction that has not been executed yet are the same, and have a name.
	framemap.Locals(m, "github.com/alicebob/miniredis/v2.makeCmdExpire.func1.func1", func(s *framemap.Stack, o *was.V2_makeCmdExpire_func1_func1, n *is.V2_makeCmdExpire_func1_func1) {
		n.Opts = (*is.V2_expireOpts)(o.Opts)
	})
	framemap.Locals(m, "github.com/alicebob/miniredis/v2.(*Miniredis).cmdScan.func1", func(s *framemap.Stack, o *was.V2_Miniredis_cmdScan_func1, n *is.V2_Miniredis_cmdScan_func1) {
		n.Opts = (*is.V2_scanOpts)(o.Opts)
	})
	framemap.Locals(m, "github.com/alicebob/miniredis/v2.(*Miniredis).cmdCopy.func1", func(s *framemap.Stack, o *was.V2_Miniredis_cmdCopy_func1, n *is.V2_Miniredis_cmdCopy_func1) {
		n.Opts = (*is.V2_copyOpts)(o.Opts)
	})
}
