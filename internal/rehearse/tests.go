package rehearse

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Tests are a package's tests, which the programs of a rehearsal run by themselves.
type Tests struct {
	Package string   // import path
	Names   []string // of tests, examples and fuzz targets
	Sub     string   // -test.run's pattern for what they run in turn; "" is all
	Flags   []string // for every run, such as -test.short
	Keys    []string // of the old program's functions that stand in tests
}

// Apart is what is not rehearsed: a package, or one of its tests.
type Apart struct {
	Package string `json:"package"`
	Test    string `json:"test,omitempty"`
	Why     string `json:"why"`
}

func (c *Config) testKeys() []string {
	if c.Tests == nil {
		return nil
	}
	return c.Tests.Keys
}

// suite is the use of a program that runs all tests one after the other.
const suite = "all"

// tests finds the uses: every test alone, so that what is rehearsed by it takes as
// little time as can be; and all together, if some test passes only so. What does not
// pass with either release, or not while it is captured everywhere, is set apart.
func (c *Config) tests(ctx context.Context, p *preparation) error {
	t := c.Tests
	alone := make([]*use, len(t.Names))
	failed := make([]error, len(t.Names))
	for i, name := range t.Names {
		alone[i] = &use{Name: name, Args: t.run([]string{name})}
	}
	c.each(len(alone), func(i int) { failed[i] = c.plain(ctx, alone[i]) })
	// Tests that keep others from passing at the same time are tried again by themselves.
	for i := range alone {
		if failed[i] != nil && ctx.Err() == nil {
			failed[i] = c.plain(ctx, alone[i])
		}
	}
	var together, left []string // tests that pass together, and what of them does not pass alone
	if failing(failed) > 0 && ctx.Err() == nil {
		together, left = c.suite(ctx, t, failed)
	}
	uses := []*use{}
	for i, u := range alone {
		if failed[i] == nil {
			uses = append(uses, u)
		}
	}
	if len(left) > 0 {
		u := &use{Name: suite, Args: t.run(together)}
		if c.plain(ctx, u) == nil {
			uses = append(uses, u)
		} else {
			left = nil
		}
	}
	recorded := make([]error, len(uses))
	c.each(len(uses), func(i int) { recorded[i] = c.record(ctx, uses[i], fmt.Sprintf("record-%s.jsonl", uses[i].Name)) })
	if err := ctx.Err(); err != nil {
		return err
	}
	for i, name := range t.Names {
		if failed[i] != nil && !slices.Contains(left, name) {
			p.Apart = append(p.Apart, Apart{t.Package, name, c.apart(failed[i])})
		}
	}
	for i, u := range uses {
		if recorded[i] == nil {
			p.Uses = append(p.Uses, u)
		} else {
			p.Apart = append(p.Apart, Apart{t.Package, u.Name, c.apart(recorded[i])})
		}
	}
	return nil
}

// suite finds tests that pass with either release when they run one after the other:
// all but those that do not.
func (c *Config) suite(ctx context.Context, t *Tests, failed []error) (together, left []string) {
	together = t.Names
	for _, program := range []string{c.New, c.Old} {
		u := &use{Args: append(t.run(together), "-test.v")}
		out, err := c.output(ctx, program, u, nil, plainLimit)
		if err == nil {
			continue
		}
		passed := map[string]bool{}
		for line := range strings.Lines(out) {
			if name, ok := strings.CutPrefix(line, "--- PASS: "); ok {
				name, _, _ = strings.Cut(name, " ")
				passed[name] = true
			}
		}
		var l []string
		for _, name := range together {
			if passed[name] {
				l = append(l, name)
			}
		}
		together = l
	}
	for i, name := range t.Names {
		if failed[i] != nil && slices.Contains(together, name) {
			left = append(left, name)
		}
	}
	return together, left
}

// run are the flags that run tests.
func (t *Tests) run(names []string) []string {
	var l []string
	for _, n := range names {
		l = append(l, regexp.QuoteMeta(n))
	}
	pattern := "^(" + strings.Join(l, "|") + ")$"
	if t.Sub != "" {
		pattern += "/" + t.Sub
	}
	return []string{"-test.run=" + pattern, "-test.paniconexit0"}
}

// apart says why a test is not rehearsed.
func (c *Config) apart(err error) string {
	var d *DriverError
	if !errors.As(err, &d) {
		return err.Error()
	}
	with := "the release before"
	switch {
	case d.Program == c.New:
		with = "the new release"
	case d.Program != c.Old:
		with = "the release before, captured at every point"
	}
	why := fmt.Sprintf("it fails with %s, without an update: %v", with, d.Err)
	if out := strings.TrimSpace(d.Output); out != "" {
		why += "\n" + out
	}
	return why
}

func failing(errs []error) (n int) {
	for _, err := range errs {
		if err != nil {
			n++
		}
	}
	return n
}
