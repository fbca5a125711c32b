package gobuild

import (
	"debug/elf"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// The same import path is in the process as part of the executable and of the
// plugin. Nothing differs, so the plugin binds to the types and variables of the process.
func TestSameImportPathAsExecutableAndPlugin(t *testing.T) {
	dir := tree(t, `
-- go.mod --
module example.com/app

go 1.26
-- main.go --
package main

import (
	"os"
	"plugin"
)

type T struct{ n int }

var state = &T{1}

func main() {
	state = &T{41}
	p, err := plugin.Open(os.Args[1])
	if err != nil {
		panic(err)
	}
	f, err := p.Lookup("State")
	if err != nil {
		panic(err)
	}
	println(f.(func() any)().(*T).n + 1)
}
`)
	target := resolve(t, dir, ".")
	host := hosted(t, target)
	host.Files[filepath.Join(dir, "upstare_main.go")] = []byte("package main\n\nfunc UpstareMain() { main() }\n\nfunc State() any { return state }\n")
	exe := build(t, host)

	root := "example.com/app/upstare_test/update2"
	update := &Config{
		Target: target, Mode: Plugin, Root: root, Output: filepath.Join(t.TempDir(), "update.so"), Files: host.Files,
		Added: map[string]map[string][]byte{root: {"main.go": []byte(fmt.Sprintf("package main\n\nimport program %q\n\nfunc State() any { return program.State() }\n\nfunc main() {}\n", target.Main.ImportPath))}},
	}
	so := build(t, update)
	out, err := exec.Command(exe, so).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, "42\n", string(out))

	update.Script = "UPSTARE_b { global: *; };\n"
	f, err := elf.Open(build(t, update))
	require.NoError(t, err)
	defer f.Close()
	versions, err := f.DynamicVersions()
	require.NoError(t, err)
	var names []string
	for _, v := range versions {
		names = append(names, v.Name)
	}
	require.Contains(t, names, "UPSTARE_b")
}

func TestListNamesTheArchivesOfTheBuild(t *testing.T) {
	dir := tree(t, program)
	c := hosted(t, resolve(t, dir, "./cmd/x"))
	c.Mode = Plugin
	b, err := c.Prepare()
	require.NoError(t, err)
	defer b.Close()
	pkgs, err := b.List(true)
	require.NoError(t, err)
	byPath := map[string]*Package{}
	for _, p := range pkgs {
		byPath[p.ImportPath] = p
	}
	require.FileExists(t, byPath["example.com/app/cmd/x"].Export)
	require.Equal(t, importable, byPath["example.com/app/cmd/x"].Name)
	require.Contains(t, byPath["example.com/app/cmd/x"].GoFiles, "upstare_main.go")
	require.Equal(t, c.Root, pkgs[len(pkgs)-1].ImportPath)
}
