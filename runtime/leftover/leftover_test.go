package leftover

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestRemoved: what processes that are gone have left goes, when it is old enough; what
// belongs to others, or is something else, stays.
func TestRemoved(t *testing.T) {
	cmd := exec.Command("true")
	require.NoError(t, cmd.Run())
	gone := cmd.Process.Pid
	require.True(t, Gone(gone))
	require.False(t, Gone(os.Getpid()))

	dir := t.TempDir()
	make := func(name string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Join(path, "in"), 0o700))
		return path
	}
	left := make(fmt.Sprint(".u-", gone, "-1"))
	for _, name := range []string{fmt.Sprint(".u-", os.Getpid(), "-1"), fmt.Sprint(".v-", gone, "-1"), fmt.Sprint(".u-", gone), ".u-x-1"} {
		make(name)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(".u-", gone, "-file")), nil, 0o600))

	remove(dir, ".u-", time.Now())
	require.DirExists(t, left, "too young")
	remove(dir, ".u-", time.Now().Add(2*old))
	require.NoDirExists(t, left)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 5)

	made, err := Make(dir, ".u-")
	require.NoError(t, err)
	fi, err := os.Stat(made)
	require.NoError(t, err)
	require.EqualValues(t, 0o700, fi.Mode().Perm())
	require.Contains(t, filepath.Base(made), fmt.Sprint(".u-", os.Getpid(), "-"))
}
