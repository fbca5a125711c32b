package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/internal/release"
)

var whyCommand = &command{
	name:  "why",
	args:  "[-p PACKAGE] [-json] [-instrument PATTERNS] [go build flags] FUNC",
	short: "say why a function is instrumented",
	long: `
Why prints the chain of reasons for which FUNC may be on a stack at an update
point, or that it is left alone. FUNC is a name like serve, (*client).read or
store.Open.func1; the program is the one in the current directory, or -p's.`,
	run: runWhy,
}

func runWhy(c *call) error {
	f := c.flags()
	pkg := f.String("p", ".", "the program's `PACKAGE`")
	raw := f.Bool("json", false, "print the reasons as JSON, a list of lines")
	instrument := f.String("instrument", "", "dependencies to treat as own code besides the module: import path `PATTERNS`, divided by commas")
	goflags, name, err := gobuild.SplitArgs(f, c.args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(f)
		return err
	case err != nil:
		return usageError{err}
	case name == ".":
		return c.misused("no function is named")
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	col, err := release.Colours(release.Config{Dir: dir, Pattern: *pkg, GoFlags: goflags, Instrument: patterns(*instrument)})
	if err != nil {
		return err
	}
	text, err := col.Why(name)
	if err != nil {
		return diag.New(diag.BadUsage, noPos, err.Error(), "", "name it as in a stack trace")
	}
	if *raw {
		return c.json(map[string]any{"func": name, "why": strings.Split(strings.TrimSpace(text), "\n")})
	}
	_, err = fmt.Fprintln(c.stdout, text)
	return err
}
