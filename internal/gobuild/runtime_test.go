package gobuild

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/internal/embedded"
)

// The runtime is compiled at today's language version in a program that is not,
// cgo and assembly included.
func TestRuntimeInAnOldModule(t *testing.T) {
	dir := tree(t, program)
	write(t, dir, "-- go.mod --\nmodule example.com/app\n\ngo 1.17\n")
	modules, err := embedded.Modules()
	require.NoError(t, err)
	for _, mode := range []Mode{Exe, Plugin} {
		c := hosted(t, resolve(t, dir, "./cmd/x"))
		c.Mode, c.Modules = mode, modules
		c.Added[c.Root]["runtime.go"] = []byte("package main\n\nimport (\n\t_ \"github.com/upstarego/upstarego/runtime\"\n\t_ \"github.com/upstarego/upstarego/runtime/loader\"\n)\n")
		exe := build(t, c)
		if mode == Exe {
			require.Equal(t, plain(t, dir, "./cmd/x"), run(t, exe))
		}
	}
}

// Two builds of the same contents are the same file, whatever their work
// directories are called.
func TestBuildsAreReproducible(t *testing.T) {
	dir := tree(t, program)
	modules, err := embedded.Modules()
	require.NoError(t, err)
	var built [2][]byte
	for i := range built {
		c := hosted(t, resolve(t, dir, "./cmd/x", "-a=false"))
		c.Modules, c.Script = modules, "UPSTARE_a { global: *; };\n"
		c.Added[c.Root]["runtime.go"] = []byte("package main\n\nimport (\n\t_ \"github.com/upstarego/upstarego/runtime\"\n\t_ \"github.com/upstarego/upstarego/runtime/loader\"\n)\n")
		built[i], err = os.ReadFile(build(t, c))
		require.NoError(t, err)
	}
	require.True(t, bytes.Equal(built[0], built[1]), "two builds of one program differ")
}
