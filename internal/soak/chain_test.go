package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestChain builds a chain in two goes: what is there is not built again, and a chain of
// another tool or of other sources is not used.
func TestChain(t *testing.T) {
	b, err := newBuilder(t.Context(), kvd(), t.TempDir())
	require.NoError(t, err)
	c, err := openChain(b)
	require.NoError(t, err)
	require.NoError(t, c.build(t.Context(), 2, io.Discard))
	require.Len(t, c.Links, 2)
	before, err := os.Stat(c.release(2).update())
	require.NoError(t, err)

	c, err = openChain(b)
	require.NoError(t, err)
	require.NoError(t, c.build(t.Context(), 3, io.Discard))
	require.Len(t, c.Links, 3)
	again, err := os.Stat(c.release(2).update())
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), again.ModTime())
	require.FileExists(t, c.release(1).exe)
	for n := 2; n <= 3; n++ {
		require.FileExists(t, c.release(n).update())
	}
	go c.hand(t.Context(), 3)
	n := 1
	for r := range b.out {
		n++
		require.Equal(t, c.release(n), r)
		require.Positive(t, r.cpu)
	}
	require.Equal(t, 3, n)

	tool, err := os.OpenFile(b.tool, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = tool.WriteString("another one")
	require.NoError(t, err)
	require.NoError(t, tool.Close())
	_, err = openChain(b)
	require.ErrorContains(t, err, filepath.Join(b.dir, "chain.json"))
	require.ErrorContains(t, err, "another upstarego")
}

// TestChainStops is of a release that cannot be built: those before it are there, and the
// chain says why it ends.
func TestChainStops(t *testing.T) {
	b, err := newBuilder(t.Context(), kvd(), t.TempDir())
	require.NoError(t, err)
	c, err := openChain(b)
	require.NoError(t, err)
	require.NoError(t, c.build(t.Context(), 1, io.Discard))
	b.program = &program{name: "kvd", dir: t.TempDir(), cycle: 3}
	require.Error(t, c.build(t.Context(), 4, io.Discard))
	require.Len(t, c.Links, 1)
}
