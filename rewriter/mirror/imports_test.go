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

// TestLocalOfInstance: what is declared in an instance of a generic function is named
// after the type arguments, which are no part of an identifier.
func TestLocalOfInstance(t *testing.T) {
	r := &ledger.Release{Main: "example.com/p", Own: []string{"example.com/p"}}
	r.Types = []ledger.TypeDecl{
		{Key: "example.com/p.local[example.com/p.S,int]·0", Pkg: "example.com/p", Name: "local[example.com/p.S,int]", Own: true, Size: 8, Align: 8},
		{Key: "example.com/p.plain_1", Pkg: "example.com/p", Name: "plain_1", Own: true, Size: 8, Align: 8},
	}
	n := mirror.NewNames(r)
	for i, want := range []string{"Main_local_example_com_p_S_int_0", "Main_plain_1"} {
		if got := n.Type(r.Types[i].Key); got != want {
			t.Errorf("%s is mirrored as %s, want %s", r.Types[i].Key, got, want)
		}
	}
}
