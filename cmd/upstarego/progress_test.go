package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/upstarego/upstarego/internal/release"
)

// terminal opens a pseudo terminal: what is written to tty is read from pty.
func terminal(t *testing.T) (pty, tty *os.File) {
	t.Helper()
	pty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there are no pseudo terminals: ", err)
	}
	t.Cleanup(func() { pty.Close() })
	n, err := unix.IoctlGetInt(int(pty.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(int(pty.Fd()), unix.TIOCSPTLCK, 0))
	tty, err = os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { tty.Close() })
	return pty, tty
}

// TestProgressOnTerminal: a build that takes its time says what it does, on a terminal, and takes the line away again
// for what others have to say and at its end.
func TestProgressOnTerminal(t *testing.T) {
	t.Setenv("TERM", "xterm")
	pty, tty := terminal(t)
	p := newProgress(tty)
	require.Equal(t, progressDelay, p.delay)
	p.delay = time.Nanosecond
	text, buf := "", make([]byte, 1000)
	until := func(want string) {
		t.Helper()
		for !strings.HasSuffix(text, want) {
			n, err := pty.Read(buf)
			require.NoError(t, err, "%q", text)
			text += string(buf[:n])
		}
	}
	p.begin(release.Loading)
	until(clearLine + "loading the program …")
	p.begin(release.Rewriting)
	until(clearLine + "rewriting it …")
	fmt.Fprint(p, "warning: something")
	until("…" + clearLine + "warning: something")
	p.begin(release.Linking)
	until("linking the executable …")
	p.end()
	until("…" + clearLine)
}

// TestProgressElsewhere: what is no terminal is written nothing; times are kept.
func TestProgressElsewhere(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	defer w.Close()
	require.False(t, isTerminal(w))
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer null.Close()
	require.False(t, isTerminal(null), "it is a character device as well")
	var out, times bytes.Buffer
	p := newProgress(&out)
	p.delay = 0
	p.begin(release.Loading)
	p.begin(release.Compiling)
	p.begin(release.Loading)
	p.end()
	require.Empty(t, out.String())
	p.print(&times)
	lines := strings.Split(strings.TrimSpace(times.String()), "\n")
	require.Len(t, lines, 3)
	for i, name := range []string{"loading the program", "compiling it", "in all"} {
		require.Regexp(t, `^ *\d+\.\d{3} s  `+name+`$`, lines[i])
	}
}
