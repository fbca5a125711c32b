package reserve

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// machine lays out what the kernel shows, as far as it is looked at.
func machine(t *testing.T, files ...string) string {
	root := t.TempDir()
	for _, f := range files {
		name, text, _ := strings.Cut(f, "=")
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	}
	return root
}

// TestGroups: the control group that has least left counts, of both versions, also where
// the process sees the host's path and mounts its end.
func TestGroups(t *testing.T) {
	for _, c := range []struct {
		name  string
		files []string
		want  Room
	}{
		{"none", nil, Room{math.MaxUint64, "no limit"}},
		{"version 2", []string{
			"proc/self/cgroup=0::/a/b\n", "sys/fs/cgroup/cgroup.controllers=memory\n",
			"sys/fs/cgroup/a/b/memory.max=max\n", "sys/fs/cgroup/a/b/memory.current=5\n",
			"sys/fs/cgroup/a/memory.max=1000\n", "sys/fs/cgroup/a/memory.current=700\n",
			"sys/fs/cgroup/a/memory.stat=anon 1\ninactive_file 100\n",
		}, Room{400, "its control group"}},
		{"version 1", []string{
			"proc/self/cgroup=7:cpu:/\n4:memory:/x/y\n0::/\n",
			"sys/fs/cgroup/memory/x/y/memory.limit_in_bytes=500\n", "sys/fs/cgroup/memory/x/y/memory.usage_in_bytes=200\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes=9223372036854771712\n", "sys/fs/cgroup/memory/memory.usage_in_bytes=9000\n",
		}, Room{300, "its control group"}},
		{"in a container", []string{
			"proc/self/cgroup=0::/system.slice/box.scope\n", "sys/fs/cgroup/cgroup.controllers=memory\n",
			"sys/fs/cgroup/memory.max=100\n", "sys/fs/cgroup/memory.current=120\n",
		}, Room{0, "its control group"}},
		{"the machine", []string{"proc/meminfo=MemTotal:  9 kB\nMemAvailable:  3 kB\nSwapFree:  1 kB\n"}, Room{4096, "the machine"}},
	} {
		room := memory(machine(t, c.files...), 0)
		require.Equal(t, c.want, room, c.name)
	}
}

// TestLimitOfAddressSpace: what is kept cannot be had by others, and can when it is
// released; what there is not is refused. It runs in a process of its own, which is limited.
func TestLimitOfAddressSpace(t *testing.T) {
	if os.Getenv("RESERVE_TEST") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestLimitOfAddressSpace$", "-test.v")
		cmd.Env = append(os.Environ(), "RESERVE_TEST=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return
	}
	size, _ := used("/")
	limit := syscall.Rlimit{Cur: size + 10*arena, Max: size + 10*arena}
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_AS, &limit))
	room := Left()
	require.Contains(t, room.By, "ulimit -v")
	require.InDelta(t, 10*arena, room.Bytes, arena)

	_, err := Take(20*arena, 20*arena)
	require.ErrorContains(t, err, "ulimit -v")
	s, err := Take(20*arena, arena)
	require.NoError(t, err)
	require.Greater(t, s.Bytes, uint64(4*arena))
	require.Less(t, s.Bytes, uint64(10*arena))
	_, err = Take(2*arena, 2*arena)
	require.Error(t, err)
	s.Release()
	s, err = Take(2*arena, 2*arena)
	require.NoError(t, err)
	require.EqualValues(t, 2*arena, s.Bytes)
	s.Release()
}
