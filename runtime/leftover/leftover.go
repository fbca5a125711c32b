// Package leftover is about directories that a process makes for a moment, and that stay
// when it is killed in that moment.
package leftover

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// old is how old what is removed is at least. Nobody keeps such a directory for so long:
// a process that cannot be seen from here (another PID namespace, the same directory) has
// done with it.
const old = time.Minute

// Make makes a directory for this user alone, whose name tells the process. What others of
// that prefix have left in dir is removed first.
func Make(dir, prefix string) (string, error) {
	remove(dir, prefix, time.Now())
	return os.MkdirTemp(dir, fmt.Sprint(prefix, os.Getpid(), "-"))
}

func remove(dir, prefix string, now time.Time) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), prefix)
		number, _, more := strings.Cut(rest, "-")
		pid, err := strconv.Atoi(number)
		if !ok || !more || err != nil || pid <= 0 || !Gone(pid) {
			continue
		}
		fi, err := e.Info()
		if err != nil || !fi.IsDir() || now.Sub(fi.ModTime()) < old {
			continue
		}
		if st, ok := fi.Sys().(*syscall.Stat_t); ok && int(st.Uid) == os.Getuid() {
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// Gone reports whether there is no process of that number here.
func Gone(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH }
