package main

import (
	"encoding/json"
	"path/filepath"

	"github.com/upstarego/upstarego/framemap/diff"
	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/release"
)

var diffCommand = &command{
	name:  "diff",
	args:  "-from OLD [-json FILE] [-framemap DIR] [-instrument PATTERNS] [go build flags] [PACKAGE]",
	short: "show what the next release changes: functions, frames, types, variables",
	long: `
Diff compares the program in PACKAGE with the executable OLD in the terms of the
frame map: functions with their points and the locals of their frames, types,
variables, and goroutines that only the new release begins. It shows what is
carried over by itself and why, what the release's framemap.go says, and what has
to be decided, with DECIDE before it, old and new lines side by side. What did not
change is counted. Nothing is written but FILE, the same as JSON.

The exit code is 5 if there is something to decide.`,
	run: runDiff,
}

func runDiff(c *call) error {
	f := c.flags()
	var cfg release.Config
	f.StringVar(&cfg.From, "from", "", "the executable `OLD` of the release before")
	text := f.String("json", "", "write the comparison to `FILE`, or with - to standard output in place of the text")
	dir := f.String("framemap", "", "the `DIR` of framemap.go (default upstare/r<number> beside the main package)")
	step, err := c.describe(f, &cfg, "-from names the release to compare with")
	if err != nil {
		return err
	}
	r, err := diff.Of(inputIn(step, *dir, cfg.Dir))
	if err != nil {
		return err
	}
	r.Map = below(cfg.Dir, r.Map)
	for _, d := range r.Decisions {
		d.Pos.Filename = below(cfg.Dir, d.Pos.Filename)
	}
	if *text != "" {
		data, err := json.MarshalIndent(r, "", "\t")
		if err == nil {
			err = c.write(*text, append(data, '\n'))
		}
		if err != nil {
			return diag.New(diag.NothingToCreate, noPos, "the comparison cannot be written", err.Error(), "name another file with -json")
		}
	}
	if *text != "-" {
		if err := r.Write(c.stdout); err != nil {
			return err
		}
	}
	if len(r.Decisions) > 0 {
		return toDecide{errReported}
	}
	return nil
}

// below is a file's path from dir, if it is in there.
func below(dir, file string) string {
	if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) && filepath.IsAbs(file) {
		return rel
	}
	return file
}
