// Package randprog makes random small Go programs over the language's constructs, for tests that compare
// what a program does plain and instrumented.
//
// A program is a function of its seed. It always ends (every call takes from a budget, every loop is bounded),
// it prints what it computes step by step, and it prints the same at every run: goroutines write down what they
// do in a context of their own, which is printed when they have been waited for, and loops over maps do only
// what gives the same in any order. What may panic is called where the panic is recovered and printed.
//
//	go test -ldflags=-checklinkname=0 ./internal/randprog -run TestRandom -random.for 1h -random.seed 1000
//
// runs them for longer than make test does; -random.reduce makes one that fails small.
package randprog
