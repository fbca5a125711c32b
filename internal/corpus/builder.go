package corpus

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Builder is a command line that turns the main module in its working directory into an executable,
// and the ways in which that executable is to be run.
type Builder struct {
	args     []string // outFile stands for the executable's path
	Variants []Variant
}

// A Variant is one way to run an executable.
type Variant struct {
	Name string
	Env  []string
}

const outFile = "{out}"

// Plain builds with the go command alone.
func Plain(flags ...string) Builder {
	return Builder{
		args:     slices.Concat([]string{"go", "build", "-o", outFile}, flags, []string{"."}),
		Variants: []Variant{{Name: strings.Join(append([]string{"plain"}, flags...), " ")}},
	}
}

// Stressed builds with the tool so that the program captures and rebuilds itself at every n-th poll. It is
// built once, for the first n; StressEnv asks for the others at run time.
func Stressed(tool string, every ...int) Builder {
	b := Builder{args: []string{tool, "build", "-o", outFile, "-stress", strconv.Itoa(every[0]), "."}}
	for _, n := range every {
		b.Variants = append(b.Variants, Variant{
			Name: fmt.Sprintf("stress %d", n),
			Env:  []string{fmt.Sprintf("%s=%d", StressEnv, n)},
		})
	}
	return b
}

// Instrumented builds with the tool as a user would: polls are there and none is due.
func Instrumented(tool string) Builder {
	return Builder{args: []string{tool, "build", "-o", outFile, "."}, Variants: []Variant{{Name: "instrumented"}}}
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

// Build runs the builder in moduleDir and writes the executable to exe. Errors are *BuildError unless the
// builder could not be started.
func (b Builder) Build(ctx context.Context, moduleDir, exe string) error {
	args := slices.Clone(b.args)
	for i, a := range args {
		if a == outFile {
			args[i] = exe
		}
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = moduleDir
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	inOwnGroup(cmd)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if cmd.ProcessState == nil {
		return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	var codes []string
	for _, m := range diagCode.FindAllSubmatch(out, -1) {
		codes = append(codes, string(m[1]))
	}
	slices.Sort(codes)
	text := strings.TrimSpace(string(out))
	if ctx.Err() != nil {
		text += "\nthe build was stopped: it took too long"
		codes = nil
	}
	if text == "" {
		text = err.Error()
	}
	return &BuildError{Codes: slices.Compact(codes), Output: text}
}

// inOwnGroup lets a stopped command take its children with it.
func inOwnGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
}
