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
	// ZRANK in a transaction that has not been executed yet.
	framemap.Locals(m, "github.com/alicebob/miniredis/v2.(*Miniredis).makeCmdZrank.func1.func1", func(s *framemap.Stack, o *was.V2_Miniredis_makeCmdZrank_func1_func1, n *is.V2_Miniredis_makeCmdZrank_func1_func1) {
		args := o.Args
		n.Args = &args
	})
}
