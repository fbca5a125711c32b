package gobuild

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/goproxytest"
	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/internal/diag"
)

// extra stands for the runtime: a module of today's language beside programs of any.
const extra = `
-- rt/rt.go --
package rt

func Say() (s string) {
	for i := range 2 {
		s += string(rune('a' + i))
	}
	return s
}
`

func withExtra(t *testing.T, c *Config) *Config {
	c.Modules = map[string]string{"example.com/extra": tree(t, extra)}
	for path, files := range c.Added {
		for name, content := range files {
			files[name] = append(content, "\nfunc init() { println(rt.Say()) }\n"...)
			files[name] = append([]byte("package main\n\nimport \"example.com/extra/rt\"\n"), files[name][len("package main\n"):]...)
		}
		c.Added[path] = files
	}
	return c
}

func TestExtraModuleAndInternalPackages(t *testing.T) {
	dir := tree(t, program)
	write(t, dir, "-- go.mod --\nmodule example.com/app\n\ngo 1.17\n") // before range over int
	before := fingerprint(t, dir)
	c := withExtra(t, hosted(t, resolve(t, dir, "./cmd/x")))
	c.Added[c.Root]["use.go"] = []byte("package main\n\nimport \"example.com/app/internal/lib\"\n\nfunc init() { lib.Where() }\n")
	require.Equal(t, "ab\n"+plain(t, dir, "./cmd/x"), run(t, build(t, c)))
	require.Equal(t, before, fingerprint(t, dir))
}

func TestGodebugOfTheUsersMain(t *testing.T) {
	dir := tree(t, `
-- go.mod --
module example.com/app

go 1.22
-- main.go --
//go:debug panicnil=1
package main

func main() {
	defer func() { println(recover() == nil) }()
	panic(nil)
}
`)
	require.Equal(t, "true\n", plain(t, dir, "."))
	require.Equal(t, "true\n", run(t, build(t, hosted(t, resolve(t, dir, ".")))))
}

const workspace = `
-- go.work --
go 1.26

use (
	./app
	./lib
)

replace example.com/far => ./far
-- app/go.mod --
module example.com/app

go 1.26

require example.com/far v1.0.0
-- app/main.go --
package main

import (
	"example.com/far"
	"example.com/lib"
)

func main() { println(lib.L(), far.F()) }
-- lib/go.mod --
module example.com/lib

go 1.25
-- lib/lib.go --
package lib

func L() string { return "lib" }
-- far/go.mod --
module example.com/far
-- far/far.go --
package far

func F() string { return "far" }
`

func TestWorkspace(t *testing.T) {
	dir := tree(t, workspace)
	before := fingerprint(t, dir)
	app := filepath.Join(dir, "app")
	c := withExtra(t, hosted(t, resolve(t, app, ".")))
	c.Files[filepath.Join(dir, "lib", "lib.go")] = []byte("package lib\n\nfunc L() string { return \"instrumented\" }\n")
	require.Equal(t, "ab\ninstrumented far\n", run(t, build(t, c)))
	require.Equal(t, "lib far\n", plain(t, app, "."))
	require.Equal(t, before, fingerprint(t, dir))

	write(t, dir, "-- app/go.mod --\nmodule example.com/app\n\ngo 1.21\n\nrequire example.com/far v1.0.0\n")
	_, err := hosted(t, resolve(t, app, ".")).Prepare()
	require.True(t, diag.Has(err, diag.WorkspaceGoLine), "%v", err)
}

// proxied serves the modules beneath testdata/proxy to an empty module cache.
func proxied(t *testing.T) {
	t.Helper()
	srv, err := goproxytest.NewServer("testdata/proxy", "")
	require.NoError(t, err)
	t.Cleanup(srv.Close)
	t.Setenv("GOPROXY", srv.URL)
	t.Setenv("GONOSUMDB", "*")
	t.Setenv("GOMODCACHE", filepath.Join(t.TempDir(), "mod"))
	t.Setenv("GOFLAGS", "-modcacherw")
}

func TestRequiredModule(t *testing.T) {
	proxied(t)
	dir := tree(t, `
-- go.mod --
module example.com/app

go 1.26

require example.com/dep v1.2.0
-- main.go --
package main

import (
	"fmt"

	"example.com/dep"
)

func main() { fmt.Println(dep.Where()) }
`)
	tidy := exec.Command("go", "mod", "tidy")
	tidy.Dir = dir
	out, err := tidy.CombinedOutput()
	require.NoError(t, err, "%s", out)
	want := plain(t, dir, ".")
	require.Contains(t, want, "example.com/dep@v1.2.0/dep.go 16 add=42 text\n")

	before := fingerprint(t, dir)
	t.Setenv("GOPROXY", "off")
	c := withExtra(t, hosted(t, resolve(t, dir, ".")))
	var dep *Package
	for _, p := range c.Target.Packages {
		if p.ImportPath == "example.com/dep" {
			dep = p
		}
	}
	name := filepath.Join(dep.Dir, "dep.go")
	source, err := os.ReadFile(name)
	require.NoError(t, err)
	c.Files[name] = append(source, "\nfunc init() { println(\"instrumented\") }\n"...)
	c.Files[filepath.Join(dep.Dir, "internal", "deep", "more.go")] = []byte("package deep\n\nfunc init() { println(\"deep\") }\n")
	require.Equal(t, "deep\ninstrumented\nab\n"+want, run(t, build(t, c)))
	require.Equal(t, before, fingerprint(t, dir))

	trimmed := hosted(t, resolve(t, dir, ".", "-trimpath"))
	trimmed.Files[name] = source
	require.Equal(t, plain(t, dir, ".", "-trimpath"), run(t, build(t, trimmed)))

	// The same from a vendor directory, without the module cache.
	vendor := exec.Command("go", "mod", "vendor")
	vendor.Dir = dir
	out, err = vendor.CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Setenv("GOMODCACHE", filepath.Join(t.TempDir(), "empty"))
	before = fingerprint(t, dir)
	for _, flags := range [][]string{nil, {"-mod=vendor", "-trimpath"}} {
		want := plain(t, dir, ".", flags...)
		c := withExtra(t, hosted(t, resolve(t, dir, ".", flags...)))
		c.Files[filepath.Join(dir, "vendor", "example.com", "dep", "dep.go")] = append(source, "\nfunc init() { println(\"vendored\") }\n"...)
		require.Equal(t, "vendored\nab\n"+want, run(t, build(t, c)))
	}
	require.Equal(t, before, fingerprint(t, dir))
}
