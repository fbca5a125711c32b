package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/framemap/draft"
	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/internal/release"
)

var framemapCommand = &command{
	name:  "framemap",
	args:  "-from OLD [-back] [-o DIR] [-check | -for KEY ...] [-instrument PATTERNS] [go build flags] [PACKAGE]",
	short: "draft or check what cannot be inferred about the step to the next release",
	long: `
Framemap compares the program in PACKAGE with the executable OLD and writes
framemap.go into DIR (default: upstare/r<number> beside the main package): what
has to be decided so that every running function, object and variable of the old
release has a place in the new one. DECIDE stands wherever you have to say
something; the file does not compile before that. What you have written already
stays as it is. Nothing is written if there is nothing to decide.

With -back it is the way back: what has to be decided so that the release in
PACKAGE, while it runs, can become OLD once more. DIR is then upstare/r<number>/back,
beside the map that leads to that release. The source of OLD is not needed: OLD
carries it.

-for writes an empty rule, besides what has to be decided, for the function or type
KEY of OLD, and may be given several times: a place to say something where nothing has
to be said, with the names that the rule needs.

-check writes nothing and proves the map total: every gap is listed.`,
	run: runFramemap,
}

func runFramemap(c *call) error {
	f := c.flags()
	var cfg release.Config
	f.StringVar(&cfg.From, "from", "", "the executable `OLD` of the release before")
	dir := f.String("o", "", "the `DIR` of framemap.go")
	back := f.Bool("back", false, "draft or check the way back to OLD")
	var asked []string
	f.Func("for", "a function or type of OLD, by its `KEY`, to write an empty rule for; may be given several times", func(key string) error {
		asked = append(asked, key)
		return nil
	})
	only := f.Bool("check", false, "write nothing; list what is open or wrong")
	step, err := c.describe(f, &cfg, "-from names the release that the map starts from")
	if err != nil {
		return err
	}
	if *only && asked != nil {
		return c.misused("-check writes nothing, and -for asks for something to be written")
	}
	if *back {
		tmp, err := os.MkdirTemp("", "upstarego-back-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp)
		if step, err = release.DescribeBack(cfg, step, tmp); err != nil {
			return err
		}
	}
	in := inputIn(step, *dir, cfg.Dir)
	if *only {
		return checkMap(c, in)
	}
	return draftMap(c, in, asked)
}

// describe reads the command line of a command that compares the program with an
// earlier release, and compares them. missing is what is wrong without that one.
func (c *call) describe(f *flag.FlagSet, cfg *release.Config, missing string) (*release.Step, error) {
	instrument := f.String("instrument", "", "dependencies to treat as own code besides the module: import path `PATTERNS`, divided by commas")
	goflags, pkg, err := gobuild.SplitArgs(f, c.args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(f)
		return nil, err
	case err != nil:
		return nil, usageError{err}
	case cfg.From == "":
		return nil, c.misused(missing)
	}
	if cfg.Dir, err = os.Getwd(); err != nil {
		return nil, err
	}
	cfg.Pattern, cfg.GoFlags, cfg.Stderr = pkg, goflags, c.stderr
	cfg.Instrument = patterns(*instrument)
	return release.Describe(*cfg)
}

// inputIn is what the checker needs for the framemap.go in a directory, seen from
// where the command runs; "" is where it belongs.
func inputIn(s *release.Step, dir, from string) check.Input {
	switch {
	case dir == "":
		dir = s.MapDir
	case !filepath.IsAbs(dir):
		dir = filepath.Join(from, dir)
	}
	return s.Input(dir)
}

func checkMap(c *call, in check.Input) error {
	rules, diags := check.Check(in)
	if err := diags.Err(); err != nil {
		return err
	}
	for _, w := range rules.Warnings {
		fmt.Fprintf(c.stderr, "warning: %v\n", w)
	}
	what := "no framemap.go is needed"
	if rules.Exists {
		what = in.File + " is total"
	}
	fmt.Fprintf(c.stdout, "%s: %d functions of %s have a place in %s\n", what, len(rules.Funcs), in.Old, in.New)
	for _, s := range rules.Lineage {
		since(c, in, &s)
	}
	elsewhere(c, in)
	keptFree(c, rules)
	inferred(c, rules)
	for _, v := range rules.Pointed {
		fmt.Fprintf(c.stdout, "note: local %s of %s (%s:%d), a pointer, leads to the variable that it was; framemap.Locals gives it something else\n", v.Name, v.Func.Key, path.Base(v.Func.File), v.Func.Line)
	}
	for _, v := range rules.Carried {
		fmt.Fprintf(c.stdout, "note: %s (%s:%d) keeps what it holds although its initialiser changed, since the program may have changed it; framemap.Initial gives it the new value\n", v.Key, path.Base(v.File), v.Line)
	}
	begun(c, in, rules)
	return nil
}

// elsewhere names the packages that have another import path.
func elsewhere(c *call, in check.Input) {
	for _, old := range in.Old.Paths.Old() {
		fmt.Fprintf(c.stdout, "note: package %s of %s is %s now: its functions, types and variables are taken for that one's, also by framemap.go\n", old, in.Old, in.Old.Paths[old])
	}
}

// keptFree names the points that are kept free although framemap.go does not say so.
func keptFree(c *call, rules *check.Rules) {
	for _, k := range rules.Kept {
		p := &k.Func.Points[k.Point]
		fmt.Fprintf(c.stdout, "note: the update waits until nobody is at point %d of %s (%s:%d: `%s`), where goroutines do not stay: %s\n",
			k.Point, k.Func.Key, path.Base(k.Func.File), p.Line, p.What, k.Why)
	}
}

// inferred names the values that objects of changed types get although framemap.go does not
// say so.
func inferred(c *call, rules *check.Rules) {
	for i := range rules.Inferred {
		v := &rules.Inferred[i]
		what := "values of " + v.Type.Key
		if v.Field != "" {
			what = "field " + v.Field + " of objects of " + v.Type.Key + " that exist"
		}
		fmt.Fprintf(c.stdout, "note: %s (%s:%d): %s\n", what, path.Base(v.Type.File), v.Type.Line, v.Text())
	}
}

// since says of one release what becomes of goroutines that have been parked since it
// was the current one.
func since(c *call, in check.Input, s *check.Since) {
	if !s.Known {
		fmt.Fprintf(c.stdout, "release %d: nothing is known, since release %d was built by an upstarego that did not keep it\n", s.Release, in.Old.Number)
		return
	}
	fmt.Fprintf(c.stdout, "release %d: %d points in %d functions; %d have a place in %s", s.Release, s.Points, s.Funcs, s.Placed(), in.New)
	if s.Moved > 0 {
		fmt.Fprintf(c.stdout, ", %d of them another one", s.Moved)
	}
	if s.Left > 0 {
		fmt.Fprintf(c.stdout, "; %d had been left before an update since", s.Left)
	}
	if len(s.Leave) > 0 {
		fmt.Fprintf(c.stdout, "; %d must be left before this update:", len(s.Leave))
	}
	fmt.Fprintln(c.stdout)
	for _, o := range s.Leave {
		fmt.Fprintf(c.stdout, "\t%s\n", o)
	}
}

// begun names the goroutines that only a program has that is started anew.
func begun(c *call, in check.Input, rules *check.Rules) {
	for _, key := range rules.Begun {
		f := in.New.Func(key)
		fmt.Fprintf(c.stdout, "note: %s (%s:%d) is started with go, and %s has no such goroutine: a program that is updated has none either; framemap.Go or framemap.Start would begin it\n",
			key, path.Base(f.File), f.Line, in.Old)
	}
}

func draftMap(c *call, in check.Input, asked []string) error {
	old, err := os.ReadFile(in.File)
	switch {
	case err == nil:
		in.Source = old
	case !errors.Is(err, os.ErrNotExist):
		return diag.New(diag.MapInvalid, noPos, "framemap.go cannot be read", err.Error(), "")
	}
	text, err := draft.Write(in, asked...)
	if err != nil {
		return err
	}
	if text == nil {
		rules, diags := check.Check(in)
		if err := diags.Err(); err != nil {
			return err // what no rule could say
		}
		fmt.Fprintf(c.stdout, "nothing to decide: %s needs no framemap.go\n", in.New)
		elsewhere(c, in)
		begun(c, in, rules)
		return nil
	}
	if string(text) != string(old) {
		if err := os.MkdirAll(filepath.Dir(in.File), 0o777); err != nil {
			return diag.New(diag.NothingToCreate, noPos, "framemap.go cannot be written", err.Error(), "name another directory with -o")
		}
		if err := os.WriteFile(in.File, text, 0o666); err != nil {
			return diag.New(diag.NothingToCreate, noPos, "framemap.go cannot be written", err.Error(), "name another directory with -o")
		}
	}
	in.Source = text
	_, diags := check.Check(in)
	fmt.Fprintf(c.stdout, "%s: %d to decide\n", in.File, len(diags))
	for _, d := range diags {
		fmt.Fprintln(c.stderr, d)
	}
	return nil
}
