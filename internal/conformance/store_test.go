package conformance

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/upstarego/upstarego/internal/corpus"
)

func TestStoreGoesOn(t *testing.T) {
	name := filepath.Join(t.TempDir(), "results")
	put := func(r Record) {
		s, err := OpenStore(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Put(r); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	put(Record{Program: "a", Outcome: Different})
	put(Record{Program: "a", Outcome: Same})
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// The run was ended within a line.
	if err := os.WriteFile(name, append(whole, `{"program":"a","outco`...), 0o644); err != nil {
		t.Fatal(err)
	}
	put(Record{Program: "b", Outcome: Refused})
	s, err := OpenStore(name)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a, _ := s.Get("a")
	b, _ := s.Get("b")
	if a.Outcome != Same || b.Outcome != Refused {
		t.Errorf("a is %q, b is %q", a.Outcome, b.Outcome)
	}
}

// TestRunGoesOn checks that a program is run again when it or the tool is another one, and only then.
func TestRunGoesOn(t *testing.T) {
	t.Parallel()
	store, err := OpenStore(filepath.Join(t.TempDir(), "results"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	src := filepath.Join(t.TempDir(), "p.go")
	// A tool that builds as the go command does: upstarego build -standalone -o FILE -stress N .
	fake := filepath.Join(t.TempDir(), "upstarego")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\nexec go build -o \"$4\" .\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	executed := 0
	run := func(tool, text string) Outcome {
		if err := os.WriteFile(src, []byte("package main\n\nfunc main() { print(`"+text+"`) }\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		p := corpus.Program{Group: "run", Name: "p", Path: src, Expect: new("as expected")}
		p.Normalise = func(b []byte) []byte { executed++; return b }
		r := Run{Store: store, Tool: tool, Command: fake, Suite: corpus.Suite{
			Work: t.TempDir(), Plain: time.Minute, Stressed: time.Minute, Building: time.Minute,
		}}
		executed = 0
		records, err := r.Do(context.Background(), []corpus.Program{p})
		if err != nil {
			t.Fatal(err)
		}
		return records[0].Outcome
	}
	for i, step := range []struct {
		tool, text string
		again      bool
		outcome    Outcome
	}{
		{"1", "as expected", true, NoCapture}, {"1", "as expected", false, NoCapture}, {"2", "as expected", true, NoCapture},
		{"2", "otherwise", true, Skipped}, {"2", "otherwise", false, Skipped},
	} {
		if got := run(step.tool, step.text); got != step.outcome || (executed > 0) != step.again {
			t.Errorf("step %d: %q, executed %v, want %q, %v", i, got, executed > 0, step.outcome, step.again)
		}
	}
}

func TestTable(t *testing.T) {
	ran := func(class corpus.Class, captures uint64) []corpus.Result {
		return []corpus.Result{{Class: corpus.Same, Report: &corpus.Report{}}, {Class: class, Builder: "stress 1", Detail: []string{"because"}, Report: &corpus.Report{Captures: captures, Frames: 2 * captures, Deepest: 7}}}
	}
	var records []Record
	for name, results := range map[string][]corpus.Result{
		"same": ran(corpus.Same, 30), "also": ran(corpus.Same, 10), "quiet": ran(corpus.NoCapture, 0), "differs": ran(corpus.Differs, 5),
		"slow": ran(corpus.TimedOut, 5), "broken": ran(corpus.BuildFailed, 0), "refused": ran(corpus.Refused, 0), "unsuitable": ran(corpus.Unsuitable, 0),
	} {
		o, why := judge(results)
		records = append(records, Record{Program: name, Group: "run", Outcome: o, Why: why, Results: results})
	}
	table := Tabulate(records, map[string]int{"compile": 3}, map[string]string{"slow": "it takes long", "also": "it did once", "elsewhere": "not run", "same": "at times: it depends"})
	for o, want := range map[Outcome]int{Same: 2, NoCapture: 1, Different: 3, Refused: 1, Skipped: 1} {
		if got := table.All.Counts[o]; got != want {
			t.Errorf("%s: %d, want %d", o, got, want)
		}
	}
	if table.Captures != 40 || table.Frames != 80 || table.Deepest != 7 || table.Largest != (Share{"same", 30, 0.75}) {
		t.Errorf("captures %d, frames %d, deepest %d, largest %v", table.Captures, table.Frames, table.Deepest, table.Largest)
	}
	if a := table.All.Agreement(); a != 2.0/6 {
		t.Errorf("agreement %v", a)
	}
	wrong, mended := table.Unexplained()
	if len(wrong) != 3 || len(mended) != 1 || mended[0].Program != "also" {
		t.Errorf("wrong %v, mended %v", wrong, mended)
	}
	var text strings.Builder
	if err := table.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"33.33 %", "slow        it takes long", "stress 1: differs: because", "compile 3"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, text.String())
		}
	}
}
