package rewriter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/upstarego/upstarego/internal/corpus"
)

// TestEmbeddedLocalTypes: where another name of an embedded local type would change
// what the program does, it is refused; where it cannot, it is not.
func TestEmbeddedLocalTypes(t *testing.T) {
	for _, c := range []struct {
		name, text string
		refused    int
	}{
		{"alias", "type T = int; fmt.Println(struct{ T }{1})", 1},
		{"hides a method", "type T struct{}; type S struct{ T; inner }; fmt.Println(S{})", 1},
		{"hides one from outside", "type T struct{}; type S struct{ T }; type O struct { S; *inner }; fmt.Println(O{})", 1},
		{"name is free", "type U = int; type F struct{}; fmt.Println(struct{ U; F; *inner }{})", 0},
		{"other method", "type T struct{}; fmt.Println(struct{ T; other }{})", 0},
	} {
		file := filepath.Join(t.TempDir(), "p.go")
		source := "package main\n\nimport \"fmt\"\n\ntype T int\n\ntype inner struct{}\n\nfunc (*inner) T() {}\n\ntype other struct{}\n\nfunc (other) M() {}\n\nfunc main() {\n" + c.text + "\n<-make(chan int)\n}\n"
		if err := os.WriteFile(file, []byte(source), 0o666); err != nil {
			t.Fatal(err)
		}
		_, _, err := rewrite(t, corpus.Program{Name: c.name, Path: file})
		n := 0
		if err != nil {
			n = strings.Count(err.Error(), "[UP1124]")
		}
		if n != c.refused || err != nil && n == 0 {
			t.Errorf("%s: refused %d times, want %d: %v", c.name, n, c.refused, err)
		}
	}
}
