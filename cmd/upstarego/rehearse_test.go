package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/upstarego/upstarego/internal/rehearse"
)

// TestRehearsalDir: results are kept for a driver as it is; a script that it runs is
// part of it.
func TestRehearsalDir(t *testing.T) {
	t.Setenv("UPSTAREGO_CACHE", t.TempDir())
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		return path
	}
	r := rehearse.Config{Old: put("old", "1"), New: put("new", "2"), WorkDir: dir, Driver: "sh drive.sh -x"}
	where := func() string {
		d, err := rehearsalDir(r)
		require.NoError(t, err)
		return d
	}
	put("drive.sh", "$UPSTARE_PROGRAM")
	first := where()
	require.Equal(t, first, where())
	put("drive.sh", "$UPSTARE_PROGRAM -v")
	require.NotEqual(t, first, where())
	put("drive.sh", "$UPSTARE_PROGRAM")
	require.Equal(t, first, where())
	put("new", "3")
	require.NotEqual(t, first, where())
}
