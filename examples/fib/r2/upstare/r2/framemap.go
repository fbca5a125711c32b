//go:build upstarego

// Package upstare says how release 1 of example.com/fib becomes release 2.
package upstare

import (
	"example.com/fib/upstare/r2/is"
	"example.com/fib/upstare/r2/was"
	"github.com/upstarego/upstarego/framemap"
)

const (
	main = "example.com/fib.main"
	fib  = "example.com/fib.fib"
)

// Map is called before anything is stopped.
func Map(m *framemap.Map) {
	known := is.Main_memo{} // for all frames

	framemap.Func(m, main, main, framemap.Points{
		8: 8,  // `fib(n)` → `fib(known, uint(n))`
		9: 10, // `fmt.Printf("fib(%d) = %d\n", n, fib(n))` → `fmt.Printf("fib(%d) = %d\n", n, f)`
	})
	framemap.Locals(m, main, func(s *framemap.Stack, o *was.Main_main, n *is.Main_main) {
		n.Known = known
		n.F, n.Err = uint64(o.Result8), nil
	})

	framemap.Func(m, fib, fib, framemap.Points{
		1: 1, // `fib(n-1)` → `fib(known, n-1)`
		2: 2, // `fib(n-2)` → `fib(known, n-2)`
	})
	framemap.Locals(m, fib, func(s *framemap.Stack, o *was.Main_fib, n *is.Main_fib) {
		n.Known = known
		n.N = uint(o.N)
		// What a call has returned. A frame that still waits for it gets it from the new fib.
		n.A, n.B, n.Err = uint64(o.Result1), uint64(o.Result2), nil
	})
}
