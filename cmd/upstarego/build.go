package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/internal/release"
)

var buildCommand = &command{
	name:  "build",
	args:  "[-o FILE] [-from OLD [-back | -update-only]] [-framemap DIR] [-instrument PATTERNS] [-sign FILE.key] [-trust FILE.pub] [-stress N] [-standalone] [-work] [-timings] [go build flags] [PACKAGE]",
	short: "build a release that can be updated while it runs",
	long: `
Build makes a release of the program in PACKAGE (default: the current directory;
./... if the module has just one package main). Without -from it is the first of a
new lineage, an ordinary executable. With it, FILE is the complete next release
for cold starts, and FILE.update what a process running OLD loads. With -back
FILE.back.update is what such a process loads to become OLD once more, and FILE.back
is that release: the base of the one that follows it. With -update-only there is
FILE.update and no FILE, in half the time: enough to try a release, or where none is
started afresh. FILE.ledger is what the next one is built -from then; it is there before
the update is linked, so that one can begin with it.

With -sign the update is signed. A process takes what is signed by a key that it trusts:
those that UPSTARE_TRUST names when it is started or, without that, those that -trust
(which may be given several times) has put into its executable. The executables of
later releases have them as well, until -trust is given again.

The main module's packages are instrumented; -instrument adds dependencies.
With -standalone the executable takes no updates: its own packages are
instrumented in the same way, and everything else is as go build has it. That is
what to test with: upstarego run and test build so.

What takes longer than two seconds is shown on a terminal while it is done; -timings
says how long each part took.

Neither go.mod nor any source file is written to. Flags of go build are honoured
or refused by name.`,
	run: runBuild,
}

// patterns takes a list of import path patterns apart.
func patterns(list string) (l []string) {
	for p := range strings.SplitSeq(list, ",") {
		if p = strings.TrimSpace(p); p != "" {
			l = append(l, p)
		}
	}
	return l
}

func runBuild(c *call) error {
	f := c.flags()
	var cfg release.Config
	f.StringVar(&cfg.Output, "o", "", "write the executable to `FILE` (default: named as go build would)")
	f.StringVar(&cfg.From, "from", "", "build the release that follows `OLD`, an executable or a file .ledger")
	back := f.Bool("back", false, "also build the way back to OLD")
	f.BoolVar(&cfg.UpdateOnly, "update-only", false, "build the update and no executable")
	f.StringVar(&cfg.MapDir, "framemap", "", "the `DIR` of framemap.go (default: upstare/r<number> beside the main package)")
	instrument := f.String("instrument", "", "dependencies to treat as own code besides the module: import path `PATTERNS`, divided by commas")
	f.IntVar(&cfg.Stress, "stress", 0, "capture and rebuild the program at every `N`th update point, for tests")
	alone := f.Bool("standalone", false, "build an executable that takes no updates, as go build would, for tests of instrumented code")
	sign := f.String("sign", "", "sign the update with the private key in `FILE`")
	var trust []string
	f.Func("trust", "let the executable trust the public keys in `FILE` if UPSTARE_TRUST says nothing", func(name string) error {
		trust = append(trust, name)
		return nil
	})
	work := f.Bool("work", false, "print the name of the directory with the instrumented source and keep it")
	timings := f.Bool("timings", false, "print how long each part of the build took")
	goflags, pkg, err := gobuild.SplitArgs(f, c.args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(f)
		return err
	case err != nil:
		return usageError{err}
	case cfg.Stress < 0:
		return c.misused("-stress counts update points, from 1")
	case *alone && *timings:
		return c.misused("-timings is about releases, and what -standalone builds is none")
	}
	if cfg.Dir, err = os.Getwd(); err != nil {
		return err
	}
	cfg.Pattern, cfg.GoFlags, cfg.Stderr = pkg, goflags, c.stderr
	cfg.Instrument = patterns(*instrument)
	if *work {
		if cfg.Work, err = os.MkdirTemp("", "upstarego-work-"); err != nil {
			return err
		}
		fmt.Fprintln(c.stderr, "WORK="+cfg.Work)
	}
	if *back && cfg.From == "" {
		return c.misused("-back goes back to the release that -from names")
	}
	if cfg.UpdateOnly && (cfg.From == "" || *back) {
		return c.misused("-update-only builds the update of the release that -from names, and nothing leads back from it")
	}
	if *sign != "" && cfg.From == "" {
		return c.misused("-sign signs the update of the release that -from names")
	}
	if len(trust) > 0 && cfg.UpdateOnly {
		return c.misused("-trust is for an executable, and -update-only makes none")
	}
	if *alone && len(trust) > 0 {
		return c.misused("what -standalone builds takes no updates, whoever signs them")
	}
	if *alone {
		if cfg.From != "" || cfg.MapDir != "" {
			return c.misused("-standalone builds what is never updated: -from and -framemap say nothing to it")
		}
		return buildAlone(c, release.Alone{Dir: cfg.Dir, Patterns: []string{pkg}, GoFlags: goflags, Instrument: cfg.Instrument, Stress: uint64(cfg.Stress), Work: cfg.Work}, cfg.Output)
	}
	if *sign != "" {
		if cfg.Sign, err = signingKey(*sign); err != nil {
			return err
		}
	}
	if cfg.Trust, err = trusted(trust); err != nil {
		return err
	}
	show := newProgress(c.stderr)
	cfg.Began, cfg.Stderr = show.begin, show
	next, err := release.Build(cfg)
	if err == nil && *back {
		_, err = release.BuildBack(cfg, next, next.Executable+".back")
	}
	show.end()
	if err == nil && *timings {
		show.print(c.stderr)
	}
	return err
}
