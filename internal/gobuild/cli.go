package gobuild

import (
	"errors"
	"flag"
	"io"
	"strings"

	"go/token"

	"github.com/upstarego/upstarego/internal/diag"
)

// SplitRun takes the command line of go run apart: flags, own ones among them, end
// at the first word that is none. rest is that word and all that follows.
func SplitRun(own *flag.FlagSet, args []string) (goflags, rest []string, err error) {
	i := 0
	for i < len(args) && len(args[i]) > 1 && args[i][0] == '-' && args[i] != "--" {
		name, _, has := strings.Cut(strings.TrimPrefix(args[i][1:], "-"), "=")
		f := own.Lookup(name)
		_, boolean := IsGoFlag(name)
		if f != nil {
			b, ok := f.Value.(interface{ IsBoolFlag() bool })
			boolean = ok && b.IsBoolFlag()
		}
		i++
		if !boolean && !has && name != "h" && name != "help" {
			i++
		}
	}
	i = min(i, len(args))
	goflags, _, err = SplitArgs(own, args[:i])
	if i < len(args) && args[i] == "--" {
		i++
	}
	return goflags, args[i:], err
}

// SplitArgs takes a command line apart that mixes a command's own flags, which
// own defines and which are set, with go build flags and one package. Own flags
// win over go build flags of the same name (-o, -work). The error is
// flag.ErrHelp for -h, a list of diagnostics otherwise.
func SplitArgs(own *flag.FlagSet, args []string) (goflags []string, pkg string, err error) {
	own.SetOutput(io.Discard)
	own.Usage = func() {}
	var problems diag.List
	var pkgs []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			pkgs = append(pkgs, args[i+1:]...)
			break
		}
		if len(a) < 2 || a[0] != '-' {
			pkgs = append(pkgs, a)
			continue
		}
		name, _, has := strings.Cut(strings.TrimPrefix(a[1:], "-"), "=")
		boolean := false
		f := own.Lookup(name)
		known, goBoolean := IsGoFlag(name)
		switch {
		case f != nil:
			b, ok := f.Value.(interface{ IsBoolFlag() bool })
			boolean = ok && b.IsBoolFlag()
		case known:
			boolean = goBoolean
		case name == "h" || name == "help":
			return nil, "", flag.ErrHelp
		default:
			problems.Add(diag.BadUsage, token.Position{}, "unknown flag "+a, "neither upstarego nor go build has it", "see upstarego "+own.Name()+" -h")
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
		if f == nil {
			goflags = append(goflags, one...)
		} else if err := own.Parse(one); err != nil && !errors.Is(err, flag.ErrHelp) {
			problems.Add(diag.BadUsage, token.Position{}, err.Error(), "", "")
		}
	}
	switch len(pkgs) {
	case 0:
		pkg = "."
	case 1:
		pkg = pkgs[0]
	default:
		problems.Add(diag.ManyMains, token.Position{}, "more than one package is named", strings.Join(pkgs, " "), "name one package, or ./... in a module with one package main")
	}
	return goflags, pkg, problems.Err()
}

// DefaultOutput is the file name go build would choose.
func (t *Target) DefaultOutput() string {
	parts := strings.Split(t.Main.ImportPath, "/")
	last := parts[len(parts)-1]
	if len(parts) > 1 && len(last) > 1 && last[0] == 'v' && strings.Trim(last[1:], "0123456789") == "" && last != "v0" && last != "v1" && last[1] != '0' {
		last = parts[len(parts)-2]
	}
	return last
}
