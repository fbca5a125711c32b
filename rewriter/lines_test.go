package rewriter

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/internal/corpus"
)

// TestLinesThatLeadAstray: a frame must not seem to stand where foreign or generated
// code does.
func TestLinesThatLeadAstray(t *testing.T) {
	for _, where := range []string{filepath.Join(runtime.GOROOT(), "src/fmt/print.go:1"), "own.y:10000000"} {
		name := filepath.Join(t.TempDir(), "main.go")
		src := "package main\n\nimport \"fmt\"\n\n//line " + where + "\nfunc main() {\n\tfmt.Println(<-make(chan int))\n}\n"
		if err := os.WriteFile(name, []byte(src), 0o666); err != nil {
			t.Fatal(err)
		}
		_, _, err := rewrite(t, corpus.Program{Path: name})
		if err == nil || !strings.Contains(err.Error(), "UP1121") {
			t.Errorf("%s: %v", where, err)
		}
	}
}
