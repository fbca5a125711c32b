package link_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/upstarego/upstarego/rewriter/link"
)

var bindingLine = regexp.MustCompile("(?m)binding file (.*) \\[0\\] to (.*) \\[0\\]: normal symbol `(.*?)'(?: \\[(UPSTARE_[0-9a-f]+)\\])?$")

// predicted compares the audit's notion of symbol look-up with what the dynamic
// linker says it did.
func predicted(t *testing.T, l *lineage, r1, r2, r3 *release) {
	dir := t.TempDir()
	t.Setenv("LD_DEBUG", "bindings")
	t.Setenv("LD_DEBUG_OUTPUT", filepath.Join(dir, "log"))
	l.drive(r1, "dir "+dir, "load "+r2.file, "commit", "load "+r3.file, "commit")
	logs, err := filepath.Glob(filepath.Join(dir, "log.*"))
	if err != nil || len(logs) != 1 {
		t.Fatal(logs, err)
	}
	log, err := os.ReadFile(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	// Both updates were mapped from a file of their own, in this order.
	at := map[string]string{r1.file: r1.file}
	updates := []*release{r2, r3}
	actual := map[string]map[string]string{} // shared object → symbol → where
	for _, m := range bindingLine.FindAllStringSubmatch(string(log), -1) {
		from, to, key := m[1], m[2], m[3]+" "+m[4]
		for _, f := range []string{from, to} {
			if at[f] == "" {
				at[f] = updates[0].so
				updates = updates[1:]
			}
		}
		if actual[at[from]] == nil {
			actual[at[from]] = map[string]string{}
		}
		actual[at[from]][key] = at[to]
	}
	compared := 0
	for _, files := range [][]string{{r1.file, r2.so}, {r1.file, r2.so, r3.so}} {
		want, err := link.Bindings(files)
		if err != nil {
			t.Fatal(err)
		}
		last := files[len(files)-1]
		for key, to := range want {
			if got := actual[last][key]; got != to {
				t.Errorf("%s: %s: the dynamic linker chose %q, predicted was %q", last, key, got, to)
			}
			compared++
		}
	}
	if compared < 1500 {
		t.Errorf("only %d symbols compared", compared)
	}
	t.Logf("%d symbols compared", compared)
}
