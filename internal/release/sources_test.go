package release

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/rewriter/ledger"
)

// hashes are those of a release's functions.
func hashes(r *ledger.Release) map[string]string {
	m := map[string]string{}
	for _, f := range r.Funcs {
		m[f.Key] = f.Hash
	}
	return m
}

// kept is a release as its executable carries it.
func kept(t *testing.T, r *ledger.Release) *ledger.Release {
	t.Helper()
	name := filepath.Join(t.TempDir(), "exe")
	packed, err := r.Pack()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, packed, 0o666))
	r, err = ledger.Read(name)
	require.NoError(t, err)
	return r
}

func described(t *testing.T, c Config) *ledger.Release {
	t.Helper()
	s, err := Describe(c)
	require.NoError(t, err)
	return s.New
}

func laidFiles(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(text)).Files {
		name := filepath.Join(dir, f.Name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o777))
		require.NoError(t, os.WriteFile(name, f.Data, 0o666))
	}
	return dir
}

// The first release of the example server, over the tree of its second.
func TestLayOut(t *testing.T) {
	kvd, err := filepath.Abs("../../examples/kvd")
	require.NoError(t, err)
	old := kept(t, described(t, Config{Dir: filepath.Join(kvd, "r1")}))
	c := Config{Dir: filepath.Join(kvd, "r2")}
	laid, err := LayOut(c, old, t.TempDir())
	require.NoError(t, err)
	again := kept(t, described(t, laid.Config(c)))
	require.Equal(t, hashes(old), hashes(again))
	require.Equal(t, old.Sources, again.Sources)
	require.Equal(t, old.Tree, again.Tree)

	next := described(t, c)
	require.False(t, maps.Equal(hashes(old), hashes(next)))

	old.Tree = nil
	_, err = LayOut(c, old, t.TempDir())
	require.True(t, diag.Has(err, diag.NoSources), "%v", err)
}

const trees = `
-- r1/lib/go.mod --
module example.com/lib

go 1.24
-- r1/lib/lib.go --
// Package lib is foreign: it is read as it is.
package lib

const Name = "lib 1"
-- r1/lib/lib.txt --
-- r1/p/go.mod --
module example.com/p

go 1.25

require example.com/lib v0.0.0

replace example.com/lib => ../lib
-- r1/p/main.go --
package main

import (
	"embed"
	"fmt"

	"example.com/lib"
	"example.com/p/gone"
	"example.com/p/internal/add"
)

//go:embed static
var static embed.FS

func len(s []string) int { return cap(s) }

func main() {
	l, _ := static.ReadDir("static")
	for _, f := range l {
		text, _ := static.ReadFile("static/" + f.Name())
		fmt.Printf("%s: %q\n", f.Name(), text)
	}
	fmt.Println(lib.Name, gone.Word(), add.Add(1, 2), len(nil))
}
-- r1/p/static/a --
a of 1
-- r1/p/static/binary --
%binary
-- r1/p/gone/gone.go --
package gone

func Word() string { return "gone" }
-- r1/p/internal/add/add.go --
package add

func Add(a, b int) int
-- r1/p/internal/add/add_amd64.s --
#include "add.h"
#include "textflag.h"

TEXT ·Add(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), AX
	ADDQ b+8(FP), AX
	ADDQ $MORE, AX
	MOVQ AX, ret+16(FP)
	RET
-- r1/p/internal/add/add.h --
#define MORE 100
-- r2/lib/go.mod --
module example.com/lib

go 1.24
-- r2/lib/lib.go --
// Package lib is foreign: it is read as it is.
package lib

const Name = "lib 2"
-- r2/p/go.mod --
module example.com/p

go 1.26

require (
	example.com/lib v0.0.0
	example.com/other v0.0.0
)

replace example.com/lib => ../lib

replace example.com/other => ../other
-- r2/p/main.go --
package main

import "example.com/p/internal/add"

func main() {
	println(add.Add(1, 2), more())
}
-- r2/p/more.go --
package main

func more() int { return 1 }
-- r2/p/static/a --
a of 2
-- r2/p/static/b --
b of 2
-- r2/p/internal/add/add.go --
package add

func Add(a, b int) int { return a + b + twice(b) }
-- r2/p/internal/add/twice.go --
package add

func twice(a int) int
-- r2/p/internal/add/twice_amd64.s --
#include "textflag.h"

TEXT ·twice(SB), NOSPLIT, $0-16
	MOVQ a+0(FP), AX
	ADDQ AX, AX
	MOVQ AX, ret+8(FP)
	RET
-- r2/p/internal/add/add.h --
#define MORE 100
-- r2/other/go.mod --
module example.com/other
`

// Everything a build reads is another in the tree: what is embedded, assembled and
// included, a module in a directory, packages and files that came and went. A
// declared len has marks in what is parsed.
func TestLayOutAll(t *testing.T) {
	dir := laidFiles(t, strings.ReplaceAll(trees, "%binary", "\xff\x00"))
	first := Config{Dir: filepath.Join(dir, "r1", "p"), Output: filepath.Join(t.TempDir(), "p1")}
	_, err := Build(first)
	require.NoError(t, err)
	old, err := ledger.Read(first.Output)
	require.NoError(t, err)

	c := Config{Dir: filepath.Join(dir, "r2", "p"), Output: filepath.Join(t.TempDir(), "again")}
	laid, err := LayOut(c, old, t.TempDir())
	require.NoError(t, err)
	again, err := Build(laid.Config(c))
	require.NoError(t, err)
	require.Equal(t, hashes(old), hashes(again.Release))
	require.Equal(t, old.Hashes, again.Release.Hashes)
	want, err := exec.Command(first.Output).Output()
	require.NoError(t, err)
	got, err := exec.Command(c.Output).Output()
	require.NoError(t, err)
	require.Equal(t, "a: \"a of 1\\n\"\nbinary: \"\\xff\\x00\\n\"\nlib 1 gone 103 0\n", string(want))
	require.Equal(t, string(want), string(got))

	// The assembler would read another file.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "r2", "p", "internal", "add", "add.h"), []byte("#define MORE 200\n"), 0o666))
	_, err = LayOut(c, old, t.TempDir())
	require.ErrorContains(t, err, "add.h from the disk")

	// The assembler would run in a directory that is gone.
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "r2", "p", "internal", "add")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "r2", "p", "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o666))
	_, err = LayOut(c, old, t.TempDir())
	require.ErrorContains(t, err, "which is gone")

	// What a module had in a directory is not there any more.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "r2", "p", "go.work"), []byte("go 1.26\n\nuse .\n"), 0o666))
	_, err = LayOut(c, old, t.TempDir())
	require.ErrorContains(t, err, "workspace")
}
