package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/framemap/check"
	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/internal/ledgertest"
	"github.com/upstarego/upstarego/rewriter/match"
)

// TestRules checks one rule of the checker per archive: the program below old
// becomes that below new by framemap.go, and want lists what is reported, one line
// each: line of framemap.go (0: elsewhere), code, and a part of the text; warnings, if it
// is there, what is only told.
func TestRules(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no archives", err)
	}
	steps := map[string]*ledgertest.Step{} // most archives hold the same programs
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		programs := fmt.Sprintf("%q %q", ledgertest.Under(a, "old"), ledgertest.Under(a, "new"))
		if steps[programs] == nil {
			steps[programs] = ledgertest.Steps(t, a)
		}
		step := steps[programs]
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			in := step.Input(ledgertest.File(a, "framemap.go"))
			rules, diags := check.Check(in)
			reported(t, diags, string(ledgertest.File(a, "want")))
			if rules != nil {
				reported(t, rules.Warnings, string(ledgertest.File(a, "warnings")))
				if want := string(ledgertest.File(a, "emptied")); want != "" && strings.Join(rules.Emptied, "\n") != strings.TrimSpace(want) {
					t.Errorf("emptied: %v", rules.Emptied)
				}
			}
			if t.Failed() {
				t.Logf("%v", diags.Err())
				t.Logf("%s", describe(in))
			}
		})
	}
}

// reported compares diagnostics with the lines of an archive.
func reported(t *testing.T, diags diag.List, lines string) {
	t.Helper()
	var got []string
	for _, d := range diags {
		line := 0
		if filepath.Base(d.Pos.Filename) == "framemap.go" {
			line = d.Pos.Line
		}
		if d.Pos.Line == 0 || d.Pos.Column == 0 {
			t.Errorf("no place: %v", d)
		}
		got = append(got, strings.TrimSpace(strings.Join([]string{itoa(line), d.Code, d.What}, " ")))
	}
	want := strings.Split(strings.TrimSpace(lines), "\n")
	if want[0] == "" {
		want = nil
	}
	for len(got) > 0 || len(want) > 0 {
		switch {
		case len(want) == 0:
			t.Errorf("not wanted: %s", got[0])
		case len(got) == 0:
			t.Errorf("missing: %s", want[0])
		case !matches(got[0], want[0]):
			t.Errorf("got  %s\nwant %s", got[0], want[0])
		}
		got, want = got[min(1, len(got)):], want[min(1, len(want)):]
	}
}

// matches: every word of want, in order.
func matches(got, want string) bool {
	for _, w := range strings.Fields(want) {
		_, rest, ok := strings.Cut(got, w)
		if !ok {
			return false
		}
		got = rest
	}
	return true
}

func itoa(n int) string {
	s := ""
	for ; n > 0 || s == ""; n /= 10 {
		s = string(rune('0'+n%10)) + s
	}
	return s
}

func describe(in check.Input) string {
	var b strings.Builder
	for _, m := range in.Matches {
		b.WriteString(m.Old.Key + ":")
		for i, p := range m.Old.Points {
			b.WriteString("\n\told " + itoa(i) + " " + p.What + " " + strings.Join(p.Live, ","))
		}
		if m.New != nil {
			for i, p := range m.New.Points {
				b.WriteString("\n\tnew " + itoa(i) + " " + p.What + " " + strings.Join(p.Live, ","))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestNothingToSay: without a framemap.go the gaps are reported at sources, all of
// them.
func TestNothingToSay(t *testing.T) {
	a, err := txtar.ParseFile("testdata/total.txtar")
	if err != nil {
		t.Fatal(err)
	}
	s := ledgertest.Steps(t, a)
	rules, diags := check.Check(s.Input(nil))
	if rules == nil || rules.Exists {
		t.Fatalf("rules are %+v", rules)
	}
	if len(diags) == 0 {
		t.Fatal("no gaps")
	}
	inNew := false
	for _, d := range diags {
		if d.Pos.Filename == filepath.Join(s.Dir, "main.go") {
			inNew = true
			if _, err := os.Stat(d.Pos.Filename); err != nil {
				t.Error(err)
			}
		} else if !strings.HasSuffix(d.Pos.Filename, "main.go@r1") {
			t.Errorf("in no source: %v", d)
		}
	}
	if !inNew {
		t.Error("no gap is reported in the new sources")
	}
}

// TestResolved: what the update gets is matches and rules taken together.
func TestResolved(t *testing.T) {
	a, err := txtar.ParseFile("testdata/total.txtar")
	if err != nil {
		t.Fatal(err)
	}
	rules, diags := check.Check(ledgertest.Steps(t, a).Input(ledgertest.File(a, "framemap.go")))
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	byKey := map[string]check.Resolved{}
	for _, r := range rules.Funcs {
		byKey[r.Old] = r
	}
	serve := byKey["example.com/p.serve"]
	if !serve.Fill || serve.New != "example.com/p.serve" {
		t.Errorf("serve: %+v", serve)
	}
	if gone := byKey["example.com/p.gone"]; gone.New != "" || len(gone.Never) == 0 || gone.Points[1] != -1 {
		t.Errorf("gone: %+v", gone)
	}
	if same := byKey["example.com/p.same"]; same.Points != nil || same.Moves != nil || same.New != "example.com/p.same" {
		t.Errorf("same: %+v", same)
	}
	if !rules.Was["Main_serve"] || !rules.Is["Main_item"] || rules.Is["Main_main"] {
		t.Errorf("mirrors: was %v, is %v", rules.Was, rules.Is)
	}
	if len(rules.Begun) != 1 || rules.Begun[0] != "example.com/p.start" {
		t.Errorf("begun: %v", rules.Begun)
	}
	if len(rules.Fresh) != 1 || rules.Fresh[0] != "example.com/p.table" {
		t.Errorf("fresh: %v", rules.Fresh)
	}
}

// TestExamples: the maps of the examples are total.
func TestExamples(t *testing.T) {
	for r := 2; r <= 4; r++ {
		t.Run(fmt.Sprintf("kvd/r%d", r), func(t *testing.T) {
			t.Parallel()
			dir := func(n int) string { return fmt.Sprintf("../../examples/kvd/r%d", n) }
			old, _ := ledgertest.Describe(t, dir(r-1), r-1)
			new, p := ledgertest.Describe(t, dir(r), r)
			rules, diags := check.Check(check.Input{
				Old: old, New: new, Matches: match.Funcs(old, new),
				File:    filepath.Join(dir(r), "upstare", fmt.Sprintf("r%d", r), "framemap.go"),
				Imports: check.NewImporter(check.ImporterConfig{Dir: dir(r), Known: p.Known()}),
			})
			if err := diags.Err(); err != nil {
				t.Fatal(err)
			}
			if !rules.Exists || len(rules.Funcs) != len(old.Funcs) {
				t.Errorf("%d of %d functions, framemap.go read: %v", len(rules.Funcs), len(old.Funcs), rules.Exists)
			}
		})
	}
}
