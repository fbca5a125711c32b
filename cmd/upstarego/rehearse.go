package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/internal/cache"
	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/internal/rehearse"
	"github.com/upstarego/upstarego/internal/release"
)

var rehearseCommand = &command{
	name:  "rehearse",
	args:  "-from OLD [-driver COMMAND] [-back] [-per N] [-parallel N] [-only REGEXP] [-limit D] [-dir DIR] [-json FILE] [-framemap DIR] [-instrument PATTERNS] [-run REGEXP] [-skip REGEXP] [-short] [-v] [go build flags] [PACKAGES]",
	short: "try an update out at every point that tests, or a driver, bring the program to",
	long: `
Rehearse builds the release that follows the executable OLD, as build does, and
tries the update out with the tests of PACKAGES (default: the one here), which
are packages of the program that OLD is of; ./... is all of these. The program is
built twice, as OLD has it (which carries its source) and as the tree has it, to run the tree's tests
where it would run main. Tests that do not compile with OLD's source, or do not
pass with either release when they run alone or all together, are set apart and
listed. -run, -skip, -short and -v are for the tests, as go test has them.

With -driver, sh runs COMMAND in the place of tests. It starts $UPSTARE_PROGRAM,
which is OLD, uses it, checks what it does, stops it, and ends with status 0 if
all was right. It must be content with either release. PACKAGES is then the
program's package main.

First nothing is updated, and the stacks of points that the program comes to are
written down. Then every run updates the program at another one: a goroutine is
held there while the update is made, and goes on in the new release. Stacks that
differ only in frames which the update does not affect count as one (a class),
which the quickest test that comes to it rehearses, alone.
With -back the program is updated and at once taken back, and the goroutine goes
on in the code it came from; the map for that is in directory back beside
framemap.go (upstarego framemap -back drafts it).

A run fails if the test or COMMAND fails or takes too long, if the update is not
made, or if at its end, by os.Exit or the return of main, the program has more open
than without an update, more goroutines in its own code, or goroutines that wait for
a lock. What is more once is no failure: the run is made again. Each failure is shown
with its stack and with the command that repeats it. Points at which no frame was converted are counted,
and rules of the frame map that no run came to are listed.

A rehearsal that was cut short goes on where it was.`,
	run: runRehearse,
}

func runRehearse(c *call) error {
	f := c.flags()
	var cfg release.Config
	var r rehearse.Config
	f.StringVar(&cfg.From, "from", "", "the executable `OLD` of the release before")
	f.StringVar(&cfg.MapDir, "framemap", "", "the `DIR` of framemap.go (default: upstare/r<number> beside the main package)")
	f.StringVar(&r.Driver, "driver", "", "the `COMMAND` that uses the program and checks it")
	back := f.Bool("back", false, "go back to OLD after each update")
	f.IntVar(&r.Per, "per", 2, "make `N` runs for each class of stacks, at different times")
	f.IntVar(&r.Parallel, "parallel", runtime.NumCPU(), "make `N` runs at once")
	only := f.String("only", "", "make only the runs whose id matches `REGEXP`, again if they failed")
	f.DurationVar(&r.Limit, "limit", 0, "how long a run may take (default: 20 times as long as one without an update)")
	f.StringVar(&r.Dir, "dir", "", "keep results in `DIR` (default: in the cache)")
	text := f.String("json", "", "write the results to `FILE`, or with - to standard output in place of the text")
	instrument := f.String("instrument", "", "dependencies to treat as own code besides the module: import path `PATTERNS`, divided by commas")
	line, err := gobuild.SplitTest(f, c.args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(f)
		return err
	case err != nil:
		return usageError{err}
	case cfg.From == "":
		return c.misused("-from names the release that is updated")
	case r.Per < 1 || r.Parallel < 1:
		return c.misused("-per and -parallel count from 1")
	case len(line.Args) > 0:
		return c.misused("unknown flag " + line.Args[0])
	case r.Driver != "" && len(line.Flags) > 0:
		return c.misused(line.Flags[0] + " is for tests, and -driver takes their place")
	case r.Driver != "" && len(line.Packages) > 1:
		return c.misused("with -driver, one package is named: the program's")
	}
	if r.Only, err = regexp.Compile(*only); err != nil {
		return c.misused("-only: " + err.Error())
	}
	if *only == "" {
		r.Only = nil
	}
	if cfg.Dir, err = os.Getwd(); err != nil {
		return err
	}
	if r.Old, err = filepath.Abs(cfg.From); err != nil {
		return err
	}
	cfg.GoFlags, cfg.Stderr, cfg.Instrument = line.GoFlags, c.stderr, patterns(*instrument)
	r.WorkDir, r.Progress = cfg.Dir, c.stderr
	tmp, err := os.MkdirTemp("", "upstarego-rehearse-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var s *rehearse.Summary
	if r.Driver != "" {
		s, err = byDriver(ctx, cfg, r, strings.Join(line.Packages, ""), tmp, *back)
	} else {
		s, err = byTests(ctx, c, cfg, r, line, tmp, *back)
	}
	if s != nil {
		if *text != "-" {
			showRehearsal(c, line, s)
		}
		if *text != "" {
			data, merr := json.MarshalIndent(s, "", "\t")
			if merr == nil {
				merr = c.write(*text, append(data, '\n'))
			}
			err = errors.Join(err, merr)
		}
	}
	if err == nil && s.Count(rehearse.Failed) > 0 {
		err = diag.New(diag.RehearsalFailed, noPos, fmt.Sprintf("%d of %d runs failed", s.Count(rehearse.Failed), len(s.Runs)), "", "")
	}
	return err
}

// byDriver rehearses the program with a driver.
func byDriver(ctx context.Context, cfg release.Config, r rehearse.Config, pkg, tmp string, back bool) (*rehearse.Summary, error) {
	cfg.Pattern, cfg.Output = pkg, filepath.Join(tmp, "new")
	next, err := release.Build(cfg)
	if err != nil {
		return nil, err
	}
	r.New, r.Program, r.Rules, r.Updates = next.Executable, next.Base, next.Rules, []string{next.Update}
	r.Affected = rehearse.Affected(next.Matches, next.Rules)
	rules := []*check.Rules{next.Rules}
	if back {
		cfg.UpdateOnly = true
		again, err := release.BuildBack(cfg, next, filepath.Join(tmp, "back"))
		if err != nil {
			return nil, err
		}
		r.Updates = append(r.Updates, again.Update)
		rules = append(rules, again.Rules)
	}
	r.Names = rehearse.Names(rules...)
	if r.Dir == "" {
		if r.Dir, err = rehearsalDir(r); err != nil {
			return nil, err
		}
	}
	s, err := r.Do(ctx)
	var driver *rehearse.DriverError
	if errors.As(err, &driver) {
		err = diag.New(diag.DriverFailed, noPos, driver.Error(), "what it says of an updated program would mean nothing", "mend the driver, or the release that it finds wrong")
	}
	return s, err
}

// rehearsalDir is where a rehearsal of these files and this driver keeps its results.
func rehearsalDir(r rehearse.Config) (string, error) {
	h := sha256.New()
	add := func(name string) error {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(h, f)
		return err
	}
	for _, name := range append([]string{r.Old, r.New}, r.Updates...) {
		if err := add(name); err != nil {
			return "", err
		}
	}
	fmt.Fprintf(h, "%q", r.Driver)
	for _, word := range strings.Fields(r.Driver) { // a script may have been mended since
		if !filepath.IsAbs(word) {
			word = filepath.Join(r.WorkDir, word)
		}
		if info, err := os.Stat(word); err == nil && info.Mode().IsRegular() {
			if err := add(word); err != nil {
				return "", err
			}
		}
	}
	if t := r.Tests; t != nil {
		fmt.Fprintf(h, "%q %q %q %q", t.Package, t.Names, t.Sub, t.Flags)
	}
	dir, err := cache.Dir()
	return filepath.Join(dir, "rehearsals", hex.EncodeToString(h.Sum(nil)[:8])), err
}

// showRehearsal prints the failures and the table.
func showRehearsal(c *call, line *gobuild.TestLine, s *rehearse.Summary) {
	w := c.stdout
	for _, a := range s.Apart {
		what := a.Package
		if a.Test != "" {
			what += "." + a.Test
		}
		fmt.Fprintf(w, "set apart: %s: %s\n", what, strings.ReplaceAll(a.Why, "\n", "\n\t"))
	}
	for _, r := range s.Runs {
		if r.Outcome != rehearse.Failed {
			continue
		}
		by := ""
		if r.Test != "" {
			by = ", by " + r.Package + "." + r.Test
		}
		fmt.Fprintf(w, "failed %s%s, at\n", r.ID, by)
		for _, l := range r.Lines {
			fmt.Fprintf(w, "\t%s\n", l)
		}
		for _, why := range r.Why {
			fmt.Fprintf(w, "    %s\n", strings.ReplaceAll(why, "\n", "\n    "))
		}
		if out := strings.TrimSpace(r.Output); out != "" {
			fmt.Fprintf(w, "    it printed:\n\t%s\n", strings.ReplaceAll(out, "\n", "\n\t"))
		}
		fmt.Fprintf(w, "    again: upstarego rehearse %s\n\n", words(again(c.args, line, r)))
	}
	for _, u := range s.Unexercised {
		fmt.Fprintf(w, "not exercised: %s\n", u)
	}
	left := 0
	for _, r := range s.Runs {
		if r.Left != "" {
			left++
		}
	}
	fmt.Fprintf(w, "%d stacks of points in %d classes; %d runs: %d passed, %d failed, %d not reached; in %d the goroutine had to go on before the update\n",
		s.Stacks, s.Classes, len(s.Runs), s.Count(rehearse.Passed), s.Count(rehearse.Failed), s.Count(rehearse.NotReached), left)
	fmt.Fprintf(w, "%d of %d points of affected functions: frames were converted there\n", s.Points, s.PointsOf)
	fmt.Fprintf(w, "what was open and running at the end was compared with runs without an update in %d runs\n", s.Ends)
	if len(s.Tests)+len(s.Apart) > 0 {
		fmt.Fprintf(w, "%d tests took part; set apart: %d\n", len(s.Tests), len(s.Apart))
	}
}

// again is the command line that repeats a run alone.
func again(args []string, line *gobuild.TestLine, r *rehearse.Run) []string {
	packages := line.Packages
	if r.Package != "" {
		packages = []string{r.Package}
	}
	return slices.Concat(without(args[:line.At], "only"), []string{"-only", "^" + regexp.QuoteMeta(r.ID) + "$"}, packages, without(args[line.At+len(line.Packages):], "only"))
}

// without takes a flag and its value out of arguments.
func without(args []string, name string) (l []string) {
	for i := 0; i < len(args); i++ {
		flag, _, has := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if strings.HasPrefix(args[i], "-") && flag == name {
			if !has {
				i++
			}
			continue
		}
		l = append(l, args[i])
	}
	return l
}

// words are arguments as a shell takes them; flags come before packages.
func words(args []string) string {
	var l []string
	for _, a := range args {
		if a == "" || strings.ContainsAny(a, " \t\n'\"\\$&|;<>()*?[]#~`!{}") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		l = append(l, a)
	}
	return strings.Join(l, " ")
}
