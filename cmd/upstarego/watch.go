package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// watchEvery is how often -watch asks.
const watchEvery = 50 * time.Millisecond

// A watcher shows an update while it is under way: line by line, so that a log has all of
// it.
type watcher struct {
	client *client
	file   string
	stderr io.Writer

	id       string // of the update, once it was seen
	begun    time.Time
	phase    string
	attempts int
	late     string // the stragglers that were shown
	giveUp   bool
}

// watch shows the update of file until it is answered, and then what was not seen.
func (c *client) watch(answered <-chan struct{}, interrupt <-chan os.Signal, file string, stderr io.Writer) *watcher {
	w := &watcher{client: c, file: file, stderr: stderr, begun: time.Now()}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-answered:
			return w
		case <-interrupt:
			w.say("giving the update up")
			w.giveUp = true
		case <-tick.C:
		}
		if r := w.look(); r != nil {
			w.show(r)
			if w.giveUp {
				c.do(context.Background(), http.MethodDelete, "/v1/updates/"+w.id, nil, nil)
			}
		}
	}
}

// look is the update as it is now, nil if it has not begun.
func (w *watcher) look() *result {
	if w.id == "" {
		r := w.client.running(w.file)
		if r != nil {
			w.id = r.ID
		}
		return r
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	a, err := w.client.do(ctx, http.MethodGet, "/v1/updates/"+w.id, nil, nil)
	if err != nil || a.err != nil {
		return nil
	}
	var r result
	if json.Unmarshal(a.body, &r) != nil {
		return nil
	}
	return &r
}

// last shows what the answer has that was not seen.
func (w *watcher) last(a *answer) {
	r := a.update
	if a.err == nil {
		r = new(result)
		if json.Unmarshal(a.body, r) != nil {
			return
		}
	}
	if r == nil {
		return // it was not begun
	}
	w.show(r)
	if n := len(r.Phases); n > 0 {
		w.say("%s took %s", r.Phases[n-1].Name, short(r.Phases[n-1].DurationNS))
	}
	w.say("%s", r.State)
}

func (w *watcher) say(format string, args ...any) {
	fmt.Fprintf(w.stderr, "%7.3fs  %s\n", time.Since(w.begun).Seconds(), fmt.Sprintf(format, args...))
}

// show says what is new.
func (w *watcher) show(r *result) {
	shown := false // the phase before is over: how long it took is known
	for i, p := range r.Phases {
		if w.phase == "" || shown {
			if i > 0 {
				w.say("%s took %s", r.Phases[i-1].Name, short(r.Phases[i-1].DurationNS))
			}
			w.say("%s", p.Name)
			w.phase, shown = p.Name, true
		} else if p.Name == w.phase {
			shown = true
		}
	}
	if r.Attempts != w.attempts && r.Attempts > 1 {
		w.say("attempt %d to stop the program", r.Attempts)
	}
	w.attempts = r.Attempts
	var names []string
	for _, s := range r.Stragglers {
		names = append(names, s.Goroutine+s.Pos+s.Why)
	}
	if late := strings.Join(names, "\n"); late != w.late {
		w.late = late
		for _, s := range r.Stragglers {
			w.say("in the way: %s", s.line())
		}
		if len(names) == 0 {
			w.say("nobody is in the way")
		}
	}
}

// line is a straggler in one line: what is known of it.
func (s straggler) line() string {
	l := s.Goroutine
	fn, pos := s.Func, s.Pos
	if pos == "" {
		fn, pos = s.innermost()
	}
	if fn != "" {
		l += " in " + fn
	}
	if pos != "" {
		l += " at " + pos
	}
	if s.ForNS > 0 {
		l += " for " + short(s.ForNS)
	}
	if s.Why != "" {
		l += ": " + s.Why
	}
	return l
}

// innermost is the first frame of the stack that is none of package runtime.
func (s straggler) innermost() (fn, pos string) {
	lines := strings.Split(s.Stack, "\n")
	for i := 0; i+1 < len(lines); i++ {
		at, ok := strings.CutPrefix(lines[i+1], "\t")
		if !ok || strings.HasPrefix(lines[i], "runtime.") || strings.HasPrefix(lines[i], "created by ") {
			continue
		}
		pos, _, _ = strings.Cut(at, " +0x")
		return lines[i][:max(0, strings.LastIndexByte(lines[i], '('))], pos
	}
	return "", ""
}
