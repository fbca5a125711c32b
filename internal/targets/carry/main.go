package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/internal/targets"
)

// options are the command line.
type options struct {
	target    string
	from, to  string
	loadTime  time.Duration
	seed      uint64
	measure   bool
	keep      string
	json      string
	merge     bool
	into      string
	rehearsal bool
	per       int
	drive     string
}

func main() {
	var o options
	flag.StringVar(&o.target, "target", "", "`names` of the targets, with commas; otherwise all")
	flag.StringVar(&o.from, "from", "", "the `release` to begin with; otherwise the first")
	flag.StringVar(&o.to, "to", "", "the `release` to end with; otherwise the last")
	flag.DurationVar(&o.loadTime, "load-time", 3*time.Second, "`time` of load before each update, and behind it")
	flag.Uint64Var(&o.seed, "seed", 1, "`number` that chooses operations and values")
	flag.BoolVar(&o.measure, "measure", true, "count what changed, what is inferred and what there is to decide")
	flag.StringVar(&o.keep, "drafts", "", "leave the drafts of frame maps in this `directory`")
	flag.StringVar(&o.json, "json", "bin/targets.json", "write the table to this `file` too")
	flag.BoolVar(&o.merge, "merge", false, "keep what is in that file of other steps")
	flag.StringVar(&o.into, "into", "", "carry nothing: put the table of -json in its place in this `file`")
	flag.BoolVar(&o.rehearsal, "rehearse", false, "carry nothing: rehearse each step")
	flag.IntVar(&o.per, "per", 1, "rehearsals for each class of stacks")
	flag.StringVar(&o.drive, "drive", "", "use $UPSTARE_PROGRAM as the target of this `name` is used: what -rehearse has for a driver")
	flag.Parse()
	if flag.NArg() > 0 || o.loadTime <= 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := o.run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "carry:", err)
		os.Exit(1)
	}
	if !ok {
		os.Exit(1)
	}
}

// run reports whether all that was carried was carried rightly.
func (o *options) run(ctx context.Context) (ok bool, err error) {
	if o.into != "" {
		r, err := read(o.json)
		if err == nil {
			err = r.into(o.into)
		}
		return err == nil, err
	}
	if o.drive != "" {
		t := targetsByName[o.drive]
		if t == nil {
			return false, fmt.Errorf("there is no target %q", o.drive)
		}
		err := drive(ctx, t)
		return err == nil, err
	}
	rep := &report{Machine: fmt.Sprintf("%s, %d processors", runtime.Version(), runtime.NumCPU()), LoadTime: o.loadTime}
	names, err := o.names()
	if err != nil {
		return false, err
	}
	if o.rehearsal {
		ok = true
		for _, name := range names {
			passed, err := o.rehearse(ctx, name, os.Stdout)
			if err != nil {
				return false, fmt.Errorf("%s: %w", name, err)
			}
			ok = ok && passed
		}
		return ok, nil
	}
	for _, name := range names {
		steps, err := o.carry(ctx, name, os.Stderr)
		rep.Steps = append(rep.Steps, steps...)
		if left := o.leave(rep); err == nil { // what has been made is not lost by what comes behind it
			err = left
		}
		if err != nil {
			return false, fmt.Errorf("%s: %w", name, err)
		}
	}
	ok = true
	for i := range rep.Steps {
		ok = ok && rep.Steps[i].right()
	}
	return ok, rep.text(os.Stdout)
}

// names are the targets to carry.
func (o *options) names() (l []string, err error) {
	if o.target == "" {
		for name := range targetsByName {
			l = append(l, name)
		}
		slices.Sort(l)
		return l, nil
	}
	for name := range strings.SplitSeq(o.target, ",") {
		if targetsByName[name] == nil {
			return nil, fmt.Errorf("there is no target %q", name)
		}
		l = append(l, name)
	}
	return l, nil
}

// leave writes the report, as far as there is one.
func (o *options) leave(rep *report) error {
	if o.json == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(o.json), 0o777); err != nil {
		return err
	}
	all := rep
	if o.merge {
		earlier, err := read(o.json)
		switch {
		case err == nil:
			earlier.merge(rep)
			all = earlier
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return all.write(o.json)
}

// carry takes one target through the releases that were asked for.
func (o *options) carry(ctx context.Context, name string, out io.Writer) ([]step, error) {
	root, err := moduleRoot(ctx)
	if err != nil {
		return nil, err
	}
	all, err := targets.Find(filepath.Join(root, "examples", "targets"), name)
	if err != nil {
		return nil, err
	}
	releases, err := between(all[0], o.from, o.to)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "upstarego-carry-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	tool, err := buildTool(ctx, root, dir)
	if err != nil {
		return nil, err
	}
	r := &run{
		name: name, target: targetsByName[name], releases: releases, loadTime: o.loadTime, seed: o.seed, out: out,
		b: &builder{tool: tool, dir: dir},
	}
	if o.measure {
		if r.pairs, err = targets.Measure(releases, o.keep, io.Discard); err != nil {
			return nil, err
		}
	}
	return r.carry(ctx)
}

// between are the releases from one to another.
func between(l []targets.Release, from, to string) ([]targets.Release, error) {
	index := func(version string) int {
		return slices.IndexFunc(l, func(r targets.Release) bool { return r.Version == version })
	}
	i, j := index(cmp.Or(from, l[0].Version)), index(cmp.Or(to, l[len(l)-1].Version))
	if i < 0 || j < 0 || i >= j {
		return nil, fmt.Errorf("there are no two releases from %q to %q", from, to)
	}
	return l[i : j+1], nil
}
