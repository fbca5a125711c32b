// Package reserve tells how much memory this process may still take, and keeps address
// space for what has to be had later. The Go runtime ends a process that gets no memory
// when it asks for some, and the kernel one that goes beyond its control group's limit: what
// must not fail in the middle asks before it begins.
package reserve

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

const (
	arena = 64 << 20 // the heap asks for address space in pieces of it
	spare = 24 << 20 // of memory, for what else the process does
)

// Room is how many bytes a process may still take, and what keeps it from taking more.
type Room struct {
	Bytes uint64
	By    string
}

func (r Room) String() string {
	return fmt.Sprintf("%d MB are left by %s", r.Bytes>>20, r.By)
}

// Left looks at the limits of the process (address space, data), of its control groups,
// and at what the machine has.
func Left() Room {
	size, data := used("/")
	return least(space(size), memory("/", data))
}

func least(a, b Room) Room {
	if a.Bytes < b.Bytes {
		return a
	}
	return b
}

// space is address space. What is less than an arena is of no use to anybody who allocates:
// the next object may be the one that does not fit into the arenas that there are.
func space(used uint64) Room {
	r := rlimit(syscall.RLIMIT_AS, used, "its limit of address space (ulimit -v)")
	if r.Bytes != math.MaxUint64 {
		r.Bytes -= min(r.Bytes, arena)
	}
	return r
}

// memory is what has to be there when it is written to.
func memory(root string, data uint64) Room {
	room := rlimit(syscall.RLIMIT_DATA, data, "its limit of data (ulimit -d)")
	groups(root, func(n uint64, by string) { room = least(room, Room{n, by}) })
	if free, ok := free(root); ok {
		room = least(room, Room{free, "the machine"})
	}
	return room
}

func rlimit(what int, used uint64, by string) Room {
	var l syscall.Rlimit
	if syscall.Getrlimit(what, &l) != nil || l.Cur == math.MaxUint64 {
		return Room{math.MaxUint64, "no limit"}
	}
	return Room{l.Cur - min(used, l.Cur), by}
}

// used is what the process has mapped, and how much of that counts as data.
func used(root string) (size, data uint64) {
	b, err := os.ReadFile(filepath.Join(root, "proc/self/statm"))
	f := bytes.Fields(b)
	if err != nil || len(f) < 6 {
		return 0, 0
	}
	page := uint64(os.Getpagesize())
	n := func(s []byte) uint64 { v, _ := strconv.ParseUint(string(s), 10, 64); return v * page }
	return n(f[0]), n(f[5])
}

// groups looks at the control groups of the process, of both versions, and at those that
// they are in.
func groups(root string, at func(uint64, string)) {
	b, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return
	}
	for line := range strings.Lines(string(b)) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) != 3 {
			continue
		}
		var top, limit, usage, cache string
		switch {
		case part[0] == "0" && part[1] == "":
			top, limit, usage, cache = "sys/fs/cgroup", "memory.max", "memory.current", "inactive_file "
			if _, err := os.Stat(filepath.Join(root, top, "cgroup.controllers")); err != nil {
				top = "sys/fs/cgroup/unified"
			}
		case part[1] == "memory":
			top, limit, usage, cache = "sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "
		default:
			continue
		}
		// In a container the path is that of the host, and what is mounted is its end.
		for dir := filepath.Clean("/" + part[2]); ; dir = filepath.Dir(dir) {
			full := filepath.Join(root, top, dir)
			max, ok := number(filepath.Join(full, limit))
			have, ok2 := number(filepath.Join(full, usage))
			if ok && ok2 {
				have -= min(have, field(filepath.Join(full, "memory.stat"), cache))
				at(max-min(have, max), "its control group")
			}
			if dir == "/" {
				break
			}
		}
	}
}

// number reads a file that holds a number; "max" is none.
func number(path string) (uint64, bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}

// field reads a number that stands behind a name.
func field(path, name string) uint64 {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if rest, ok := strings.CutPrefix(s.Text(), name); ok {
			n, _ := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n
		}
	}
	return 0
}

// free is what the machine can give, swap space counted.
func free(root string) (uint64, bool) {
	info := filepath.Join(root, "proc/meminfo")
	n := field(info, "MemAvailable:") + field(info, "SwapFree:")
	return n << 10, n != 0
}

// A Space is address space that nobody else can take.
type Space struct {
	Bytes uint64 // by which the heap can grow when it is released
	pages []byte
}

// Take keeps address space for a heap that may grow by want bytes, or if there is not so
// much, by what there is, if that is at least the other number.
func Take(want, atLeast uint64) (*Space, error) {
	size, data := used("/")
	mem := memory("/", data)
	want = min(want, mem.Bytes-min(mem.Bytes, spare), math.MaxInt64/2)
	if want < atLeast {
		return nil, fmt.Errorf("%d MB are needed, and %v", (atLeast+spare)>>20, mem)
	}
	// The heap asks for whole pieces, and need not have begun the first one.
	n := (want+arena-1)/arena*arena + arena
	if room := space(size); n > room.Bytes-min(room.Bytes, spare) {
		n = (room.Bytes - min(room.Bytes, spare)) / arena * arena
		if want = n - min(n, arena); want < atLeast {
			return nil, fmt.Errorf("%d MB are needed, and %v", (2*arena+spare)>>20, room)
		}
	}
	pages, err := syscall.Mmap(-1, 0, int(n), syscall.PROT_NONE, syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("%d MB of address space: %w", n>>20, err)
	}
	return &Space{want, pages}, nil
}

// Release gives it back, to be taken by the heap.
func (s *Space) Release() {
	if s != nil && s.pages != nil {
		syscall.Munmap(s.pages)
		s.pages = nil
	}
}
