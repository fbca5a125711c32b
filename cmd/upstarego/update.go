package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/upstarego/upstarego/internal/diag"
)

var updateCommand = &command{
	name: "update", args: "[-addr A | -pid P] [-token FILE] [-tls-cert FILE -tls-key FILE -tls-ca FILE] [-timeout D] [-limit PHASE=D] [-force-parked] [-dry-run] [-watch] [-json] FILE.update", short: "hand an update to a running program",
	long: `Hands the file's name to the program, which reads and verifies it, and waits until the update is committed or undone.
The phases are shown on standard error, the outcome on standard output; with -watch
every phase, every attempt to stop the program and who is in the way of one, as
they come. An interrupt gives the update up; the program then goes on in its old release.`,
	run: runUpdate,
}

// showAfter is how long an update may take before its phases are shown.
const showAfter = 300 * time.Millisecond

func runUpdate(c *call) error {
	f := c.flags()
	var w which
	w.register(f)
	timeout := f.Duration("timeout", 0, "how long the program may try before it undoes the update (default: the program's)")
	query := url.Values{"wait": {"24h"}} // the program's own timeout comes first
	f.Func("limit", "how long one phase may take: check, load, quiesce, transform or commit, as in transform=200ms; may be given several times", func(s string) error {
		phase, d, ok := strings.Cut(s, "=")
		if _, err := time.ParseDuration(d); !ok || err != nil {
			return fmt.Errorf("want PHASE=DURATION, as in transform=200ms")
		}
		query.Set("timeout."+phase, d)
		return nil
	})
	f.Func("fault", "for tests of programs started with UPSTARE_FAULTS=on: make the update fail at `POINT[:N][=error|panic|hang|kill]`", func(s string) error {
		query.Set("fault", s)
		return nil
	})
	dry := f.Bool("dry-run", false, "check and load the update, and leave the program alone")
	f.BoolFunc("force-parked", "do not wait for goroutines that are parked where the frame map has no place for them, or lets nobody stand: each panics when it comes back", func(string) error {
		query.Set("force_parked", "1")
		return nil
	})
	watch := f.Bool("watch", false, "show phases, attempts and goroutines that are in the way, as they come")
	raw := f.Bool("json", false, "print the endpoint's answer as it is")
	args, err := c.parse(f)
	if err != nil {
		return err
	}
	if len(args) != 1 {
		return c.misused("update takes one file")
	}
	file, err := filepath.Abs(args[0])
	if err != nil {
		return err
	}
	if w.secure() {
		if file = args[0]; !filepath.IsAbs(file) { // it need not be a file of this machine's
			return c.misused("with TLS the file has to be named as the program sees it")
		}
	} else if _, err := os.Stat(file); err != nil {
		return diag.New(diag.BadUsage, noPos, "the update cannot be read", err.Error(), "")
	}
	addr, err := w.one()
	if err != nil {
		return err
	}
	if *timeout > 0 {
		query.Set("timeout", timeout.String())
	}
	if *dry {
		query.Set("dry_run", "1")
	}

	cl, err := w.client(addr)
	if err != nil {
		return err
	}
	answered := make(chan struct{})
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt) // before anybody can see the update
	defer signal.Stop(interrupt)
	var a *answer
	go func() {
		defer close(answered)
		a, err = cl.do(context.Background(), http.MethodPost, "/v1/updates", query, map[string]string{"path": file})
	}()
	var seen *watcher
	if *watch {
		seen = cl.watch(answered, interrupt, file, c.stderr)
	} else {
		cl.follow(answered, interrupt, file, c.stderr)
	}
	if err != nil {
		return err
	}
	if seen != nil {
		seen.last(a)
	}
	if *raw {
		c.stdout.Write(a.body)
	}
	return c.report(a, *raw)
}

// report says how the update went.
func (c *call) report(a *answer, raw bool) error {
	if a.err != nil {
		if a.update != nil && !raw {
			stragglers(c.stderr, a.update)
		}
		return notTaken{a.err.diagnostics()}
	}
	var r result
	if err := a.read(&r); err != nil {
		return err
	}
	switch {
	case a.status == http.StatusAccepted:
		return undecided{fmt.Errorf("update %s is still under way, in phase %s; upstarego status shows it", r.ID, r.Phase)}
	case raw:
	case r.State == "fits":
		fmt.Fprintf(c.stdout, "the update fits release %d\n", r.ReleaseBefore)
	default:
		fmt.Fprintln(c.stdout, r.summary())
	}
	for _, w := range r.Warnings {
		fmt.Fprintln(c.stderr, "warning:", w)
	}
	for _, e := range r.Late {
		fmt.Fprintln(c.stderr, "warning:", e.diagnostics())
	}
	return nil
}

// follow shows the phases of an update that takes long, until it is answered. An
// interrupt asks the program to give the update up.
func (c *client) follow(answered <-chan struct{}, interrupt <-chan os.Signal, file string, stderr io.Writer) {
	tick := time.NewTicker(showAfter)
	defer tick.Stop()
	shown, giveUp := "", false
	for {
		select {
		case <-answered:
			return
		case <-interrupt:
			fmt.Fprintln(stderr, "giving the update up")
			giveUp = true
		case <-tick.C:
		}
		r := c.running(file)
		switch {
		case r == nil: // not begun or just decided
		case giveUp:
			c.do(context.Background(), http.MethodDelete, "/v1/updates/"+r.ID, nil, nil)
		case r.Phase != shown:
			shown = r.Phase
			fmt.Fprintln(stderr, shown)
		}
	}
}

// running is the update under way, if it is the one made from file.
func (c *client) running(file string) *result {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	a, err := c.do(ctx, http.MethodGet, "/v1/status", nil, nil)
	if err != nil || a.err != nil {
		return nil
	}
	var s status
	if json.Unmarshal(a.body, &s) != nil || s.Update == nil || s.Update.Path != file {
		return nil
	}
	return s.Update
}

// summary is a committed update in one line.
func (r *result) summary() string {
	var phases []string
	for _, p := range r.Phases {
		phases = append(phases, p.Name+" "+short(p.DurationNS))
	}
	return fmt.Sprintf("release %d -> %d in %s (stopped for %s): %d goroutines captured with %d frames, %d parked, %d objects converted\n%s",
		r.ReleaseBefore, r.ReleaseAfter, short(r.RequestToCommitNS), short(r.StopNS), r.Captured, r.Frames, r.Parked, r.Objects, strings.Join(phases, ", "))
}

// short is a duration with three digits.
func short(ns int64) string {
	d := time.Duration(ns)
	for unit := time.Second; unit > time.Nanosecond; unit /= 1000 {
		if d >= unit {
			return d.Round(unit / 1000 * 10).String()
		}
	}
	return d.String()
}

// stragglers shows what was in the way of an update.
func stragglers(w io.Writer, r *result) {
	for _, s := range r.Stragglers {
		if s.Goroutine == "" {
			fmt.Fprintf(w, "in the way for %s: %s: %s, point %d: %s\n", short(s.ForNS), s.Pos, s.Func, s.Point, s.Why)
			continue
		}
		fmt.Fprintf(w, "in the way for %s: %s: %s\n%s\n", short(s.ForNS), s.Goroutine, s.Why, strings.TrimRight(s.Stack, "\n"))
	}
}
