package diff_test

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/framemap/diff"
	"github.com/upstarego/upstarego/internal/ledgertest"
)

// show is the report on the releases of one of the drafts' archives.
func show(t *testing.T, archive, framemap string) (*diff.Report, string) {
	t.Helper()
	a, err := txtar.ParseFile("../draft/testdata/" + archive)
	if err != nil {
		t.Fatal(err)
	}
	var source []byte
	if framemap != "" {
		source = []byte("//go:build upstarego\n\npackage upstare\n\nimport \"github.com/upstarego/upstarego/framemap\"\n\nfunc Map(m *framemap.Map) {\n" + framemap + "}\n")
	}
	r, err := diff.Of(ledgertest.Steps(t, a).Input(source))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return r, b.String()
}

// TestMovedCheck: what frames would skip is shown where it was and is, and not any more
// when framemap.go accepts it.
func TestMovedCheck(t *testing.T) {
	r, text := show(t, "check_moved.txtar", "")
	if len(r.Decisions) != 1 || !strings.Contains(text, "DECIDE  main.go:16 `if !verify(c)` │ main.go:15 `if !verify(c)`  skipped: ") {
		t.Errorf("%d decisions:\n%s", len(r.Decisions), text)
	}
	r, text = show(t, "check_moved.txtar", "framemap.Accept(m, \"example.com/p.serve\", \"if !verify(c)\")\n")
	if len(r.Decisions) != 0 || strings.Contains(text, "DECIDE") {
		t.Errorf("%d decisions:\n%s", len(r.Decisions), text)
	}
}

// TestResults: that callers wait for other results is said of the function.
func TestResults(t *testing.T) {
	_, text := show(t, "results.txtar", "")
	if !strings.Contains(text, "DECIDE: callers of the old one wait for (int, *p.item, error)") {
		t.Errorf("the report is\n%s", text)
	}
}
