package mirror_test

import (
	"testing"

	"github.com/upstarego/upstarego/rewriter/ledger"
	"github.com/upstarego/upstarego/rewriter/mirror"
)

// TestImportNames: packages are imported by the names that they have, unless the file or
// the function Map that it declares, which has a parameter m, calls something else that.
func TestImportNames(t *testing.T) {
	r := &ledger.Release{}
	for _, path := range []string{"example.org/m", "example.org/is", "example.org/rand/v2", "example.org/other/rand"} {
		r.Types = append(r.Types, ledger.TypeDecl{Key: path + ".T", Pkg: path, Name: "T", Open: true})
	}
	real := map[string]string{"example.org/m": "m", "example.org/is": "is", "example.org/rand/v2": "rand", "example.org/other/rand": "rand"}
	imports := mirror.NewImports(func(path string) string { return real[path] })
	for _, c := range [][2]string{
		{"‹example.org/m.T›", "m_2.T"},
		{"*‹example.org/is.T›", "*is_2.T"},
		{"[]‹example.org/rand/v2.T›", "[]rand.T"},
		{"‹example.org/other/rand.T›", "rand_2.T"},
		{"*‹example.org/m.T›", "*m_2.T"},
	} {
		if got := mirror.Type(r, r, "is", c[0], imports); got != c[1] {
			t.Errorf("%s is written %s, want %s", c[0], got, c[1])
		}
	}
}
