package embedded

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego"
)

func TestRuntimeIsLaidWholeAndPutRight(t *testing.T) {
	t.Setenv("UPSTAREGO_CACHE", t.TempDir())
	modules, err := Modules()
	require.NoError(t, err)
	dir := modules[upstarego.ModulePath]
	name := filepath.Join(dir, "runtime", "word", "word.go")
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(name, []byte("package word // changed\n"), 0o644))
	again, err := Modules()
	require.NoError(t, err)
	require.Equal(t, modules, again)
	got, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, want, got)

	// Whatever is compiled into user programs needs nothing but itself and the standard library.
	list := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", "./...")
	list.Dir = dir
	list.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off")
	out, err := list.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for line := range strings.Lines(string(out)) {
		require.True(t, strings.HasPrefix(line, upstarego.ModulePath+"/"), "%s is not part of the runtime", line)
	}
	require.NoError(t, filepath.Walk(dir, func(name string, _ os.FileInfo, err error) error {
		require.False(t, strings.HasSuffix(name, "_test.go"), name)
		return err
	}))
}
