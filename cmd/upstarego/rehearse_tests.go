package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/internal/gobuild"
	"github.com/upstarego/upstarego/internal/rehearse"
	"github.com/upstarego/upstarego/internal/release"
	"github.com/upstarego/upstarego/internal/testprog"
)

// byTests rehearses the program with its tests, one package after the other.
func byTests(ctx context.Context, c *call, cfg release.Config, r rehearse.Config, line *gobuild.TestLine, tmp string, back bool) (*rehearse.Summary, error) {
	choose, err := chooseTests(c, line.Flags)
	if err != nil {
		return nil, err
	}
	step, rules, err := described(&cfg)
	if err != nil {
		return nil, err
	}
	affected := rehearse.Affected(step.Matches, rules)
	target, err := gobuild.Resolve(cfg.Dir, cfg.GoFlags, step.Old.Main)
	if err != nil {
		return nil, err
	}
	if len(line.Packages) == 0 {
		line.Packages = []string{"."}
		defer func() { line.Packages = nil }()
	}
	packages, none, err := testprog.Find(target, line.Packages)
	if err != nil {
		return nil, err
	}
	all := &rehearse.Summary{}
	for _, path := range slices.Sorted(maps.Keys(none)) {
		all.Apart = append(all.Apart, rehearse.Apart{Package: path, Why: none[path]})
	}
	base := r.Dir
	for i, p := range packages {
		r := r
		r.Tests = &rehearse.Tests{Package: p.Path}
		choose(p, r.Tests)
		if len(r.Tests.Names) == 0 {
			all.Apart = append(all.Apart, rehearse.Apart{Package: p.Path, Why: "no tests to run"})
			continue
		}
		dir := filepath.Join(tmp, strconv.Itoa(i))
		if err := os.Mkdir(dir, 0o777); err != nil {
			return nil, err
		}
		fmt.Fprintf(c.stderr, "%s: building the programs of its tests\n", p.Path)
		built, err := release.BuildTests(cfg, target, p, step.Old, dir, back)
		var apart *release.TestsError
		if errors.As(err, &apart) {
			all.Apart = append(all.Apart, rehearse.Apart{Package: p.Path, Why: apart.Error()})
			continue
		} else if err != nil {
			return nil, err
		}
		r.Old, r.New, r.Program, r.Rules = built.Old.Executable, built.New.Executable, built.Old.Release, built.New.Rules
		r.Affected = rehearse.Affected(built.New.Matches, built.New.Rules)
		r.Updates = []string{built.New.Update}
		rules := []*check.Rules{built.New.Rules}
		if built.Back != nil {
			r.Updates = append(r.Updates, built.Back.Update)
			rules = append(rules, built.Back.Rules)
		}
		r.Names = rehearse.Names(rules...)
		r.WorkDir, r.Tests.Keys = p.Dir, testprog.Keys(built.Old.Release)
		switch {
		case base == "":
			if r.Dir, err = rehearsalDir(r); err != nil {
				return nil, err
			}
		case len(packages) > 1:
			r.Dir = filepath.Join(base, strings.ReplaceAll(p.Path, "/", "_"))
		}
		s, err := r.Do(ctx)
		if s != nil {
			all.Add(s)
		}
		if err != nil {
			return all, err
		}
	}
	all.Sum(affected, rules)
	return all, nil
}

// described is the release that cfg builds, and what its frame map says. The whole
// program is looked at, before tests are: a map that is not total is not one for them.
func described(cfg *release.Config) (*release.Step, *check.Rules, error) {
	old, err := release.ReadBase(*cfg)
	if err != nil {
		return nil, nil, err
	}
	cfg.Pattern = old.Main
	step, err := release.Describe(*cfg)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case cfg.MapDir == "":
		cfg.MapDir = step.MapDir
	case !filepath.IsAbs(cfg.MapDir):
		cfg.MapDir = filepath.Join(cfg.Dir, cfg.MapDir)
	}
	rules, diags := check.Check(step.Input(cfg.MapDir))
	return step, rules, diags.Err()
}

// chooseTests understands go test's flags.
func chooseTests(c *call, flags []string) (func(*testprog.Package, *rehearse.Tests), error) {
	var run, skip *regexp.Regexp
	var sub string
	var more []string
	for i := 0; i < len(flags); i++ {
		name, value, has := strings.Cut(strings.TrimPrefix(strings.TrimLeft(flags[i], "-"), "test."), "=")
		switch name {
		case "run", "skip":
			if !has {
				i++
				value = flags[i]
			}
			top, rest, _ := strings.Cut(value, "/")
			re, err := regexp.Compile(top)
			switch {
			case err != nil:
				return nil, c.misused("-" + name + ": " + err.Error())
			case name == "run":
				run, sub = re, rest
			case rest != "":
				more = append(more, "-test.skip="+value)
			default:
				skip = re
			}
		case "short", "v":
			more = append(more, "-test."+strings.TrimPrefix(strings.TrimLeft(flags[i], "-"), "test."))
		default:
			return nil, c.misused(flags[i] + " has no meaning here")
		}
	}
	return func(p *testprog.Package, t *rehearse.Tests) {
		t.Sub, t.Flags = sub, more
		for _, test := range p.Tests {
			if (run == nil || run.MatchString(test.Name)) && (skip == nil || !skip.MatchString(test.Name)) {
				t.Names = append(t.Names, test.Name)
			}
		}
	}, nil
}
