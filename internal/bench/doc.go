// Package bench measures what updates cost: a program that is not being updated (steady overhead), one that is (gaps,
// stops, state), its build, its size, and its memory. Everything is compared with the plain program, or with code that
// somebody would write by hand, in the same run, the two by turns.
//
// Rows lists the goals, with the names of the programs that each is measured on: testdata/programs (compute),
// testdata/updates (processes that are updated), testdata/servers, and examples. Subjects lists what measures them,
// one file each. A Report is all figures of a run; WriteTable and WriteMarkdown print it.
//
// A figure is a median with its confidence interval (golang.org/x/perf/benchmath). Where two things are compared, each
// run of one has a run of the other beside it, and the figure is the median of the ratios: what the machine does
// meanwhile happens to both.
package bench
