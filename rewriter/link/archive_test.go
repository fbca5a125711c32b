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
	p := &program{in: Input{Dir: t.TempDir()}}
	for line := range strings.Lines(string(out)) {
		pkg, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		archive, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, ok, err := definitions(archive)
		if err != nil || ok != (pkg != "runtime/cgo") {
			t.Errorf("%s: read to its end: %v, %v", pkg, ok, err)
			continue
		}
		syms, err := p.symbolsOf(file)
		if err != nil {
			t.Fatal(err)
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
