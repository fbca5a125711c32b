package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Options say what to measure and how long.
type Options struct {
	Tool  string         // the upstarego command
	Root  string         // of this module
	Work  string         // an empty directory
	Only  *regexp.Regexp // rows and subjects to measure; nil: all
	Quick bool           // fewer runs, smaller sizes, no cold builds
	Log   func(format string, args ...any)
}

// A bench is one run.
type bench struct {
	Options
	*Report
	builtKvd *example // once, for all that need it
}

// A subject measures some rows, all of which begin with its name and a slash.
type subject struct {
	name    string
	measure func(*bench, context.Context) error
}

var subjects = []subject{
	{"compute", (*bench).compute},
	{"size", (*bench).size},
	{"memory", (*bench).memory},
	{"stop", (*bench).stop},
	{"rebuild", (*bench).rebuild},
	{"state", (*bench).state},
	{"heap", (*bench).heap},
	{"gap", (*bench).gap},
	{"servers", (*bench).servers},
	{"after", (*bench).after},
	{"build", (*bench).build},
}

// Subjects are what can be measured by itself.
func Subjects() (names []string) {
	for _, s := range subjects {
		names = append(names, s.name)
	}
	return names
}

// A missing is why something is not measured on this machine: no failure.
type missing string

func (m missing) Error() string { return string(m) }

// Run measures one thing after the other: two at once would disturb each other. What goes wrong is in the report, and
// the other rows are measured all the same; the error is that of a run that was stopped.
func Run(ctx context.Context, o Options) (*Report, error) {
	b := &bench{Options: o, Report: newReport(o.Quick)}
	defer func() { b.Took, b.Machine.After = time.Since(b.Began), load() }()
	for _, s := range subjects {
		if !b.wanted(s.name) {
			continue
		}
		b.Log("measuring %s", s.name)
		began := time.Now()
		err := s.measure(b, ctx)
		if ctx.Err() != nil {
			return b.Report, ctx.Err()
		}
		for i := range b.Rows {
			row := &b.Rows[i]
			if !strings.HasPrefix(row.Name, s.name+"/") || row.Figure != nil || !b.wantedRow(row.Name) {
				continue
			}
			var m missing
			switch {
			case errors.As(err, &m):
				row.Missing = m.Error()
			case err != nil && row.Missing == notAsked:
				row.Failed, row.Missing = err.Error(), ""
			case row.Missing == notAsked:
				row.Failed, row.Missing = "nothing has measured it", ""
			}
		}
		if err != nil {
			b.Log("%s: %v", s.name, err)
		}
		b.Log("%s took %v", s.name, time.Since(began).Round(time.Second))
	}
	return b.Report, nil
}

// wanted reports whether a subject, or one of its rows, was asked for.
func (b *bench) wanted(subject string) bool {
	return b.Only == nil || b.Only.MatchString(subject) || slices.ContainsFunc(rows, func(r Row) bool {
		return strings.HasPrefix(r.Name, subject+"/") && b.Only.MatchString(r.Name)
	})
}

// wantedRow is wanted for a part of a subject.
func (b *bench) wantedRow(name string) bool {
	subject, _, _ := strings.Cut(name, "/")
	return b.Only == nil || b.Only.MatchString(subject) || b.Only.MatchString(name)
}

// either is the figure of a short run or of a long one.
func either[T any](b *bench, quick, full T) T {
	if b.Quick {
		return quick
	}
	return full
}

// command runs a command in dir and returns what it printed; what it complains of is part of the error.
func command(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	out, _, err := outputs(ctx, dir, env, args...)
	return out, err
}

// complaints is command for what is printed on standard error.
func complaints(ctx context.Context, dir string, args ...string) (string, error) {
	_, errs, err := outputs(ctx, dir, nil, args...)
	return errs, err
}

func outputs(ctx context.Context, dir string, env []string, args ...string) (printed, complained string, err error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOWORK=off", "UPSTARE_ADMIN=off"), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return out.String(), errs.String(), fmt.Errorf("%s: %w\n%.4000s", strings.Join(args, " "), err, errs.String()+out.String())
	}
	return out.String(), errs.String(), nil
}

// buildPlain and buildRelease make executables as users do.
func buildPlain(ctx context.Context, dir, exe string, flags ...string) error {
	_, err := command(ctx, dir, nil, slices.Concat([]string{"go", "build", "-o", exe}, flags, []string{"."})...)
	return err
}

func (b *bench) buildRelease(ctx context.Context, dir, exe, from string, flags ...string) error {
	args := []string{b.Tool, "build", "-o", exe}
	if from != "" {
		args = append(args, "-from", from)
	}
	_, err := command(ctx, dir, nil, slices.Concat(args, flags, []string{"."})...)
	return err
}

// copyTree copies a directory to a fresh one, with text replaced in its Go files.
func copyTree(from, to string, replace ...string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil || len(replace) == 0 {
		return err
	}
	found := false
	r := strings.NewReplacer(replace...)
	err := filepath.WalkDir(to, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		changed := r.Replace(string(text))
		found = found || changed != string(text)
		return os.WriteFile(path, []byte(changed), 0o666)
	})
	if err == nil && !found {
		err = fmt.Errorf("%s: there is nothing of %q in it", from, replace)
	}
	return err
}
