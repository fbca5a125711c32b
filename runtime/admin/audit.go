package admin

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/upstarego/upstarego/runtime/updater"
)

// An audit has a line for every attempt to update the process: who asked for what,
// whether it was begun, and what came of it.
//
// Lines go to slog.Default(), where the program's own go, or to a file of JSON lines.
// A handler that the program has set is own code of the program, and it may wait: for
// the end of a stop, or because nobody reads what it writes. So neither the updater nor
// a request calls it: a goroutine does, for which lines are kept in a queue. It
// lasts as long as there are lines. Own code that foreign code calls is behind a gate,
// there as everywhere: during a stop it waits, and the stop does not wait for it.
type audit struct {
	file *slog.Logger // nil: slog.Default()

	mu      sync.Mutex
	queue   []slog.Record
	left    int  // lines for which there was no room
	running bool // a goroutine takes lines from the queue
}

const (
	maxQueue   = 1024
	maxLine    = 1 << 10 // of one value
	auditedAs  = "upstarego: update"
	accessedAs = "upstarego: admin endpoint"
)

// openAudit opens the log that UPSTARE_AUDIT names.
func openAudit(name string) (*audit, error) {
	switch name {
	case "":
		return &audit{}, nil
	case "off":
		return nil, nil
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0o600)
	if err != nil {
		return nil, err
	}
	if fi, err := f.Stat(); err != nil || !fi.Mode().IsRegular() {
		f.Close()
		return nil, fmt.Errorf("%s is not a regular file", name)
	}
	return auditTo(f), nil
}

func auditTo(w io.Writer) *audit { return &audit{file: slog.New(slog.NewJSONHandler(w, nil))} }

// line writes one line. Values from outside are cut short.
func (a *audit) line(what string, attrs ...slog.Attr) {
	if a == nil {
		return
	}
	for i, at := range attrs {
		if at.Value.Kind() == slog.KindString {
			attrs[i].Value = slog.StringValue(clip(at.Value.String(), maxLine))
		}
	}
	if a.file != nil {
		a.file.LogAttrs(context.Background(), slog.LevelInfo, what, attrs...)
		return
	}
	r := slog.NewRecord(time.Now(), slog.LevelInfo, what, 0)
	r.AddAttrs(attrs...)
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.queue) == maxQueue {
		a.left++
		return
	}
	a.queue = append(a.queue, r)
	if !a.running {
		a.running = true
		go a.drain()
	}
}

// drain hands the queue to the program's logger.
func (a *audit) drain() {
	through := false
	defer func() {
		if !through { // a handler has ended the goroutine
			a.mu.Lock()
			a.running = false
			a.mu.Unlock()
		}
	}()
	for {
		a.mu.Lock()
		queue, left := a.queue, a.left
		a.queue, a.left = nil, 0
		a.running = len(queue) > 0
		a.mu.Unlock()
		if len(queue) == 0 {
			through = true
			return
		}
		for _, r := range queue {
			hand(r)
		}
		if left > 0 {
			r := slog.NewRecord(time.Now(), slog.LevelWarn, accessedAs, 0)
			r.AddAttrs(slog.Int("lines_left_out", left))
			hand(r)
		}
	}
}

func hand(r slog.Record) {
	defer func() { recover() }() // the program's handler is not to end the program here
	if h := slog.Default().Handler(); h.Enabled(context.Background(), r.Level) {
		h.Handle(context.Background(), r)
	}
}

// A caller is who sends a request.
type caller struct {
	uid     int // -1 if it is not known
	pid     int
	remote  string // of a TCP connection
	subject string // of the client's certificate
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	if c, ok := ctx.Value(callerKey{}).(caller); ok {
		return c
	}
	return caller{uid: -1}
}

func (c caller) attrs() (l []slog.Attr) {
	if c.uid >= 0 {
		l = append(l, slog.Int("uid", c.uid), slog.Int("pid", c.pid))
	}
	if c.remote != "" {
		l = append(l, slog.String("remote", c.remote))
	}
	if c.subject != "" {
		l = append(l, slog.String("subject", c.subject))
	}
	return l
}

// String names the caller in one line, "" if nothing is known.
func (c caller) String() string {
	var l []string
	for _, a := range c.attrs() {
		l = append(l, a.Key+" "+a.Value.String())
	}
	return strings.Join(l, ", ")
}

// refused is the line for an attempt of which nothing came.
func (a *audit) refused(ctx context.Context, what string, q updater.Request, id string, e *updater.Error) {
	a.line(what, append(append([]slog.Attr{slog.String("outcome", "refused")}, callerOf(ctx).attrs()...), given(id, q.Path, q.DryRun, e)...)...)
}

// accepted is the line for an update that begins. Another one follows when it is decided.
func (a *audit) accepted(ctx context.Context, u *updater.Updater, q updater.Request, id string) {
	if a == nil {
		return
	}
	who := callerOf(ctx).attrs()
	a.line(auditedAs, append(append([]slog.Attr{slog.String("outcome", "accepted")}, who...), given(id, q.Path, q.DryRun, nil)...)...)
	go func() {
		r, ok := u.Wait(context.Background(), id)
		if !ok {
			return
		}
		l := append(append([]slog.Attr{slog.String("outcome", r.State)}, who...), given(id, r.Path, r.DryRun, r.Error)...)
		for _, s := range []slog.Attr{slog.String("digest", r.Digest), slog.String("signer", r.Signer), slog.String("base", r.BaseID), slog.String("release", r.ReleaseID)} {
			if s.Value.String() != "" {
				l = append(l, s)
			}
		}
		a.line(auditedAs, append(l, slog.Int64("duration_ms", time.Since(r.Requested).Milliseconds()))...)
	}()
}

// gaveUp is the line for a request to give an update up. What comes of it is in the
// line of the update.
func (a *audit) gaveUp(ctx context.Context, id string) {
	a.line(auditedAs, append(append([]slog.Attr{slog.String("outcome", "asked to give up")}, callerOf(ctx).attrs()...), slog.String("id", id))...)
}

func given(id, path string, dry bool, e *updater.Error) (l []slog.Attr) {
	if id != "" {
		l = append(l, slog.String("id", id))
	}
	if path != "" {
		l = append(l, slog.String("path", path))
	}
	if dry {
		l = append(l, slog.Bool("dry_run", true))
	}
	if e != nil {
		l = append(l, slog.String("code", e.Code), slog.String("error", e.Message))
	}
	return l
}

// Write takes what net/http has to say about connections: handshakes that failed, above all.
func (a *audit) Write(b []byte) (int, error) {
	a.line(accessedAs, slog.String("outcome", "refused"), slog.String("error", strings.TrimSpace(string(b))))
	return len(b), nil
}

// clip cuts s short where it is longer than anything that means something.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + fmt.Sprintf("… (%d bytes)", len(s))
}
