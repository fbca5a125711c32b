package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"

	"github.com/upstarego/upstarego/internal/diag"
	"github.com/upstarego/upstarego/runtime/admin/secret"
)

// which selects running programs, and says how to speak to them.
type which struct {
	addr string
	pid  int

	token         string // file
	cert, key, ca string // files
}

func (w *which) register(f *flag.FlagSet) {
	f.StringVar(&w.addr, "addr", "", "the admin endpoint: a socket's path or 127.0.0.1:port (default $UPSTARE_ADMIN, then the one program that runs)")
	f.IntVar(&w.pid, "pid", 0, "the process to speak to")
	f.StringVar(&w.token, "token", "", "send the token in `FILE`, which the program has been told of by UPSTARE_ADMIN_TOKEN (default $UPSTARE_ADMIN_TOKEN)")
	f.StringVar(&w.cert, "tls-cert", "", "show the program the certificate in `FILE`; -addr is a host:port then")
	f.StringVar(&w.key, "tls-key", "", "the certificate's private key")
	f.StringVar(&w.ca, "tls-ca", "", "the certificates in `FILE` say who the program may be")
}

// secure reports whether it is TLS that is spoken.
func (w *which) secure() bool { return w.cert != "" || w.key != "" || w.ca != "" }

// client makes the client for an endpoint that find has given.
func (w *which) client(addr string) (*client, error) {
	c := newClient(addr)
	name := w.token
	if name == "" {
		name = os.Getenv("UPSTARE_ADMIN_TOKEN")
	}
	if name != "" {
		token, err := secret.Token(name)
		if err != nil {
			return nil, diag.New(diag.BadKey, noPos, "the token cannot be used", err.Error(), "")
		}
		c.token = token
	}
	if !w.secure() {
		return c, nil
	}
	bad := func(why string) error {
		return diag.New(diag.BadKey, noPos, "TLS cannot be spoken", why, "give -tls-cert, -tls-key and -tls-ca")
	}
	if w.cert == "" || w.key == "" || w.ca == "" {
		return nil, bad("some of -tls-cert, -tls-key and -tls-ca are missing")
	}
	pair, err := tls.LoadX509KeyPair(w.cert, w.key)
	if err != nil {
		return nil, bad(err.Error())
	}
	data, err := os.ReadFile(w.ca)
	if err != nil {
		return nil, bad(err.Error())
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, bad(w.ca + " holds no certificate")
	}
	c.secure(&tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}, RootCAs: pool})
	return c, nil
}

// find gives the endpoints that are meant, at least one.
func (w *which) find() ([]string, error) {
	addr := w.addr
	if addr != "" && w.pid != 0 {
		return nil, usageError{diag.New(diag.BadUsage, noPos, "-addr and -pid together", "either names one program", "")}
	}
	if addr == "" && w.pid == 0 {
		addr = os.Getenv("UPSTARE_ADMIN")
	}
	if addr == "" && w.secure() {
		return nil, usageError{diag.New(diag.BadUsage, noPos, "TLS without an address", "programs that are found by themselves are spoken to by sockets", "name the endpoint with -addr host:port")}
	}
	switch addr {
	case "":
	case "off":
		return nil, diag.New(diag.BadAdminAddr, noPos, "the endpoint is off", "UPSTARE_ADMIN=off", "name it with -addr or -pid")
	default:
		if err := w.checkAddress(addr); err != nil {
			return nil, err
		}
		return []string{addr}, nil
	}
	var found []string
	for _, s := range sockets() {
		if w.pid == 0 || s.pid == w.pid {
			found = append(found, s.path)
		}
	}
	if len(found) > 0 {
		return found, nil
	}
	if w.pid != 0 {
		return nil, diag.New(diag.NoEndpoint, noPos, fmt.Sprintf("process %d has no admin endpoint here", w.pid), "it is not running, not built with upstarego, another user's, or its UPSTARE_ADMIN says otherwise", "name the endpoint with -addr")
	}
	return nil, diag.New(diag.NoEndpoint, noPos, "no running program found", "there is no socket of a live process in "+strings.Join(socketDirs(), " or "), "name the endpoint with -addr")
}

// one is find for commands that speak to a single program.
func (w *which) one() (string, error) {
	found, err := w.find()
	if err == nil && len(found) > 1 {
		return "", diag.New(diag.ManyEndpoints, noPos, "more than one program is running", strings.Join(found, ", "), "name one with -pid or -addr")
	}
	if err != nil {
		return "", err
	}
	return found[0], nil
}

// checkAddress refuses hosts beyond this machine without TLS: the endpoint loads native
// code, and serves the loopback interface only then.
func (w *which) checkAddress(addr string) error {
	if network(addr) == "unix" {
		if w.secure() {
			return usageError{diag.New(diag.BadUsage, noPos, addr+" is a socket, where no TLS is spoken", "", "leave -tls-cert, -tls-key and -tls-ca out")}
		}
		return nil
	}
	if w.secure() {
		return nil
	}
	host, _, _ := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return diag.New(diag.BadAdminAddr, noPos, addr+" is not on the loopback interface", "without TLS the endpoint serves its own machine only", "run upstarego on the program's machine, or give -tls-cert, -tls-key and -tls-ca")
	}
	return nil
}

// network tells host:port from a socket's path.
func network(addr string) string {
	if !strings.ContainsRune(addr, '/') {
		if _, port, err := net.SplitHostPort(addr); err == nil {
			if _, err := strconv.ParseUint(port, 10, 16); err == nil {
				return "tcp"
			}
		}
	}
	return "unix"
}

// A socket is the default endpoint of a live process.
type socket struct {
	path string
	pid  int
}

// socketDirs are the places where programs put their sockets: those of this
// user, and, for root, of everybody.
func socketDirs() []string {
	uid := strconv.Itoa(os.Getuid())
	bases := []string{os.TempDir()}
	if x := os.Getenv("XDG_RUNTIME_DIR"); x != "" {
		bases = append([]string{x}, bases...)
	}
	if uid == "0" {
		uid = "*"
		bases = append(bases, "/run/user/*")
	}
	for i := range bases {
		bases[i] = filepath.Join(bases[i], "upstare-"+uid)
	}
	return bases
}

func sockets() []socket {
	var all []socket
	seen := map[string]bool{}
	for _, dir := range socketDirs() {
		paths, _ := filepath.Glob(filepath.Join(dir, "*.sock"))
		for _, path := range paths {
			name := strings.TrimSuffix(filepath.Base(path), ".sock")
			pid, err := strconv.Atoi(name[strings.LastIndexByte(name, '-')+1:])
			if err != nil || pid <= 0 || seen[path] || syscall.Kill(pid, 0) == syscall.ESRCH {
				continue
			}
			seen[path] = true
			all = append(all, socket{path, pid})
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].path < all[j].path })
	return all
}
