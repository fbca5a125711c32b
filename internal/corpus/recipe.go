package corpus

import (
	"fmt"
	"go/build"
	"go/build/constraint"
	"runtime"
	"slices"
	"strings"
)

// A recipe is what the head of a test program says about it, in the language of the Go distribution's own
// runner (cmd/internal/testdir): the first line that is no build constraint is an action with its words.
type recipe struct {
	action string
	flags  []string // of the go command (run), of the compiler and the linker (rundir)
	args   []string // of the program
	env    []string
	each   bool   // rundir -s: each file is a package
	skip   string // a constraint that does not hold here
}

func parseRecipe(src string) (r recipe, err error) {
	rest := src
	for r.action == "" && rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if constraint.IsGoBuild(line) || constraint.IsPlusBuild(line) {
			continue
		}
		r.action = strings.TrimSpace(strings.TrimPrefix(line, "//"))
	}
	header, _, _ := strings.Cut(src, "\npackage")
	for line := range strings.Lines(header) {
		if expr, err := constraint.Parse(strings.TrimSpace(line)); err == nil && !expr.Eval(holds) {
			r.skip = strings.TrimSpace(line)
		}
	}
	words, err := splitQuoted(r.action)
	if err != nil || len(words) == 0 {
		return r, err
	}
	r.action, words = words[0], words[1:]
	for ; len(words) > 0 && strings.HasPrefix(words[0], "-"); words = words[1:] {
		value := func() string {
			if len(words) < 2 {
				err = fmt.Errorf("%s without a value", words[0])
				return ""
			}
			words = words[1:]
			return words[0]
		}
		switch words[0] {
		case "-0", "-1":
		case "-s":
			r.each = true
		case "-t", "-gomodversion":
			value()
		case "-goexperiment":
			r.env = append(r.env, "GOEXPERIMENT="+value())
		case "-godebug":
			r.env = append(r.env, "GODEBUG="+value())
		case "-gcflags", "-ldflags":
			r.flags = append(r.flags, words[0])
			r.flags = append(r.flags, value())
		default:
			r.flags = append(r.flags, words[0])
		}
	}
	r.args = words
	return r, err
}

// holds evaluates one tag of a build constraint as the distribution's runner does.
func holds(tag string) bool {
	switch {
	case strings.HasPrefix(tag, "goexperiment."):
		return slices.Contains(build.Default.ToolTags, tag)
	case tag == "cgo":
		return build.Default.CgoEnabled
	}
	return slices.Contains(build.Default.ReleaseTags, tag) ||
		slices.Contains([]string{runtime.GOOS, runtime.GOARCH, "gc", "test_run"}, tag)
}

// splitQuoted splits at spaces outside quotes, as the runner does: quotes group and backslashes escape.
func splitQuoted(s string) (words []string, err error) {
	var word strings.Builder
	in, quote, escaped := false, rune(0), false
	for _, c := range s {
		switch {
		case escaped:
			escaped = false
			word.WriteRune(c)
		case c == '\\':
			escaped, in = true, true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '"' || c == '\'':
			quote, in = c, true
		case c == ' ' || c == '\t':
			if in {
				words = append(words, word.String())
				word.Reset()
			}
			in = false
		default:
			in = true
			word.WriteRune(c)
		}
	}
	if in {
		words = append(words, word.String())
	}
	if quote != 0 || escaped {
		return nil, fmt.Errorf("unclosed quote in %q", s)
	}
	return words, nil
}
