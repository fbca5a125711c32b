package targets_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/internal/targets"
)

const dir = "../../examples/targets"

// TestReleases: every release of every target can be laid out, and its go.mod asks for the
// library in its version.
func TestReleases(t *testing.T) {
	all, err := targets.Find(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 6 {
		t.Errorf("%d targets were found", len(all))
	}
	for _, releases := range all {
		for _, r := range releases {
			patterns, err := r.Instrument()
			if err != nil || len(patterns) == 0 {
				t.Fatalf("%s %s: instrument has %q, %v", r.Target, r.Version, patterns, err)
			}
			to := filepath.Join(t.TempDir(), "release")
			if err := r.LayOut(to); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(filepath.Join(to, "go.mod"))
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.TrimSuffix(patterns[0], "/...") + " " + r.Version + "\n"; !strings.Contains(string(text), want) {
				t.Errorf("go.mod of %s %s does not say %q:\n%s", r.Target, r.Version, want, text)
			}
		}
	}
}

// TestMeasure: what the table says of a target is what its drafts ask for.
func TestMeasure(t *testing.T) {
	all, err := targets.Find(dir, "redcon")
	if err != nil {
		t.Fatal(err)
	}
	drafts := t.TempDir()
	pairs, err := targets.Measure(all[0], drafts, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if len(pairs) != len(all[0])-1 {
		t.Errorf("%d releases are %d pairs", len(all[0]), len(pairs))
	}
	for _, p := range pairs {
		if p.Failed != "" {
			t.Errorf("%s → %s: %s", p.Old, p.New, p.Failed)
		}
		text, err := os.ReadFile(filepath.Join(drafts, p.Target, p.Old+"_"+p.New+".go"))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		asked := 0
		for line := range strings.Lines(string(text)) {
			code, _, _ := strings.Cut(line, "//")
			asked += strings.Count(code, "DECIDE")
		}
		if asked != len(p.Decisions) {
			t.Errorf("%s → %s: %d decisions, and the draft asks for %d", p.Old, p.New, len(p.Decisions), asked)
		}
	}
	var b bytes.Buffer
	if err := targets.WriteTable(&b, pairs, true); err != nil {
		t.Fatal(err)
	}
	for _, p := range pairs {
		if !strings.Contains(b.String(), p.Old+" → "+p.New) {
			t.Errorf("the table does not have %s → %s:\n%s", p.Old, p.New, &b)
		}
	}
}
