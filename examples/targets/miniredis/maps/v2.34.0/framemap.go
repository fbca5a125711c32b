//go:build upstarego

// Package upstare says how miniredis 2.33.0 becomes 2.34.0.
package upstare

import (
	"example.com/miniredisd/upstare/r2/is"
	"example.com/miniredisd/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	// ZRANK in a transaction that has not been executed yet.
	framemap.Locals(m, "github.com/alicebob/miniredis/v2.(*Miniredis).makeCmdZrank.func1.func1", func(s *framemap.Stack, o *was.V2_Miniredis_makeCmdZrank_func1_func1, n *is.V2_Miniredis_makeCmdZrank_func1_func1) {
		args := o.Args
		n.Args = &args
	})
}
