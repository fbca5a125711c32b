package main

import (
	"errors"
	"flag"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/internal/release"
)

// A goStatus is the exit status of a go command that has said itself what is wrong.
type goStatus int

func (s goStatus) Error() string { return "exit status " + strconv.Itoa(int(s)) }

// aloneFlags are upstarego's own flags of commands whose programs take no updates.
type aloneFlags struct {
	instrument string
	stress     uint64
	work       bool
}

func (a *aloneFlags) register(f *flag.FlagSet) {
	f.StringVar(&a.instrument, "instrument", "", "dependencies to treat as own code besides the module: import path `PATTERNS`, divided by commas")
	f.Uint64Var(&a.stress, "stress", 0, "capture and rebuild the program at every `N`th update point; 0 is off (UPSTARE_STRESS overrides it)")
	f.BoolVar(&a.work, "work", false, "print the name of the directory with the instrumented source and keep it")
}

// alone makes what the flags and the environment ask for.
func (c *call) alone(a *aloneFlags, goflags, pkgs []string, tests bool) (release.Alone, error) {
	r := release.Alone{Patterns: pkgs, Tests: tests, GoFlags: goflags, Instrument: patterns(a.instrument), Stress: a.stress}
	var err error
	if r.Dir, err = os.Getwd(); err != nil {
		return r, err
	}
	if a.work {
		if r.Work, err = os.MkdirTemp("", "upstarego-work-"); err != nil {
			return r, err
		}
		io.WriteString(c.stderr, "WORK="+r.Work+"\n")
	}
	return r, nil
}

// streams are the command's own.
func (c *call) streams() gobuild.Streams {
	return gobuild.Streams{Stdin: os.Stdin, Stdout: c.stdout, Stderr: c.stderr}
}

var runCommand = &command{
	name:  "run",
	args:  "[-instrument PATTERNS] [-stress N] [-work] [go build flags] [-exec PROGRAM] PACKAGE [arguments]",
	short: "compile and run an instrumented program, as go run does",
	long: `
Run is go run for a program whose own packages are instrumented, and otherwise
as the go command builds it: it takes no updates. With -stress N it captures and
rebuilds itself at every Nth update point; UPSTARE_STRESS_REPORT=FILE tells what
it went through. PACKAGE may be a list of .go files of one package.`,
	run: runRun,
}

func runRun(c *call) error {
	f := c.flags()
	var a aloneFlags
	a.register(f)
	execute := f.String("exec", "", "run the program with `PROGRAM`, as go run -exec does")
	goflags, rest, err := gobuild.SplitRun(f, c.args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(f)
		return err
	case err != nil:
		return usageError{err}
	case len(rest) == 0:
		return c.misused("no package is named")
	}
	pkgs, args := rest[:1], rest[1:]
	if release.ByFiles(pkgs) {
		n := 1
		for n < len(rest) && release.ByFiles(rest[n:]) {
			n++
		}
		pkgs, args = rest[:n], rest[n:]
	}
	r, err := c.alone(&a, goflags, pkgs, false)
	if err != nil {
		return err
	}
	parts, err := r.Parts()
	if err != nil {
		return err
	}
	p := parts[0]
	defer p.Close()
	words, err := p.RunFlags(*execute)
	if err != nil {
		return err
	}
	status, err := p.Go(c.streams(), "run", slices.Concat(words, p.FilesOf(p.Patterns), args)...)
	if err == nil && status != 0 {
		err = goStatus(status)
	}
	return err
}

// buildAlone is upstarego build -standalone.
func buildAlone(c *call, a release.Alone, output string) error {
	parts, err := a.Parts()
	if err != nil {
		return err
	}
	p := parts[0]
	defer p.Close()
	status, err := p.Go(c.streams(), "build", slices.Concat(p.OutputFlags(output), []string{"--"}, p.FilesOf(p.Patterns))...)
	if err == nil && status != 0 {
		err = diag.New(diag.BuildFailed, noPos, "go build failed", "exit status "+strconv.Itoa(status), "")
	}
	return err
}
