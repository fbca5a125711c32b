package bench

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/internal/corpus"
)

func measure(t *testing.T, other corpus.Builder, programs ...string) []Row {
	if _, err := exec.LookPath("valgrind"); err != nil {
		t.Skip(ErrNoValgrind)
	}
	rows, err := Run(context.Background(), Options{
		Plain: corpus.Plain(), Other: other, Programs: programs, Budget: 20_000_000, Repeats: 2, Work: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// Two plain builds must cost the same: what the harness itself adds would show here.
func TestPlainAgainstPlain(t *testing.T) {
	for _, r := range measure(t, corpus.Plain("-trimpath"), "fib", "interfaces") {
		if i := r.Ratio["instructions"]; i < 0.99 || i > 1.01 {
			t.Errorf("%s: instructions %v", r.Program, i)
		}
		if r.Ratio["allocs"] != 1 || r.Ratio["code"] != 1 || r.Ratio["code_all"] != 1 {
			t.Errorf("%s: allocs, code %v", r.Program, r.Ratio)
		}
		if r.Plain.Instructions < 1000 || r.Plain.Code < 100 || r.Plain.NS == 0 {
			t.Errorf("%s: implausible %+v", r.Program, r.Plain)
		}
	}
}

// Unoptimised code executes more and is larger, by far where inlining and registers matter most.
func TestUnoptimisedIsSeen(t *testing.T) {
	rows := measure(t, corpus.Plain("-gcflags=-N -l"), "nbody", "strings")
	for _, r := range rows {
		if r.Ratio["instructions"] < 1.3 || r.Ratio["code"] < 1.1 {
			t.Errorf("%s: %v", r.Program, r.Ratio)
		}
	}
	var table, js strings.Builder
	if err := WriteTable(&table, rows); err != nil {
		t.Fatal(err)
	}
	if err := WriteJSON(&js, rows); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nbody", "strings", "geometric mean"} {
		if !strings.Contains(table.String(), name) {
			t.Errorf("no %s in\n%s", name, table.String())
		}
	}
	if !strings.Contains(js.String(), `"instructions"`) {
		t.Errorf("JSON: %s", js.String())
	}
}

func TestBuildThatFails(t *testing.T) {
	rows := measure(t, corpus.Plain("-no-such-flag"), "fib")
	if !strings.Contains(rows[0].Failed, "no-such-flag") {
		t.Errorf("%+v", rows[0])
	}
}

func TestSelect(t *testing.T) {
	if names, err := Select(nil); err != nil || len(names) < 8 {
		t.Errorf("%q, %v", names, err)
	}
	if _, err := Select([]string{"fib", "fob"}); err == nil || !strings.Contains(err.Error(), "fob") {
		t.Errorf("%v", err)
	}
}
