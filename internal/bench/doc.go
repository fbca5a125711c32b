// Package bench says what instrumentation costs a program that is not being updated: fast bodies against the
// plain code, by instructions executed (callgrind), allocations and code size, all of which repeat from run to
// run on a loaded machine, and by time, which does not: below ten percent it says nothing.
//
// A benchmark is a file of testdata with a function work(n) that does n rounds; testdata/main.go measures it
// from inside. Costs per round are differences between executions with many and with few rounds, so that
// starting up, the runtime's own work included, does not count.
package bench
