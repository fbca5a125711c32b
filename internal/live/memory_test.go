package live

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// addressSpace is how much the process has mapped.
func addressSpace(t *testing.T, pid int) uint64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	require.NoError(t, err)
	n, err := strconv.ParseUint(strings.Fields(string(b))[0], 10, 64)
	require.NoError(t, err)
	return n * uint64(os.Getpagesize())
}

func limitAddressSpace(t *testing.T, pid int, bytes uint64) {
	t.Helper()
	l := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
	_, _, errno := syscall.Syscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_AS, uintptr(unsafe.Pointer(&l)), 0, 0, 0)
	require.Zero(t, errno)
}

// pressed is a subject with many items: what they become takes some 15 MB.
func pressed(t *testing.T) *subject {
	s := newSubject(t)
	for _, p := range []*Process{s.p, s.by} {
		require.Equal(t, "put", p.Ask("fill"))
		// What the first update makes the process have for good it has before.
		o := p.Update(faults2.Update(t), "-dry-run")
		require.Equal(t, "fits", o.Result["state"], o.Stderr)
	}
	return s
}

// tries makes updates under a limit that grows by and by, until there is room for one. Until
// then each is refused, and the process goes on. It returns how many were refused for want
// of memory, and how many of these when they were under way.
func (s *subject) tries(limit func(extra uint64)) (refused, undone int) {
	t := s.t
	for extra := uint64(40 << 20); ; extra += extra / 4 {
		require.Less(t, extra, uint64(8<<30), "the update is refused whatever there is")
		limit(extra)
		status, answer := post(s.p, "", faults2.Update(t))
		if status == 200 {
			break
		}
		require.Equal(t, 507, status, answer)
		require.Contains(t, answer, `"code": "UP2014"`)
		require.Contains(t, answer, `"state": "undone"`)
		if refused++; refused == 1 {
			require.Contains(t, answer, "to open it takes", "before anything is mapped")
		}
		if strings.Contains(answer, `"transform"`) {
			undone++
		}
		s.goesOn()
	}
	s.by.MustUpdate(faults2.Update(t))
	s.both("put after x")
	s.both("digest")
	s.both("release")
	s.both("wrong")
	return refused, undone
}

// TestAddressSpaceLimit: under ulimit -v an update for which there is no memory is refused,
// or undone when it turns out to need more, and the process does not end.
func TestAddressSpaceLimit(t *testing.T) {
	s := pressed(t)
	refused, undone := s.tries(func(extra uint64) {
		limitAddressSpace(t, s.p.PID(), addressSpace(t, s.p.PID())+extra)
	})
	t.Logf("refused %d times, of these %d in the transform", refused, undone)
	require.NotZero(t, refused)
}

// TestMemoryGroupLimit is the same under a control group's limit.
func TestMemoryGroupLimit(t *testing.T) {
	s := pressed(t)
	group, usage, limit := "", "memory.current", "memory.max"
	for _, top := range []string{"/sys/fs/cgroup/memory", "/sys/fs/cgroup"} {
		if _, err := os.Stat(filepath.Join(top, "cgroup.procs")); err != nil {
			continue
		}
		dir := filepath.Join(top, fmt.Sprint("upstarego-test-", os.Getpid()))
		if os.Mkdir(dir, 0o777) != nil {
			continue
		}
		t.Cleanup(func() {
			s.p.stop() // a group can be removed when it is empty
			os.Remove(dir)
		})
		if group = dir; filepath.Base(top) == "memory" {
			usage, limit = "memory.usage_in_bytes", "memory.limit_in_bytes"
		}
		break
	}
	if group == "" || os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(fmt.Sprint(s.p.PID())), 0) != nil {
		t.Skip("no control group of memory can be made here")
	}
	if _, err := os.Stat(filepath.Join(group, limit)); err != nil {
		t.Skip("control groups do not limit memory here")
	}
	refused, undone := s.tries(func(extra uint64) {
		// What the process has got before it was put into the group is counted elsewhere.
		b, err := os.ReadFile(filepath.Join(group, usage))
		require.NoError(t, err)
		n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(group, limit), []byte(fmt.Sprint(n+extra)), 0))
	})
	t.Logf("refused %d times, of these %d in the transform", refused, undone)
	require.NotZero(t, refused)
}
