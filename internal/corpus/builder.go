package corpus

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/internal/leanbuild"
)

// A Builder is a command line that turns the main module in its working directory into an executable,
// and the ways in which that executable is to be run.
type Builder struct {
	// Do builds in place of the command line; nil: the command line does. Errors as Build's.
	Do       func(ctx context.Context, p Program, moduleDir, exe string) error
	args     []string // outFile stands for the executable's path, flagsHere for the program's flags
	Variants []Variant
}

// A Variant is one way to run an executable.
type Variant struct {
	Name  string
	Env   []string
	Quiet bool // nothing is to be captured: the same behaviour is all
}

const (
	outFile   = "{out}"
	flagsHere = "{flags}"
)

// Plain builds with the go command alone.
func Plain(flags ...string) Builder {
	return Builder{
		args:     slices.Concat([]string{"go", "build", "-o", outFile}, flags, []string{flagsHere, "."}),
		Variants: []Variant{{Name: strings.Join(append([]string{"plain"}, flags...), " ")}},
	}
}

// Stressed builds with the tool so that the program captures and rebuilds itself at every n-th poll. It is
// built once; StressEnv asks for n at run time. With n = 0 polls are there and none is due.
//
// The executable stands alone: its own packages are what they are in a release, and it is built as fast as by
// the go command.
func Stressed(tool string, every ...int) Builder {
	return stressed([]string{tool, "build", "-standalone", "-o", outFile, "-stress", "1", flagsHere, "."}, every)
}

// StressedRelease is Stressed for a whole release, which takes updates.
func StressedRelease(tool string, every ...int) Builder {
	b := stressed([]string{tool, "build", "-o", outFile, "-stress", "1", flagsHere, "."}, every)
	for i := range b.Variants {
		b.Variants[i].Name += ", release"
	}
	return b
}

func stressed(args []string, every []int) Builder {
	b := Builder{args: args}
	for _, n := range every {
		name := fmt.Sprintf("stress %d", n)
		if n == 0 {
			name = "instrumented"
		}
		b.Variants = append(b.Variants, Variant{Name: name, Env: []string{fmt.Sprintf("%s=%d", StressEnv, n)}, Quiet: n == 0})
	}
	return b
}

// Instrumented builds with the tool as a user would: polls are there and none is due.
func Instrumented(tool string) Builder {
	return Builder{args: []string{tool, "build", "-o", outFile, flagsHere, "."}, Variants: []Variant{{Name: "instrumented"}}}
}

// A BuildError is what a failed build said.
type BuildError struct {
	Codes  []string // of the diagnostics in it, sorted
	Output string
}

func (e *BuildError) Error() string { return e.Output }

// Refused reports whether the tool declined the program, as opposed to failing at it or at being called:
// every diagnostic is about what it does not carry (UP11xx), own cgo or plugin (UP1011, UP1012).
func (e *BuildError) Refused() bool {
	return len(e.Codes) > 0 && !slices.ContainsFunc(e.Codes, func(c string) bool {
		return !strings.HasPrefix(c, "UP11") && c != "UP1011" && c != "UP1012"
	})
}

// A diagnostic reads `file:line:col: what: why; what to do [code]`.
var diagCode = regexp.MustCompile(`\[(UP[0-9]{4})\]`)

// Build runs the builder in moduleDir, which holds p, and writes the executable to exe. Errors are *BuildError
// unless the builder could not be started.
func (b Builder) Build(ctx context.Context, p Program, moduleDir, exe string) error {
	if b.Do != nil {
		return b.Do(ctx, p, moduleDir, exe)
	}
	var args []string
	for _, a := range b.args {
		switch a {
		case outFile:
			args = append(args, exe)
		case flagsHere:
			args = append(args, p.Flags...)
		default:
			args = append(args, a)
		}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = moduleDir
	leanbuild.Prepare(cmd, p.Env...)
	inOwnGroup(cmd)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if cmd.ProcessState == nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	text := strings.TrimSpace(string(out))
	if text == "" {
		text = err.Error()
	}
	if ctx.Err() != nil {
		return &BuildError{Output: text + "\nthe build was stopped: it took too long"}
	}
	return NewBuildError(text)
}

// NewBuildError is the error of a build that said text.
func NewBuildError(text string) *BuildError {
	var codes []string
	for _, m := range diagCode.FindAllStringSubmatch(text, -1) {
		codes = append(codes, m[1])
	}
	slices.Sort(codes)
	return &BuildError{Codes: slices.Compact(codes), Output: text}
}

// inOwnGroup lets a stopped command take its children with it.
func inOwnGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
}
