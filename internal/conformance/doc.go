// Package conformance shows that an instrumented program means the same as the plain one (invariant I7), over what
// Go's own distribution has to say about the language: every program under its test/ directory that is run (actions
// run and rundir), and the tests of packages of its library, which are instrumented as user code. All are read where
// Go is installed and never copied into this repository.
//
// Each program is built plainly and by `upstarego build -stress`, and run in several ways: plainly, twice; instrumented,
// with polls of which none is due; and captured and rebuilt at every poll, at every second, third and seventh. Output
// and exit status have to be those of the plain execution, which have to be what the distribution expects.
//
// What does not behave the same is listed with the reason in testdata/deviations.txt.
package conformance

import "github.com/upstarego/upstarego/internal/corpus"

// Programs lists everything that is run, and how many files of the test directory are not, by their action. work is a
// directory for what the programs need, deviations the list of what is known not to behave the same.
func Programs(work string, deviations map[string]string) (programs []corpus.Program, others map[string]int, err error) {
	dir, err := corpus.GoTestDir()
	if err != nil {
		return nil, nil, err
	}
	if programs, others, err = corpus.GoTests(dir, work); err != nil {
		return nil, nil, err
	}
	std, err := StdTests(deviations)
	return append(programs, std...), others, err
}
