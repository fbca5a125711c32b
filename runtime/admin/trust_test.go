package admin

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/updater"
)

// from is an environment.
func from(vars ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(vars); i += 2 {
			if vars[i] == name {
				return vars[i+1]
			}
		}
		return ""
	}
}

func mustRead(t *testing.T, vars ...string) *Settings {
	t.Helper()
	s, err := Read(from(vars...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serving serves an updater with settings, and returns the address.
func serving(t *testing.T, s *Settings, u *updater.Updater) string {
	t.Helper()
	l, err := Listen(s.Addr, s)
	if err != nil {
		t.Fatal(err)
	}
	go Serve(l, u, s)
	t.Cleanup(func() { l.Close() })
	if isTCP(s.Addr) {
		return l.Addr().String()
	}
	return s.Addr
}

func write(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	if !filepath.IsAbs(name) {
		name = filepath.Join(t.TempDir(), name)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestToken(t *testing.T) {
	const token = "0123456789abcdef-the-token"
	file := write(t, "token", token+"\n", 0o600)
	for _, addr := range []string{"127.0.0.1:0", filepath.Join(t.TempDir(), "s")} {
		s := mustRead(t, "UPSTARE_ADMIN", addr, "UPSTARE_ADMIN_TOKEN", file, "UPSTARE_AUDIT", "off")
		addr = serving(t, s, updater.New(updates{"x": func() (*updater.Update, error) { t.Error("loaded"); return nil, errors.New("no") }}))
		c, url := http.DefaultClient, "http://"+addr
		if !isTCP(addr) {
			c, url = client(addr), "http://program"
		}
		for _, h := range []struct {
			header string
			status int
		}{
			{"", 401}, {"Bearer", 401}, {"Bearer ", 401}, {"Bearer " + token[1:], 401}, {"Bearer " + token + "x", 401},
			{"Basic " + token, 401}, {token, 401}, {"Bearer " + token, 200}, {"bearer  " + token, 200},
		} {
			for _, what := range []string{"GET /v1/status", "GET /v1/goroutines", "GET /metrics", "POST /v1/updates", "DELETE /v1/updates/1", "GET /nothing"} {
				method, path, _ := strings.Cut(what, " ")
				req, _ := http.NewRequest(method, url+path, strings.NewReader("/u/x"))
				if h.header != "" {
					req.Header.Set("Authorization", h.header)
				}
				if h.status == 200 && method != "GET" {
					continue
				}
				resp, err := c.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				if what == "GET /metrics" && h.status == 200 {
					resp.Body.Close() // is no JSON
					if resp.StatusCode != 200 {
						t.Errorf("%s: %d", what, resp.StatusCode)
					}
					continue
				}
				m := decode(t, resp)
				if h.status == 401 {
					if code, _ := errorOf(t, m); resp.StatusCode != 401 || code != codeToken {
						t.Errorf("%s with %q: %d %v", what, h.header, resp.StatusCode, m)
					}
				} else if resp.StatusCode == 401 {
					t.Errorf("%s with %q: %v", what, h.header, m)
				}
			}
		}
	}
}

// What was to guard the endpoint and cannot be read leads to none, not to one without.
func TestNoEndpointWithoutItsGuard(t *testing.T) {
	good := write(t, "token", "0123456789abcdef", 0o600)
	dir := t.TempDir()
	link := filepath.Join(dir, "fifo")
	if err := mkfifo(link); err != nil {
		t.Fatal(err)
	}
	ca := newCA(t, "ca")
	cert, key := ca.issue(t, "server", "localhost")
	server := []string{"UPSTARE_TLS_CERT", write(t, "cert", cert, 0o644), "UPSTARE_TLS_KEY", write(t, "key", key, 0o600)}
	for what, vars := range map[string][]string{
		"token that others read": {"UPSTARE_ADMIN_TOKEN", write(t, "token", "0123456789abcdef", 0o640)},
		"missing token":          {"UPSTARE_ADMIN_TOKEN", filepath.Join(dir, "none")},
		"empty token":            {"UPSTARE_ADMIN_TOKEN", write(t, "token", "\n", 0o600)},
		"short token":            {"UPSTARE_ADMIN_TOKEN", write(t, "token", "short", 0o600)},
		"token of two lines":     {"UPSTARE_ADMIN_TOKEN", write(t, "token", "0123456789\nabcdef0123456", 0o600)},
		"large token":            {"UPSTARE_ADMIN_TOKEN", write(t, "token", strings.Repeat("x", 5000), 0o600)},
		"a pipe as token":        {"UPSTARE_ADMIN_TOKEN", link},
		"no log":                 {"UPSTARE_AUDIT", filepath.Join(dir, "none", "log")},
		"a pipe as log":          {"UPSTARE_AUDIT", link},
		"half of TLS":            append([]string{"UPSTARE_ADMIN", "127.0.0.1:0"}, server...),
		"TLS on a socket":        append([]string{"UPSTARE_TLS_CLIENT_CA", write(t, "ca", ca.pem, 0o644)}, server...),
		"no client CA":           append([]string{"UPSTARE_ADMIN", "127.0.0.1:0", "UPSTARE_TLS_CLIENT_CA", good}, server...),
		"a key that others read": {"UPSTARE_ADMIN", "127.0.0.1:0", "UPSTARE_TLS_CLIENT_CA", write(t, "ca", ca.pem, 0o644), "UPSTARE_TLS_CERT", server[1], "UPSTARE_TLS_KEY", write(t, "key", key, 0o644)},
		"another's key":          {"UPSTARE_ADMIN", "127.0.0.1:0", "UPSTARE_TLS_CLIENT_CA", write(t, "ca", ca.pem, 0o644), "UPSTARE_TLS_CERT", server[1], "UPSTARE_TLS_KEY", write(t, "key", newCA(t, "x").key(t), 0o600)},
	} {
		sock := filepath.Join(dir, "sock")
		if !strings.Contains(strings.Join(vars, " "), "UPSTARE_ADMIN ") {
			vars = append(vars, "UPSTARE_ADMIN", sock)
		}
		said := stderr(t, func() { Start(updater.New(updates{}), from(vars...))() })
		if strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "upstarego: no admin endpoint: ") {
			t.Errorf("%s: standard error says %q, want one line", what, said)
		}
		if _, err := os.Lstat(sock); err == nil {
			t.Errorf("%s: there is an endpoint", what)
		}
	}
}

type authority struct {
	cert *x509.Certificate
	priv ed25519.PrivateKey
	pem  string
}

func newCA(t *testing.T, name string) *authority {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, pub, priv)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, priv, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

func (a *authority) key(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(a.priv)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// issue makes a certificate for a server with a name, or for a client without one.
func (a *authority) issue(t *testing.T, subject, name string) (cert, key string) {
	t.Helper()
	pub, priv, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: subject}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if name != "" {
		tmpl.DNSNames, tmpl.IPAddresses = []string{name}, []net.IP{net.IPv4(127, 0, 0, 1)}
		tmpl.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, pub, a.priv)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), (&authority{priv: priv}).key(t)
}

// TestTLS: beyond the loopback interface the endpoint speaks with those who have a
// certificate of the authority that it was told of, and with nobody else.
func TestTLS(t *testing.T) {
	ca, other := newCA(t, "ca"), newCA(t, "other")
	cert, key := ca.issue(t, "server", "program.example")
	certFile, keyFile := write(t, "cert", cert, 0o644), write(t, "key", key, 0o600)
	log := filepath.Join(t.TempDir(), "log")
	s := mustRead(t, "UPSTARE_ADMIN", "0.0.0.0:0", "UPSTARE_TLS_CERT", certFile, "UPSTARE_TLS_KEY", keyFile, "UPSTARE_TLS_CLIENT_CA", write(t, "ca", ca.pem, 0o644), "UPSTARE_AUDIT", log)
	if _, err := Listen("0.0.0.0:0", mustRead(t, "UPSTARE_ADMIN", "0.0.0.0:0")); err == nil {
		t.Error("beyond the loopback interface without TLS")
	}
	_, port, _ := net.SplitHostPort(serving(t, s, updater.New(updates{})))
	addr := "127.0.0.1:" + port
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(ca.pem))
	config := func(a *authority) *tls.Config {
		c := &tls.Config{RootCAs: roots}
		if a != nil {
			cert, key := a.issue(t, "alice", "")
			pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
			if err != nil {
				t.Fatal(err)
			}
			// Sent whatever authorities the server has named.
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
		}
		return c
	}
	get := func(scheme string, c *tls.Config, host, origin string) (int, error) {
		tr := &http.Transport{TLSClientConfig: c, DisableKeepAlives: true}
		req, _ := http.NewRequest("GET", scheme+"://"+addr+"/v1/status", nil)
		if host != "" {
			req.Host = host
		}
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		resp, err := (&http.Client{Transport: tr}).Do(req)
		if err != nil {
			return 0, err
		}
		defer resp.Body.Close()
		io.Copy(io.Discard, resp.Body)
		return resp.StatusCode, nil
	}
	old := config(ca)
	old.MaxVersion = tls.VersionTLS12
	for what, c := range map[string]*tls.Config{"no certificate": config(nil), "another authority's": config(other), "TLS 1.2": old} {
		if status, err := get("https", c, "", ""); err == nil {
			t.Errorf("%s: status %d", what, status)
		}
	}
	if status, err := get("http", nil, "", ""); err == nil && status != 400 {
		t.Errorf("without TLS: status %d", status)
	}
	alice := config(ca)
	for _, c := range []struct {
		host, origin string
		status       int
	}{
		{"", "", 200},
		{"program.example", "", 200},
		{"program.example:" + port, "https://program.example:" + port, 200},
		{"evil.example", "", 403},
		{"program.example", "https://evil.example", 403},
		{"program.example", "http://program.example", 403},
		{"program.example", "null", 403},
	} {
		if status, err := get("https", alice, c.host, c.origin); err != nil || status != c.status {
			t.Errorf("host %s, origin %q: %d %v, want %d", c.host, c.origin, status, err, c.status)
		}
	}
	subjects := map[string]int{}
	for _, l := range lines(t, log) {
		if s, ok := l["subject"].(string); ok {
			subjects[s]++
		}
	}
	if subjects["CN=alice"] != 4 {
		t.Errorf("the log has lines of %v, want 4 of alice", subjects)
	}

	// Certificates end; the endpoint takes the next one when it is there.
	served := func() string {
		t.Helper()
		c, err := tls.Dial("tcp", addr, alice)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].Subject.CommonName
	}
	cert, key = ca.issue(t, "renewed", "program.example")
	write(t, certFile, cert, 0o644)
	if got := served(); got != "server" { // whose key is not there yet
		t.Errorf("%s serves", got)
	}
	write(t, keyFile, key, 0o600)
	if got := served(); got != "renewed" {
		t.Errorf("%s serves", got)
	}
	write(t, certFile, "nothing", 0o644)
	if got := served(); got != "renewed" {
		t.Errorf("%s serves", got)
	}
}

// lines are those of a log, complete ones.
func lines(t *testing.T, file string) (l []map[string]any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n") {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("the log has the line %q: %v", line, err)
		}
		l = append(l, m)
	}
	return l
}

// TestLimits: what one client can take of the process is bounded, in bytes, in time and in
// connections, and it is told so.
func TestLimits(t *testing.T) {
	s := mustRead(t, "UPSTARE_ADMIN", "127.0.0.1:0", "UPSTARE_AUDIT", "off")
	s.within = times{read: time.Second, write: time.Second, idle: time.Second}
	hold := make(chan bool)
	addr := serving(t, s, updater.New(updates{
		"slow": func() (*updater.Update, error) { <-hold; return nil, errors.New("no") },
	}))
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(60 * time.Second))
		return c
	}
	head := "POST /v1/updates HTTP/1.1\r\nHost: " + addr + "\r\n"

	for what, c := range map[string]struct {
		request string
		status  int
	}{
		"a long header":           {"GET /v1/status HTTP/1.1\r\nHost: " + addr + "\r\nX: " + strings.Repeat("x", 64<<10) + "\r\n\r\n", 431},
		"a long query":            {"GET /v1/status?" + strings.Repeat("x", 64<<10) + " HTTP/1.1\r\nHost: " + addr + "\r\n\r\n", 431},
		"a long body":             {head + "Content-Length: 70000\r\n\r\n" + strings.Repeat("x", 70000), 413},
		"a long body in chunks":   {head + "Transfer-Encoding: chunked\r\n\r\n" + strings.Repeat("1000\r\n"+strings.Repeat("x", 0x1000)+"\r\n", 20) + "0\r\n\r\n", 413},
		"a body that never comes": {head + "Content-Length: 70\r\n\r\n{", 400},
		"a body that is promised": {head + "Content-Length: 9000000000000\r\n\r\n{", 400},
		"a bad chunk":             {head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
	} {
		conn := dial()
		go io.WriteString(conn, c.request)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else if resp.StatusCode != c.status {
			t.Errorf("%s: status %d, want %d", what, resp.StatusCode, c.status)
		}
		conn.Close()
	}

	// Neither a header that never ends nor silence holds a connection.
	for what, begin := range map[string]string{"a header": "GET /v1/status HTTP/1.1\r\nX: ", "silence": "", "idle": "GET /v1/status HTTP/1.1\r\nHost: " + addr + "\r\n\r\n"} {
		conn := dial()
		io.WriteString(conn, begin)
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Errorf("%s: the connection is not closed: %v", what, err)
		}
		conn.Close()
	}

	// Answers that nobody reads do not either.
	conn := dial()
	one := []byte("GET /v1/updates HTTP/1.1\r\nHost: " + addr + "\r\n\r\n")
	for {
		if _, err := conn.Write(one); err != nil {
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				t.Error("answers that nobody reads: the connection is not closed")
			}
			break
		}
	}
	conn.Close()

	// A request that waits for an update waits longer than all of these times.
	waits := dial()
	began := time.Now()
	io.WriteString(waits, head+"Content-Length: 7\r\n\r\n/u/slow")
	for time.Since(began) < 3*s.within.read {
		time.Sleep(s.within.read)
	}
	hold <- true
	resp, err := http.ReadResponse(bufio.NewReader(waits), nil)
	if err != nil || resp.StatusCode != 400 {
		t.Fatalf("a long wait: %v %v", resp, err)
	}
	if code, _ := errorOf(t, decode(t, resp)); code != updater.CodeRefused {
		t.Errorf("a long wait ends with %s", code)
	}
	waits.Close()
}

func TestConnectionsAreFew(t *testing.T) {
	s := mustRead(t, "UPSTARE_ADMIN", filepath.Join(t.TempDir(), "s"), "UPSTARE_AUDIT", "off")
	serving(t, s, updater.New(updates{}))
	request := func(c net.Conn) (int, string) {
		t.Helper()
		c.SetDeadline(time.Now().Add(60 * time.Second))
		io.WriteString(c, "GET /v1/status HTTP/1.1\r\nHost: program\r\n\r\n")
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return 0, err.Error()
		}
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
	dial := func() net.Conn {
		t.Helper()
		c, err := net.Dial("unix", s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	var open []net.Conn
	for range maxConnections {
		c := dial()
		defer c.Close()
		if status, text := request(c); status != 200 {
			t.Fatalf("connection %d: %d %s", len(open), status, text)
		}
		open = append(open, c)
	}
	c := dial()
	c.SetDeadline(time.Now().Add(60 * time.Second))
	b, err := io.ReadAll(c)
	if !strings.HasPrefix(string(b), "HTTP/1.1 503 ") || !strings.Contains(string(b), codeTooMany) {
		t.Errorf("one too many: %q %v", b, err)
	}
	if status, text := request(open[3]); status != 200 {
		t.Errorf("one that is open: %d %s", status, text)
	}
	open[5].Close()
	for end := time.Now().Add(60 * time.Second); ; {
		status, text := request(dial())
		if status == 200 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("when one is closed there is no room: %d %s", status, text)
		}
	}
}

// checked is updates that know digests.
type checked struct{ updates }

func (checked) Checked() (digest, signer string) { return "d1935", "k1" }

func TestAudit(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	s := mustRead(t, "UPSTARE_ADMIN", filepath.Join(t.TempDir(), "s"), "UPSTARE_AUDIT", log)
	hold, held := make(chan bool), make(chan bool)
	u := updater.New(checked{updates{
		"audited": func() (*updater.Update, error) { return next("audited"), nil },
		"slow": func() (*updater.Update, error) {
			held <- true
			<-hold
			return next("slow"), nil
		},
	}})
	serving(t, s, u)
	c := client(s.Addr)
	send := func(method, path, body string) {
		t.Helper()
		req, _ := http.NewRequest(method, "http://program"+path, strings.NewReader(body))
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		decode(t, resp)
	}
	base := runtime.Current().ID
	send("POST", "/v1/updates?dry_run=1", "/u/audited")
	send("POST", "/v1/updates", "/u/audited")
	send("POST", "/v1/updates", "not absolute")
	send("POST", "/v1/updates", "/u/missing")
	send("POST", "/v1/updates", "/u/"+strings.Repeat("x", 3000))
	send("POST", "/v1/updates?wait=0", "/u/slow")
	<-held
	send("POST", "/v1/updates", "/u/audited")
	send("DELETE", "/v1/updates/99", "")
	done := make(chan bool)
	go func() {
		defer close(done)
		send("DELETE", "/v1/updates/5", "")
	}()
	for { // until it has been asked to give up
		if r, _ := u.Get("5"); r.GiveUp {
			break
		}
		time.Sleep(time.Millisecond)
	}
	hold <- true
	<-done
	send("GET", "/v1/status", "") // is no attempt

	want := []string{
		"accepted 1 /u/audited dry", "fits 1 /u/audited dry base=" + base + " d1935 k1",
		"accepted 2 /u/audited", "committed 2 /u/audited base=" + base + " release=audited d1935 k1",
		"refused UP2011",
		"accepted 3 /u/missing", "undone 3 /u/missing UP2021 base=audited d1935 k1",
		"accepted 4 long", "undone 4 long UP2021 base=audited d1935 k1",
		"accepted 5 /u/slow",
		"refused /u/audited UP2004",
		"refused 99 UP2011",
		"asked to give up 5",
		"undone 5 /u/slow UP2010 base=audited d1935 k1",
	}
	said := func() (l []string) {
		for _, m := range lines(t, log) {
			if m["uid"] != float64(os.Getuid()) || m["pid"] != float64(os.Getpid()) || m["time"] == nil {
				t.Fatalf("who and when: %v", m)
			}
			if _, ok := m["duration_ms"]; ok != (m["digest"] != nil) {
				t.Fatalf("no duration: %v", m)
			}
			w := m["outcome"].(string)
			if p, ok := m["path"].(string); ok && len(p) > 1000 {
				if len(p) > maxLine+100 {
					t.Fatalf("a path of %d bytes", len(p))
				}
				m["path"] = "long"
			}
			for _, f := range []string{"id", "path", "code"} {
				if v, ok := m[f].(string); ok {
					w += " " + v
				}
			}
			if m["dry_run"] == true {
				w += " dry"
			}
			for _, f := range []string{"base", "release"} {
				if v, ok := m[f].(string); ok {
					w += " " + f + "=" + v
				}
			}
			for _, f := range []string{"digest", "signer"} {
				if v, ok := m[f].(string); ok {
					w += " " + v
				}
			}
			l = append(l, w)
		}
		return l
	}
	// The line of a decision is written beside the answer, so one may be missing still, and
	// it may come after the next one's.
	var got []string
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if got = said(); len(got) >= len(want) {
			break
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d lines, want %d", len(got), len(want))
	}
	for _, w := range want {
		found := false
		for _, g := range got {
			found = found || g == w
		}
		if !found {
			t.Errorf("no line %q in\n%s", w, strings.Join(got, "\n"))
		}
	}
	if fi, err := os.Stat(log); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("the log: %v %v", fi, err)
	}
}

// slow is a handler of the program's that waits, and then panics.
type slowHandler struct {
	slog.Handler
	begun, goOn chan bool
	mu          *sync.Mutex
	seen        *[]string
}

func (h slowHandler) Handle(ctx context.Context, r slog.Record) error {
	h.begun <- true
	<-h.goOn
	h.mu.Lock()
	defer h.mu.Unlock()
	var b strings.Builder
	r.Attrs(func(a slog.Attr) bool { fmt.Fprintf(&b, "%s=%v ", a.Key, a.Value); return true })
	*h.seen = append(*h.seen, b.String())
	panic("the program's handler")
}

// TestAuditThroughTheProgram: lines go to slog.Default(), whose handler is the program's:
// that it waits holds neither requests nor updates up, that it panics ends nothing,
// and lines that wait for it are bounded in number.
func TestAuditThroughTheProgram(t *testing.T) {
	was := slog.Default()
	defer slog.SetDefault(was)
	h := slowHandler{was.Handler(), make(chan bool), make(chan bool), new(sync.Mutex), new([]string)}
	slog.SetDefault(slog.New(h))
	s := mustRead(t, "UPSTARE_ADMIN", filepath.Join(t.TempDir(), "s"))
	serving(t, s, updater.New(updates{"default": func() (*updater.Update, error) { return next("default"), nil }}))
	c := client(s.Addr)
	send := func(body string) int {
		t.Helper()
		resp, err := c.Post("http://program/v1/updates", "text/plain", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		decode(t, resp)
		return resp.StatusCode
	}
	if status := send("/u/default"); status != 200 {
		t.Fatalf("status %d", status)
	}
	<-h.begun // and it waits
	for range maxQueue + 10 {
		if status := send("nothing"); status != 400 {
			t.Fatalf("status %d", status)
		}
	}
	s.audit.mu.Lock()
	kept, left := len(s.audit.queue), s.audit.left
	s.audit.mu.Unlock()
	if kept != maxQueue || left < 9 {
		t.Errorf("%d lines kept, %d left out", kept, left)
	}
	close(h.goOn)
	for n := 1; n < maxQueue+2; n++ { // the lines, and one about those that were left out
		<-h.begun
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := (*h.seen)[0]; !strings.Contains(l, "outcome=accepted") || !strings.Contains(l, "path=/u/default") {
		t.Errorf("the first line is %s", l)
	}
}

// FuzzRequest: whatever is asked is answered in JSON, an error with a code and in a few
// words, and no update begins but of the one path that is there.
func FuzzRequest(f *testing.F) {
	for _, s := range []struct{ method, target, kind, body string }{
		{"POST", "/v1/updates", "application/json", `{"path": "/u/x"}`},
		{"POST", "/v1/updates?dry_run=1&wait=1s&timeout=2s", "text/plain", "/u/x"},
		{"POST", "/v1/updates?wait=%zz;dry_run=1", "a/b; c=d", `{"path": "/u/x"} {}`},
		{"GET", "/v1/updates/1", "", ""},
		{"DELETE", "/v1/updates/%00/../..", "", ""},
		{"OPTIONS", "//v1/../status", "", "\x00"},
		{"GET", "/v1/goroutines?func=%28a&x", "", ""},
		{"GET", "/metrics?x=y", "", ""},
	} {
		f.Add(s.method, s.target, s.kind, s.body)
	}
	u := updater.New(updates{})
	h := usual.guard(bounded(handler{u, nil, false}.routes()))
	f.Fuzz(func(t *testing.T, method, target, kind, body string) {
		raw := method + " " + target + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + strings.Map(func(r rune) rune {
			if r < ' ' {
				return ' '
			}
			return r
		}, kind) + "\r\n\r\n"
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			t.Skip("net/http refuses it: the handler does not see it")
		}
		r.Body = io.NopCloser(strings.NewReader(body))
		before := runtime.Current()
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		var m struct {
			Error *struct{ Code, Message string }
		}
		if w.Code == 200 && strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain; version=0.0.4") {
			return // numbers
		}
		if err := json.Unmarshal(w.Body.Bytes(), &m); err != nil {
			t.Fatalf("%d: %v\n%s", w.Code, err, w.Body)
		}
		if w.Code >= 400 && (m.Error == nil || m.Error.Code == "" || m.Error.Message == "") || w.Code >= 300 && w.Code < 400 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if m.Error != nil && len(m.Error.Message) > maxPath+1000 || bytes.ContainsRune(w.Body.Bytes(), 0) {
			t.Fatalf("an error of %d bytes", w.Body.Len())
		}
		if runtime.Current() != before {
			t.Fatal("another release is current")
		}
	})
}

func mkfifo(name string) error { return syscall.Mkfifo(name, 0o600) }
