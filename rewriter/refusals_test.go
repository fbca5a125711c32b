package rewriter

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/internal/corpus"
	"github.com/upstarego/upstarego/internal/diag"
)

// TestRefusals: everything in a program that is refused is said at once, each with its
// position, its code, why it cannot be and what to do.
func TestRefusals(t *testing.T) {
	text, err := os.ReadFile("testdata/refusals.txtar")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "refusals.txtar")
	if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(text), "GOROOT", runtime.GOROOT())), 0o666); err != nil {
		t.Fatal(err)
	}
	_, _, err = rewrite(t, corpus.Program{Path: name})
	var got diag.List
	if !errors.As(err, &got) {
		t.Fatalf("not refused: %v", err)
	}
	type refusal struct {
		file string
		line int
		code string
	}
	want := []refusal{
		{"dep.go", 8, diag.LineDirective},
		{"main.go", 10, diag.UnnameableType},
		{"main.go", 15, diag.LineDirective},
		{"more.go", 5, diag.HiddenName},
		{"more.go", 16, diag.LineDirective},
		{"more.go", 19, diag.LineDirective},
	}
	for i, d := range got {
		t.Log(d)
		if d.Why == "" || d.Do == "" || d.What == "" || d.Pos.Column == 0 {
			t.Errorf("something is left out: %v", d)
		}
		if _, ok := diag.Explain(d.Code); !ok {
			t.Errorf("%s cannot be explained", d.Code)
		}
		if r := (refusal{filepath.Base(d.Pos.Filename), d.Pos.Line, d.Code}); i >= len(want) || r != want[i] {
			t.Errorf("refusal %d is %v", i, r)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d refusals, want %d", len(got), len(want))
	}
}
