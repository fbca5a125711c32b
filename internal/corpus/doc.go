// Package corpus shows that an instrumented program means the same as the plain one (invariant I7).
//
// A corpus is a set of programs that print a deterministic trace. Each is built twice, plainly and by
// `upstarego build -stress N` (which captures and rebuilds every goroutine at each N-th poll), both
// executables run in bounded time, and what they wrote and how they ended is compared.
//
// Two corpora are used:
//
//   - testdata/lang: programs of our own, one per language construct or hazard, named after it;
//   - the Go distribution's test/ directory, read where it is installed and never copied into this
//     repository: testdata/gotest/first100.txt holds names only.
//
// A program is evidence only if it was captured at least once. A program that the tool refuses is not
// passed, however good the reason.
package corpus
