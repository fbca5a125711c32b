package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"time"
)

// A trial is a conversation with a server. What it does depends on nothing but the answers
// and random numbers, and what it puts in has names that no other trial uses.
type trial interface {
	// before puts state in, and leaves sessions in the middle of something.
	before() error
	// after takes up the sessions, and asks for what was put in.
	after() error
	close()
}

// A transcript is what a trial has asked and was told.
type transcript struct{ lines []string }

func (t *transcript) add(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
}

// settle is how long what was sent may need to be where the server reads it. If it needs
// longer the trial tests less and nothing is wrong.
const settle = 100 * time.Millisecond

// A running trial.
type runningTrial struct {
	trial
	said *transcript
}

// putIn begins a trial; equal seeds make equal trials.
func putIn(t target, addr string, seed uint64) (*runningTrial, error) {
	r := &runningTrial{said: new(transcript)}
	r.trial = t.trial(addr, rand.New(rand.NewPCG(seed, 1)), r.said)
	if err := r.before(); err != nil {
		r.close()
		return nil, fmt.Errorf("%w\n%s", err, strings.Join(r.said.lines, "\n"))
	}
	r.said.lines = nil
	time.Sleep(settle)
	return r, nil
}

// getOut ends it, and gives what was answered since the update.
func (r *runningTrial) getOut() ([]string, error) {
	defer r.close()
	if err := r.after(); err != nil {
		return r.said.lines, err
	}
	return r.said.lines, nil
}

// cold is the same trial with a plain build of the new release, started for it.
func cold(ctx context.Context, t target, exe, dir string, seed uint64) ([]string, error) {
	p, err := start(ctx, t, exe, filepath.Join(dir, "cold"))
	if err != nil {
		return nil, err
	}
	defer p.kill()
	r, err := putIn(t, p.addr, seed)
	if err != nil {
		return nil, err
	}
	return r.getOut()
}

// compare says where two transcripts differ.
func compare(updated, cold []string) (differ []string) {
	for i := range max(len(updated), len(cold)) {
		a, b := "(nothing)", "(nothing)"
		if i < len(updated) {
			a = updated[i]
		}
		if i < len(cold) {
			b = cold[i]
		}
		if a != b {
			differ = append(differ, fmt.Sprintf("updated: %s; started: %s", a, b))
		}
	}
	return differ
}

// live counts frames of changed functions on the stacks of a plain build of the old release
// while a trial is in its middle, and says in which functions.
func live(ctx context.Context, t target, exe, dir string, seed uint64, changed []string) (n int, in []string, err error) {
	p, err := start(ctx, t, exe, filepath.Join(dir, "stacks"))
	if err != nil {
		return 0, nil, err
	}
	defer p.kill()
	r, err := putIn(t, p.addr, seed)
	if err != nil {
		return 0, nil, err
	}
	defer r.close()
	text, err := p.stacks()
	if err != nil {
		return 0, nil, err
	}
	n, in = framesOf(text, changed)
	return n, in, nil
}

// framesOf counts the frames of functions, by their keys, in what a traceback says.
func framesOf(text string, keys []string) (n int, in []string) {
	is := make(map[string]bool)
	for _, k := range keys {
		is[plainName(k)] = true
	}
	found := make(map[string]bool)
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "created by ") {
			continue
		}
		name := strings.TrimRight(line, "\n")
		if i := strings.LastIndexByte(name, '('); i >= 0 {
			name = name[:i]
		}
		if is[name] {
			n++
			if !found[name] {
				found[name] = true
				in = append(in, name)
			}
		}
	}
	return n, in
}

// plainName is a function's name in a traceback: the program's own package is main, and the
// last element of an import path has its dots escaped.
func plainName(key string) string {
	slash := strings.LastIndexByte(key, '/') + 1
	path, rest, _ := strings.Cut(key[slash:], ".")
	if strings.HasPrefix(key, "example.com/") {
		return "main." + rest
	}
	return key[:slash] + path + "." + rest
}
