// Command upstarego builds Go programs that take their next release while they
// run, and hands releases to running ones.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/upstarego/upstarego/internal/diag"
)

// Exit codes, the same for every command.
const (
	exitDone    = 0 // what was asked for is done
	exitFailed  = 1 // it failed; diagnostics are on standard error
	exitUsage   = 2 // the command line is not understood
	exitUndone  = 3 // the program did not take the update and goes on in its old release
	exitUnknown = 4 // no answer from the program, or the update is not decided yet
	exitOpen    = 5 // framemap.go has something left to say
)

// A command is one subcommand.
type command struct {
	name  string
	args  string // its synopsis, after the name
	short string // one line for the list of commands
	long  string // what -h says before the flags
	run   func(c *call) error
}

// A call is one run of a command.
type call struct {
	*command
	args           []string // what stands after the command's name
	stdout, stderr io.Writer
}

func commands() []*command {
	return []*command{buildCommand, runCommand, testCommand, whyCommand, diffCommand, framemapCommand, rehearseCommand, keygenCommand, signCommand, updateCommand, statusCommand, historyCommand, goroutinesCommand, traceCommand, objectCommand, explainCommand, versionCommand}
}

func main() {
	relaxCollector()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run dispatches and turns the command's error into an exit code.
func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		usage(stderr)
		return exitUsage
	}
	name := args[0]
	switch name {
	case "help", "-h", "-help", "--help":
		if len(args) > 1 {
			return run([]string{args[1], "-h"}, stdout, stderr)
		}
		usage(stdout)
		return exitDone
	}
	for _, cmd := range commands() {
		if cmd.name == name {
			return exitCode(cmd.run(&call{command: cmd, args: args[1:], stdout: stdout, stderr: stderr}), stderr)
		}
	}
	return exitCode(usageError{diag.New(diag.UnknownCommand, noPos, "unknown command "+name, "", "upstarego help lists the commands")}, stderr)
}

func usage(w io.Writer) {
	fmt.Fprint(w, "upstarego builds Go programs that are updated while they run.\n\nusage: upstarego COMMAND [arguments]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.short)
	}
	fmt.Fprint(w, `
upstarego COMMAND -h says more about one command.

exit codes: 0 done; 1 failed; 2 wrong usage; 3 the program did not take the
update and goes on in its old release; 4 no answer, or not decided yet; 5 the
frame map has something to decide
`)
}

// flags makes the command's flag set. It reports mistakes itself, through parse.
func (c *call) flags() *flag.FlagSet {
	f := flag.NewFlagSet(c.name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	return f
}

// parse parses flags, which may stand before and after arguments.
func (c *call) parse(f *flag.FlagSet) (args []string, err error) {
	rest := c.args
	for {
		if err := f.Parse(rest); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				c.help(f)
				return nil, err
			}
			return nil, usageError{diag.New(diag.BadUsage, noPos, err.Error(), "", "see upstarego "+c.name+" -h")}
		}
		if rest = f.Args(); len(rest) == 0 {
			return args, nil
		}
		args, rest = append(args, rest[0]), rest[1:]
	}
}

func (c *call) help(f *flag.FlagSet) {
	fmt.Fprintf(c.stdout, "usage: upstarego %s %s\n\n%s\n", c.name, c.command.args, strings.TrimSpace(c.long))
	some := false
	f.VisitAll(func(*flag.Flag) { some = true })
	if some {
		fmt.Fprint(c.stdout, "\nflags:\n")
		f.SetOutput(c.stdout)
		f.PrintDefaults()
	}
}

// misused is the error for a wrong number of arguments and the like.
func (c *call) misused(what string) error {
	return usageError{diag.New(diag.BadUsage, noPos, what, "usage: upstarego "+c.name+" "+c.command.args, "see upstarego "+c.name+" -h")}
}
