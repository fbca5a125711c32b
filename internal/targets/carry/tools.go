package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// A tool is a client that Debian has.
type tool struct {
	name   string
	debian string // the package
	args   []string
	stdin  string
	// right looks at what it has said, if it has ended well.
	right func(out string) error
}

// rest is how long a tool waits before it runs again.
const rest = 200 * time.Millisecond

// repeat runs a tool again and again. One that is under way at the end is let run.
func (l *load) repeat(ctx context.Context, t tool) {
	for ctx.Err() == nil {
		l.rec.ran(t.name, t.run())
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
}

func (t tool) run() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, t.name, t.args...)
	cmd.Stdin = strings.NewReader(t.stdin)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err == nil {
		err = t.right(out.String())
	}
	if err != nil {
		return fmt.Errorf("%s: %w\n%.500s%.500s", strings.Join(cmd.Args, " "), err, out.String(), errs.String())
	}
	return nil
}

// says wants a tool to have said exactly this.
func says(want string) func(string) error {
	return func(out string) error {
		if out != want {
			return fmt.Errorf("it said %q instead of %q", out, want)
		}
		return nil
	}
}
