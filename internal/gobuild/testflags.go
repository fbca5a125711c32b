package gobuild

import (
	"errors"
	"flag"
	"io"
	"slices"
	"strings"

	"go/token"

	"github.com/upstarego/upstarego/internal/diag"
)

// testFlags holds the flags of go test that go build does not have, and whether
// they may stand without a value.
var testFlags = map[string]bool{
	"c": true, "json": true, "artifacts": true, "benchmem": true, "failfast": true, "fullpath": true, "short": true, "v": true,
	"o": false, "exec": false, "vet": false, "bench": false, "benchtime": false, "blockprofile": false, "blockprofilerate": false,
	"count": false, "cpu": false, "cpuprofile": false, "fuzz": false, "list": false, "memprofile": false, "memprofilerate": false,
	"mutexprofile": false, "mutexprofilefraction": false, "outputdir": false, "parallel": false, "run": false, "skip": false,
	"timeout": false, "fuzztime": false, "fuzzminimizetime": false, "trace": false, "shuffle": false,
}

// A TestLine is a command line of go test, taken apart.
type TestLine struct {
	GoFlags  []string // of go build
	Flags    []string // of go test
	Packages []string
	Args     []string // what follows the packages and is for the tests
	At       int      // index of the first package in the command line; its length if there is none
}

// Counts reports whether -count is among the flags.
func (l *TestLine) Counts() bool {
	return slices.ContainsFunc(slices.Concat(l.Flags, l.Args), func(s string) bool {
		name, _, _ := strings.Cut(strings.TrimLeft(s, "-"), "=")
		return strings.HasPrefix(s, "-") && (name == "count" || name == "test.count")
	})
}

// SplitTest takes the command line of go test apart by its rules: there is one
// list of packages; a flag that nobody knows is for the tests, and so ends the
// place for packages; behind -args everything is for the tests.
func SplitTest(own *flag.FlagSet, args []string) (*TestLine, error) {
	own.SetOutput(io.Discard)
	own.Usage = func() {}
	l := &TestLine{At: len(args)}
	var problems diag.List
	const (
		before = iota
		within
		after
	)
	at := before
	value := false // whether the word may be the value of an unknown flag
	for i := 0; i < len(args); i++ {
		a := args[i]
		if len(a) < 2 || a[0] != '-' {
			switch {
			case at < after:
				if at == before {
					l.At = i
				}
				at = within
				l.Packages = append(l.Packages, a)
			case value:
				l.Args = append(l.Args, a)
			default:
				l.Args = append(l.Args, args[i:]...)
				i = len(args)
			}
			value = false
			continue
		}
		value = false
		if at == within {
			at = after
		}
		if a == "--" {
			l.Args = append(l.Args, args[i:]...)
			break
		}
		name, _, has := strings.Cut(strings.TrimPrefix(a[1:], "-"), "=")
		if name == "args" {
			l.Args = append(l.Args, args[i:]...)
			break
		}
		f := own.Lookup(name)
		boolean, ofTest := testFlags[strings.TrimPrefix(name, "test.")]
		known, goBoolean := IsGoFlag(name)
		switch {
		case f != nil:
			b, ok := f.Value.(interface{ IsBoolFlag() bool })
			boolean = ok && b.IsBoolFlag()
		case ofTest:
		case known:
			boolean = goBoolean
		case name == "h" || name == "help":
			return nil, flag.ErrHelp
		default:
			at, value = after, !has
			l.Args = append(l.Args, a)
			continue
		}
		one := []string{a}
		if !boolean && !has {
			if i+1 == len(args) {
				problems.Add(diag.BadUsage, token.Position{}, "flag "+a+" needs a value", "", "")
				break
			}
			i++
			one = append(one, args[i])
		}
		switch {
		case f != nil:
			if err := own.Parse(one); err != nil && !errors.Is(err, flag.ErrHelp) {
				problems.Add(diag.BadUsage, token.Position{}, err.Error(), "", "")
			}
		case !ofTest:
			l.GoFlags = append(l.GoFlags, one...)
		case at == after && len(l.Args) > 0:
			l.Args = append(l.Args, one...) // the order of what tests are given stays
		default:
			l.Flags = append(l.Flags, one...)
		}
	}
	return l, problems.Err()
}
