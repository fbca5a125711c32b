package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/upstarego/upstarego/runtime"
	"github.com/upstarego/upstarego/runtime/updater"
)

var word atomic.Uint32

func TestMain(m *testing.M) {
	if path := os.Getenv("ADMIN_TEST_DIAL"); path != "" {
		dialAsOther(path)
		return
	}
	runtime.First(runtime.NewRelease("first", &word))
	os.Exit(m.Run())
}

// updates stands for the loader: what a path leads to.
type updates map[string]func() (*updater.Update, error)

func (l updates) Check(path string) error {
	if strings.HasSuffix(path, "/wrong-base") {
		return &updater.Error{Code: updater.CodeWrongBase, Message: "it updates another release"}
	}
	if l[filepath.Base(path)] == nil {
		return codedError{"UP2021"}
	}
	return nil
}

type codedError struct{ code string }

func (e codedError) Error() string     { return "no such file" }
func (e codedError) ErrorCode() string { return e.code }

func (l updates) Load(path string) (updater.Module, error) {
	return module{l[filepath.Base(path)]}, nil
}

type module struct {
	f func() (*updater.Update, error)
}

func (m module) Update() (*updater.Update, error) { return m.f() }
func (m module) Commit(func(string) error) error  { return nil }
func (m module) Abandon() error                   { return nil }

func next(id string) *updater.Update {
	return &updater.Update{Release: runtime.NewRelease(id, new(atomic.Uint32))}
}

// endpoint serves an updater on a real socket and returns a client for it.
func endpoint(t *testing.T, l updates) (call func(method, path, body string) (int, map[string]any)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.sock")
	ln, err := Listen(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	go Serve(ln, updater.New(l), nil)
	t.Cleanup(func() { ln.Close() })
	c := client(path)
	return func(method, path, body string) (int, map[string]any) {
		t.Helper()
		req, _ := http.NewRequest(method, "http://program"+path, strings.NewReader(body))
		if strings.HasPrefix(body, "{") {
			req.Header.Set("Content-Type", "application/json")
		}
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, decode(t, resp)
	}
}

func client(path string) *http.Client {
	return &http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", path)
		},
	}}
}

func decode(t *testing.T, resp *http.Response) map[string]any {
	t.Helper()
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("the answer is not JSON: %v\n%s", err, b)
	}
	return m
}

func errorOf(t *testing.T, m map[string]any) (code, message string) {
	t.Helper()
	e, ok := m["error"].(map[string]any)
	if !ok {
		t.Fatalf("no error in %v", m)
	}
	return e["code"].(string), e["message"].(string)
}

func TestUpdateThroughTheSocket(t *testing.T) {
	call := endpoint(t, updates{
		"two.update":   func() (*updater.Update, error) { return next("two"), nil },
		"three.update": func() (*updater.Update, error) { return next("three"), nil },
	})
	number := runtime.Current().Number

	status, m := call("POST", "/v1/updates?dry_run=1", `{"path": "/u/two.update"}`)
	if status != 200 || m["state"] != updater.StateFits || runtime.Current().Number != number {
		t.Errorf("dry run: %d %v", status, m)
	}
	status, m = call("POST", "/v1/updates", `{"path": "/u/two.update"}`)
	if status != 200 || m["state"] != updater.StateCommitted || m["release_id"] != "two" {
		t.Fatalf("update: %d %v", status, m)
	}
	if m["release_before"] != float64(number) || m["release_after"] != float64(number+1) || m["request_to_commit_ns"].(float64) <= 0 {
		t.Errorf("result: %v", m)
	}
	var names []string
	for _, p := range m["phases"].([]any) {
		ph := p.(map[string]any)
		if ph["duration_ns"].(float64) <= 0 {
			t.Errorf("phase without duration: %v", ph)
		}
		names = append(names, ph["name"].(string))
	}
	if got := strings.Join(names, " "); got != "check load quiesce transform commit resume" {
		t.Errorf("phases: %s", got)
	}
	// Text, without waiting.
	status, m = call("POST", "/v1/updates?wait=0", "/u/three.update\n")
	if status != 202 && status != 200 {
		t.Fatalf("update: %d %v", status, m)
	}
	id := m["id"].(string)
	for end := time.Now().Add(10 * time.Second); m["state"] != updater.StateCommitted; {
		if time.Now().After(end) {
			t.Fatalf("not committed: %v", m)
		}
		if status, m = call("GET", "/v1/updates/"+id, ""); status != 200 {
			t.Fatalf("%d %v", status, m)
		}
	}
	_, m = call("GET", "/v1/updates", "")
	if n := len(m["updates"].([]any)); n != 3 {
		t.Errorf("%d updates, want 3", n)
	}
	if status, m = call("DELETE", "/v1/updates/"+id, ""); status != 409 {
		t.Errorf("taking a committed update back: %d %v", status, m)
	}
	_, m = call("GET", "/v1/status", "")
	rel := m["release"].(map[string]any)
	if rel["id"] != "three" || rel["number"] != float64(number+2) || m["pid"] != float64(os.Getpid()) || m["update"] != nil {
		t.Errorf("status: %v", m)
	}
	releases := m["releases"].([]any)
	if r := releases[len(releases)-1].(map[string]any); r["id"] != "three" || r["update"] != "/u/three.update" || r["since"] == "" {
		t.Errorf("releases: %v", releases)
	}
	if _, m := call("GET", "/v1/updates/"+id, ""); m["by"] != fmt.Sprintf("uid %d, pid %d", os.Getuid(), os.Getpid()) {
		t.Errorf("asked by %v", m["by"])
	}
	if last := m["last"].(map[string]any); last["id"] != id {
		t.Errorf("last: %v", last)
	}
}

func TestErrorsThroughTheSocket(t *testing.T) {
	hold := make(chan bool)
	call := endpoint(t, updates{
		"gap": func() (*updater.Update, error) {
			u := next("gap")
			u.Funcs = []updater.FuncMap{{Old: "pkg.f", New: "pkg.g"}}
			return u, nil
		},
		"never": func() (*updater.Update, error) {
			u := next("never")
			u.Predicate = func() error { return errors.New("never") }
			return u, nil
		},
		"broken": func() (*updater.Update, error) {
			u := next("broken")
			u.Vars = nil
			return nil, errors.New("no map in it")
		},
		"panics": func() (*updater.Update, error) { panic("oh") },
		"slow": func() (*updater.Update, error) {
			<-hold
			return next("slow"), nil
		},
	})
	for _, c := range []struct {
		method, path, body string
		status             int
		code, says         string
	}{
		{"POST", "/v1/updates", "", 400, codeBadRequest, "names no file"},
		{"POST", "/v1/updates", "x.update", 400, codeBadRequest, "absolute"},
		{"POST", "/v1/updates", `{"file": "/x"}`, 400, codeBadRequest, "path"},
		{"POST", "/v1/updates?wait=soon", "/u/gap", 400, codeBadRequest, "duration"},
		{"POST", "/v1/updates?dry_run=maybe", "/u/gap", 400, codeBadRequest, "dry_run"},
		{"POST", "/v1/updates", "/u/missing", 400, "UP2021", "no such file"},
		{"POST", "/v1/updates", "/u/wrong-base", 412, updater.CodeWrongBase, "another release"},
		{"POST", "/v1/updates", "/u/gap", 422, updater.CodeMapIncomplete, "does not fit"},
		{"POST", "/v1/updates", "/u/broken", 400, updater.CodeRefused, "no map in it"},
		{"POST", "/v1/updates", "/u/panics", 500, updater.CodeFailed, "panicked"},
		{"POST", "/v1/updates?timeout=1s", "/u/never", 504, updater.CodeTimedOut, "never"},
		{"GET", "/v1/updates/none", "", 404, codeBadRequest, "none"},
		{"DELETE", "/v1/updates/none", "", 404, codeBadRequest, "none"},
		{"GET", "/v1/goroutines?func=(", "", 400, codeBadRequest, "missing closing )"},
		{"GET", "/v1/goroutines?func=a&func=b", "", 400, codeBadRequest, "twice"},
		{"GET", "/v1/goroutines?old=1", "", 400, codeBadRequest, "old is not a parameter"},
		{"GET", "/v1/goroutines?func=" + strings.Repeat("a", 2000), "", 400, codeBadRequest, "too long"},
		{"GET", "/v2", "", 404, codeBadRequest, "/v2"},
	} {
		was := runtime.Current()
		status, m := call(c.method, c.path, c.body)
		code, msg := errorOf(t, m)
		if status != c.status || code != c.code || !strings.Contains(msg, c.says) {
			t.Errorf("%s %s %s: got %d %s %q, want %d %s … %s", c.method, c.path, c.body, status, code, msg, c.status, c.code, c.says)
		}
		if runtime.Current() != was {
			t.Errorf("%s %s %s: another release is current", c.method, c.path, c.body)
		}
	}
	_, m := call("POST", "/v1/updates", "/u/gap")
	if pos := m["error"].(map[string]any)["positions"].([]any); pos[0].(map[string]any)["func"] != "pkg.f" {
		t.Errorf("positions: %v", pos)
	}

	// One at a time; given up while it loads.
	_, m = call("POST", "/v1/updates?wait=0", "/u/slow")
	id := m["id"].(string)
	if status, m := call("POST", "/v1/updates", "/u/gap"); status != 409 {
		t.Errorf("a second update: %d %v", status, m)
	}
	if _, m := call("GET", "/v1/status", ""); m["update"].(map[string]any)["id"] != id {
		t.Errorf("status while an update runs: %v", m)
	}
	done := make(chan bool)
	go func() {
		defer close(done)
		status, m := call("DELETE", "/v1/updates/"+id, "")
		if status != 200 || m["state"] != updater.StateUndone {
			t.Errorf("given up: %d %v", status, m)
		}
	}()
	for end := time.Now().Add(10 * time.Second); ; {
		if _, m := call("GET", "/v1/updates/"+id, ""); m["give_up"] == true {
			break
		}
		if time.Now().After(end) {
			t.Fatal("DELETE did not reach the update")
		}
	}
	hold <- true // the load ends, with or without the update given up
	<-done
}

func TestSocketIsPrivate(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("UPSTARE_ADMIN", "")
	addr := DefaultAddress()
	if want := fmt.Sprintf("%s-%d.sock", program(), os.Getpid()); filepath.Base(addr) != want {
		t.Errorf("%s, want %s", addr, want)
	}
	// A socket of a process that is gone, and one that lives.
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(Directory(), 0o755); err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(Directory(), socketName("other", gone.Process.Pid))
	alive := filepath.Join(Directory(), socketName("other", os.Getppid()))
	for _, p := range []string{stale, alive} {
		if err := os.WriteFile(p, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stop := Start(updater.New(updates{}), os.Getenv)
	for path, mode := range map[string]os.FileMode{addr: os.ModeSocket | 0o600, Directory(): os.ModeDir | 0o700} {
		fi, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode() != mode {
			t.Errorf("%s: %v, want %v", path, fi.Mode(), mode)
		}
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("the socket of a process that is gone is still there")
	}
	if _, err := os.Stat(alive); err != nil {
		t.Error("the socket of a living process was removed")
	}
	if _, err := Listen(addr, nil); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("the same address again: %v", err)
	}
	resp, err := client(addr).Get("http://program/v1/status")
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%v %v", resp, err)
	}
	resp.Body.Close()
	stop()
	if _, err := os.Stat(addr); err == nil {
		t.Error("stopped, but the socket is still there")
	}
	if entries, _ := os.ReadDir(Directory()); len(entries) != 1 {
		t.Errorf("left over: %v", entries)
	}
	// One that nobody serves any more is replaced.
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: addr, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	Start(updater.New(updates{}), os.Getenv)()
	// A file that is no socket is not.
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, []byte("x"), 0o600)
	if _, err := Listen(file, nil); err == nil {
		t.Error("a file was replaced by a socket")
	}
	if b, _ := os.ReadFile(file); string(b) != "x" {
		t.Error("a file was overwritten")
	}
}

func TestEndpointThatCannotBe(t *testing.T) {
	t.Setenv("UPSTARE_ADMIN", "off")
	if said := stderr(t, func() { Start(updater.New(updates{}), os.Getenv)() }); said != "" {
		t.Errorf("off: standard error says %q", said)
	}
	for _, a := range []string{"0.0.0.0:0", "192.0.2.1:8080", "/nowhere/at/all/a.sock"} {
		t.Setenv("UPSTARE_ADMIN", a)
		said := stderr(t, func() { Start(updater.New(updates{}), os.Getenv)() })
		if strings.Count(said, "\n") != 1 || !strings.HasPrefix(said, "upstarego: no admin endpoint: ") {
			t.Errorf("%s: standard error says %q, want one line", a, said)
		}
	}
}

func stderr(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	was := os.Stderr
	os.Stderr = w
	f()
	os.Stderr = was
	w.Close()
	b, _ := io.ReadAll(r)
	return string(b)
}

func TestTCPRefusesWebPages(t *testing.T) {
	l, err := Listen("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go Serve(l, updater.New(updates{}), nil)
	addr := l.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	for _, c := range []struct {
		host, origin string
		status       int
	}{
		{addr, "", 200},
		{"localhost:" + port, "", 200},
		{addr, "http://" + addr, 200},
		{"evil.example:" + port, "", 403},
		{addr, "http://evil.example", 403},
		{addr, "https://" + addr, 403},
		{addr, "null", 403},
	} {
		req, _ := http.NewRequest("GET", "http://"+addr+"/v1/status", nil)
		req.Host = c.host
		if c.origin != "" {
			req.Header.Set("Origin", c.origin)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		m := decode(t, resp)
		if resp.StatusCode != c.status {
			t.Errorf("host %s, origin %q: %d %v, want %d", c.host, c.origin, resp.StatusCode, m, c.status)
		}
	}
}

// TestOtherUserIsRefused lets another user reach the socket as far as the file
// system goes, so that only the check of the peer is left.
func TestOtherUserIsRefused(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	dir, err := os.MkdirTemp("", "upstare-test")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "a.sock")
	l, err := Listen(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go Serve(l, updater.New(updates{}), nil)
	bin := filepath.Join(dir, "test")
	b, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{os.WriteFile(bin, b, 0o755), os.Chmod(bin, 0o755), os.Chmod(dir, 0o755), os.Chmod(path, 0o777)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(bin)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "ADMIN_TEST_DIAL="+path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "403") || !strings.Contains(string(out), codeForbidden) {
		t.Errorf("another user got %s %v", out, err)
	}
}

func dialAsOther(path string) {
	resp, err := client(path).Get("http://program/v1/status")
	if err != nil {
		fmt.Println(err)
		return
	}
	b, _ := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, string(b))
}
