package load

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/upstarego/upstarego/internal/cache"
)

// TestExportsAreKept: the go command is asked once where the distribution's packages are
// compiled to, and again when they are gone or asked for otherwise, and for others always.
func TestExportsAreKept(t *testing.T) {
	goTool, err := exec.LookPath("go")
	require.NoError(t, err)
	dir := t.TempDir()
	runs := filepath.Join(dir, "runs")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\necho run >>"+runs+"\nexec "+goTool+" \"$@\"\n"), 0o777))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv("UPSTAREGO_CACHE", t.TempDir())
	asked := func() int {
		data, _ := os.ReadFile(runs)
		return bytes.Count(data, []byte("\n"))
	}

	cfg := Config{Dir: t.TempDir(), Env: os.Environ()}
	tool, err := askToolchain(cfg)
	require.NoError(t, err)
	src := func(path, file string) *packages.Package {
		d := filepath.Join(tool.root, "src", path)
		return &packages.Package{PkgPath: path, Dir: d, GoFiles: []string{filepath.Join(d, file)}}
	}
	graph := []*packages.Package{src("unsafe", "unsafe.go"), src("errors", "errors.go"), src("io", "io.go")}
	ask := func(cfg Config, graph []*packages.Package, paths ...string) map[string]string {
		t.Helper()
		files, err := exportFiles(cfg, tool, graph, paths)
		require.NoError(t, err)
		return files
	}
	before := asked()
	want := ask(cfg, graph, "errors", "io", "unsafe")
	require.Len(t, want, 2)
	require.FileExists(t, want["io"])
	require.Equal(t, 1, asked()-before)
	require.Equal(t, want, ask(cfg, graph, "errors", "io", "unsafe"))
	require.Equal(t, 1, asked()-before)

	ask(cfg, graph, "errors") // another question
	require.Equal(t, 2, asked()-before)
	flagged := cfg
	flagged.BuildFlags = []string{"-trimpath"}
	ask(flagged, graph, "errors", "io", "unsafe")
	require.Equal(t, 3, asked()-before)
	ask(cfg, []*packages.Package{graph[1], src("io", "pipe.go")}, "errors", "io") // other files
	require.Equal(t, 4, asked()-before)

	// What is not of the distribution is asked for every time; so is what lies nowhere.
	other := &packages.Package{PkgPath: "errors", Dir: dir}
	require.Empty(t, exportsKey(cfg, tool, []*packages.Package{other}, []string{"errors"}))
	require.Empty(t, exportsKey(cfg, tool, nil, []string{"errors"}))
	replaced := cfg
	replaced.replaced = map[string]string{"a": "b"}
	require.Empty(t, exportsKey(replaced, tool, graph, []string{"errors", "io"}))

	gone, err := json.Marshal(map[string]string{"errors": filepath.Join(dir, "gone"), "io": want["io"]})
	require.NoError(t, err)
	cache.Note(exportsKind, exportsKey(cfg, tool, graph, []string{"errors", "io"}), gone)
	require.Equal(t, want, ask(cfg, graph, "errors", "io", "unsafe"))
	require.Equal(t, 5, asked()-before)
}
