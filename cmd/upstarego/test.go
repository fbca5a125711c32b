package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/gobuild"
)

var testCommand = &command{
	name:  "test",
	args:  "[-instrument PATTERNS] [-stress N] [-work] [go build and go test flags] [PACKAGES] [arguments of the tests]",
	short: "test packages whose code is instrumented, as go test does",
	long: `
Test is go test for instrumented packages: those of the main module, their
_test.go files and external tests included. Its output and exit status are go
test's own. By default nothing is captured, so that benchmarks show what
instrumentation costs; with -stress N every Nth update point captures and
rebuilds the code under test.

UPSTARE_STRESS=N in the environment stands for -stress N. UPSTARE_STRESS_REPORT
may name a directory, in which each test program leaves its report.`,
	run: runTest,
}

func runTest(c *call) error {
	f := c.flags()
	var a aloneFlags
	a.register(f)
	line, err := gobuild.SplitTest(f, c.args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(f)
		return err
	case err != nil:
		return usageError{err}
	}
	// The go command takes a test's result from its cache, whose key holds the
	// test program and not what that reads before it starts.
	if s := os.Getenv("UPSTARE_STRESS"); s != "" {
		if a.stress, err = strconv.ParseUint(s, 10, 32); err != nil {
			return usageError{diag.New(diag.BadUsage, noPos, "UPSTARE_STRESS="+s+" is not a number", "it counts update points", "")}
		}
	}
	if name := os.Getenv("UPSTARE_STRESS_REPORT"); name != "" {
		if name, err = filepath.Abs(name); err == nil {
			err = os.Setenv("UPSTARE_STRESS_REPORT", name) // tests run in their packages' directories
		}
		if err != nil {
			return err
		}
		if !line.Counts() {
			line.Flags = append(line.Flags, "-count=1")
		}
	}
	r, err := c.alone(&a, line.GoFlags, line.Packages, true)
	if err != nil {
		return err
	}
	if len(line.Packages) == 0 {
		r.Patterns = []string{"."}
	}
	parts, err := r.Parts()
	if err != nil {
		return err
	}
	status := 0
	for _, p := range parts {
		defer p.Close()
		named := p.FilesOf(p.Patterns)
		if len(line.Packages) == 0 {
			named = nil // go test shows more when no package is named
		}
		s, err := p.Go(c.streams(), "test", slices.Concat(p.TestFlags(), line.Flags, named, line.Args)...)
		if err != nil {
			return err
		}
		status = max(status, s)
	}
	if status != 0 {
		return goStatus(status)
	}
	return nil
}
