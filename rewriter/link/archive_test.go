package link

import (
	"maps"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Archives with Go alone, with assembly, with functions for FIPS 140, with generic ones,
// and one with C, are read as `go tool nm` reads them.
func TestDefinitions(t *testing.T) {
	cmd := exec.Command("go", "list", "-export", "-f", "{{.ImportPath}} {{.Export}}", "strings", "runtime", "internal/bytealg", "crypto/internal/fips140/sha256", "maps", "net/http", "runtime/cgo")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		pkg, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		archive, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		syms, err := symbolsOf(file)
		if err != nil {
			t.Error(err)
			continue
		}
		got, want := map[symbol]bool{}, map[symbol]bool{}
		for _, s := range syms {
			got[s] = true
		}
		nm, err := exec.Command("go", "tool", "nm", file).Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(nm)) {
			if s, ok := parseNM(strings.TrimSuffix(line, "\n")); ok {
				want[s] = true
			}
		}
		if len(want) == 0 || !maps.Equal(got, want) {
			t.Errorf("%s: %d symbols, and nm says %d", pkg, len(got), len(want))
			for s := range want {
				if !got[s] {
					t.Logf("missing %v", s)
				}
			}
			for s := range got {
				if !want[s] {
					t.Logf("too much %v", s)
				}
			}
		}
		for n := range min(len(archive), 256) { // one that was cut off is an error, and no crash
			definitions(archive[:n*len(archive)/256])
		}
	}
}

// parseNM reads a line of `go tool nm`, `[file:] address T name [package]`; undefined symbols
// have no address. A name may hold spaces. A small letter, or <1> at the end, is that of one
// which others cannot refer to.
func parseNM(line string) (symbol, bool) {
	// The kind is the first single letter that stands alone after the address.
	rest := line
	for {
		rest = strings.TrimLeft(rest, " ")
		word, after, ok := strings.Cut(rest, " ")
		if !ok {
			return symbol{}, false
		}
		if len(word) == 1 && strings.Contains("TtRrDdBbCU?_", word) {
			return symbol{name: after, text: word == "T"}, after != "" && strings.Contains("TRDBC?", word) && !strings.HasSuffix(after, "<1>")
		}
		rest = after
	}
}
