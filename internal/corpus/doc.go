// Package corpus shows that an instrumented program means the same as the plain one (invariant I7).
//
// A corpus is a set of programs that print a deterministic trace. Each is built twice, plainly and by
// `upstarego build -stress N` (which captures and rebuilds every goroutine at each N-th poll), both
// executables run in bounded time, and what they wrote and how they ended is compared.
//
// The programs here are testdata/lang: our own, one per language construct or hazard, named after it. Package
// conformance holds the Go distribution's to the same.
//
// A program is evidence only if it was captured at least once. A program that the tool refuses is not
// passed, however good the reason.
package corpus
