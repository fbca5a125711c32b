package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/rewriter/ledger"
)

const workspace = `
-- r1/go.work --
go 1.26

use (
	./app
	./lib
)
-- r1/app/go.mod --
module example.com/app

go 1.26
-- r1/app/main.go --
package main

import "example.com/lib"

func main() { println(lib.Name, older()) }
-- r1/app/older.go --
package main

func older() int { return 1 }
-- r1/lib/go.mod --
module example.com/lib

go 1.25
-- r1/lib/lib.go --
package lib

const Name = "lib 1"
-- r2/go.work --
go 1.26

use (
	./app
	./lib
	./other
)
-- r2/app/go.mod --
module example.com/app

go 1.26
-- r2/app/main.go --
package main

import (
	"example.com/lib"
	"example.com/other"
)

func main() { println(lib.Name, other.Name) }
-- r2/lib/go.mod --
module example.com/lib

go 1.26
-- r2/lib/lib.go --
package lib

const Name = "lib 2"
-- r2/other/go.mod --
module example.com/other

go 1.26
-- r2/other/other.go --
package other

const Name = "other"
`

// TestLayOutWorkspace: every module of a workspace is laid out, and go.work.
func TestLayOutWorkspace(t *testing.T) {
	t.Setenv("GOWORK", "")
	dir := laidFiles(t, workspace)
	first := Config{Dir: filepath.Join(dir, "r1", "app"), Output: filepath.Join(t.TempDir(), "app1")}
	_, err := Build(first)
	require.NoError(t, err)
	old, err := ledger.Read(first.Output)
	require.NoError(t, err)
	c := Config{Dir: filepath.Join(dir, "r2", "app"), Output: filepath.Join(t.TempDir(), "again")}
	laid, err := LayOut(c, old, t.TempDir())
	require.NoError(t, err)
	again, err := Build(laid.Config(c))
	require.NoError(t, err)
	require.Equal(t, old.Hashes, again.Release.Hashes)
	got, err := exec.Command(c.Output).CombinedOutput()
	require.NoError(t, err)
	require.Equal(t, "lib 1 1\n", string(got))
}

const vendored = `
-- go.mod --
module example.com/v

go 1.26

require example.com/dep v1.0.0
-- vendor/modules.txt --
# example.com/dep v1.0.0
## explicit; go 1.26
example.com/dep
-- vendor/example.com/dep/dep.go --
package dep

const Name = "dep"
-- main.go --
package main

import "example.com/dep"

func main() { println(dep.Name) }
`

// TestLayOutVendored: vendored files are not carried, so both releases need the same
// list of them.
func TestLayOutVendored(t *testing.T) {
	old := kept(t, described(t, Config{Dir: laidFiles(t, vendored)}))
	c := Config{Dir: laidFiles(t, strings.Replace(vendored, "println(dep.Name)", "print(dep.Name)", 1))}
	laid, err := LayOut(c, old, t.TempDir())
	require.NoError(t, err)
	again := described(t, laid.Config(c))
	require.Equal(t, old.Sources, again.Sources)

	c.Dir = laidFiles(t, strings.ReplaceAll(vendored, "v1.0.0", "v1.1.0"))
	_, err = LayOut(c, old, t.TempDir())
	require.ErrorContains(t, err, "list of vendored modules differs")

	require.NoError(t, os.RemoveAll(filepath.Join(c.Dir, "vendor")))
	require.NoError(t, os.WriteFile(filepath.Join(c.Dir, "go.mod"), []byte("module example.com/v\n\ngo 1.26\n"), 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(c.Dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o666))
	_, err = LayOut(c, old, t.TempDir())
	require.ErrorContains(t, err, "list of vendored modules differs")
}
