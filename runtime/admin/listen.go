package admin

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/upstarego/upstarego/runtime/leftover"
)

// DefaultAddress is where the endpoint of this process listens if nothing else is said.
func DefaultAddress() string {
	return filepath.Join(Directory(), socketName(program(), os.Getpid()))
}

// Directory is where programs of this user put their sockets.
func Directory() string {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "upstare-"+strconv.Itoa(os.Getuid()))
}

func socketName(program string, pid int) string { return program + "-" + strconv.Itoa(pid) + ".sock" }

// program is the program's name, fit for a file's name.
func program() string {
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	return filepath.Base(strings.TrimSuffix(exe, " (deleted)"))
}

// isTCP tells host:port from a path.
func isTCP(addr string) bool {
	if strings.ContainsRune(addr, '/') {
		return false
	}
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}

// Listen listens at addr. Beyond the loopback interface that takes settings with TLS.
func Listen(addr string, s *Settings) (net.Listener, error) {
	if isTCP(addr) {
		host, _, _ := net.SplitHostPort(addr)
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) && (s == nil || s.tls == nil) {
			return nil, fmt.Errorf("%s is not on the loopback interface: use 127.0.0.1:port or a socket's path, or set UPSTARE_TLS_CERT, UPSTARE_TLS_KEY and UPSTARE_TLS_CLIENT_CA", addr)
		}
		return net.Listen("tcp", addr)
	}
	path, err := filepath.Abs(addr)
	if err != nil {
		return nil, err
	}
	if filepath.Dir(path) == Directory() {
		if err := privateDir(Directory()); err != nil {
			return nil, err
		}
		removeStale(Directory())
	}
	return listenUnix(path)
}

// privateDir makes a directory for this user alone. In a directory that others
// write to somebody else may have made it first.
func privateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	fi, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok || !fi.IsDir() || int(st.Uid) != os.Getuid() {
		return fmt.Errorf("%s is not a directory of this user", dir)
	}
	if fi.Mode().Perm()&0o077 != 0 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}

// removeStale removes sockets of processes that are gone.
func removeStale(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".sock")
		i := strings.LastIndexByte(name, '-')
		if !ok || i < 0 {
			continue
		}
		pid, err := strconv.Atoi(name[i+1:])
		if err != nil || pid <= 0 || !leftover.Gone(pid) {
			continue
		}
		// Processes of another PID namespace cannot be seen; their sockets answer.
		path := filepath.Join(dir, e.Name())
		if c, err := net.Dial("unix", path); err == nil {
			c.Close()
		} else if errors.Is(err, syscall.ECONNREFUSED) {
			os.Remove(path)
		}
	}
}

// listenUnix makes a socket that only this user can reach, at no time anybody
// else: it is bound in a private directory and moved when its mode is right.
func listenUnix(path string) (net.Listener, error) {
	if fi, err := os.Lstat(path); err == nil {
		if fi.Mode().Type() != os.ModeSocket {
			return nil, fmt.Errorf("%s exists and is not a socket", path)
		}
		if c, err := net.Dial("unix", path); err == nil {
			c.Close()
			return nil, fmt.Errorf("%s is in use by another process", path)
		} else if !errors.Is(err, syscall.ECONNREFUSED) {
			return nil, err
		}
	}
	tmp, err := leftover.Make(filepath.Dir(path), ".u")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	bound := filepath.Join(tmp, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: bound, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	if err = os.Chmod(bound, 0o600); err == nil {
		err = os.Rename(bound, path)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return &socket{l, path}, nil
}

// A socket removes its file when it is closed.
type socket struct {
	*net.UnixListener
	path string
}

func (s *socket) Close() error {
	os.Remove(s.path)
	return s.UnixListener.Close()
}

// peer is the user and the process at the other end of a unix socket, as they were
// when it was connected.
func peer(c *net.UnixConn) (cred *syscall.Ucred, err error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, err
	}
	cerr := raw.Control(func(fd uintptr) {
		cred, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err == nil {
		err = cerr
	}
	return cred, err
}
