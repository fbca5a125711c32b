package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlace: a table takes the place of the one that was there, and nothing else changes.
func TestPlace(t *testing.T) {
	dir := t.TempDir()
	f := flags{into: filepath.Join(dir, "doc.md"), from: filepath.Join(dir, "table.md")}
	require.ErrorContains(t, f.place(), "no table")
	require.NoError(t, os.WriteFile(f.from, []byte("| new |\n"), 0o666))
	require.NoError(t, os.WriteFile(f.into, []byte("nothing\n"), 0o666))
	require.ErrorContains(t, f.place(), "has no lines")
	require.NoError(t, os.WriteFile(f.into, []byte("before\n"+begin+"| old |\n"+end+"after\n"), 0o666))
	require.NoError(t, f.place())
	text, err := os.ReadFile(f.into)
	require.NoError(t, err)
	require.Equal(t, "before\n"+begin+"| new |\n"+end+"after\n", string(text))
}

// TestDocument: docs/performance.md has a place for the table.
func TestDocument(t *testing.T) {
	text, err := os.ReadFile("../../../docs/performance.md")
	require.NoError(t, err)
	f := flags{into: filepath.Join(t.TempDir(), "doc.md"), from: filepath.Join(t.TempDir(), "table.md")}
	require.NoError(t, os.WriteFile(f.into, text, 0o666))
	require.NoError(t, os.WriteFile(f.from, nil, 0o666))
	require.NoError(t, f.place())
}
