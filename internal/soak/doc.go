// Soak updates servers under load, many times, and checks that nothing is lost and what
// stays. It is what make soak runs:
//
//	go run -ldflags=-checklinkname=0 ./internal/soak -updates 1000 -program both
//
// or make soak SOAK='-updates 1000'.
//
// The releases of a program follow each other in a cycle; each update is built while the
// clients work, from the release before. Every fifth update is made to fail first, at a
// random point. docs/soak.md says what is checked and how to read the table.
//
// Files:
//
//   - main.go: flags; soak.go: the run, update by update
//   - cycle.go: the releases of the programs and the goroutine that builds them
//   - process.go: a process, its endpoint, its probe, what the kernel says about it
//   - record.go: what the clients saw: what was lost, gaps
//   - linear.go: operations on shared keys, window by window, and their linearizability
//   - kvd.go, web.go: the clients of the two programs
//   - stats.go, table.go: slopes, quantiles, and what is printed
package main
