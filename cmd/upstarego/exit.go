package main

import (
	"errors"
	"flag"
	"fmt"
	"go/token"
	"io"

	"github.com/upstarego/upstarego/internal/diag"
)

var noPos token.Position

// usageError marks mistakes on the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// An undecided error means that nothing was learnt from the program.
type undecided struct{ error }

func (e undecided) Unwrap() error { return e.error }

// A notTaken error means that the program goes on in its old release.
type notTaken struct{ error }

func (e notTaken) Unwrap() error { return e.error }

// A toDecide error means that something is left to say in framemap.go.
type toDecide struct{ error }

func (e toDecide) Unwrap() error { return e.error }

// errReported stands for a failure that the command has put into words already.
var errReported = errors.New("reported")

// exitCode writes the error and gives the code for it.
func exitCode(err error, stderr io.Writer) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	var status goStatus
	if errors.As(err, &status) {
		return int(status)
	}
	if !errors.Is(err, errReported) {
		var list diag.List
		var one *diag.Diagnostic
		if errors.As(err, &list) || errors.As(err, &one) {
			diag.WriteText(stderr, err)
		} else {
			fmt.Fprintln(stderr, "upstarego:", err)
		}
	}
	switch {
	case errors.As(err, new(usageError)), diag.Has(err, diag.BadUsage):
		return exitUsage
	case errors.As(err, new(notTaken)):
		return exitUndone
	case errors.As(err, new(undecided)):
		return exitUnknown
	case errors.As(err, new(toDecide)):
		return exitOpen
	}
	return exitFailed
}
